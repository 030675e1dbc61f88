"""From a bound rule to what it asks of the entities of one blueprint: values with known types, constants folded.

Two blueprints for which a rule means the same lower to equal trees, and are then searched by one statement.
"""

from __future__ import annotations

from typing import Any

from fairway.portal.catalog.model import Blueprint, Schema
from fairway.portal.catalog.search.bind import (
    AllOf,
    AnyOf,
    Bound,
    Constant,
    Leaf,
    Reaches,
    Related,
    RelationSubject,
    SchemaSubject,
    ScorecardSubject,
    names_predicate,
)
from fairway.portal.catalog.search.fitting import fit
from fairway.portal.catalog.search.index import is_date
from fairway.portal.catalog.search.nodes import (
    Along,
    Closure,
    Datasource,
    Direct,
    Kind,
    Node,
    Own,
    Residual,
    Stamp,
    Subject,
    Team,
    Test,
    Text,
    Walk,
    conjunction,
    disjunction,
)
from fairway.portal.catalog.search.predicates import Empty, Predicate, holds
from fairway.portal.catalog.search.rules import Hop

_KINDS: dict[Any, Kind] = {
    "string": "string", "number": "number", "boolean": "boolean", "array": "array", "object": "object",
}  # fmt: skip
_MAX_STEPS = 32
"""Relations that mirrors of mirrors may follow together; mirrors that refer to each other in a circle end here."""


def lower(bound: Bound, blueprint: Blueprint, schema: Schema) -> Node:
    """What the rule asks of entities of ``blueprint``."""
    return _Lowering(blueprint, schema).node(bound)


def lower_value(blueprint: Blueprint, schema: Schema, name: str) -> Subject | Residual | None:
    """What a property of ``blueprint`` (a relation counts as one) is; ``None`` when there is no such property."""
    return _Lowering(blueprint, schema).value(name)


