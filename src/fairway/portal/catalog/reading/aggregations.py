"""Aggregation properties: one statement for each property and page (contract 2.4)."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Select, func, literal, select
from sqlalchemy.sql import ColumnElement

from fairway.portal.catalog.model import Blueprint, Schema
from fairway.portal.catalog.reading.plans import Aggregation
from fairway.portal.catalog.reading.related import pairs
from fairway.portal.catalog.reading.targets import Documents, TargetQuery, target_query
from fairway.portal.catalog.search.dialects import dialect_of
from fairway.portal.catalog.tables import entity
from fairway.portal.storage.database import Database
from fairway.portal.storage.tx import Tx

_HOUR = 3_600_000
PERIODS = {"hour": _HOUR, "day": 24 * _HOUR, "week": 168 * _HOUR, "month": 720 * _HOUR}
"""Milliseconds; a month has 30 days, as in the presets of searches."""

Column = Callable[[Blueprint, Sequence[int], str], Awaitable[Mapping[int, Any]]]
"""The values of one computed property of other entities, by entity id."""
Values = dict[int, Any]
"""By entity id."""


class Aggregator:
    """Works out the aggregation properties of entities of one blueprint."""

    def __init__(
        self, db: Database, schema: Schema, blueprint: Blueprint, now: int, column: Column, documents: Documents
    ) -> None:
        self._db = db
        self._schema = schema
        self._blueprint = blueprint
        self._now = now
        self._column = column
        self._documents = documents

    async def run(self, aggregations: Sequence[Aggregation], ids: Sequence[int]) -> dict[str, Values]:
        """The values of a page, by property."""
        queries = [target_query(self._schema, each, self._now) for each in aggregations]
        both = list(zip(aggregations, queries, strict=True))

        async def work(tx: Tx) -> list[Sequence[Any]]:
            return [await self._load(tx, aggregation, query, ids) for aggregation, query in both]

        found = await self._db.read(work)
        return {
            aggregation.name: await self._finish(aggregation, query, ids, rows)
            for (aggregation, query), rows in zip(both, found, strict=True)
        }

    async def _load(self, tx: Tx, aggregation: Aggregation, query: TargetQuery, ids: Sequence[int]) -> Sequence[Any]:
        """``(id, count)`` where the database can count, else ``(id, target id, value, measured)``."""
        related = pairs(tx, self._schema, self._blueprint, aggregation, ids)
        if related is None:
            return ()
        found = related.subquery()
        condition = await query.condition(tx)
        statement: Select[Any]
        if _countable(aggregation, query):
            statement = select(found.c.root, func.count()).group_by(found.c.root)
        else:
            statement = select(found.c.root, entity.c.id, _value(tx, aggregation), _measured(tx, aggregation))
        statement = statement.select_from(found.join(entity, entity.c.id == found.c.node))
        statement = statement.where(entity.c.blueprint_id == aggregation.target.id)
        return await tx.rows(statement if condition is None else statement.where(condition))

    async def _finish(
        self, aggregation: Aggregation, query: TargetQuery, ids: Sequence[int], rows: Sequence[Any]
    ) -> Values:
        if _countable(aggregation, query):
            counts = {row[0]: row[1] for row in rows}
            return {each: counts.get(each, 0) for each in ids}
        if query.undecided:
            kept = await query.keep(self._db, self._documents, sorted({row[1] for row in rows}))
            rows = [row for row in rows if row[1] in kept]
        computed = await self._computed(aggregation, rows)
        groups: dict[int, list[tuple[Any, int | None]]] = defaultdict(list)
        for root, node, value, measured in rows:
            groups[root].append((value if computed is None else computed.get(node), measured))
        return {each: summary(aggregation, groups.get(each, ()), self._now) for each in ids}

    async def _computed(self, aggregation: Aggregation, rows: Sequence[Any]) -> Mapping[int, Any] | None:
        name = aggregation.property
        if name is None or name in aggregation.target.properties:
            return None
        return await self._column(aggregation.target, sorted({row[1] for row in rows}), name)


def summary(aggregation: Aggregation, group: Sequence[tuple[Any, int | None]], now: int) -> Any:
    """The value for one entity from ``(value, measured time)`` of what is related to it; 0 or null when nothing is."""
    if aggregation.property is None:
        if aggregation.func == "count":
            return len(group)
        return _average(aggregation, [(1, measured) for _, measured in group], now)
    numbers = [(value, measured) for value, measured in group if _is_number(value)]
    if not numbers:
        return None
    if aggregation.func == "average":
        return _average(aggregation, numbers, now)
    return _plain(_FUNCTIONS[aggregation.func]([value for value, _ in numbers]))


def _average(aggregation: Aggregation, numbers: Sequence[tuple[Any, int | None]], now: int) -> Any:
    """Per period since the earliest measured time; what has no such time belongs to no period."""
    period = PERIODS.get(str(aggregation.average_of))
    if period is None:
        divisor = 1 if aggregation.property is None else len(numbers)
        return _plain(_sum([value for value, _ in numbers]) / divisor) if numbers else None
    placed = [(value, measured) for value, measured in numbers if measured is not None]
    if not placed:
        return None
    elapsed = now - min(measured for _, measured in placed)
    return _plain(_sum([value for value, _ in placed]) / max(1, math.ceil(elapsed / period)))


def _countable(aggregation: Aggregation, query: TargetQuery) -> bool:
    return aggregation.func == "count" and not query.undecided


def _value(tx: Tx, aggregation: Aggregation) -> ColumnElement[Any]:
    name = aggregation.property
    own = name is not None and name in aggregation.target.properties
    return dialect_of(tx.dialect).number(entity.c.properties, str(name)) if own else literal(None)


def _measured(tx: Tx, aggregation: Aggregation) -> ColumnElement[Any]:
    name = aggregation.measure_time_by
    if aggregation.func != "average" or name == "$createdAt":
        return entity.c.created_at
    if name == "$updatedAt":
        return entity.c.updated_at
    dialect = dialect_of(tx.dialect)
    return dialect.instant(dialect.text(entity.c.properties, name))


def _sum(values: list[Any]) -> float:
    try:
        return math.fsum(values)
    except OverflowError:
        return math.inf


_FUNCTIONS: Mapping[str, Callable[[list[Any]], Any]] = {
    "sum": _sum,
    "min": min,
    "max": max,
    "median": statistics.median,
}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _plain(value: Any) -> Any:
    """``3.0`` as ``3``: the wire has no integral fractions (contract 1.1)."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1 << 53:
        return int(value)
    return value if math.isfinite(value) else None
