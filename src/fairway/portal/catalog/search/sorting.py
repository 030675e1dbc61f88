"""Sorted pages: by a property or meta property, what has no value last, paged by key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, or_, select

from fairway.kit.errors import InvalidRequest
from fairway.portal.catalog.model import Blueprint, Schema
from fairway.portal.catalog.search.cursors import decode_cursor, encode_cursor
from fairway.portal.catalog.search.dialects import Expression
from fairway.portal.catalog.search.finder import Finder, Search
from fairway.portal.catalog.search.lower import lower_value
from fairway.portal.catalog.search.nodes import Own, Stamp, Text
from fairway.portal.catalog.search.targets import Target
from fairway.portal.catalog.tables import entity, prop_index
from fairway.portal.storage.database import Database
from fairway.portal.storage.tx import Tx

_SORTABLE = ("string", "number", "boolean")


@dataclass(frozen=True, slots=True)
class Sort:
    """Order and start of a page."""

    property: str
    descending: bool = False
    after: tuple[Any, int] | None = None
    """Value (null behind all values) and id of the last entity seen."""


def parse_sort(sort: Any, cursor: Any) -> Sort:
    """``{"property": ..., "order": "asc"|"desc"}``, by default the order of creation.

    Raises:
        InvalidRequest: malformed, or the cursor is not one of a sorted search.
    """
    if sort is None:
        sort = {"property": "$createdAt"}
    if isinstance(sort, list) and len(sort) == 1:
        sort = sort[0]
    if not isinstance(sort, Mapping) or not isinstance(sort.get("property"), str):
        raise InvalidRequest('"sort" must be an object with a "property" and an "order"')
    order = str(sort.get("order") or "asc").lower()
    if order not in ("asc", "desc"):
        raise InvalidRequest(f'"sort.order" must be "asc" or "desc", not "{order[:50]}"')
    after = None if cursor in (None, "") else decode_cursor(cursor, (object, int))
    if after is not None and not isinstance(after[0], str | int | float | None):
        raise InvalidRequest('"from" must be the "next" of an earlier answer to the same search')
    return Sort(sort["property"], order == "desc", None if after is None else (after[0], after[1]))


async def sorted_ids(
    db: Database, finder: Finder, search: Search, sort: Sort, limit: int
) -> tuple[list[int], str | None]:
    """Ids of a page in order, and the cursor of the next one."""
    found: list[tuple[Any, int]] = []
    for target in search.targets:
        found = await _rows(db, finder, search.schema, target, sort, limit + 1)
    following = encode_cursor(*found[limit - 1]) if len(found) > limit else None
    return [each for _, each in found[:limit]], following


async def _rows(
    db: Database, finder: Finder, schema: Schema, target: Target, sort: Sort, limit: int
) -> list[tuple[Any, int]]:
    (blueprint,) = target.blueprints
    if target.parts.rest is not None:
        raise InvalidRequest("A sorted search cannot ask for calculation, aggregation or scorecard values")
    subject = lower_value(blueprint, schema, sort.property)
    if not isinstance(subject, Own | Text | Stamp) or (isinstance(subject, Own) and subject.kind not in _SORTABLE):
        raise InvalidRequest(
            f'Entities of blueprint "{blueprint.identifier}" cannot be sorted by "{sort.property}"; '
            "own string, number and boolean properties and meta properties sort"
        )
    _check_cursor(subject, sort)
    statements = _Statements(finder, blueprint, subject, sort)

    async def work(tx: Tx) -> list[tuple[Any, int]]:
        node = await finder.planner.resolved(tx, target.parts.candidates)
        matching = finder.planner.compiler.condition(node, entity)
        found: list[tuple[Any, int]] = []
        if sort.after is None or sort.after[0] is not None:
            found = [(row.value, row.id) for row in await tx.rows(statements.valued(matching, limit))]
        if len(found) < limit:
            found += [(None, row.id) for row in await tx.rows(statements.empty(matching, limit - len(found)))]
        return found

    return await db.read(work)


def _check_cursor(subject: Own | Text | Stamp, sort: Sort) -> None:
    value = None if sort.after is None else sort.after[0]
    numeric = isinstance(subject, Stamp) or (isinstance(subject, Own) and (subject.kind == "number" or subject.dated))
    if value is not None and isinstance(value, str) == numeric:
        raise InvalidRequest('"from" must be the "next" of an earlier answer to the same search')


class _Statements:
    def __init__(self, finder: Finder, blueprint: Blueprint, subject: Own | Text | Stamp, sort: Sort) -> None:
        self._dialect = finder.planner.dialect
        self._blueprint = blueprint
        self._subject = subject
        self._sort = sort

    def valued(self, matching: ColumnElement[bool], limit: int) -> Select[Any]:
        """Entities that have a value."""
        source, value, number = self._source()
        inside = entity.c.blueprint_id == self._blueprint.id
        statement = (
            select(value.label("value"), number.label("id"))
            .select_from(source)
            .where(inside, value.is_not(None), matching)
        )
        if isinstance(self._subject, Own) and self._subject.key is not None:
            statement = statement.where(prop_index.c.key_id == self._subject.key)
        if self._sort.after is not None:
            last, last_id = self._sort.after
            statement = statement.where(self._behind(value, number, last, last_id))
        order = (value.desc(), number.desc()) if self._sort.descending else (value, number)
        return statement.order_by(*order).limit(limit)

    def empty(self, matching: ColumnElement[bool], limit: int) -> Select[Any]:
        """Entities without a value, in order of creation."""
        statement = select(entity.c.id).where(
            entity.c.blueprint_id == self._blueprint.id, self._value().is_(None), matching
        )
        after = self._sort.after
        if after is not None and after[0] is None:
            statement = statement.where(entity.c.id > after[1])
        return statement.order_by(entity.c.id).limit(limit)

    def _source(self) -> tuple[FromClause, Expression, Expression]:
        subject = self._subject
        if not isinstance(subject, Own) or subject.key is None:
            return entity, self._value(), entity.c.id
        source = prop_index.join(entity, entity.c.id == prop_index.c.entity_id)
        numeric = subject.kind == "number" or subject.dated
        value = prop_index.c.number if numeric else self._dialect.ordered(prop_index.c.text)
        return source, value, prop_index.c.entity_id

    def _value(self) -> Expression:
        subject, document, d = self._subject, entity.c.properties, self._dialect
        if isinstance(subject, Stamp):
            return entity.c[subject.column]
        if isinstance(subject, Text):
            return d.ordered(entity.c[subject.column])
        if subject.kind == "number":
            return d.number(document, subject.name)
        text = d.text(document, subject.name)
        return d.instant(text) if subject.dated else d.ordered(text)

    def _behind(self, value: Expression, number: Expression, last: Any, last_id: int) -> ColumnElement[bool]:
        if self._sort.descending:
            return and_(value <= last, or_(value < last, number < last_id))
        return and_(value >= last, or_(value > last, number > last_id))
