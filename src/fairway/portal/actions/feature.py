"""The services of this feature, wired."""

from __future__ import annotations

from dataclasses import dataclass

from fairway.jq import Engine
from fairway.kit.clock import Clock
from fairway.portal.actions.following import FollowBlueprints
from fairway.portal.actions.service import ActionService
from fairway.portal.catalog.wiring import Catalog
from fairway.portal.storage import Database


@dataclass(frozen=True, slots=True)
class Actions:
    """Definitions of self-service actions and automations, their forms, and who may do what with them."""

    definitions: ActionService


def build_actions(db: Database, clock: Clock, catalog: Catalog, jq: Engine) -> Actions:
    """Wires the feature into the catalog: blueprints are followed."""
    definitions = ActionService(db, clock, catalog.schemas, jq)
    catalog.blueprints.observe(FollowBlueprints(definitions))
    return Actions(definitions)
