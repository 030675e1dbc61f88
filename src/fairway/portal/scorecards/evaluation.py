"""Results of scorecards, worked out from entity documents when they are read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fairway.kit.clock import Clock, to_millis
from fairway.portal.catalog.model import Blueprint, Schema
from fairway.portal.catalog.search.bind import Bound, Context, bind
from fairway.portal.catalog.search.evaluate import satisfies
from fairway.portal.scorecards import repository
from fairway.portal.scorecards.model import CompiledRule, Scorecard
from fairway.portal.storage import Database, Tx

Document = Mapping[str, Any]
_CACHE = "scorecards"


@dataclass(frozen=True, slots=True)
class Result:
    """What a scorecard says about one entity."""

    level: str
    passed: tuple[tuple[CompiledRule, bool], ...]

    def show(self) -> dict[str, Any]:
        """As entities carry it (contract 3.5)."""
        rules = [
            {"identifier": rule.identifier, "status": status_of(passed), "level": rule.level}
            for rule, passed in self.passed
        ]
        return {"level": self.level, "rules": rules}


def status_of(passed: bool) -> str:
    """How answers say it."""
    return "SUCCESS" if passed else "FAILURE"


class BoundScorecard:
    """A scorecard at one instant, to be asked about many entities."""

    def __init__(self, scorecard: Scorecard, context: Context) -> None:
        self.scorecard = scorecard
        self._filter: Bound | None = None if scorecard.filter is None else bind(scorecard.filter, context)
        self._rules = [(rule, bind(rule.rule, context)) for rule in scorecard.rules]

    def result(self, blueprint: Blueprint, document: Document) -> Result | None:
        """The result of an entity; none when the filter leaves it out."""
        if self._filter is not None and not satisfies(self._filter, document, blueprint=blueprint):
            return None
        passed = tuple((rule, satisfies(bound, document, blueprint=blueprint)) for rule, bound in self._rules)
        return Result(self._level(passed), passed)

    def _level(self, passed: Sequence[tuple[CompiledRule, bool]]) -> str:
        """The highest level of which, and of all below it, every rule passes."""
        levels = self.scorecard.levels
        lowest_failed = min((rule.rank for rule, good in passed if not good), default=len(levels))
        return str(levels[max(0, lowest_failed - 1)]["title"])


class ScorecardResults:
    """Results on read. Definitions are kept with the schema snapshot, which every change of a scorecard renews."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def scorecards(self, schema: Schema, blueprint: Blueprint) -> Sequence[Scorecard]:
        """The scorecards of a blueprint."""
        if _CACHE not in blueprint.cache:
            await self._load(schema)
        found: Sequence[Scorecard] = blueprint.cache[_CACHE]
        return found

    async def results(
        self, schema: Schema, blueprint: Blueprint, documents: Sequence[Document]
    ) -> list[dict[str, dict[str, Any]]]:
        """The ``scorecards`` object of each document, in order."""
        bound = await self.bound(schema, blueprint)
        return [
            {
                each.scorecard.identifier: result.show()
                for each in bound
                if (result := each.result(blueprint, document)) is not None
            }
            for document in documents
        ]

    async def bound(self, schema: Schema, blueprint: Blueprint) -> list[BoundScorecard]:
        """The scorecards of a blueprint, ready to be asked now."""
        context = Context(to_millis(self._clock.now()))
        return [BoundScorecard(each, context) for each in await self.scorecards(schema, blueprint)]

    async def scored(self, tx: Tx, schema: Schema) -> list[str]:
        """The blueprints that have scorecards, for callers inside a unit of work."""
        if any(_CACHE not in blueprint.cache for blueprint in schema):
            _keep(schema, await repository.all_scorecards(tx))
        return [blueprint.identifier for blueprint in schema if blueprint.cache[_CACHE]]

    async def _load(self, schema: Schema) -> None:
        _keep(schema, await self._db.read(repository.all_scorecards))


def _keep(schema: Schema, scorecards: Sequence[Scorecard]) -> None:
    by_blueprint: dict[int, list[Scorecard]] = {}
    for each in scorecards:
        by_blueprint.setdefault(each.blueprint_id, []).append(each)
    for blueprint in schema:
        blueprint.cache[_CACHE] = by_blueprint.get(blueprint.id, [])
