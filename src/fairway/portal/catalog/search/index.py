"""Rows of ``prop_index``: what writers keep, and what searches may therefore rely on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairway.portal.catalog.model import Blueprint
from fairway.portal.catalog.search.instants import stored_instant

MAX_TEXT = 256
"""Characters of a string that the index holds; a search for a text this long or longer looks at the entity."""
DATE_FORMATS = frozenset({"date-time", "timer"})
"""Formats of string properties whose instants are indexed beside the text."""

IndexRow = tuple[int, str | None, float | None]
"""(key id, text, number)."""

_CACHE_KEY = "search.indexed"


def index_rows(blueprint: Blueprint, properties: Mapping[str, Any], team: Sequence[str] | None) -> list[IndexRow]:
    """The index rows of one entity: none for a null, one for a scalar, one for each distinct array element."""
    keys: list[tuple[str, int, bool]] | None = blueprint.cache.get(_CACHE_KEY)
    if keys is None:
        keys = blueprint.cache[_CACHE_KEY] = [
            (name, key, is_date(blueprint, name)) for name, key in blueprint.indexed.items()
        ]
    rows: list[IndexRow] = []
    for name, key, dated in keys:
        rows += value_rows(key, properties.get(name) if name != "$team" else team, dated)
    return rows


def value_rows(key: int, value: Any, dated: bool) -> list[IndexRow]:
    """The index rows of one value."""
    if isinstance(value, list | tuple):
        return list(dict.fromkeys(row for element in value if (row := _row(key, element, False)) is not None))
    row = None if value is None else _row(key, value, dated)
    return [] if row is None else [row]


def is_date(blueprint: Blueprint, name: str) -> bool:
    """Whether an own property holds instants."""
    spec = blueprint.properties.get(name) or {}
    return spec.get("type") == "string" and spec.get("format") in DATE_FORMATS


def _row(key: int, value: Any, dated: bool) -> IndexRow | None:
    if isinstance(value, str):
        instant = stored_instant(value) if dated else None
        return key, value[:MAX_TEXT], None if instant is None else float(instant)
    if isinstance(value, bool):
        return key, "true" if value else "false", None
    return (key, None, float(value)) if isinstance(value, int | float) else None
