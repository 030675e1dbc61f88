"""Rule trees as clients send them, parsed and checked (contract 4.2, 4.3); nothing is looked up here.

Search queries say ``rules``, scorecards ``conditions``; both parse to the same tree.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from fairway.kit.errors import InvalidRequest
from fairway.portal.catalog.search.instants import given_instant
from fairway.portal.catalog.search.presets import check_preset

MAX_DEPTH = 10
"""Groups within groups (contract 15.9)."""
MAX_RULES = 10_000
"""Rules in one tree: what a body of 1 MiB holds, a bound for trees that come from elsewhere."""

Scalar = str | int | float | bool


@dataclass(frozen=True, slots=True)
class ContextValue:
    """``{"context": "user"|"userTeams", "property": ...}``: a property of the caller."""

    context: Literal["user", "userTeams"]
    property: str


@dataclass(frozen=True, slots=True)
class Range:
    """An inclusive range of instants in milliseconds."""

    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Preset:
    """A named range, relative to the time of evaluation."""

    name: str


Value = Scalar | tuple[Scalar, ...] | ContextValue | Range | Preset | None


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

EVERYTHING = Group("and", ())

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
            raise InvalidRequest(f'{where}: must be an object with "combinator" and "rules", not {_kind(query)}')
        if depth > MAX_DEPTH:
            raise InvalidRequest(f"{where}: groups may be nested {MAX_DEPTH} levels deep, this one is deeper")
        combinator = query.get("combinator")
        if combinator not in ("and", "or"):
            shown = "is missing" if combinator is None else f'"{str(combinator)[:100]}" is unknown'
            raise InvalidRequest(f'{where}: combinator {shown}; it must be "and" or "or"')
        key = "rules" if "rules" in query or "conditions" not in query else "conditions"
        rules = query.get(key)
        if not isinstance(rules, list):
            raise InvalidRequest(f'{where}: "{key}" must be an array of rules, not {_kind(rules)}')
        parsed = (self.rule(rule, f"{where}.{key}[{number}]", depth + 1) for number, rule in enumerate(rules))
        return Group("and" if combinator == "and" else "or", tuple(parsed))

    def rule(self, rule: Any, where: str, depth: int) -> Rule:
        self._count += 1
        if self._count > MAX_RULES:
            raise InvalidRequest(f"{where}: a query may hold {MAX_RULES} rules")
        if not isinstance(rule, Mapping):
            raise InvalidRequest(f"{where}: a rule must be an object, not {_kind(rule)}")
        negated = rule.get("not", False)
        if not isinstance(negated, bool) and negated is not None:
            raise InvalidRequest(f'{where}: "not" must be a boolean, not {_kind(negated)}')
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
    if not isinstance(operator, str) or operator not in _VALUES:
        known = ", ".join([*_VALUES, "relatedTo", "matchAny"])
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
        return PropertyRule(_context_value(name, f"{where}.property"), operator, _value(rule, where, operator))
    if not isinstance(name, str):
        raise InvalidRequest(f'{where}: "property" must be a property identifier, not {_kind(name)}')
    return PropertyRule(name, operator, _value(rule, where, operator))


def _relation_rule(rule: Mapping[str, Any], where: str, operator: str) -> Rule:
    given = rule.get("targetProperty") or "$identifier"
    if given not in ("$identifier", "$title"):
        raise InvalidRequest(f'{where}: "targetProperty" must be "$identifier" or "$title", not "{str(given)[:100]}"')
    target: Literal["$identifier", "$title"] = "$title" if given == "$title" else "$identifier"
    return RelationRule(_text(rule, "relation", where), target, operator, _value(rule, where, operator))


def _scorecard_rule(rule: Mapping[str, Any], where: str, operator: str) -> Rule:
    inner = None if rule.get("scorecardRule") is None else _text(rule, "scorecardRule", where)
    return ScorecardRule(_text(rule, "scorecard", where), inner, operator, _value(rule, where, operator))


def _schema_rule(rule: Mapping[str, Any], where: str, operator: str) -> Rule:
    if operator not in ("=", "!=", "contains"):
        raise InvalidRequest(f'{where}: "propertySchema" takes the operators =, !=, contains; not "{operator}"')
    schema = rule["propertySchema"]
    place = f"{where}.propertySchema"
    if not isinstance(schema, Mapping):
        raise InvalidRequest(f"{place}: must be an object with a type, not {_kind(schema)}")
    items = schema.get("items")
    if items is not None and not isinstance(items, Mapping):
        raise InvalidRequest(f"{place}.items: must be an object with a type, not {_kind(items)}")
    wanted_items = None if items is None else (_text(items, "type", f"{place}.items"), _format(items, f"{place}.items"))
    value = _value({"value": None, **rule}, where, operator)
    return SchemaRule(_text(schema, "type", place), _format(schema, place), wanted_items, operator, value)


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
        raise InvalidRequest(f'{where}: "required" must be a boolean, not {_kind(required)}')
    return RelatedTo(_text(rule, "blueprint", where), _identifiers(rule, where), direction, required)


def _match_any(rule: Mapping[str, Any], where: str) -> Rule:
    subject = rule.get("property")
    value = rule.get("value")
    given = _context_value(value, f"{where}.value") if isinstance(value, Mapping) else _identifiers(rule, where)
    if isinstance(subject, Mapping) and "path" in subject:
        start = None if subject.get("fromBlueprint") is None else _text(subject, "fromBlueprint", f"{where}.property")
        return PathRule(_path(subject["path"], f"{where}.property.path"), start, given)
    if isinstance(subject, Mapping):
        return PropertyRule(_context_value(subject, f"{where}.property"), "in", given)
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
        raise InvalidRequest(f"{where}: must be a relation identifier or an object with one, not {_kind(element)}")
    hops = element.get("maxHops", 1)
    if isinstance(hops, bool) or not isinstance(hops, int) or not 1 <= hops <= 15:
        raise InvalidRequest(f'{where}: "maxHops" must be an integer from 1 to 15')
    return Hop(_text(element, "relation", where), hops)


def _context_value(value: Mapping[str, Any], where: str) -> ContextValue:
    context = value.get("context")
    if context not in ("user", "userTeams"):
        raise InvalidRequest(f'{where}: "context" must be "user" or "userTeams", not "{str(context)[:100]}"')
    return ContextValue(context, _text(value, "property", where))


def _identifiers(rule: Mapping[str, Any], where: str) -> tuple[str, ...]:
    value = rule.get("value")
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(dict.fromkeys(value))
    raise InvalidRequest(f'{where}: "value" must be a string or an array of strings, not {_kind(value)}')


def _text(holder: Mapping[str, Any], key: str, where: str) -> str:
    value = holder.get(key)
    if not isinstance(value, str):
        raise InvalidRequest(f'{where}: "{key}" must be a string, not {_kind(value)}')
    return value


def _format(holder: Mapping[str, Any], where: str) -> str | None:
    return None if holder.get("format") is None else _text(holder, "format", where)


def _value(rule: Mapping[str, Any], where: str, operator: str) -> Value:
    check = _VALUES[operator]
    if check is None:
        return None
    if "value" not in rule:
        raise InvalidRequest(f'{where}: operator "{operator}" needs a "value"')
    value = rule["value"]
    if isinstance(value, Mapping) and "context" in value:
        return _context_value(value, f"{where}.value")
    return check(value, where, operator)


def _equality_value(value: Any, where: str, operator: str) -> Value:
    if isinstance(value, Mapping):
        return _range_value(value, where, operator)
    return tuple(_scalars(value, where, operator)) if isinstance(value, list) else _scalar(value, where, operator)


def _ordered_value(value: Any, where: str, operator: str) -> Value:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise InvalidRequest(f'{where}: "value" of "{operator}" must be a number or a date, not {_kind(value)}')
    return value


def _range_value(value: Any, where: str, operator: str) -> Range | Preset:
    if not isinstance(value, Mapping) or not ("preset" in value or ("from" in value and "to" in value)):
        raise InvalidRequest(f'{where}: "value" of "{operator}" must be an object with "from" and "to", or a "preset"')
    if "preset" in value:
        return Preset(check_preset(value["preset"], f"{where}.value"))
    return Range(_instant(value["from"], f"{where}.value.from"), _instant(value["to"], f"{where}.value.to"))


def _instant(value: Any, where: str) -> int:
    instant = given_instant(value) if isinstance(value, str) else None
    if instant is None:
        raise InvalidRequest(f'{where}: must be an ISO 8601 instant such as "2026-01-28T10:00:00.000Z"')
    return instant


def _member_value(value: Any, where: str, operator: str) -> Value:
    return tuple(_scalars(value, where, operator)) if isinstance(value, list) else _scalar(value, where, operator)


def _fragment_value(value: Any, where: str, operator: str) -> Value:
    if not isinstance(value, str):
        raise InvalidRequest(f'{where}: "value" of "{operator}" must be a string, not {_kind(value)}')
    return value


def _scalar(value: Any, where: str, operator: str) -> Scalar | None:
    if value is not None and not isinstance(value, str | int | float | bool):
        raise InvalidRequest(
            f'{where}: "value" of "{operator}" must be a string, number, boolean, null or an array of them, '
            f"not {_kind(value)}"
        )
    return value


def _scalars(values: list[Any], where: str, operator: str) -> list[Scalar]:
    checked = (_scalar(value, f"{where}.value[{number}]", operator) for number, value in enumerate(values))
    return [value for value in checked if value is not None]


_Check = Callable[[Any, str, str], Value]

_VALUES: dict[str, _Check | None] = {
    "=": _equality_value,
    "!=": _equality_value,
    ">": _ordered_value,
    ">=": _ordered_value,
    "<": _ordered_value,
    "<=": _ordered_value,
    "isEmpty": None,
    "isNotEmpty": None,
    "isExpired": None,
    "isNotExpired": None,
    "between": _range_value,
    "notBetween": _range_value,
    "contains": _member_value,
    "doesNotContains": _member_value,
    "containsAny": _member_value,
    "beginsWith": _fragment_value,
    "doesNotBeginsWith": _fragment_value,
    "endsWith": _fragment_value,
    "doesNotEndsWith": _fragment_value,
    "in": _member_value,
    "notIn": _member_value,
}
"""Operators of property, relation and scorecard rules, and what checks their value (none: it is not read)."""


def _kind(value: Any) -> str:
    names = {type(None): "null", bool: "a boolean", str: "a string", int: "a number", float: "a number"}
    return names.get(type(value), "an array" if isinstance(value, list) else "an object")
