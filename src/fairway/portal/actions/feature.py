"""The services of this feature, wired."""

from __future__ import annotations

from dataclasses import dataclass

from fairway.jq import Engine
from fairway.kit.clock import Clock
from fairway.portal.access.service import Access
from fairway.portal.actions.access.explain import ActionExplainer
from fairway.portal.actions.access.grants import ActionGrants
from fairway.portal.actions.access.service import ActionAccess
from fairway.portal.actions.following import FollowBlueprints
from fairway.portal.actions.forms.service import FormService, build_forms
from fairway.portal.actions.offers import Offers
from fairway.portal.actions.service import ActionService
from fairway.portal.catalog.wiring import Catalog
from fairway.portal.storage import Database


@dataclass(frozen=True, slots=True)
class Actions:
    """Definitions of self-service actions and automations, their forms, and who may do what with them."""

    definitions: ActionService
    forms: FormService
    access: ActionAccess
    explainer: ActionExplainer
    offers: Offers


def build_actions(db: Database, clock: Clock, catalog: Catalog, jq: Engine, access: Access, *, org_id: str) -> Actions:
    """Wires the feature into the catalog, whose blueprints are followed, and into the permissions of callers."""
    definitions = ActionService(db, clock, catalog.schemas, jq)
    catalog.blueprints.observe(FollowBlueprints(definitions))
    decisions = ActionAccess(db, clock, jq, catalog, access.directory, org_id)
    access.grant_sources.append(ActionGrants(db))
    forms = build_forms(
        db=db, clock=clock, jq=jq, catalog=catalog, directory=access.directory,
        signing_secret=access.apps.signing_secret,
    )  # fmt: skip
    explainer = ActionExplainer(db, catalog, definitions, decisions)
    return Actions(definitions, forms, decisions, explainer, Offers(db, definitions, forms, decisions))
