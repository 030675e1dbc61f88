"""Rules in a context: the caller's values, the time and presets put in, negations pushed to the leaves.

What remains needs neither a caller nor a clock, and has the same meaning for the evaluator and the compiler.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from fairway.portal.catalog.model import Blueprint
from fairway.portal.catalog.search.predicates import (
    Begins,
    Compare,
    Contains,
    Empty,
    Ends,
    Equals,
    OneOf,
    Predicate,
    Scalar,
    Within,
    holds,
)
from fairway.portal.catalog.search.presets import preset_range
from fairway.portal.catalog.search.rules import (
    NEGATIONS,
    ContextValue,
    Group,
    Not,
    PathRule,
    Preset,
    PropertyRule,
    Range,
    RelatedTo,
    RelationRule,
    Rule,
    SchemaRule,
    ScorecardRule,
    Value,
)

Document = Mapping[str, Any]
"""An entity as contract 3.5 shows it: meta fields, ``properties``, ``relations``, ``scorecards``."""

MY_TEAMS = "My Teams"


@dataclass(frozen=True, slots=True)
class Context:
    """Who asks, and when."""

    now: int
    """Milliseconds."""
    user: Document | None = None
    """The caller's ``_user`` entity; none for machines."""
    teams: tuple[Document, ...] = ()
    """The caller's ``_team`` entities."""
    my_teams: frozenset[str] = field(default_factory=frozenset)
    """Identifiers and titles of the same teams: what ``My Teams`` stands for."""


@dataclass(frozen=True, slots=True)
class RelationSubject:
    """The identifiers or titles of a relation's targets."""

    relation: str
    target_property: Literal["$identifier", "$title"]


@dataclass(frozen=True, slots=True)
class ScorecardSubject:
    """The level of a scorecard, or the status of a rule."""

    scorecard: str
    rule: str | None


@dataclass(frozen=True, slots=True)
class SchemaSubject:
    """Every property whose declared schema fits; it satisfies a predicate when one of them does."""

    type: str
    format: str | None
    items: tuple[str, str | None] | None

    def properties(self, blueprint: Blueprint) -> list[str]:
        """Own and calculation properties of a blueprint that fit."""
        declared = {**blueprint.calculations, **blueprint.properties}
        return [name for name, spec in declared.items() if self._fits(spec)]

    def _fits(self, spec: Mapping[str, Any]) -> bool:
        if spec.get("type") != self.type or (self.format is not None and spec.get("format") != self.format):
            return False
        if self.items is None:
            return True
        items = spec.get("items") or {}
        wanted_type, wanted_format = self.items
        return items.get("type", "string") == wanted_type and wanted_format in (None, items.get("format"))


Subject = str | RelationSubject | ScorecardSubject | SchemaSubject


