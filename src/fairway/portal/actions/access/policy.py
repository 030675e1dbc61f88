"""Policies of permissions: queries, then conditions in jq over what they found (contract 6.8)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fairway.jq import Engine, JqSyntaxError
from fairway.portal.actions.access.queries import PolicyQueries

MAX_QUERIES = 20
MAX_CONDITIONS = 50
SECONDS = 10.0
"""For one policy as a whole; what it has not answered by then counts as failed."""


@dataclass(slots=True)
class Outcome:
    """What a policy said."""

    values: list[Any] = field(default_factory=list)
    """The first result of each condition that was asked; null for one that failed."""
    problems: list[str] = field(default_factory=list)
    """What failed, without values: those who read it may not see what the queries found."""


class Policies:
    """Evaluates policies within bounds."""

    def __init__(self, queries: PolicyQueries, engine: Engine, seconds: float = SECONDS) -> None:
        self._queries = queries
        self._engine = engine
        self._seconds = seconds

    async def evaluate(
        self, policy: Mapping[str, Any], context: Mapping[str, Any], enough: Callable[[Any], bool] = lambda _: False
    ) -> Outcome:
        """The results of the conditions in order, up to one that is ``enough``. Never fails: a query that does is
        absent from ``.results``, a condition that does is null."""
        outcome = Outcome()
        try:
            async with asyncio.timeout(self._seconds):
                results = await self._results(policy.get("queries") or {}, context, outcome)
                await self._ask(policy.get("conditions") or [], {**context, "results": results}, enough, outcome)
        except TimeoutError:
            outcome.problems.append(f"the policy took longer than {self._seconds:g} s")
        return outcome

    async def _results(
        self, queries: Mapping[str, Any], context: Mapping[str, Any], outcome: Outcome
    ) -> dict[str, Any]:
        results = {}
        for number, (name, query) in enumerate(queries.items()):
            found = None if number >= MAX_QUERIES else await self._queries.entities(query, context)
            if found is None:
                outcome.problems.append(f'the query "{name}" failed and is ignored')
            else:
                results[name] = {"entities": found}
        return results

    async def _ask(
        self, conditions: list[Any], document: Mapping[str, Any], enough: Callable[[Any], bool], outcome: Outcome
    ) -> None:
        for number, text in enumerate(conditions, 1):
            value = None
            if number > MAX_CONDITIONS or not await self._first(text, document, outcome):
                outcome.problems.append(f"condition {number} failed")
                outcome.values.append(value)
            elif enough(outcome.values[-1]):
                return
            await asyncio.sleep(0)  # lets the deadline strike between programs that run in this process

    async def _first(self, text: Any, document: Mapping[str, Any], outcome: Outcome) -> bool:
        """Adds the value of a condition; false when it failed."""
        try:
            result = await self._engine.first(self._engine.compile(str(text)), document)
        except JqSyntaxError:
            return False
        if result.failed:
            return False
        outcome.values.append(result.value)
        return True
