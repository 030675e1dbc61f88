"""Reading results: over all entities of a scorecard, and one entity with its reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fairway.kit.clock import Clock, rfc3339, to_millis
from fairway.kit.errors import Forbidden, InvalidRequest, NotFound
from fairway.portal.access.decisions import ReadScope, read_scope
from fairway.portal.caller import Caller
from fairway.portal.catalog.model import Blueprint, Schema
from fairway.portal.catalog.reading.options import ReadOptions
from fairway.portal.catalog.reading.reader import EntityReader
from fairway.portal.catalog.schema import SchemaCache
from fairway.portal.catalog.search.bind import Context
from fairway.portal.catalog.search.service import SearchService
from fairway.portal.scorecards import results
from fairway.portal.scorecards.evaluation import ScorecardResults, status_of
from fairway.portal.scorecards.explain import Explainer
from fairway.portal.scorecards.model import Scorecard
from fairway.portal.scorecards.results import LevelRow
from fairway.portal.scorecards.service import require
from fairway.portal.storage import Database, Tx

MAX_LIMIT = 1000
DEFAULT_LIMIT = 100
_MOST_PAGES = 20
"""Pages looked through for entities that the caller may read, before an answer that is not full."""
_UNSCORED = ReadOptions(exclude=frozenset({"scorecards"}))
_IDENTIFIERS = ReadOptions(include=frozenset({"identifier"}))


@dataclass(frozen=True, slots=True)
class ResultFilter:
    """Which results are wanted."""

    level: str | None = None
    rule: str | None = None
    passed: bool | None = None


class ScorecardInsight:
    """Results for people."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        schemas: SchemaCache,
        reader: EntityReader,
        search: SearchService,
        definitions: ScorecardResults,
    ) -> None:
        self._db = db
        self._clock = clock
        self._schemas = schemas
        self._reader = reader
        self._search = search
        self._definitions = definitions

    async def of_entity(self, caller: Caller, blueprint: str, identifier: str) -> list[dict[str, Any]]:
        """Every scorecard of an entity with conditions, actual values and what would make each rule pass."""
        entity_id = await self._search.readable(caller, blueprint, identifier)
        documents = [] if entity_id is None else await self._reader.documents([entity_id], _UNSCORED)
        if not documents:
            raise NotFound(f'Entity with identifier "{identifier}" was not found in blueprint "{blueprint}"')
        schema = await self._db.read(self._schemas.current)
        owner = schema.require(blueprint)
        explainer = Explainer(owner, documents[0], Context(to_millis(self._clock.now())))
        return [explainer.scorecard(each) for each in await self._definitions.scorecards(schema, owner)]

    async def results(
        self, caller: Caller, blueprint: str, identifier: str, wanted: ResultFilter, after: str, limit: int
    ) -> dict[str, Any]:
        """A page of results by entity identifier, and how many entities there are per level and per rule."""
        owner, scorecard, scope = await self._db.read(lambda tx: self._find(tx, caller, blueprint, identifier))
        _check(scorecard, wanted)
        rows, following = await self._page(caller, owner, scorecard, scope, wanted, after, limit)
        shown = await self._db.read(lambda tx: _with_rules(tx, scorecard, rows))
        counted = await self._db.read(lambda tx: _counts(tx, scorecard)) if scope.everything else None
        return {"results": shown, "counts": counted, "next": following}

    async def _find(
        self, tx: Tx, caller: Caller, blueprint: str, identifier: str
    ) -> tuple[Blueprint, Scorecard, ReadScope]:
        schema: Schema = await self._schemas.current(tx)
        owner = schema.require(blueprint)
        scope = read_scope(caller, blueprint, owner.permissions)
        if scope.nothing:
            raise Forbidden(scope.reason, details={"reason": scope.reason, "rule": scope.rule})
        return owner, await require(tx, owner, identifier), scope

    async def _page(
        self,
        caller: Caller,
        owner: Blueprint,
        scorecard: Scorecard,
        scope: ReadScope,
        wanted: ResultFilter,
        after: str,
        limit: int,
    ) -> tuple[list[LevelRow], str | None]:
        found: list[LevelRow] = []
        for _ in range(_MOST_PAGES):
            rows = await self._db.read(
                lambda tx, after=after: results.page(  # type: ignore[misc]
                    tx, scorecard.id, after=after, limit=limit + 1, level=wanted.level, rule=wanted.rule,
                    passed=wanted.passed,
                )
            )  # fmt: skip
            visible = rows[:limit] if scope.everything else await self._readable(caller, owner, rows[:limit])
            room = limit - len(found)
            found.extend(visible[:room])
            if len(visible) > room or (len(visible) == room and len(rows) > limit):
                return found, found[-1].entity
            if len(rows) <= limit:
                return found, None
            after = rows[limit - 1].entity
        return found, after

    async def _readable(self, caller: Caller, owner: Blueprint, rows: Sequence[LevelRow]) -> list[LevelRow]:
        if not rows:
            return []
        rule = {"property": "$identifier", "operator": "in", "value": [row.entity for row in rows]}
        body = {"query": {"combinator": "and", "rules": [rule]}, "limit": MAX_LIMIT}
        page = await self._search.search_blueprint(caller, owner.identifier, body, _IDENTIFIERS)
        allowed = {each["identifier"] for each in page.entities}
        return [row for row in rows if row.entity in allowed]


def _check(scorecard: Scorecard, wanted: ResultFilter) -> None:
    levels = [level["title"] for level in scorecard.levels]
    if wanted.level is not None and wanted.level not in levels:
        raise InvalidRequest(f'"level" must be one of {", ".join(levels)}, not "{wanted.level[:100]}"')
    rules = [rule.identifier for rule in scorecard.rules]
    if wanted.rule is not None and wanted.rule not in rules:
        raise InvalidRequest(f'"rule" must be one of {", ".join(rules) or "none"}, not "{wanted.rule[:100]}"')
    if wanted.passed is not None and wanted.rule is None:
        raise InvalidRequest('"status" is the status of a rule, so it needs "rule" beside it')


async def _with_rules(tx: Tx, scorecard: Scorecard, rows: Sequence[LevelRow]) -> list[dict[str, Any]]:
    stored = await results.rules(tx, scorecard.id, [row.entity for row in rows])
    shown = []
    for row in rows:
        rules = [
            {
                "identifier": rule.identifier,
                "status": status_of(result.passed),
                "level": rule.level,
                "changedAt": rfc3339(result.changed_at),
            }
            for rule in scorecard.rules
            if (result := stored.get((row.entity, rule.identifier))) is not None
        ]
        shown.append({"entity": row.entity, "level": row.level, "changedAt": rfc3339(row.changed_at), "rules": rules})
    return shown


async def _counts(tx: Tx, scorecard: Scorecard) -> dict[str, Any]:
    by_level, by_rule = await results.counts(tx, scorecard.id)
    levels = [{"level": each["title"], "count": by_level.get(each["title"], 0)} for each in scorecard.levels]
    rules = []
    for rule in scorecard.rules:
        passed, failed = by_rule.get(rule.identifier, (0, 0))
        rules.append({"rule": rule.identifier, "level": rule.level, "SUCCESS": passed, "FAILURE": failed})
    return {"entities": sum(by_level.values()), "levels": levels, "rules": rules}
