"""Scorecards, rules and results as entities of ``_scorecard``, ``_rule`` and ``_rule_result`` (contract 2.9)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from fairway.kit.clock import rfc3339
from fairway.kit.logs import get_logger
from fairway.portal.caller import Caller
from fairway.portal.catalog.blueprints.service import BlueprintService
from fairway.portal.catalog.entities.context import DeleteOptions
from fairway.portal.catalog.entities.model import Mode, WriteOptions
from fairway.portal.catalog.entities.service import EntityService
from fairway.portal.catalog.model import Blueprint
from fairway.portal.catalog.schema import SchemaCache
from fairway.portal.scorecards.model import Scorecard
from fairway.portal.scorecards.result_relations import relation_to, with_relation_to
from fairway.portal.scorecards.results import RuleRow
from fairway.portal.storage.tx import Tx

_OPTIONS = WriteOptions(Mode.UPSERT_MERGE, managed=True)
_LONGEST = 1000
_DELETION = DeleteOptions(reason="the scorecard no longer says this", missing_ok=True, managed=True)

log = get_logger(__name__)


class ResultEntities:
    """Writes them, inside transactions of whoever stores the results."""

    def __init__(
        self, entities: EntityService, blueprints: BlueprintService, schemas: SchemaCache, system: Caller
    ) -> None:
        self._entities = entities
        self._blueprints = blueprints
        self._schemas = schemas
        self._system = system

    async def define(self, tx: Tx, scorecard: Scorecard, blueprint: Blueprint, stale_rules: Sequence[str]) -> None:
        """The scorecard and its rules; ``stale_rules`` are gone."""
        body = {
            "identifier": scorecard.id,
            "title": scorecard.title,
            "properties": {
                "blueprint": blueprint.identifier,
                "filter": scorecard.document.get("filter"),
                "levels": scorecard.levels,
            },
        }
        await self._write(tx, "_scorecard", [body])
        rules = [
            {
                "identifier": rule_identifier(scorecard.id, rule["identifier"]),
                "title": rule["title"],
                "properties": {
                    "level": rule["level"], "query": rule["query"], "rule_description": rule.get("description"),
                },
                "relations": {"scorecard": scorecard.id},
            }
            for rule in scorecard.document["rules"]
        ]  # fmt: skip
        await self._write(tx, "_rule", rules)
        await self._delete(tx, "_rule", [rule_identifier(scorecard.id, rule) for rule in stale_rules])

    async def undefine(self, tx: Tx, scorecard_id: str, rules: Sequence[str]) -> None:
        """Removes the scorecard and its rules; their results are gone already."""
        await self._delete(tx, "_rule", [rule_identifier(scorecard_id, rule) for rule in rules])
        await self._delete(tx, "_scorecard", [scorecard_id])

    async def put_results(self, tx: Tx, scorecard_id: str, blueprint: Blueprint, rows: Sequence[RuleRow]) -> None:
        """Writes changed results."""
        if not rows:
            return
        relation = await self._relation(tx, blueprint)
        bodies = [
            {
                "identifier": result_identifier(scorecard_id, row.rule, row.entity),
                "title": row.entity,
                "properties": {
                    "entity": row.entity,
                    "result": "Passed" if row.passed else "Not passed",
                    "result_last_change": rfc3339(row.changed_at),
                },
                "relations": {"rule": rule_identifier(scorecard_id, row.rule), relation: row.entity},
            }
            for row in rows
        ]
        await self._write(tx, "_rule_result", bodies)

    async def drop_results(self, tx: Tx, scorecard_id: str, gone: Sequence[tuple[str, str]]) -> None:
        """Removes results, given as (entity, rule)."""
        await self._delete(tx, "_rule_result", [result_identifier(scorecard_id, rule, entity) for entity, rule in gone])

    async def _relation(self, tx: Tx, blueprint: Blueprint) -> str:
        schema = await self._schemas.current(tx)
        results = schema.require("_rule_result")
        if relation_to(results, blueprint.identifier) is None:
            document = with_relation_to(results, blueprint)
            await self._blueprints.rewrite(tx, self._system, schema, results, document)
            results = (await self._schemas.current(tx)).require("_rule_result")
        found = relation_to(results, blueprint.identifier)
        assert found is not None
        return found

    async def _write(self, tx: Tx, blueprint: str, bodies: Sequence[dict[str, Any]]) -> None:
        for outcome in await self._entities.write_in(tx, self._system, blueprint, bodies, _OPTIONS):
            if outcome.error is not None:
                # An entity that was deleted meanwhile: its own event takes the result away again.
                log.info("scorecard_entity_refused", blueprint=blueprint, entity=outcome.identifier,
                         reason=outcome.error.message)  # fmt: skip

    async def _delete(self, tx: Tx, blueprint: str, identifiers: Sequence[str]) -> None:
        if identifiers:
            await self._entities.delete_in(tx, self._system, blueprint, identifiers, _DELETION)


def rule_identifier(scorecard_id: str, rule: str) -> str:
    """Identifier of a ``_rule`` entity."""
    return f"{scorecard_id}:{rule}"


def result_identifier(scorecard_id: str, rule: str, entity: str) -> str:
    """Identifier of a ``_rule_result`` entity."""
    identifier = f"{scorecard_id}:{rule}:{entity}"
    if len(identifier) <= _LONGEST:
        return identifier
    return f"{scorecard_id}:{rule}:{hashlib.sha256(entity.encode()).hexdigest()}"
