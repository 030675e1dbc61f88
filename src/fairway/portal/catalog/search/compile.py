"""From lowered rules to SQL conditions on a row of the entity table. No text of a user is ever part of the SQL."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import FromClause, Select, and_, exists, false, func, literal, not_, or_, select, true
from sqlalchemy.sql import ColumnElement

from fairway.portal.catalog.search.bind import Constant
from fairway.portal.catalog.search.dialects import Condition, Dialect, Expression
from fairway.portal.catalog.search.instants import given_instant
from fairway.portal.catalog.search.nodes import (
    Along,
    And,
    Closure,
    Datasource,
    Direct,
    Node,
    Or,
    Own,
    Residual,
    Stamp,
    Team,
    Test,
    Text,
    Walk,
    Written,
)
from fairway.portal.catalog.search.predicates import (
    Begins,
    Compare,
    Contains,
    Empty,
    Ends,
    Equals,
    OneOf,
    Predicate,
    Within,
)
from fairway.portal.catalog.tables import datasource, entity, relation_edge

COMPARISONS: Mapping[str, Callable[[Any, Any], ColumnElement[bool]]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


class Compiler:
    """Conditions in one dialect."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect

    def condition(self, node: Node, row: FromClause) -> Condition:
        """``node`` about one row of the entity table (or an alias of it). True, false or null; null is false."""
        match node:
            case Constant(value):
                return true() if value else false()
            case And(nodes):
                return and_(*(self.condition(each, row) for each in nodes))
            case Or(nodes):
                return or_(*(self.condition(each, row) for each in nodes))
            case Test(subject, predicate, negated):
                return _complement(self.test(subject, predicate, row), negated)
            case Closure() | Walk():
                return _complement(row.c.id.in_(self.reached(node)), node.negated)
            case Written(ids, negated):
                return _complement(self._dialect.any_of(row.c.datasource_id, ids), negated)
            case Residual():
                raise TypeError("a residual leaf has no SQL")

    def test(self, subject: Direct | Along, predicate: Predicate, row: FromClause) -> Condition:
        """The positive predicate on a subject of a row."""
        if isinstance(subject, Along):
            return self._along(subject, predicate, row)
        match subject:
            case Own():
                return self._own(subject, predicate, row)
            case Text(column):
                return self._string(row.c[column], predicate)
            case Team():
                return self._array(row.c.team, predicate)
            case Stamp(column):
                return self._stamp(row.c[column], predicate)
            case Datasource():
                return row.c.datasource_id.in_(self.datasources(predicate))

    def datasources(self, predicate: Predicate) -> Select[Any]:
        """Ids of the datasources whose text satisfies a predicate."""
        return select(datasource.c.id).where(self._string(datasource.c.value, predicate))

    def reached(self, node: Closure | Walk) -> Select[Any]:
        """The ids that a rule about the graph reaches."""
        return self._closure(node) if isinstance(node, Closure) else self._walk(node)

    def targets(self, blueprint_id: int, identifiers: tuple[str, ...]) -> Select[Any]:
        """Ids of named entities."""
        named = self._dialect.any_of(entity.c.identifier, identifiers)
        return select(entity.c.id).where(entity.c.blueprint_id == blueprint_id, named)

    def _own(self, own: Own, predicate: Predicate, row: FromClause) -> Condition:
        d, document = self._dialect, row.c.properties
        if own.kind == "array":
            return self._array(d.array(document, own.name), predicate)
        if isinstance(predicate, Empty):
            if own.kind == "string":
                return func.coalesce(d.text(document, own.name), "") == ""
            return d.missing(document, own.name)
        if own.kind == "string":
            return self._string(d.text(document, own.name), predicate)
        if own.kind == "boolean" and isinstance(predicate, Equals):
            return or_(*(d.boolean_is(document, own.name, bool(value)) for value in set(predicate.values)))
        return self._number(d.number(document, own.name), predicate)

    def _number(self, value: Expression, predicate: Predicate) -> Condition:
        if isinstance(predicate, Compare):
            return COMPARISONS[predicate.operator](value, float(predicate.value))
        assert isinstance(predicate, Equals)
        return self._dialect.any_of(value, predicate.values)

    def _array(self, array: Expression, predicate: Predicate) -> Condition:
        if isinstance(predicate, Empty):
            return self._dialect.array_empty(array)
        assert isinstance(predicate, OneOf)
        return self._dialect.array_has(array, predicate.values)

    def _string(self, text: Expression, predicate: Predicate) -> Condition:  # noqa: PLR0911 one case per predicate
        d = self._dialect
        match predicate:
            case Empty():
                return func.coalesce(text, "") == ""
            case Equals(values):
                instants = [given for value in values if (given := given_instant(str(value))) is not None]
                same = d.any_of(text, [str(value) for value in values])
                return or_(same, d.any_of(d.instant(text), instants)) if instants else same
            case OneOf(values):
                return d.any_of(text, [value for value in values if isinstance(value, str)])
            case Compare(comparison, value):
                return self._compare(text, comparison, str(value))
            case Within(low, high):
                return self._range(d.instant(text), low, high)
            case Contains(values):
                return or_(*(d.holds_part(text, str(value)) for value in values))
            case Begins(texts):
                return or_(*(d.begins_with(text, value) for value in texts))
            case Ends(texts):
                return or_(*(d.ends_with(text, value) for value in texts))

    def _compare(self, text: Expression, comparison: str, value: str) -> Condition:
        compare = COMPARISONS[comparison]
        lexical = compare(self._dialect.ordered(text), value)
        wanted = given_instant(value)
        if wanted is None:
            return lexical
        instant = self._dialect.instant(text)
        return or_(compare(instant, wanted), and_(instant.is_(None), lexical))

    def _stamp(self, column: Expression, predicate: Predicate) -> Condition:
        match predicate:
            case Equals(values):
                return self._dialect.any_of(column, [given_instant(str(value)) for value in values])
            case Compare(comparison, value):
                return COMPARISONS[comparison](column, given_instant(str(value)))
            case Within(low, high):
                return self._range(column, low, high)
        raise TypeError(f"not about an instant: {predicate!r}")

    def _range(self, value: Expression, low: int | None, high: int | None) -> Condition:
        bounds = [value >= low] if low is not None else []
        bounds += [value <= high] if high is not None else []
        return and_(*bounds)

    def _along(self, along: Along, predicate: Predicate, row: FromClause) -> Condition:
        """A value at the end of relations. Only ``Empty`` is true when nothing is there."""
        edges = [relation_edge.alias() for _ in along.steps]
        end = entity.alias()
        source: Any = edges[0]
        for before, after in itertools.pairwise(edges):
            source = source.join(after, after.c.source_id == before.c.target_id)
        source = source.join(end, end.c.id == edges[-1].c.target_id)
        steps = (edge.c.relation_id == step for edge, step in zip(edges, along.steps, strict=True))
        empty = isinstance(predicate, Empty)
        inner = self._present(along, end) if empty else self._end_test(along, predicate, end)
        statement = select(literal(1)).select_from(source).where(edges[0].c.source_id == row.c.id, *steps, inner)
        found = exists(statement.correlate(row))
        return not_(found) if empty else found

    def _present(self, along: Along, end: FromClause) -> Condition:
        """Something is there. In the array of a many path each entity stands with its value, null included, and only
        an empty array with none."""
        if not along.many:
            return not_(func.coalesce(self.test(along.end, Empty(), end), false()))
        target = along.end
        if isinstance(target, Team):
            return not_(self._dialect.array_empty(end.c.team))
        if isinstance(target, Own) and target.kind == "array":
            array = self._dialect.array(end.c.properties, target.name)
            return or_(self._dialect.missing(end.c.properties, target.name), not_(self._dialect.array_empty(array)))
        return true()

    def _end_test(self, along: Along, predicate: Predicate, end: FromClause) -> Condition:
        """Of a many path the values form an array: its elements are compared as they are, not as instants."""
        target = along.end
        if not along.many or not isinstance(predicate, OneOf):
            return self.test(target, predicate, end)
        return self.element_test(target, predicate, end)

    def element_test(self, target: Direct, predicate: OneOf, end: FromClause) -> Condition:
        """One of the values, for a value that is an element of a flattened array."""
        if isinstance(target, Team) or (isinstance(target, Own) and target.kind == "array"):
            return self.test(target, predicate, end)
        kind = target.kind if isinstance(target, Own) else "string"
        if kind == "object":
            return false()
        wanted = {"string": str, "boolean": bool}.get(kind, (int, float))
        values = [
            v for v in predicate.values if isinstance(v, wanted) and (kind == "boolean" or not isinstance(v, bool))
        ]
        if not values:
            return false()
        if isinstance(target, Stamp):
            return self._shown_stamp(end.c[target.column], [str(value) for value in values])
        if kind == "string":
            return self.test(target, OneOf(tuple(values)), end)
        return self.test(target, Equals(tuple(float(v) if kind == "number" else v for v in values)), end)

    def _shown_stamp(self, column: Expression, values: list[str]) -> Condition:
        from fairway.kit.clock import rfc3339

        millis = [given for value in values if (given := given_instant(value)) is not None and rfc3339(given) == value]
        return self._dialect.any_of(column, millis) if millis else false()

    def _closure(self, closure: Closure) -> Select[Any]:
        given = self.targets(*closure.start)
        start, end = ("source_id", "target_id") if closure.forward else ("target_id", "source_id")
        edge = relation_edge.alias()
        follows = [] if closure.relations is None else [self._dialect.any_of(edge.c.relation_id, closure.relations)]
        reached = select(edge.c[end].label("id")).where(edge.c[start].in_(given), *follows).cte(recursive=True)
        following = select(edge.c[end]).where(edge.c[start] == reached.c.id, *follows)
        reached = reached.union(following)
        return select(reached.c.id).where(reached.c.id.not_in(given))

    def _walk(self, walk: Walk) -> Select[Any]:
        start, end = ("source_id", "target_id") if walk.forward else ("target_id", "source_id")
        ids = self.targets(*walk.start)
        for relation_id, hops in walk.steps:
            edge = relation_edge.alias()
            if hops == 1:
                ids = select(edge.c[end]).where(edge.c.relation_id == relation_id, edge.c[start].in_(ids))
                continue
            first = select(edge.c[end].label("id"), literal(1).label("depth"))
            reached = first.where(edge.c.relation_id == relation_id, edge.c[start].in_(ids)).cte(recursive=True)
            again = select(edge.c[end], reached.c.depth + 1)
            again = again.where(
                edge.c.relation_id == relation_id, edge.c[start] == reached.c.id, reached.c.depth < hops
            )
            reached = reached.union(again)
            ids = select(reached.c.id).distinct()
        return ids


def _complement(condition: Condition, negated: bool) -> Condition:
    """The exact complement: what cannot be judged was false, so it becomes true."""
    return not_(func.coalesce(condition, false())) if negated else condition


__all__ = ["COMPARISONS", "Compiler"]