class _Lowering:
    def __init__(self, blueprint: Blueprint, schema: Schema) -> None:
        self._blueprint = blueprint
        self._schema = schema

    def node(self, bound: Bound) -> Node:
        match bound:
            case Constant():
                return bound
            case AllOf(nodes):
                return conjunction(map(self.node, nodes))
            case AnyOf(nodes):
                return disjunction(map(self.node, nodes))
            case Related():
                return self._related(bound)
            case Reaches():
                return self._reaches(bound)
            case Leaf():
                return self._leaf(bound)

    def _leaf(self, leaf: Leaf) -> Node:
        subject = leaf.subject
        if isinstance(subject, ScorecardSubject):
            return Residual(leaf)
        if isinstance(subject, SchemaSubject):
            names = subject.properties(self._blueprint)
            each = (self._leaf(Leaf(name, leaf.predicate, leaf.negated)) for name in names)
            return conjunction(each) if leaf.negated else disjunction(each)
        if subject == "$blueprint":
            return Constant(holds(leaf.predicate, self._blueprint.identifier) != leaf.negated)
        found = self._relation(subject) if isinstance(subject, RelationSubject) else self.value(subject)
        names_relation = isinstance(subject, RelationSubject) or self._is_relation(subject)
        is_set = (names_relation and isinstance(found, Along) and found.many) or subject == "$team"
        return _test(leaf, found, names_predicate(leaf.predicate) if is_set else leaf.predicate)

    def value(self, name: str) -> Subject | Residual | None:
        """What a property is."""
        if self._is_relation(name):
            return self._relation(RelationSubject(name, "$identifier"))
        return self._value(self._blueprint, name, ())

    def _is_relation(self, name: str) -> bool:
        blueprint = self._blueprint
        taken = (blueprint.properties, blueprint.mirrors, blueprint.calculations, blueprint.aggregations)
        return name in blueprint.relations and not any(name in names for names in taken)

    def _relation(self, subject: RelationSubject) -> Subject | Residual | None:
        return self._along(self._blueprint, (subject.relation,), subject.target_property)

    def _value(self, blueprint: Blueprint, name: str, above: tuple[int, ...]) -> Subject | Residual | None:
        """What a property of ``blueprint`` is; ``above`` are the relations already followed to it."""
        if name == "$team" and blueprint.inherited_team_path:
            return self._along(blueprint, blueprint.inherited_team_path, "$team", above)
        if name == "$blueprint":
            return Residual(Leaf(name, Empty()))
        if name.startswith("$"):
            return _meta(blueprint, name)
        spec = blueprint.properties.get(name)
        if spec is not None:
            return _own(blueprint, name)
        if name in blueprint.mirrors:
            *path, end = str(blueprint.mirrors[name].get("path", "")).split(".")
            return self._along(blueprint, tuple(path), end, above)
        computed = name in blueprint.calculations or name in blueprint.aggregations
        return Residual(Leaf(name, Empty())) if computed else None

    def _along(
        self, start: Blueprint, path: tuple[str, ...], end: str, above: tuple[int, ...] = ()
    ) -> Subject | Residual | None:
        steps: list[int] = []
        many = False
        blueprint = start
        for name in path:
            relation = blueprint.relations.get(name)
            target = None if relation is None else self._schema.get(relation.target)
            if relation is None or target is None:
                return None
            steps.append(relation.id)
            many = many or relation.many
            blueprint = target
        if not steps or len(above) + len(steps) > _MAX_STEPS:
            return None
        found = self._value(blueprint, end, (*above, *steps))
        if found is None or isinstance(found, Residual):
            return found
        if isinstance(found, Along):
            return Along((*steps, *found.steps), many or found.many, found.end, found.target)
        return Along(tuple(steps), many, found, blueprint.id)

    def _related(self, bound: Related) -> Node:
        rule = bound.rule
        start = self._schema.get(rule.blueprint)
        if start is None or not rule.identifiers:
            return Constant(bound.negated)
        relations = None
        if rule.required is not None:
            relations = tuple(
                relation.id
                for blueprint in self._schema
                for relation in blueprint.relations.values()
                if relation.required == rule.required
            )
            if not relations:
                return Constant(bound.negated)
        given = (start.id, rule.identifiers)
        directions = {"upstream": (True,), "downstream": (False,), None: (True, False)}[rule.direction]
        closures = [Closure(given, forward, relations, bound.negated) for forward in directions]
        return conjunction(closures) if bound.negated else disjunction(closures)

    def _reaches(self, bound: Reaches) -> Node:
        rule = bound.rule
        begin = self._blueprint if rule.from_blueprint is None else self._schema.get(rule.from_blueprint)
        if begin is None or not bound.identifiers:
            return Constant(bound.negated)
        steps = self._steps(begin, rule.path)
        if steps is None:
            return Constant(bound.negated)
        hops, end = steps
        if rule.from_blueprint is not None:
            if end.identifier != self._blueprint.identifier:
                return Constant(bound.negated)
            return Walk((begin.id, bound.identifiers), hops, True, bound.negated)
        return Walk((end.id, bound.identifiers), tuple(reversed(hops)), False, bound.negated)

    def _steps(self, begin: Blueprint, path: tuple[Hop, ...]) -> tuple[tuple[tuple[int, int], ...], Blueprint] | None:
        steps: list[tuple[int, int]] = []
        blueprint = begin
        for hop in path:
            relation = blueprint.relations.get(hop.relation)
            target = None if relation is None else self._schema.get(relation.target)
            if relation is None or target is None:
                return None
            repeats = hop.max_hops if relation.target == blueprint.identifier else 1
            steps.append((relation.id, repeats))
            blueprint = target
        return tuple(steps), blueprint


def _test(leaf: Leaf, subject: Subject | Residual | None, predicate: Predicate) -> Node:
    if subject is None:
        return Constant(holds(predicate, None) != leaf.negated)
    fitted = None if isinstance(subject, Residual) else fit(subject, predicate)
    if isinstance(subject, Residual) or fitted is None:
        return Residual(leaf)
    return (
        Constant(fitted.value != leaf.negated) if isinstance(fitted, Constant) else Test(subject, fitted, leaf.negated)
    )


def _meta(blueprint: Blueprint, name: str) -> Direct | None:
    key = blueprint.indexed.get(name) if name in blueprint.searchable else None
    known: dict[str, Direct] = {
        "$identifier": Text("identifier"),
        "$title": Text("title"),
        "$icon": Text("icon"),
        "$createdBy": Text("created_by"),
        "$updatedBy": Text("updated_by"),
        "$createdAt": Stamp("created_at"),
        "$updatedAt": Stamp("updated_at"),
        "$datasource": Datasource(),
        "$team": Team(key),
    }
    return known.get(name)


def _own(blueprint: Blueprint, name: str) -> Own | Residual:
    spec = blueprint.properties[name]
    kind = _KINDS.get(spec.get("type"))
    if kind is None:
        return Residual(Leaf(name, Empty()))
    items = spec.get("items")
    item_type = items.get("type", "string") if isinstance(items, dict) else "string"
    key = blueprint.indexed.get(name) if name in blueprint.searchable else None
    return Own(name, kind, str(item_type), key, is_date(blueprint, name))
