"""Scorecards follow their blueprint, in the transaction of its change."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fairway.portal.caller import Caller
from fairway.portal.catalog.blueprints.service import BlueprintService
from fairway.portal.catalog.schema import SchemaCache
from fairway.portal.scorecards import repository
from fairway.portal.scorecards.result_relations import without_relation_to
from fairway.portal.scorecards.service import ScorecardService
from fairway.portal.storage.tx import Tx

_SUBJECT = {"properties": "property", "mirrorProperties": "property", "relations": "relation"}


class FollowBlueprints:
    """Observes blueprints."""

    def __init__(self, scorecards: ScorecardService, blueprints: BlueprintService, schemas: SchemaCache) -> None:
        self._scorecards = scorecards
        self._blueprints = blueprints
        self._schemas = schemas

    async def blueprint_created(self, tx: Tx, caller: Caller, document: dict[str, Any], *, catalog_page: bool) -> None:
        """A new blueprint has no scorecards."""

    async def blueprint_renamed(self, tx: Tx, caller: Caller, old: str, new: str) -> None:
        """Scorecards hold the blueprint's surrogate key, so nothing changes."""

    async def blueprint_deleted(self, tx: Tx, caller: Caller, identifier: str) -> None:
        """The scorecards go with the blueprint, and with them the relation from their results to its entities."""
        schema = await self._schemas.current(tx)
        owner = schema.get(identifier)
        if owner is None:
            return
        await self._scorecards.remove(tx, caller, owner, await repository.of_blueprint(tx, owner.id))
        results = schema.require("_rule_result")
        document = without_relation_to(results, identifier)
        if document is not None:
            await self._blueprints.rewrite(tx, caller, schema, results, document)

    async def member_renamed(self, tx: Tx, caller: Caller, blueprint: str, kind: str, old: str, new: str) -> None:
        """Conditions name the member by its new name."""
        owner = (await self._schemas.current(tx)).require(blueprint)
        for scorecard in await repository.of_blueprint(tx, owner.id):
            document = _renamed(dict(scorecard.document), _SUBJECT[kind], old, new)
            if document != scorecard.document:
                await repository.save(tx, replace(scorecard, document=document))


def _renamed(document: dict[str, Any], subject: str, old: str, new: str) -> dict[str, Any]:
    rules = [{**rule, "query": _in_query(rule["query"], subject, old, new)} for rule in document["rules"]]
    changed = {**document, "rules": rules}
    if document.get("filter"):
        changed["filter"] = _in_query(document["filter"], subject, old, new)
    return changed


def _in_query(value: Any, subject: str, old: str, new: str) -> Any:
    if isinstance(value, list):
        return [_in_query(item, subject, old, new) for item in value]
    if not isinstance(value, dict):
        return value
    changed = {key: _in_query(item, subject, old, new) for key, item in value.items()}
    if changed.get(subject) == old:
        changed[subject] = new
    return changed
