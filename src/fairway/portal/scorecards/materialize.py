"""Stores what scorecards say about entities: only what changed is written, in bounded batches."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from fairway.kit.clock import Clock, to_millis
from fairway.portal.caller import Caller
from fairway.portal.catalog.model import Blueprint
from fairway.portal.catalog.reading.options import ReadOptions
from fairway.portal.catalog.schema import SchemaCache
from fairway.portal.catalog.search.service import SearchService
from fairway.portal.scorecards import repository, results
from fairway.portal.scorecards.entities import ResultEntities
from fairway.portal.scorecards.model import Scorecard
from fairway.portal.scorecards.results import LevelRow, RuleRow
from fairway.portal.storage import Database, Tx

BATCH = 100
"""Entities evaluated and stored at a time: with ten rules, one transaction writes a thousand results at the most."""

_OPTIONS = ReadOptions(include=frozenset({"identifier", "scorecards"}))
Shown = Mapping[str, Mapping[str, Any]]
"""The ``scorecards`` object of an entity document."""


class Materializer:
    """Brings stored results up to what reads show."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        schemas: SchemaCache,
        search: SearchService,
        entities: ResultEntities,
        system: Caller,
    ) -> None:
        self._db = db
        self._clock = clock
        self._schemas = schemas
        self._search = search
        self._entities = entities
        self._system = system
        self._lock = asyncio.Lock()
        """Held from reading to storing: what was read earlier must not be stored later."""

    async def refresh(self, blueprint: str, identifiers: Sequence[str]) -> None:
        """Looks at some entities again; those that are gone lose their results."""
        for start in range(0, len(identifiers), BATCH):
            chunk = identifiers[start : start + BATCH]
            query = {"combinator": "and", "rules": [{"property": "$identifier", "operator": "in", "value": [*chunk]}]}
            async with self._lock:
                body = {"query": query, "limit": BATCH}
                found = await self._search.search_blueprint(self._system, blueprint, body, _OPTIONS)
                shown: dict[str, Shown] = {each: {} for each in chunk}
                shown.update({each["identifier"]: each["scorecards"] for each in found.entities})
                await self._store(blueprint, shown)

    async def next_page(self, blueprint: str, cursor: str | None) -> str | None:
        """Looks at the next entities of a whole blueprint; answers where to go on, none at the end."""
        async with self._lock:
            body = {"limit": BATCH, "from": cursor}
            page = await self._search.search_blueprint(self._system, blueprint, body, _OPTIONS)
            await self._store(blueprint, {each["identifier"]: each["scorecards"] for each in page.entities})
            return page.next

    async def clean_up(self, scorecard_id: str, rules: Sequence[str]) -> bool:
        """Removes some results of a scorecard that is gone; false when there was nothing left but itself."""

        async def work(tx: Tx) -> bool:
            entities = await results.some_entities(tx, scorecard_id, BATCH)
            if not entities:
                await results.forget(tx, scorecard_id)
                await self._entities.undefine(tx, scorecard_id, rules)
                return False
            gone = list(await results.rules(tx, scorecard_id, entities))
            await self._entities.drop_results(tx, scorecard_id, gone)
            await results.put_rules(tx, scorecard_id, (), gone)
            await results.put_levels(tx, scorecard_id, (), entities)
            return True

        return await self._db.write(work)

    async def define(self, scorecard_id: str, stale_rules: Sequence[str]) -> Blueprint | None:
        """Writes the scorecard and its rules as entities; answers its blueprint, none when it is gone."""

        async def work(tx: Tx) -> Blueprint | None:
            scorecard = await repository.by_id(tx, scorecard_id)
            if scorecard is None:
                return None
            owner = (await self._schemas.current(tx)).by_id(scorecard.blueprint_id)
            await self._entities.define(tx, scorecard, owner, stale_rules)
            return owner

        return await self._db.write(work)

    async def _store(self, blueprint: str, shown: Mapping[str, Shown]) -> None:
        if not shown:
            return

        async def work(tx: Tx) -> None:
            owner = (await self._schemas.current(tx)).get(blueprint)
            if owner is not None:
                for scorecard in await repository.of_blueprint(tx, owner.id):
                    await self._store_one(tx, owner, scorecard, shown)

        await self._db.write(work)

    async def _store_one(self, tx: Tx, owner: Blueprint, scorecard: Scorecard, shown: Mapping[str, Shown]) -> None:
        now = to_millis(self._clock.now())
        present = {name: each[scorecard.identifier] for name, each in shown.items() if scorecard.identifier in each}
        levels = await results.levels(tx, scorecard.id, list(shown))
        changed = [
            LevelRow(name, result["level"], now)
            for name, result in present.items()
            if name not in levels or levels[name].level != result["level"]
        ]
        await results.put_levels(tx, scorecard.id, changed, levels.keys() - present.keys())
        stored = await results.rules(tx, scorecard.id, list(shown))
        wanted = {
            (name, rule["identifier"]): rule["status"] == "SUCCESS"
            for name, result in present.items()
            for rule in result["rules"]
        }
        rows = [
            RuleRow(entity, rule, passed, now)
            for (entity, rule), passed in wanted.items()
            if (entity, rule) not in stored or stored[entity, rule].passed != passed
        ]
        gone = sorted(stored.keys() - wanted.keys())
        await results.put_rules(tx, scorecard.id, rows, gone)
        await self._entities.put_results(tx, scorecard.id, owner, rows)
        await self._entities.drop_results(tx, scorecard.id, gone)
