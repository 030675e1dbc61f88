"""Building the index of a property in the background: declared, back-filled in batches, then ready for searches.

From the moment a key is declared every writer maintains it; the back-fill brings in what was there before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, insert, select, update

from fairway.kit.clock import Clock, to_millis
from fairway.portal.catalog.model import Blueprint
from fairway.portal.catalog.schema import SchemaCache
from fairway.portal.catalog.search.index import INDEX_COLUMNS, value_rows
from fairway.portal.catalog.search.usage import Pair
from fairway.portal.catalog.tables import entity, prop_index, property_key
from fairway.portal.storage.database import Database
from fairway.portal.storage.jobs import Job, JobHandler, enqueue
from fairway.portal.storage.tx import Tx

MIN_ENTITIES = 2_000
"""Entities from which an index pays: fewer are read through in about 3 ms."""
MAX_KEYS = 12
"""Indexed properties of one blueprint: each costs writers some 4 microseconds an entity."""
_BATCH = 500
_BATCHES = 40
"""Batches of one run of the job, which stays well inside its lease; the next run goes on from there."""
_KIND = "search.index"


class IndexBuilder:
    """Builds indexes that searches asked for."""

    def __init__(self, db: Database, clock: Clock, schemas: SchemaCache, min_entities: int = MIN_ENTITIES) -> None:
        self._db = db
        self._clock = clock
        self._schemas = schemas
        self._min_entities = min_entities

    @property
    def job_handler(self) -> JobHandler:
        """For the portal's job loop."""
        return JobHandler(_KIND, self.run)

    async def ask(self, pairs: Sequence[Pair]) -> None:
        """Asks for indexes; whether they are worth building is decided in the background."""
        await self._db.write(lambda tx: self._ask(tx, pairs))

    async def run(self, job: Job) -> None:
        """One run of a job."""
        blueprint_id, name, after = job.payload["blueprint"], job.payload["property"], job.payload["after"]
        key = await self._db.write(lambda tx: self.declare(tx, blueprint_id, name))
        if key is None:
            return
        for _ in range(_BATCHES):
            last = await self._db.write(lambda tx, start=after: self._fill(tx, blueprint_id, name, key, start))  # type: ignore[misc]
            if last is None:
                await self._db.write(lambda tx: self._ready(tx, key))
                return
            after = last
        await self._db.write(lambda tx: self._enqueue(tx, (blueprint_id, name), after))

    async def _ask(self, tx: Tx, pairs: Sequence[Pair]) -> None:
        for pair in pairs:
            await self._enqueue(tx, pair, 0)

    async def _enqueue(self, tx: Tx, pair: Pair, after: int) -> None:
        payload = {"blueprint": pair[0], "property": pair[1], "after": after}
        await enqueue(tx, _KIND, f"{pair[0]}:{pair[1]}:{after}", payload, now=to_millis(self._clock.now()))

    async def declare(self, tx: Tx, blueprint_id: int, name: str) -> int | None:
        """The key to fill, made when it is worth it; ``None`` when there is nothing to do."""
        schema = await self._schemas.current(tx, lock=True)
        blueprint = next((each for each in schema if each.id == blueprint_id), None)
        if blueprint is None or name in blueprint.searchable or name not in blueprint.properties:
            return None
        if name in blueprint.indexed:
            return blueprint.indexed[name]
        if len(blueprint.indexed) >= MAX_KEYS or not await self._large(tx, blueprint):
            return None
        (key,) = await tx.allocate_ids("property_key", 1)
        await tx.run(insert(property_key).values(id=key, blueprint_id=blueprint_id, identifier=name, state="building"))
        await self._schemas.bump(tx)
        return key

    async def _large(self, tx: Tx, blueprint: Blueprint) -> bool:
        some = select(entity.c.id).where(entity.c.blueprint_id == blueprint.id).limit(self._min_entities).subquery()
        return bool(await tx.scalar(select(func.count()).select_from(some)) >= self._min_entities)

    async def _fill(self, tx: Tx, blueprint_id: int, name: str, key: int, after: int) -> int | None:
        """Indexes the next entities; the last of them, or ``None`` behind the end."""
        schema = await self._schemas.current(tx, lock=True)
        blueprint = next((each for each in schema if each.id == blueprint_id), None)
        if blueprint is None or blueprint.indexed.get(name) != key:
            return None
        statement = select(entity.c.id, entity.c.properties).where(
            entity.c.blueprint_id == blueprint_id, entity.c.id > after
        )
        statement = statement.order_by(entity.c.id).limit(_BATCH)
        found = await tx.rows(statement.with_for_update() if tx.dialect == "postgresql" else statement)
        if not found:
            return None
        await tx.delete_many(prop_index, ("key_id", "entity_id"), [(key, row.id) for row in found])
        rows: list[tuple[Any, ...]] = [
            (row.id, key, position, text, number)
            for row in found
            for position, (_, text, number) in enumerate(value_rows(key, row.properties.get(name)))
        ]
        if rows:
            await tx.insert_many(prop_index, INDEX_COLUMNS, rows)
        return int(found[-1].id)

    async def _ready(self, tx: Tx, key: int) -> None:
        changed = await tx.run(
            update(property_key).where(property_key.c.id == key, property_key.c.state != "ready").values(state="ready")
        )
        if changed:
            await self._schemas.bump(tx)
