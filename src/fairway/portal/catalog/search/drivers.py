"""Which leaves an index answers, and how: rows of ``prop_index``, edges backwards, ids reached through the graph."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, select

from fairway.portal.catalog.search.compile import COMPARISONS, Compiler
from fairway.portal.catalog.search.dialects import Dialect
from fairway.portal.catalog.search.index import MAX_TEXT
from fairway.portal.catalog.search.instants import given_instant
from fairway.portal.catalog.search.nodes import Along, Closure, Node, Own, Team, Test, Text, Walk, Written
from fairway.portal.catalog.search.predicates import Compare, Equals, OneOf, Predicate, Within, is_number
from fairway.portal.catalog.tables import entity, prop_index, relation_edge


@dataclass(frozen=True)
class Driver:
    """Candidates of one leaf, exactly those for which it holds (within the blueprints asked)."""

    node: Node
    source: FromClause
    id: ColumnElement[int]
    where: tuple[ColumnElement[bool], ...]
    streams: bool = False
    """Ids come from the index in ascending order and once each."""
    implies_blueprint: bool = False

    def ids(self) -> Select[Any]:
        """The candidates, possibly repeated."""
        return select(self.id.label("id")).select_from(self.source).where(*self.where)


class Drivers:
    """Finds the driver of a leaf."""

    def __init__(self, dialect: Dialect, compiler: Compiler) -> None:
        self._dialect = dialect
        self._compiler = compiler

    def of(self, node: Node, blueprints: Sequence[int]) -> Driver | None:
        """The driver of a leaf, ``None`` when no index answers it."""
        match node:
            case Closure(negated=False) | Walk(negated=False):
                row = entity.alias()
                return Driver(node, row, row.c.id, (row.c.id.in_(self._compiler.reached(node)),))
            case Written(ids, negated=False):
                row = entity.alias()
                written = self._dialect.any_of(row.c.datasource_id, ids)
                return Driver(node, row, row.c.id, (written,), streams=len(ids) == 1)
            case Test(negated=False):
                found = self._test(node, blueprints)
                return None if found is None else replace(found, node=node)
        return None

    def _test(self, test: Test, blueprints: Sequence[int]) -> Driver | None:
        subject, predicate = test.subject, test.predicate
        if isinstance(subject, Along):
            return self._along(subject, predicate)
        if isinstance(subject, Text) and subject.column == "identifier" and isinstance(predicate, Equals):
            row = entity.alias()
            named = self._dialect.any_of(row.c.identifier, predicate.values)
            inside = self._dialect.any_of(row.c.blueprint_id, blueprints)
            if _instants(predicate.values):
                return None
            return Driver(test, row, row.c.id, (inside, named), implies_blueprint=True)
        if isinstance(subject, Own | Team) and subject.key is not None:
            return self._indexed(test, subject, predicate, subject.key)
        return None

    def _indexed(self, test: Test, subject: Own | Team, predicate: Predicate, key: int) -> Driver | None:
        rows = prop_index.alias()
        condition = self._index_condition(subject, predicate, rows)
        if condition is None:
            return None
        single = isinstance(predicate, Equals | OneOf) and len(set(predicate.values)) == 1
        return Driver(test, rows, rows.c.entity_id, (rows.c.key_id == key, condition), single, implies_blueprint=True)

    def _index_condition(
        self, subject: Own | Team, predicate: Predicate, rows: FromClause
    ) -> ColumnElement[bool] | None:
        match predicate:
            case Equals(values) | OneOf(values):
                return self._equality(subject, values, rows)
            case Compare(comparison, value) if isinstance(subject, Own):
                wanted = value if subject.kind == "number" else given_instant(str(value)) if subject.dated else None
                return None if wanted is None else COMPARISONS[comparison](rows.c.number, float(wanted))
            case Within(low, high) if isinstance(subject, Own) and subject.dated:
                bounds = [rows.c.number >= float(low)] if low is not None else []
                bounds += [rows.c.number <= float(high)] if high is not None else []
                return and_(*bounds)
        return None

    def _equality(self, subject: Own | Team, values: tuple[Any, ...], rows: FromClause) -> ColumnElement[bool] | None:
        kind = "string" if isinstance(subject, Team) else subject.items if subject.kind == "array" else subject.kind
        distinct = list(dict.fromkeys(values))
        if kind == "boolean" and all(isinstance(value, bool) for value in values):
            return self._dialect.any_of(rows.c.text, ["true" if value else "false" for value in distinct])
        if kind == "number" and all(is_number(value) for value in values):
            return self._dialect.any_of(rows.c.number, [float(value) for value in distinct])
        if kind != "string" or not all(isinstance(value, str) and len(value) < MAX_TEXT for value in values):
            return None
        instants = _instants(values)
        if not instants or isinstance(subject, Team) or subject.kind == "array":
            return self._dialect.any_of(rows.c.text, distinct)
        if subject.dated and len(instants) == len(distinct):
            return self._dialect.any_of(rows.c.number, [float(instant) for instant in instants])
        return None

    def _along(self, along: Along, predicate: Predicate) -> Driver | None:
        """From the entities at the end back along the relations."""
        if not isinstance(predicate, OneOf if along.many else Equals):
            return None
        texts = tuple(value for value in predicate.values if isinstance(value, str))
        if not texts or len(texts) != len(predicate.values) or _instants(texts):
            return None
        end = Test(along.end, OneOf(texts) if _is_set(along.end) else Equals(texts), False)
        inner = self._test(end, (along.target,))
        if inner is None:
            return None
        edges = [relation_edge.alias() for _ in along.steps]
        single = isinstance(along.end, Text) and len(set(texts)) == 1
        last = edges[-1].c.target_id
        ends = inner.ids()
        conditions = [last == ends.scalar_subquery() if single else last.in_(ends)]
        conditions += [edge.c.relation_id == step for edge, step in zip(edges, along.steps, strict=True)]
        source: Any = edges[0]
        for before, after in itertools.pairwise(edges):
            source = source.join(after, after.c.source_id == before.c.target_id)
        streams = single and len(edges) == 1
        return Driver(end, source, edges[0].c.source_id, tuple(conditions), streams, implies_blueprint=True)


def _is_set(end: Any) -> bool:
    return isinstance(end, Team) or (isinstance(end, Own) and end.kind == "array")


def _instants(values: Sequence[Any]) -> list[int]:
    found = (given_instant(value) for value in values if isinstance(value, str))
    return [instant for instant in found if instant is not None]
