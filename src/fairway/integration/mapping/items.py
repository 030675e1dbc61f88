"""Raw items as programs may see them: JSON and nothing else (contract 6.4 rule 4), and how reports name them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import orjson

from fairway.integration.mapping.reader import shown

_ONLY_JSON = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_SUBCLASS
_NAMES = (
    "id", "key", "identifier", "slug", "full_name", "path_with_namespace", "name", "login", "username", "email", "path",
    "url", "title",
)  # fmt: skip
_NAMED = 3
_SHOWN = 160


class NotJson(ValueError):
    """A raw item holds something that has no JSON form; the message says what and where."""


def plain(item: Any) -> dict[str, Any]:
    """``item`` itself when it is JSON already, which costs little to find out; else a copy with dates as ISO text.

    Raises:
        NotJson: it is no object with text keys, or holds another type.
    """
    if type(item) is not dict:
        raise NotJson(f"a raw item must be an object, not {type(item).__name__}")
    try:
        orjson.dumps(item, option=_ONLY_JSON)
    except TypeError:
        # Dates are one reason; integers beyond 64 bits and deep nesting are others, and legal.
        try:
            copy: dict[str, Any] = _plain(item, "")
        except RecursionError:
            raise NotJson("the raw item is nested too deep") from None
        return copy
    return item


def _plain(value: Any, where: str) -> Any:
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, Mapping):
        return {_text_key(key, where): _plain(inner, f"{where}.{key}") for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner, f"{where}[{at}]") for at, inner in enumerate(value)]
    if isinstance(value, date):
        return value.isoformat()
    raise NotJson(f"`{where or '.'}` is of type {type(value).__name__}, which is not JSON")


def _text_key(key: Any, where: str) -> str:
    if isinstance(key, str):
        return key
    raise NotJson(f"a key of `{where or '.'}` is of type {type(key).__name__}; keys must be text")


def excerpt(item: Any, element: str | None = None) -> str:
    """Enough to find the item again: its names, and those of the element that ``itemsToParse`` put at ``element``."""
    if not isinstance(item, Mapping):
        return shown(item)
    named = _names(item)
    inner = item.get(element) if element else None
    if isinstance(inner, Mapping):
        named = {**named, element: _names(inner) or sorted(inner)[:_NAMED]}
    elif inner is not None:
        named = {**named, element: inner}
    return shown(named or {"keys": [str(key) for key in item][:_NAMED]}, _SHOWN)


def _names(item: Mapping[str, Any]) -> dict[str | None, Any]:
    found: dict[str | None, Any] = {}
    for name in _NAMES:
        value = item.get(name)
        if isinstance(value, str | int) and not isinstance(value, bool):
            found[name] = value
            if len(found) == _NAMED:
                break
    return found
