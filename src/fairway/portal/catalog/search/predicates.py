"""What a rule asks of one value, after operators were reduced to seven positive predicates.

Every predicate is false for a value it cannot judge (null, another type), and a negated operator is its exact
complement; only :class:`Empty` is true for null. Numbers compare as IEEE doubles, strings by code point.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from fairway.kit.jsonio import dumps
from fairway.portal.catalog.search.instants import given_instant, stored_instant

Scalar = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Equals:
    """Equal to one of ``values``; arrays (tuples here) equal as a whole. Two instants are equal as instants."""

    values: tuple[Scalar | tuple[Scalar, ...], ...]


@dataclass(frozen=True, slots=True)
class OneOf:
    """The value, or an element of it, is one of ``values``."""

    values: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class Compare:
    """``>``, ``>=``, ``<`` or ``<=``: numbers, instants, else strings."""

    operator: str
    value: str | int | float


@dataclass(frozen=True, slots=True)
class Within:
    """An instant inside an inclusive range of milliseconds; ``None`` leaves a side open."""

    low: int | None
    high: int | None


@dataclass(frozen=True, slots=True)
class Contains:
    """A string holds one of ``values`` as a part, an array as an element."""

    values: tuple[Scalar, ...]


@dataclass(frozen=True, slots=True)
class Begins:
    """A string begins with one of ``values``."""

    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ends:
    """A string ends with one of ``values``."""

    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Empty:
    """Null, ``""`` or ``[]``."""


Predicate = Equals | OneOf | Compare | Within | Contains | Begins | Ends | Empty


def holds(predicate: Predicate, value: Any) -> bool:  # noqa: PLR0911 one case per predicate
    """Whether a value of an entity document satisfies a predicate."""
    match predicate:
        case Empty():
            return value is None or value in ("", [])
        case Equals(values):
            return any(_equal(value, wanted) for wanted in values)
        case OneOf(values):
            return any(_equal(value, wanted) for wanted in values) or _has_element(value, values)
        case Compare(operator, wanted):
            return compare(operator, value, wanted)
        case Within(low, high):
            instant = stored_instant(value) if isinstance(value, str) else None
            return instant is not None and (low is None or low <= instant) and (high is None or instant <= high)
        case Contains(values):
            if isinstance(value, str):
                return any(isinstance(part, str) and part in value for part in values)
            return _has_element(value, values)
        case Begins(values):
            return isinstance(value, str) and value.startswith(values)
        case Ends(values):
            return isinstance(value, str) and value.endswith(values)


def compare(operator: str, value: Any, wanted: str | int | float) -> bool:
    """Ordering of two values of one kind."""
    if is_number(value) and is_number(wanted):
        return _ordered(operator, float(value), float(wanted))
    if not isinstance(value, str) or not isinstance(wanted, str):
        return False
    left, right = stored_instant(value), given_instant(wanted)
    if left is not None and right is not None:
        return _ordered(operator, left, right)
    return _ordered(operator, value, wanted)


def is_number(value: Any) -> bool:
    """A JSON number; Python calls booleans integers."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _ordered(operator: str, left: Any, right: Any) -> bool:
    if operator == ">":
        return bool(left > right)
    if operator == ">=":
        return bool(left >= right)
    return bool(left < right if operator == "<" else left <= right)


def _equal(value: Any, wanted: Scalar | tuple[Scalar, ...]) -> bool:
    if isinstance(wanted, tuple):
        return isinstance(value, list) and dumps(value) == dumps(wanted)
    if isinstance(value, str) and isinstance(wanted, str):
        if value == wanted:
            return True
        instant = given_instant(wanted)
        return instant is not None and stored_instant(value) == instant
    return _same(value, wanted)


def _has_element(value: Any, wanted: Iterable[Scalar]) -> bool:
    return isinstance(value, list) and any(_same(element, each) for element in value for each in wanted)


def _same(value: Any, wanted: Scalar) -> bool:
    if is_number(value) and is_number(wanted):
        return float(value) == float(wanted)
    return type(value) is type(wanted) and bool(value == wanted)
