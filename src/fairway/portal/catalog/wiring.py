"""The catalog's services, built together."""

from __future__ import annotations

from dataclasses import dataclass

from fairway.jq import Engine
from fairway.kit.clock import Clock
from fairway.portal.catalog.blueprints.planning import BlueprintPlans
from fairway.portal.catalog.blueprints.renames import RenameService
from fairway.portal.catalog.blueprints.service import BlueprintService
from fairway.portal.catalog.entities.restore import RestoreService
from fairway.portal.catalog.entities.service import EntityService
from fairway.portal.catalog.migrations.service import MigrationService
from fairway.portal.catalog.reading.reader import EntityReader
from fairway.portal.catalog.schema import SchemaCache
from fairway.portal.catalog.search.feature import SearchFeature, build_search
from fairway.portal.catalog.search.lookups import SearchLookups
from fairway.portal.catalog.search.service import SearchService
from fairway.portal.storage.database import Database


@dataclass(frozen=True)
class Catalog:
    """What other features use of the catalog."""

    schemas: SchemaCache
    blueprints: BlueprintService
    renames: RenameService
    plans: BlueprintPlans
    entities: EntityService
    migrations: MigrationService
    restore: RestoreService
    reader: EntityReader
    finding: SearchFeature

    @property
    def search(self) -> SearchService:
        """Searches of entities."""
        return self.finding.search


def build_catalog(
    db: Database, clock: Clock, schemas: SchemaCache, jq: Engine, org_id: str, restore_days: int
) -> Catalog:
    """Wires the catalog; observers of other features are added afterwards."""
    blueprints = BlueprintService(db, clock, schemas, jq)
    entities = EntityService(db, clock, schemas, SearchLookups(clock))
    restore = RestoreService(db, clock, entities, restore_days)
    reader = EntityReader(db, clock, schemas, jq)
    migrations = MigrationService(db, clock, schemas, blueprints, entities, reader, jq, org_id)
    finding = build_search(db, clock, schemas, reader)
    renames = RenameService(db, schemas, blueprints)
    plans = BlueprintPlans(db, schemas, blueprints)
    return Catalog(schemas, blueprints, renames, plans, entities, migrations, restore, reader, finding)
