"""Numbers over time: ``POST /v1/entities/aggregate-over-time`` (contract 3.9, 15.6)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fairway.kit.clock import Clock, to_millis
from fairway.kit.errors import InvalidRequest
from fairway.portal.caller import Caller
from fairway.portal.catalog.search.aggregate import combine, plain, text
from fairway.portal.catalog.search.instants import stored_instant
from fairway.portal.catalog.search.predicates import is_number
from fairway.portal.catalog.search.presets import DAY_MS
from fairway.portal.catalog.search.service import SearchService
from fairway.portal.catalog.search.timeline import Timeline, parse_timeline
from fairway.portal.catalog.search.values import Values, ValueSource

_PROPERTY_FUNCTIONS = ("average", "sum", "min", "max", "median", "last")
_COUNT_FUNCTIONS = ("count", "average")


@dataclass(frozen=True, slots=True)
class Asked:
    """The ``aggregationType``, nested or flat."""

    kind: str
    func: str
    properties: tuple[str, ...] = ()
    breakdown: str | None = None


def parse_asked(body: Mapping[str, Any]) -> Asked:
    """Reads ``aggregationType``.

    Raises:
        InvalidRequest: with what would be right.
    """
    given = body.get("aggregationType")
    spec: Mapping[str, Any] = given if isinstance(given, Mapping) else {**body, "type": given}
    kind, func = spec.get("type"), spec.get("func")
    if kind not in ("aggregatePropertiesValues", "countEntities"):
        raise InvalidRequest('"aggregationType" must be "aggregatePropertiesValues" or "countEntities"')
    functions = _PROPERTY_FUNCTIONS if kind == "aggregatePropertiesValues" else _COUNT_FUNCTIONS
    if func not in functions:
        raise InvalidRequest(f'"func" of "{kind}" must be one of {", ".join(functions)}, not "{str(func)[:100]}"')
    if kind == "countEntities":
        breakdown = text(spec, "breakdownProperty") if spec.get("breakdownProperty") is not None else None
        return Asked(kind, str(func), breakdown=breakdown)
    return Asked(kind, str(func), tuple(names(spec, "properties")))


def names(body: Mapping[str, Any], key: str) -> list[str]:
    """A list of property identifiers.

    Raises:
        InvalidRequest: it is none.
    """
    value = body.get(key)
    if not isinstance(value, list) or not value or not all(isinstance(item, str) for item in value):
        raise InvalidRequest(f'"{key}" must be an array of property identifiers')
    return list(dict.fromkeys(value))


class OverTimeService:
    """Aggregates by interval."""

    def __init__(self, clock: Clock, search: SearchService, values: Values) -> None:
        self._clock = clock
        self._search = search
        self._values = values

    async def aggregate(self, caller: Caller, body: Mapping[str, Any]) -> dict[str, Any]:
        """The ``result`` of the route: one element for each interval, with its ``date``.

        Raises:
            InvalidRequest: the body is malformed.
            NotFound: the blueprint does not exist.
        """
        blueprint, measured = text(body, "blueprint"), text(body, "measureTimeBy")
        asked = parse_asked(body)
        timeline = parse_timeline(body, to_millis(self._clock.now()))
        found = await self._search.prepare(caller, body.get("query"), blueprint=blueprint)
        shown = asked.properties if asked.breakdown is None else (asked.breakdown,)
        sources = [ValueSource("property", name) for name in (measured, *shown)]
        intervals: dict[int, list[tuple[int, Sequence[Any]]]] = defaultdict(list)
        async for row in self._values.rows(found, sources):
            instant = stored_instant(row[0]) if isinstance(row[0], str) else None
            number = None if instant is None else timeline.interval(instant)
            if instant is not None and number is not None:
                intervals[number].append((instant, row[1:]))
        points = [_point(asked, timeline, number, intervals.get(number, [])) for number in range(len(timeline.starts))]
        return {"minDate": timeline.low, "maxDate": timeline.high, "data": points}


def _point(asked: Asked, timeline: Timeline, number: int, rows: list[tuple[int, Sequence[Any]]]) -> dict[str, Any]:
    start = timeline.starts[number]
    if asked.kind == "aggregatePropertiesValues":
        columns = {name: _combined(asked.func, rows, at) for at, name in enumerate(asked.properties)}
        return {"date": start, **columns}
    days = (timeline.end(number) + 1 - start) / DAY_MS if asked.func == "average" else 1
    if asked.breakdown is None:
        return {"date": start, "count": plain(len(rows) / days)}
    counts = Counter(str(each) for _, (value,) in rows for each in (value if isinstance(value, list) else [value]))
    return {"date": start, **{value: plain(count / days) for value, count in sorted(counts.items())}}


def _combined(func: str, rows: list[tuple[int, Sequence[Any]]], at: int) -> Any:
    valued = sorted((instant, values[at]) for instant, values in rows if is_number(values[at]))
    if func == "last":
        return valued[-1][1] if valued else None
    return combine(func, [value for _, value in valued])
