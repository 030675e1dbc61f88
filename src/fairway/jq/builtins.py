"""Builtins without an argument, and those whose argument is a value."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from fairway.jq import formats, ordering, textual
from fairway.jq.program import Budget
from fairway.jq.runtime import EXACT, JqError, UncertainError, add, equal, is_number, items, kind, number, show, spend

_LOWER = {code: code + 32 for code in range(65, 91)}
_UPPER = {code + 32: code for code in range(65, 91)}


def _length(value: Any, budget: Budget) -> Any:
    if type(value) in {str, list, dict}:
        return len(value)
    if value is None:
        return 0
    if type(value) is int and -EXACT <= value <= EXACT:
        return abs(value)
    if type(value) is bool:
        raise JqError(f"{show(value)} has no length")
    raise UncertainError


def _bytes(value: Any, budget: Budget) -> int:
    return len(_text(value, "utf8bytelength").encode())


def _text(value: Any, what: str) -> str:
    if type(value) is str:
        return value
    raise JqError(f"{show(value)} {what} needs a string")


def _keys(value: Any, budget: Budget) -> list[Any]:
    if type(value) is dict:
        spend(budget, len(value))
        return sorted(value)
    return _keys_unsorted(value, budget)


def _keys_unsorted(value: Any, budget: Budget) -> list[Any]:
    if type(value) is dict or type(value) is list:
        spend(budget, len(value))
        return list(value) if type(value) is dict else list(range(len(value)))
    raise JqError(f"{show(value)} has no keys")


def _not(value: Any, budget: Budget) -> bool:
    return value is None or value is False


def _add(value: Any, budget: Budget) -> Any:
    if type(value) is list and value and all(type(item) is str for item in value):
        spend(budget, len(value) + (sum(map(len, value)) >> 4))
        return "".join(value)
    total: Any = None
    for item in items(value, budget):
        total = add(item, total, budget)
    return total


def _any(value: Any, budget: Budget) -> bool:
    return any(item is not None and item is not False for item in items(value, budget))


def _all(value: Any, budget: Budget) -> bool:
    return all(item is not None and item is not False for item in items(value, budget))


def _down(value: Any, budget: Budget) -> str:
    text = _text(value, "ascii_downcase")
    spend(budget, len(text) >> 4)
    return text.lower() if text.isascii() else text.translate(_LOWER)


def _up(value: Any, budget: Budget) -> str:
    text = _text(value, "ascii_upcase")
    spend(budget, len(text) >> 4)
    return text.upper() if text.isascii() else text.translate(_UPPER)


def _rounded(make: Callable[[float], int]) -> Callable[[Any, Budget], Any]:
    def call(value: Any, budget: Budget) -> int:
        if not is_number(value):
            raise JqError(f"{show(value)} number required")
        result = make(value)
        if abs(result) > EXACT or (result == 0 and value < 0):
            raise UncertainError
        return result

    return call


def _round(value: float) -> int:
    whole = math.floor(abs(value))
    whole += abs(value) - whole >= 0.5
    return whole if value >= 0 else -whole


def _flatten(value: Any, budget: Budget) -> list[Any]:
    if type(value) is dict:
        raise UncertainError
    flat: list[Any] = []
    for item in items(value, budget):
        flat.extend(_flatten(item, budget) if type(item) is list else [item])
    return flat


def _reverse(value: Any, budget: Budget) -> Any:
    if type(value) is list:
        spend(budget, len(value))
        return value[::-1]
    if value is None:
        return []
    raise UncertainError


def _to_entries(value: Any, budget: Budget) -> list[Any]:
    if type(value) is dict:
        spend(budget, len(value))
        return [{"key": key, "value": item} for key, item in value.items()]
    if type(value) is list:
        raise UncertainError
    raise JqError(f"{show(value)} has no keys")


def _from_entries(value: Any, budget: Budget) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for entry in items(value, budget):
        if type(entry) is not dict or type(entry.get("key")) is not str or "value" not in entry:
            raise UncertainError
        found[entry["key"]] = entry["value"]
    return found


def _error(value: Any, budget: Budget) -> Any:
    raise JqError(value, exact=True)


def _has(key: Any, value: Any, budget: Budget) -> bool:
    if type(value) is dict and type(key) is str:
        return key in value
    if type(value) is list and type(key) is int:
        return 0 <= key < len(value)
    if value is None or type(key) is float:
        raise UncertainError
    raise JqError(f"Cannot check whether {kind(value)} has a {kind(key)} key")


def _contains(part: Any, value: Any, budget: Budget) -> bool:
    if type(value) is bool and type(part) is bool:
        raise UncertainError
    if kind(value) != kind(part):
        raise JqError(f"{show(value)} and {show(part)} cannot have their containment checked")
    return _holds(part, value, budget)


def _holds(part: Any, value: Any, budget: Budget) -> bool:
    spend(budget, 1)
    if type(value) is type(part) is dict:
        return all(key in value and _holds(item, value[key], budget) for key, item in part.items())
    if type(value) is type(part) is list:
        return all(any(_holds(item, candidate, budget) for candidate in value) for item in part)
    if type(value) is type(part) is str:
        spend(budget, len(value) >> 4)
        if "\0" in value or "\0" in part:
            raise UncertainError
        return part in value
    return equal(part, value, budget)


def _starts(part: Any, value: Any, budget: Budget) -> bool:
    if type(value) is type(part) is str:
        return value.startswith(part)
    kind(value), kind(part)
    raise JqError("startswith() requires string inputs")


def _ends(part: Any, value: Any, budget: Budget) -> bool:
    if type(value) is type(part) is str:
        return value.endswith(part)
    kind(value), kind(part)
    raise JqError("endswith() requires string inputs")


def _without_start(part: Any, value: Any, budget: Budget) -> Any:
    return value[len(part) :] if _starts(part, value, budget) else value


def _without_end(part: Any, value: Any, budget: Budget) -> Any:
    return value[: len(value) - len(part)] if _ends(part, value, budget) else value


def _trim_text(part: Any, value: Any, budget: Budget) -> Any:
    return _without_end(part, _without_start(part, value, budget), budget)


def _abs(value: Any, budget: Budget) -> Any:
    if type(value) is str or not is_number(value):
        raise UncertainError
    return value if value > 0 or (type(value) is int and value == 0) else number(-value)


def _split(separator: Any, value: Any, budget: Budget) -> list[str]:
    if type(value) is type(separator) is str:
        if "\0" in separator:
            raise UncertainError
        spend(budget, len(value) >> 2)
        if not value:
            return []
        return value.split(separator) if separator else list(value)
    kind(value), kind(separator)
    raise JqError("split input and separator must be strings")


def _join(separator: Any, value: Any, budget: Budget) -> str:
    if type(separator) is not str or type(value) is not list:
        if type(value) is list or type(value) is dict:
            raise UncertainError
        raise JqError(f"Cannot iterate over {show(value)}")
    spend(budget, len(value))
    texts = [_joined(item, budget) for item in value]
    spend(budget, (sum(map(len, texts)) + len(separator) * len(texts)) >> 4)
    return separator.join(texts)


def _joined(item: Any, budget: Budget) -> str:
    if type(item) is str:
        return item
    if item is None:
        return ""
    if type(item) is bool or is_number(item):
        return textual.tojson(item, budget)
    raise JqError(f"string and {show(item)} cannot be added")


def _index(part: Any, value: Any, budget: Budget) -> Any:
    if type(value) is type(part) is str and part and "\0" not in part:
        spend(budget, len(value) >> 4)
        found = value.find(part)
        return found if found >= 0 else None
    if value is None and type(part) is str:
        return None
    raise UncertainError


NO_ARGUMENT: dict[str, Callable[[Any, Budget], Any]] = {
    "length": _length,
    "utf8bytelength": _bytes,
    "keys": _keys,
    "keys_unsorted": _keys_unsorted,
    "not": _not,
    "add": _add,
    "any": _any,
    "all": _all,
    "tostring": textual.tostring,
    "tonumber": textual.tonumber,
    "tojson": textual.tojson,
    "fromjson": textual.fromjson,
    "type": textual.type_name,
    "ascii_downcase": _down,
    "ascii_upcase": _up,
    "floor": _rounded(math.floor),
    "ceil": _rounded(math.ceil),
    "round": _rounded(_round),
    "sort": ordering.sort,
    "unique": ordering.unique,
    "min": ordering.smallest,
    "max": ordering.largest,
    "flatten": _flatten,
    "reverse": _reverse,
    "to_entries": _to_entries,
    "from_entries": _from_entries,
    "error": _error,
    "abs": _abs,
    "fromdate": formats.from_date,
    "fromdateiso8601": formats.from_date,
    "todate": formats.to_date,
    "todateiso8601": formats.to_date,
    "trim": formats.trim,
    "ltrim": formats.ltrim,
    "rtrim": formats.rtrim,
    "@base64": formats.as_base64,
    "@uri": formats.as_uri,
    "@json": textual.tojson,
    "@text": textual.tostring,
}
VALUE_ARGUMENT: dict[str, Callable[[Any, Any, Budget], Any]] = {
    "has": _has,
    "contains": _contains,
    "startswith": _starts,
    "endswith": _ends,
    "ltrimstr": _without_start,
    "rtrimstr": _without_end,
    "trimstr": _trim_text,
    "split": _split,
    "join": _join,
    "index": _index,
    "error": lambda argument, value, budget: _error(argument, budget),
}
