"""Values in rules: which an operator takes, and what is said about others (contract 4.3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from fairway.kit.errors import InvalidRequest
from fairway.portal.catalog.search.instants import given_instant
from fairway.portal.catalog.search.presets import check_preset

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


def context_value(value: Mapping[str, Any], where: str) -> ContextValue:
    """A value of the caller; refuses what is none, as everything here does, with ``where`` in front."""
    context = value.get("context")
    if context not in ("user", "userTeams"):
        raise InvalidRequest(f'{where}: "context" must be "user" or "userTeams", not "{str(context)[:100]}"')
    return ContextValue(context, text_of(value, "property", where))


def text_of(holder: Mapping[str, Any], key: str, where: str) -> str:
    """A string of a rule, which has to be there."""
    value = holder.get(key)
    if not isinstance(value, str):
        raise InvalidRequest(f'{where}: "{key}" must be a string, not {kind_of(value)}')
    return value


def format_of(holder: Mapping[str, Any], where: str) -> str | None:
    """The ``format`` of a schema, if it names one."""
    return None if holder.get("format") is None else text_of(holder, "format", where)


def value_of_rule(rule: Mapping[str, Any], where: str, operator: str) -> Value:
    """The value of a rule, checked for its operator."""
    check = OPERATORS[operator]
    if check is None:
        return None
    if "value" not in rule:
        raise InvalidRequest(f'{where}: operator "{operator}" needs a "value"')
    value = rule["value"]
    if isinstance(value, Mapping) and "context" in value:
        return context_value(value, f"{where}.value")
    return check(value, where, operator)


def _equality_value(value: Any, where: str, operator: str) -> Value:
    if isinstance(value, Mapping):
        return _range_value(value, where, operator)
    return tuple(_scalars(value, where, operator)) if isinstance(value, list) else _scalar(value, where, operator)


def _ordered_value(value: Any, where: str, operator: str) -> Value:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise InvalidRequest(f'{where}: "value" of "{operator}" must be a number or a date, not {kind_of(value)}')
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
        raise InvalidRequest(f'{where}: "value" of "{operator}" must be a string, not {kind_of(value)}')
    return value


def _scalar(value: Any, where: str, operator: str) -> Scalar | None:
    if value is not None and not isinstance(value, str | int | float | bool):
        raise InvalidRequest(
            f'{where}: "value" of "{operator}" must be a string, number, boolean, null or an array of them, '
            f"not {kind_of(value)}"
        )
    return value


def _scalars(values: list[Any], where: str, operator: str) -> list[Scalar]:
    checked = (_scalar(value, f"{where}.value[{number}]", operator) for number, value in enumerate(values))
    return [value for value in checked if value is not None]


_Check = Callable[[Any, str, str], Value]

OPERATORS: dict[str, _Check | None] = {
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


def kind_of(value: Any) -> str:
    """What JSON calls a value."""
    names = {type(None): "null", bool: "a boolean", str: "a string", int: "a number", float: "a number"}
    return names.get(type(value), "an array" if isinstance(value, list) else "an object")
