"""Rows of ``prop_index``: what writers keep, and what searches may therefore rely on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fairway.portal.catalog.model import Blueprint
from fairway.portal.catalog.search.instants import stored_instant

MAX_TEXT = 256
"""Characters of a string that the index holds; a search for a text this long or longer looks at the entity."""
DATE_FORMATS = frozenset({"date-time", "timer"})
"""Formats of string properties that hold instants: searches for them use the number beside the text."""

INDEX_COLUMNS = ("entity_id", "key_id", "position", "text", "number")
"""Columns of ``prop_index`` in the order in which rows are inserted."""

IndexRow = tuple[int, str | None, float | None]
"""(key id, text, number)."""


def index_rows(blueprint: Blueprint, properties: Mapping[str, Any], team: Sequence[str] | None) -> list[IndexRow]:
    """The index rows of one entity: none for a null, one for a scalar, one for each distinct array element."""
    rows: list[IndexRow] = []
    for name, key in blueprint.indexed.items():
        rows += value_rows(key, properties.get(name) if name != "$team" else team)
    return rows


def value_rows(key: int, value: Any) -> list[IndexRow]:
    """The index rows of one value. An instant has a number, too, whatever the format of the property says today."""
    if isinstance(value, str):
        instant = stored_instant(value)
        return [(key, value[:MAX_TEXT], None if instant is None else float(instant))]
    if isinstance(value, list | tuple):
        return list(dict.fromkeys(row for element in value if (row := _row(key, element)) is not None))
    row = _row(key, value)
    return [] if row is None else [row]


def is_date(blueprint: Blueprint, name: str) -> bool:
    """Whether an own property holds instants."""
    spec = blueprint.properties.get(name) or {}
    return spec.get("type") == "string" and spec.get("format") in DATE_FORMATS


def _row(key: int, value: Any) -> IndexRow | None:
    if isinstance(value, str):
        return key, value[:MAX_TEXT], None
    if isinstance(value, bool):
        return key, "true" if value else "false", None
    return (key, None, float(value)) if isinstance(value, int | float) else None
