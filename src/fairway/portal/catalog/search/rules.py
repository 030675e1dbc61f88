"""Rule trees as clients send them, parsed and checked (contract 4.2, 4.3); nothing is looked up here.

Search queries say ``rules``, scorecards ``conditions``; both parse to the same tree.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from fairway.kit.errors import InvalidRequest
from fairway.portal.catalog.search.rule_values import (
    OPERATORS,
    ContextValue,
    Preset,
    Range,
    Scalar,
    Value,
    context_value,
    format_of,
    kind_of,
    text_of,
    value_of_rule,
)

MAX_DEPTH = 10
"""Groups within groups (contract 15.9)."""
MAX_RULES = 10_000
"""Rules in one tree: what a body of 1 MiB holds, a bound for trees that come from elsewhere."""


@dataclass(frozen=True, slots=True)
class PropertyRule:
    """A property of the entity, or (:class:`ContextValue`) of the caller."""

    property: str | ContextValue
    operator: str
    value: Value = None


@dataclass(frozen=True, slots=True)
class RelationRule:
    """The identifiers or titles of a relation's targets."""

    relation: str
    target_property: Literal["$identifier", "$title"]
    operator: str
    value: Value = None


@dataclass(frozen=True, slots=True)
class ScorecardRule:
    """The level of a scorecard, or the status of one of its rules."""

    scorecard: str
    rule: str | None
    operator: str
    value: Value = None


@dataclass(frozen=True, slots=True)
class SchemaRule:
    """Any property whose declared schema fits."""

    type: str
    format: str | None
    items: tuple[str, str | None] | None
    operator: str
    value: Value = None


@dataclass(frozen=True, slots=True)
class RelatedTo:
    """Reachable from the given entities (contract 4.5)."""

    blueprint: str
    identifiers: tuple[str, ...]
    direction: Literal["upstream", "downstream"] | None = None
    required: bool | None = None


@dataclass(frozen=True, slots=True)
class Hop:
    """One element of a path."""

    relation: str
    max_hops: int = 1


@dataclass(frozen=True, slots=True)
class PathRule:
    """``matchAny`` along relations (contract 4.6)."""

    path: tuple[Hop, ...]
    from_blueprint: str | None
    value: str | tuple[str, ...] | ContextValue


@dataclass(frozen=True, slots=True)
class Group:
    """Rules joined by one combinator; an empty one holds for everything."""

    combinator: Literal["and", "or"]
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """``not: true`` of a scorecard condition."""

    rule: Rule


Rule = PropertyRule | RelationRule | ScorecardRule | SchemaRule | RelatedTo | PathRule | Group | Not

NEGATIONS = {
    "!=": "=",
    "isNotEmpty": "isEmpty",
    "isNotExpired": "isExpired",
    "notBetween": "between",
    "doesNotContains": "contains",
    "doesNotBeginsWith": "beginsWith",
    "doesNotEndsWith": "endsWith",
    "notIn": "in",
}
"""Negated operators and what they negate."""


def parse_query(query: Any, where: str = "query") -> Rule:
    """A query ``{combinator, rules}`` or a scorecard's ``{combinator, conditions}``.

    Raises:
        InvalidRequest: with the place inside the query, what is wrong there and what would be right.
    """
    return _Parser().group(query, where, 1)


def parse_rule(rule: Any, where: str = "rule") -> Rule:
    """One rule or group.

    Raises:
        InvalidRequest: as for :func:`parse_query`.
    """
    return _Parser().rule(rule, where, 1)


_SEARCH_OBJECT_OPERATORS = ("=", "in", "containsAny", "contains")


def parse_search_object(query: Any, where: str) -> Rule:
    """A search that stands for an identifier, relation targets or teams: fewer rules are allowed (contract 3.4).

    Raises:
        InvalidRequest: as for :func:`parse_query`.
    """
    rule = parse_query(query, where)
    _check_search_object(rule, where)
    return rule


def _check_search_object(rule: Rule, where: str) -> None:
    if isinstance(rule, Group):
        for child in rule.rules:
            _check_search_object(child, where)
    elif (
        not isinstance(rule, PropertyRule)
        or isinstance(rule.property, ContextValue)
        or rule.operator not in _SEARCH_OBJECT_OPERATORS
    ):
        raise InvalidRequest(
            f"{where}: a search for entities to write takes property rules with the operators "
            f"{', '.join(_SEARCH_OBJECT_OPERATORS)} only"
        )


