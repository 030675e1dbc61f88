"""Use cases of entity writes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fairway.kit.clock import Clock, to_millis
from fairway.portal.caller import Caller
from fairway.portal.catalog.entities.batch import WriteBatch
from fairway.portal.catalog.entities.context import Context, DeleteOptions
from fairway.portal.catalog.entities.deletion import delete_entities
from fairway.portal.catalog.entities.lookups import Lookups
from fairway.portal.catalog.entities.model import EntityObserver, Outcome, WriteOptions
from fairway.portal.catalog.schema import SchemaCache
from fairway.portal.storage.database import Database
from fairway.portal.storage.tx import Tx


class EntityService:
    """Writes and deletes entities; every write of the portal goes through here."""

    def __init__(self, db: Database, clock: Clock, schemas: SchemaCache, lookups: Lookups) -> None:
        self._db = db
        self._clock = clock
        self._schemas = schemas
        self._lookups = lookups
        self._observers: list[EntityObserver] = []
        self._watched: frozenset[str] = frozenset()

    def observe(self, observer: EntityObserver) -> None:
        """Adds an observer; only while the portal is built."""
        self._observers.append(observer)
        self._watched |= observer.watches

    async def write(
        self,
        caller: Caller,
        blueprint: str,
        bodies: Sequence[Any],
        options: WriteOptions,
        path_identifier: str | None = None,
    ) -> list[Outcome]:
        """Writes items in request order, each on its own: one that fails carries its ``error``.

        Raises:
            NotFound: the blueprint does not exist.
        """
        return await self._db.write(lambda tx: self.write_in(tx, caller, blueprint, bodies, options, path_identifier))

    async def write_one(
        self,
        caller: Caller,
        blueprint: str,
        body: Any,
        options: WriteOptions,
        path_identifier: str | None = None,
    ) -> Outcome:
        """Writes one entity.

        Raises:
            FairwayError: whatever kept it from being written.
        """
        (outcome,) = await self.write(caller, blueprint, [body], options, path_identifier)
        if outcome.error is not None:
            raise outcome.error
        return outcome

    async def write_in(
        self,
        tx: Tx,
        caller: Caller,
        blueprint: str,
        bodies: Sequence[Any],
        options: WriteOptions,
        path_identifier: str | None = None,
    ) -> list[Outcome]:
        """:meth:`write` inside a transaction of the caller's."""
        context = await self._context(tx, caller)
        return await WriteBatch(context, context.schema.require(blueprint), options).run(bodies, path_identifier)

    async def delete(
        self, caller: Caller, blueprint: str, identifiers: Sequence[str], options: DeleteOptions | None = None
    ) -> list[str]:
        """Deletes entities and answers the identifiers removed from this blueprint. All or nothing.

        Raises:
            NotFound: the blueprint, or (unless ``missing_ok``) one of the entities, does not exist.
            HasDependents: an entity's required relation points here and ``delete_dependents`` is false.
            Forbidden: the caller may not unregister one of them.
        """
        return await self._db.write(lambda tx: self.delete_in(tx, caller, blueprint, identifiers, options))

    async def delete_in(
        self, tx: Tx, caller: Caller, blueprint: str, identifiers: Sequence[str], options: DeleteOptions | None = None
    ) -> list[str]:
        """:meth:`delete` inside a transaction of the caller's."""
        context = await self._context(tx, caller)
        found = context.schema.require(blueprint)
        return await delete_entities(context, found, identifiers, options or DeleteOptions())

    async def _context(self, tx: Tx, caller: Caller) -> Context:
        schema = await self._schemas.current(tx, lock=True)
        return Context(tx, schema, caller, to_millis(self._clock.now()), self._lookups, self._observers, self._watched)
