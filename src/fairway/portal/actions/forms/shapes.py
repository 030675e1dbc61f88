"""What the value of an expression has to be, by the key of the definition that it stands for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fairway.portal.actions.forms.definition import Input
from fairway.portal.catalog.properties.vocabulary import MAX_PATTERN, kind_of


@dataclass(frozen=True, slots=True)
class Shape:
    """A test, and what would pass it."""

    fits: Callable[[Any], bool]
    wanted: str

    def problem(self, value: Any) -> str | None:
        """Why a value does not fit."""
        return None if self.fits(value) else f"it gave {kind_of(value)}, where {self.wanted} is needed"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_count(value: Any) -> bool:
    return _is_number(value) and value >= 0 and float(value).is_integer()


def _is_pattern(value: Any) -> bool:
    return isinstance(value, str) and len(value) <= MAX_PATTERN


_OPTIONS = Shape(lambda value: isinstance(value, list), "an array of values")
_COUNT = Shape(lambda value: value is None or _is_count(value), "a whole number")
_NUMBER = Shape(lambda value: value is None or _is_number(value), "a number")

SHAPES: Mapping[str, Shape] = {
    "enum": _OPTIONS,
    "pattern": Shape(lambda value: value is None or _is_pattern(value), "a regular expression"),
    "minItems": _COUNT,
    "maxItems": _COUNT,
    "minLength": _COUNT,
    "maxLength": _COUNT,
    "minimum": _NUMBER,
    "maximum": _NUMBER,
}
"""Limits may turn out null, which lifts them; options may not, because an empty choice and a free one are different."""

NAMES = Shape(
    lambda value: isinstance(value, list) and all(isinstance(each, str) for each in value),
    "an array of input identifiers",
)


def default_of(definition: Input, value: Any) -> Any:
    """A default; where an entity input was given an entity, its identifier."""
    if definition.refers_to != "entity":
        return value
    if definition.many and isinstance(value, list):
        return [_identifier(each) for each in value]
    return _identifier(value)


def _identifier(value: Any) -> Any:
    if isinstance(value, Mapping) and isinstance(value.get("identifier"), str):
        return value["identifier"]
    return value