class _Parser:
    def __init__(self) -> None:
        self._count = 0

    def group(self, query: Any, where: str, depth: int) -> Group:
        if not isinstance(query, Mapping):
            raise InvalidRequest(f'{where}: must be an object with "combinator" and "rules", not {kind_of(query)}')
        if depth > MAX_DEPTH:
            raise InvalidRequest(f"{where}: groups may be nested {MAX_DEPTH} levels deep, this one is deeper")
        combinator = query.get("combinator")
        if combinator not in ("and", "or"):
            shown = "is missing" if combinator is None else f'"{str(combinator)[:100]}" is unknown'
            raise InvalidRequest(f'{where}: combinator {shown}; it must be "and" or "or"')
        key = "rules" if "rules" in query or "conditions" not in query else "conditions"
        rules = query.get(key)
        if not isinstance(rules, list):
            raise InvalidRequest(f'{where}: "{key}" must be an array of rules, not {kind_of(rules)}')
        parsed = (self.rule(rule, f"{where}.{key}[{number}]", depth + 1) for number, rule in enumerate(rules))
        return Group("and" if combinator == "and" else "or", tuple(parsed))

    def rule(self, rule: Any, where: str, depth: int) -> Rule:
        self._count += 1
        if self._count > MAX_RULES:
            raise InvalidRequest(f"{where}: a query may hold {MAX_RULES} rules")
        if not isinstance(rule, Mapping):
            raise InvalidRequest(f"{where}: a rule must be an object, not {kind_of(rule)}")
        negated = rule.get("not", False)
        if not isinstance(negated, bool) and negated is not None:
            raise InvalidRequest(f'{where}: "not" must be a boolean, not {kind_of(negated)}')
        parsed = self.group(rule, where, depth) if "combinator" in rule else _leaf(rule, where)
        return Not(parsed) if negated else parsed


def _leaf(rule: Mapping[str, Any], where: str) -> Rule:
    operator = rule.get("operator")
    if operator is None:
        raise InvalidRequest(f'{where}: "operator" is missing; a rule has an operator, a group a "combinator"')
    if operator == "relatedTo":
        return _related_to(rule, where)
    if operator == "matchAny":
        return _match_any(rule, where)
    if not isinstance(operator, str) or operator not in OPERATORS:
        known = ", ".join([*OPERATORS, "relatedTo", "matchAny"])
        raise InvalidRequest(f'{where}: operator "{str(operator)[:100]}" is unknown; known are {known}')
    subjects = [key for key in _SUBJECTS if rule.get(key) is not None]
    if len(subjects) != 1:
        raise InvalidRequest(
            f"{where}: a rule names exactly one of {', '.join(_SUBJECTS)}; this one has {len(subjects)}"
        )
    return _SUBJECTS[subjects[0]](rule, where, operator)


def _property_rule(rule: Mapping[str, Any], where: str, operator: str) -> Rule:
    name = rule["property"]
    if isinstance(name, Mapping):
        return PropertyRule(context_value(name, f"{where}.property"), operator, value_of_rule(rule, where, operator))
    if not isinstance(name, str):
        raise InvalidRequest(f'{where}: "property" must be a property identifier, not {kind_of(name)}')
    return PropertyRule(name, operator, value_of_rule(rule, where, operator))


def _relation_rule(rule: Mapping[str, Any], where: str, operator: str) -> Rule:
    given = rule.get("targetProperty") or "$identifier"
    if given not in ("$identifier", "$title"):
        raise InvalidRequest(f'{where}: "targetProperty" must be "$identifier" or "$title", not "{str(given)[:100]}"')
    target: Literal["$identifier", "$title"] = "$title" if given == "$title" else "$identifier"
    return RelationRule(text_of(rule, "relation", where), target, operator, value_of_rule(rule, where, operator))


def _scorecard_rule(rule: Mapping[str, Any], where: str, operator: str) -> Rule:
    inner = None if rule.get("scorecardRule") is None else text_of(rule, "scorecardRule", where)
    return ScorecardRule(text_of(rule, "scorecard", where), inner, operator, value_of_rule(rule, where, operator))


