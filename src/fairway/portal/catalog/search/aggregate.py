"""Numbers about what a search finds: ``POST /v1/entities/aggregate`` (contract 3.9)."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from fairway.kit.clock import Clock, to_millis
from fairway.kit.errors import InvalidRequest
from fairway.kit.jsonio import dumps_text
from fairway.portal.caller import Caller
from fairway.portal.catalog.search.finder import Search
from fairway.portal.catalog.search.instants import stored_instant
from fairway.portal.catalog.search.predicates import is_number
from fairway.portal.catalog.search.presets import DAY_MS
from fairway.portal.catalog.search.service import SearchService
from fairway.portal.catalog.search.values import Values, ValueSource

PERIODS = {"hour": DAY_MS // 24, "day": DAY_MS, "week": 7 * DAY_MS, "month": 30 * DAY_MS}
"""Milliseconds; a month has 30 days, as in presets."""
_PROPERTY_FUNCTIONS = ("sum", "average", "min", "max", "median")
_ENTITY_FUNCTIONS = ("count", "average")


@dataclass(frozen=True, slots=True)
class Aggregation:
    """What is asked."""

    func: str
    source: ValueSource | None
    """Whose values; none for entities."""
    average_of: str = "total"
    measure_time_by: str = "$createdAt"


def parse_aggregation(body: Mapping[str, Any]) -> Aggregation:
    """Reads a body.

    Raises:
        InvalidRequest: with what would be right.
    """
    func = body.get("func")
    if func == "countValues":
        return Aggregation("countValues", _counted(body))
    by = body.get("calculationBy") or ("property" if "property" in body else "entities")
    if by not in ("entities", "property"):
        raise InvalidRequest(f'"calculationBy" must be "entities" or "property", not "{str(by)[:100]}"')
    functions = _PROPERTY_FUNCTIONS if by == "property" else _ENTITY_FUNCTIONS
    if func not in functions:
        known = ", ".join((*functions, "countValues"))
        raise InvalidRequest(f'"func" must be one of {known} when calculated by {by}, not "{str(func)[:100]}"')
    average_of = body.get("averageOf") or "total"
    if average_of not in (*PERIODS, "total"):
        raise InvalidRequest(f'"averageOf" must be one of {", ".join(PERIODS)}, total; not "{str(average_of)[:100]}"')
    source = ValueSource("property", text(body, "property")) if by == "property" else None
    measured = text(body, "measureTimeBy") if body.get("measureTimeBy") else "$createdAt"
    return Aggregation(str(func), source, str(average_of), measured)


def _counted(body: Mapping[str, Any]) -> ValueSource:
    kinds = [kind for kind in ("property", "relation", "scorecard") if body.get(kind) is not None]
    if len(kinds) != 1:
        raise InvalidRequest('countValues takes exactly one of "property", "relation", "scorecard"')
    kind = kinds[0]
    rule = text(body, "rule") if kind == "scorecard" and body.get("rule") is not None else None
    return ValueSource(kind, text(body, kind), rule)


def text(body: Mapping[str, Any], key: str) -> str:
    """A string of a body.

    Raises:
        InvalidRequest: it is none.
    """
    value = body.get(key)
    if not isinstance(value, str) or not value:
        raise InvalidRequest(f'"{key}" must be a string')
    return value


class AggregateService:
    """Aggregates what a search finds."""

    def __init__(self, clock: Clock, search: SearchService, values: Values) -> None:
        self._clock = clock
        self._search = search
        self._values = values

    async def aggregate(self, caller: Caller, body: Mapping[str, Any]) -> Any:
        """The ``result`` of the route.

        Raises:
            InvalidRequest: the body is malformed.
        """
        asked = parse_aggregation(body)
        found = await self._search.prepare(caller, body.get("query"))
        if asked.func == "countValues":
            return await self._count_values(found, asked)
        if asked.source is None and asked.func == "count":
            return await self._search.finder.count(found)
        return await self._over_values(found, asked)

    async def _count_values(self, found: Search, asked: Aggregation) -> list[dict[str, Any]]:
        assert asked.source is not None
        counts: Counter[str] = Counter()
        shown: dict[str, Any] = {}
        async for value, count in self._values.counted(found, asked.source):
            key = dumps_text(value)
            shown.setdefault(key, value)
            counts[key] += count
        return [
            {"value": shown[key], "count": counts[key]} for key in sorted(counts, key=lambda key: (-counts[key], key))
        ]

    async def _over_values(self, found: Search, asked: Aggregation) -> Any:
        sources = [
            asked.source or ValueSource("property", "$identifier"),
            ValueSource("property", asked.measure_time_by),
        ]
        numbers: list[float] = []
        earliest: int | None = None
        async for value, measured in _pairs(self._values.rows(found, sources)):
            if asked.source is not None and not is_number(value):
                continue
            numbers.append(value if asked.source is not None else 1)
            instant = stored_instant(measured) if isinstance(measured, str) else None
            earliest = instant if earliest is None or (instant is not None and instant < earliest) else earliest
        if asked.func != "average" or (asked.source is not None and asked.average_of == "total"):
            return combine(asked.func, numbers)
        return self._per_period(numbers, earliest, asked.average_of)

    def _per_period(self, numbers: list[float], earliest: int | None, average_of: str) -> Any:
        """The total by the number of periods since the earliest measured time."""
        if not numbers:
            return None
        if average_of == "total" or earliest is None:
            return plain(math.fsum(numbers))
        elapsed = to_millis(self._clock.now()) - earliest
        return plain(math.fsum(numbers) / max(1, math.ceil(elapsed / PERIODS[average_of])))


def combine(func: str, numbers: list[float]) -> Any:
    """A function over numbers; ``None`` over none of them."""
    if not numbers:
        return None
    functions: dict[str, Any] = {"sum": math.fsum, "min": min, "max": max, "median": statistics.median}
    if func == "average":
        return plain(math.fsum(numbers) / len(numbers))
    return plain(functions[func](numbers))


def plain(value: float) -> int | float | None:
    """``3.0`` as ``3``: the wire has no integral fractions (contract 1.1)."""
    if not math.isfinite(value):
        return None
    return int(value) if float(value).is_integer() and abs(value) < 1 << 53 else value


async def _pairs(rows: AsyncIterator[tuple[Any, ...]]) -> AsyncIterator[tuple[Any, Any]]:
    async for row in rows:
        yield row[0], row[1]
