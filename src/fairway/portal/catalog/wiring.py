"""The catalog's services, built together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fairway.jq import Engine
from fairway.kit.clock import Clock
from fairway.kit.errors import InvalidRequest
from fairway.portal.caller import Caller
from fairway.portal.catalog.blueprints.renames import RenameService
from fairway.portal.catalog.blueprints.service import BlueprintService
from fairway.portal.catalog.entities.restore import RestoreService
from fairway.portal.catalog.entities.service import EntityService
from fairway.portal.catalog.migrations.service import MigrationService
from fairway.portal.catalog.model import Blueprint, Schema
from fairway.portal.catalog.reading.reader import EntityReader
from fairway.portal.catalog.schema import SchemaCache
from fairway.portal.storage.database import Database
from fairway.portal.storage.tx import Tx


@dataclass(frozen=True)
class Catalog:
    """What other features use of the catalog."""

    schemas: SchemaCache
    blueprints: BlueprintService
    renames: RenameService
    entities: EntityService
    migrations: MigrationService
    restore: RestoreService
    reader: EntityReader


class SearchLookups:
    """Search inside write transactions."""

    async def find(
        self, tx: Tx, schema: Schema, caller: Caller, blueprint: Blueprint, query: dict[str, Any], limit: int
    ) -> Sequence[tuple[int, str]]:
        raise InvalidRequest("Search objects are not available yet")

    async def readable(self, tx: Tx, schema: Schema, caller: Caller, blueprint: Blueprint, entity_id: int) -> bool:
        return True


def build_catalog(db: Database, clock: Clock, schemas: SchemaCache, jq: Engine, org_id: str, restore_days: int) -> Catalog:
    """Wires the catalog; observers of other features are added afterwards."""
    blueprints = BlueprintService(db, clock, schemas)
    entities = EntityService(db, clock, schemas, SearchLookups())
    restore = RestoreService(db, clock, entities, restore_days)
    migrations = MigrationService(db, clock, schemas, blueprints, entities, jq, org_id)
    reader = EntityReader(db, clock, schemas, jq)
    return Catalog(schemas, blueprints, RenameService(db, schemas, blueprints), entities, migrations, restore, reader)