@dataclass(frozen=True, slots=True)
class Leaf:
    """A predicate on one subject; ``negated`` is its complement."""

    subject: Subject
    predicate: Predicate
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Related:
    """``relatedTo``."""

    rule: RelatedTo
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Reaches:
    """``matchAny`` with a path and identifiers."""

    rule: PathRule
    identifiers: tuple[str, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Constant:
    """Decided already."""

    value: bool


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every one of ``nodes`` holds."""

    nodes: tuple[Bound, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of ``nodes`` holds."""

    nodes: tuple[Bound, ...]


Bound = AllOf | AnyOf | Leaf | Related | Reaches | Constant


def bind(rule: Rule, context: Context, negate: bool = False) -> Bound:  # noqa: PLR0911 one case per rule form
    """The rule as seen by one caller at one time."""
    match rule:
        case Not(inner):
            return bind(inner, context, not negate)
        case Group(combinator, rules):
            if not rules:
                return Constant(not negate)
            nodes = tuple(bind(inner, context, negate) for inner in rules)
            return AllOf(nodes) if (combinator == "and") != negate else AnyOf(nodes)
        case RelatedTo():
            return Related(rule, negate)
        case PathRule(_, _, value):
            return Reaches(rule, tuple(map(str, _identifiers(value, context))), negate)
        case PropertyRule(ContextValue() as of_caller, operator, value):
            bound = _leaf("", operator, value, context, negate)
            alternatives = _caller_values(of_caller, context)
            return Constant(any(_decide(bound, each) for each in alternatives or [None]))
        case PropertyRule(str() as name, operator, value):
            return _leaf(name, operator, value, context, negate)
        case RelationRule(relation, target, operator, value):
            return _leaf(RelationSubject(relation, target), operator, value, context, negate)
        case ScorecardRule(scorecard, inner_rule, operator, value):
            return _leaf(ScorecardSubject(scorecard, inner_rule), operator, value, context, negate)
        case SchemaRule(kind, form, items, operator, value):
            return _leaf(SchemaSubject(kind, form, items), operator, value, context, negate)
    raise TypeError(f"not a rule: {rule!r}")


def _leaf(subject: Subject, operator: str, value: Value, context: Context, negate: bool) -> Bound:
    if operator in NEGATIONS:
        return _leaf(subject, NEGATIONS[operator], value, context, not negate)
    predicates = _predicates(operator, _resolve(subject, value, context), context.now)
    leaves = tuple(Leaf(subject, predicate, negate) for predicate in predicates)
    if len(leaves) == 1:
        return leaves[0]
    return AllOf(leaves) if negate and leaves else AnyOf(leaves) if leaves else Constant(negate)


def _resolve(subject: Subject, value: Value, context: Context) -> Value | list[Any]:
    """The value with the caller's put in: a list holds alternatives, of which any may match."""
    if isinstance(value, ContextValue):
        return _caller_values(value, context)
    if subject != "$team" or not _names_my_teams(value):
        return value
    rest = value if isinstance(value, tuple) else ()
    return tuple(each for each in rest if each != MY_TEAMS) + tuple(sorted(context.my_teams))


def _names_my_teams(value: Value) -> bool:
    return value == MY_TEAMS or (isinstance(value, tuple) and MY_TEAMS in value)


def _caller_values(value: ContextValue, context: Context) -> list[Any]:
    documents = ([context.user] if context.user else []) if value.context == "user" else list(context.teams)
    found: list[Any] = []
    for document in documents:
        each = value_of(value.property, document)
        found.extend(each if isinstance(each, list) else [each])
    return [each for each in found if isinstance(each, str | int | float | bool)]


def _identifiers(value: str | tuple[str, ...] | ContextValue, context: Context) -> tuple[Any, ...]:
    if isinstance(value, ContextValue):
        return tuple(_caller_values(value, context))
    return (value,) if isinstance(value, str) else value


def _predicates(operator: str, value: Value | list[Any], now: int) -> list[Predicate]:  # noqa: C901, PLR0911, PLR0912
    if isinstance(value, Preset):
        value = Range(*preset_range(value.name, now))
    if isinstance(value, Range):
        return [Within(value.low, value.high)]
    if operator == "isEmpty":
        return [Empty()]
    if operator == "isExpired":
        return [Within(None, now - 1)]
    if operator == "between":
        return []
    if value is None:
        return [Empty()]
    if operator == "=" and isinstance(value, tuple) and not value:
        return [Empty()]
    alternatives: tuple[Any, ...] = tuple(value) if isinstance(value, list | tuple) else (value,)
    if operator in (">", ">=", "<", "<="):
        return [Compare(operator, each) for each in alternatives if not isinstance(each, bool)]
    if not alternatives:
        return []
    texts = tuple(each for each in alternatives if isinstance(each, str))
    if operator == "=":
        return [Equals((value,) if isinstance(value, tuple) else alternatives)]
    if operator == "contains":
        return [Contains(alternatives)]
    if operator == "beginsWith":
        return [Begins(texts)] if texts else []
    if operator == "endsWith":
        return [Ends(texts)] if texts else []
    return [OneOf(alternatives)]


def value_of(subject: str | RelationSubject | ScorecardSubject, document: Document) -> Any:
    """The value that a leaf judges, ``None`` when the document lacks it."""
    if isinstance(subject, ScorecardSubject):
        return _scorecard_value(subject, document)
    if isinstance(subject, RelationSubject):
        return _relation_value(subject, document)
    if subject.startswith("$"):
        return document[subject] if subject in document else document.get(subject[1:])
    properties = document.get("properties") or {}
    if subject in properties:
        return properties[subject]
    return _relation_value(RelationSubject(subject, "$identifier"), document)


def _relation_value(subject: RelationSubject, document: Document) -> Any:
    value = (document.get("relations") or {}).get(subject.relation)
    key = subject.target_property[1:]
    if isinstance(value, list):
        return [each.get(key) if isinstance(each, Mapping) else each for each in value]
    return value.get(key) if isinstance(value, Mapping) else value


def _scorecard_value(subject: ScorecardSubject, document: Document) -> Any:
    result = (document.get("scorecards") or {}).get(subject.scorecard)
    if result is None or subject.rule is None:
        return None if result is None else result.get("level")
    statuses = (rule.get("status") for rule in result.get("rules", ()) if rule.get("identifier") == subject.rule)
    return next(statuses, None)


def names_list(subject: Subject, document: Document) -> bool:
    """Whether a subject is a set of names (teams, relation targets), of which ``=`` asks for one."""
    if isinstance(subject, RelationSubject) or subject == "$team":
        return True
    return isinstance(subject, str) and subject not in (document.get("properties") or {})


def names_predicate(predicate: Predicate) -> Predicate:
    """A predicate for a set of names: equal to a name means that the name is among them."""
    if isinstance(predicate, Equals) and not any(isinstance(value, tuple) for value in predicate.values):
        return OneOf(tuple(value for value in predicate.values if not isinstance(value, tuple)))
    return predicate


def _decide(bound: Bound, value: Scalar | None) -> bool:
    """A bound rule about the caller's own value."""
    match bound:
        case Leaf(_, predicate, negated):
            return holds(predicate, value) != negated
        case AllOf(nodes):
            return all(_decide(node, value) for node in nodes)
        case AnyOf(nodes):
            return any(_decide(node, value) for node in nodes)
        case Constant(decided):
            return decided
    raise TypeError(f"not about a value: {bound!r}")
