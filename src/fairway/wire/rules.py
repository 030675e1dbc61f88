"""Search queries (contract 4.2): the two shapes that nearly every caller needs."""

from __future__ import annotations

from typing import Any, Literal, NotRequired, TypedDict


class Rule(TypedDict):
    """A comparison of one property."""

    property: str
    operator: str
    value: NotRequired[Any]


class Query(TypedDict):
    """Rules, all or any of which must hold."""

    combinator: Literal["and", "or"]
    rules: list[Any]


def prop(name: str, operator: str, value: Any) -> Rule:
    """``name operator value``, such as ``prop("$identifier", "in", ["a"])``."""
    return {"property": name, "operator": operator, "value": value}


def every(*rules: Rule | Query) -> Query:
    """All rules hold; no rules match everything."""
    return {"combinator": "and", "rules": list(rules)}