def _schema_rule(rule: Mapping[str, Any], where: str, operator: str) -> Rule:
    if operator not in ("=", "!=", "contains"):
        raise InvalidRequest(f'{where}: "propertySchema" takes the operators =, !=, contains; not "{operator}"')
    schema = rule["propertySchema"]
    place = f"{where}.propertySchema"
    if not isinstance(schema, Mapping):
        raise InvalidRequest(f"{place}: must be an object with a type, not {kind_of(schema)}")
    items = schema.get("items")
    if items is not None and not isinstance(items, Mapping):
        raise InvalidRequest(f"{place}.items: must be an object with a type, not {kind_of(items)}")
    wanted_items = (
        None if items is None else (text_of(items, "type", f"{place}.items"), format_of(items, f"{place}.items"))
    )
    value = value_of_rule({"value": None, **rule}, where, operator)
    return SchemaRule(text_of(schema, "type", place), format_of(schema, place), wanted_items, operator, value)


_SUBJECTS: dict[str, Callable[[Mapping[str, Any], str, str], Rule]] = {
    "property": _property_rule,
    "relation": _relation_rule,
    "scorecard": _scorecard_rule,
    "propertySchema": _schema_rule,
}


def _related_to(rule: Mapping[str, Any], where: str) -> RelatedTo:
    direction = rule.get("direction")
    if direction not in (None, "upstream", "downstream"):
        raise InvalidRequest(f'{where}: "direction" must be "upstream" or "downstream", not "{str(direction)[:100]}"')
    required = rule.get("required")
    if required is not None and not isinstance(required, bool):
        raise InvalidRequest(f'{where}: "required" must be a boolean, not {kind_of(required)}')
    return RelatedTo(text_of(rule, "blueprint", where), _identifiers(rule, where), direction, required)


def _match_any(rule: Mapping[str, Any], where: str) -> Rule:
    subject = rule.get("property")
    value = rule.get("value")
    given = context_value(value, f"{where}.value") if isinstance(value, Mapping) else _identifiers(rule, where)
    if isinstance(subject, Mapping) and "path" in subject:
        start = None if subject.get("fromBlueprint") is None else text_of(subject, "fromBlueprint", f"{where}.property")
        return PathRule(_path(subject["path"], f"{where}.property.path"), start, given)
    if isinstance(subject, Mapping):
        return PropertyRule(context_value(subject, f"{where}.property"), "in", given)
    if isinstance(subject, str):
        return PropertyRule(subject, "in", given)
    raise InvalidRequest(f'{where}: "property" of matchAny must be a property identifier or an object with a "path"')


def _path(path: Any, where: str) -> tuple[Hop, ...]:
    if not isinstance(path, list) or not path:
        raise InvalidRequest(f"{where}: must be an array with at least one relation")
    hops = tuple(_hop(element, f"{where}[{number}]") for number, element in enumerate(path))
    if sum(isinstance(element, Mapping) and "maxHops" in element for element in path) > 1:
        raise InvalidRequest(f'{where}: at most one element may have "maxHops"')
    return hops


def _hop(element: Any, where: str) -> Hop:
    if isinstance(element, str):
        return Hop(element)
    if not isinstance(element, Mapping):
        raise InvalidRequest(f"{where}: must be a relation identifier or an object with one, not {kind_of(element)}")
    hops = element.get("maxHops", 1)
    if isinstance(hops, bool) or not isinstance(hops, int) or not 1 <= hops <= 15:
        raise InvalidRequest(f'{where}: "maxHops" must be an integer from 1 to 15')
    return Hop(text_of(element, "relation", where), hops)


def _identifiers(rule: Mapping[str, Any], where: str) -> tuple[str, ...]:
    value = rule.get("value")
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(dict.fromkeys(value))
    raise InvalidRequest(f'{where}: "value" must be a string or an array of strings, not {kind_of(value)}')


__all__ = [
    "NEGATIONS", "ContextValue", "Group", "Hop", "Not", "PathRule", "Preset", "PropertyRule", "Range", "RelatedTo",
    "RelationRule", "Rule", "Scalar", "SchemaRule", "ScorecardRule", "Value", "parse_query", "parse_rule",
    "parse_search_object",
]  # fmt: skip
