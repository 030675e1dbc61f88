"""Sorting and what rests on it. ``keyed`` functions take pairs of key and element."""

from __future__ import annotations

from collections.abc import Callable
from operator import itemgetter
from typing import Any

from fairway.jq.program import Budget
from fairway.jq.runtime import JqError, UncertainError, show, sort_key, spend

Pairs = list[tuple[Any, Any]]


def elements(value: Any, budget: Budget) -> list[Any]:
    """The list to be sorted; objects are left to libjq."""
    if type(value) is list:
        spend(budget, len(value) * 2)
        return value
    if type(value) is dict:
        raise UncertainError
    raise JqError(f"{show(value)} cannot be sorted, as it is not an array")


def ordered(pairs: Pairs, budget: Budget) -> Pairs:
    """Pairs of sort key and element, sorted, stable."""
    return sorted(((sort_key(key, budget), element) for key, element in pairs), key=itemgetter(0))


def sort_by(pairs: Pairs, budget: Budget) -> list[Any]:
    """``sort_by(f)``"""
    return [element for _, element in ordered(pairs, budget)]


def group_by(pairs: Pairs, budget: Budget) -> list[list[Any]]:
    """``group_by(f)``"""
    groups: list[list[Any]] = []
    last: Any = None
    for key, element in ordered(pairs, budget):
        if groups and key == last:
            groups[-1].append(element)
        else:
            groups.append([element])
        last = key
    return groups


def unique_by(pairs: Pairs, budget: Budget) -> list[Any]:
    """``unique_by(f)``: the first of each group."""
    return [group[0] for group in group_by(pairs, budget)]


def min_by(pairs: Pairs, budget: Budget) -> Any:
    """``min_by(f)``: the first of the smallest."""
    best = min(((sort_key(key, budget), element) for key, element in pairs), key=itemgetter(0), default=(None, None))
    return best[1]


def max_by(pairs: Pairs, budget: Budget) -> Any:
    """``max_by(f)``: the last of the largest."""
    found: tuple[Any, Any] = (None, None)
    for key, element in pairs:
        position = sort_key(key, budget)
        if found[0] is None or position >= found[0]:
            found = (position, element)
    return found[1]


def _itself(call: Callable[[Pairs, Budget], Any]) -> Callable[[Any, Budget], Any]:
    def on_elements(value: Any, budget: Budget) -> Any:
        return call([(element, element) for element in elements(value, budget)], budget)

    return on_elements


sort = _itself(sort_by)
unique = _itself(unique_by)
smallest = _itself(min_by)
largest = _itself(max_by)
BY: dict[str, Callable[[Pairs, Budget], Any]] = {
    "sort_by": sort_by,
    "group_by": group_by,
    "unique_by": unique_by,
    "min_by": min_by,
    "max_by": max_by,
}
