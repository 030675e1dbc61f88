"""What decisions rest on, for ``POST /v1/fairway/access/explain``."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, select

from fairway.portal.access.explain import Facts
from fairway.portal.caller import Caller
from fairway.portal.catalog.entities.lookups import Lookups
from fairway.portal.catalog.entities.permit import missing_entity
from fairway.portal.catalog.model import Blueprint
from fairway.portal.catalog.schema import SchemaCache
from fairway.portal.catalog.tables import entity as entity_table
from fairway.portal.storage.database import Database
from fairway.portal.storage.tx import Tx


class CatalogPermissions:
    """Permission documents of blueprints and owners of entities."""

    def __init__(self, db: Database, schemas: SchemaCache, lookups: Lookups) -> None:
        self._db = db
        self._schemas = schemas
        self._lookups = lookups

    async def facts(self, blueprint: str, entity: str | None) -> Facts:
        """The permission document, and the owners of the entity when one is named.

        Raises:
            NotFound: the blueprint or the entity does not exist.
        """

        async def work(tx: Tx) -> Facts:
            found = (await self._schemas.current(tx)).require(blueprint)
            if entity is None:
                return Facts(found.permissions)
            return Facts(found.permissions, (await _require(tx, found, entity)).team or ())

        return await self._db.read(work)

    async def readable(self, caller: Caller, blueprint: str, entity: str) -> bool:
        """Whether the entity lies in what the caller may read."""

        async def work(tx: Tx) -> bool:
            schema = await self._schemas.current(tx)
            found = schema.require(blueprint)
            row = await _require(tx, found, entity)
            return await self._lookups.readable(tx, schema, caller, found, row.id)

        return await self._db.read(work)


async def _require(tx: Tx, blueprint: Blueprint, identifier: str) -> Row[Any]:
    columns = (entity_table.c.id, entity_table.c.team)
    where = (entity_table.c.blueprint_id == blueprint.id, entity_table.c.identifier == identifier)
    row = await tx.row(select(*columns).where(*where))
    if row is None:
        raise missing_entity(identifier, blueprint)
    return row
