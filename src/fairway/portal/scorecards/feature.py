"""The services of this feature, wired."""

from __future__ import annotations

from dataclasses import dataclass

from fairway.kit.clock import Clock
from fairway.portal.caller import Caller
from fairway.portal.catalog.wiring import Catalog
from fairway.portal.scorecards.background import ScorecardBackground
from fairway.portal.scorecards.entities import ResultEntities
from fairway.portal.scorecards.evaluation import ScorecardResults
from fairway.portal.scorecards.following import FollowBlueprints
from fairway.portal.scorecards.insight import ScorecardInsight
from fairway.portal.scorecards.materialize import Materializer
from fairway.portal.scorecards.service import ScorecardService
from fairway.portal.storage import Database


@dataclass(frozen=True, slots=True)
class Scorecards:
    """Scorecards, their results, and what keeps these current."""

    service: ScorecardService
    insight: ScorecardInsight
    background: ScorecardBackground


def build_scorecards(db: Database, clock: Clock, catalog: Catalog, system: Caller) -> Scorecards:
    """Wires the feature into the catalog: entities show results, blueprints are followed."""
    schemas = catalog.schemas
    service = ScorecardService(db, clock, schemas)
    results = ScorecardResults(db, clock)
    entities = ResultEntities(catalog.entities, catalog.blueprints, schemas, system)
    materializer = Materializer(db, clock, schemas, catalog.search, entities, system)
    catalog.reader.show_scorecards(results)
    catalog.blueprints.observe(FollowBlueprints(service, catalog.blueprints, schemas))
    return Scorecards(
        service,
        ScorecardInsight(db, clock, schemas, catalog.reader, catalog.search, results),
        ScorecardBackground(db, clock, schemas, results, materializer),
    )
