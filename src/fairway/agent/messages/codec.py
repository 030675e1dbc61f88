"""JSON from strangers and back: bounded, and without losing digits of large integers."""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

import orjson

from fairway.kit.errors import MalformedBody, PayloadTooLarge

MAX_DEPTH = 200
"""Deepest nesting that is read: more than the portal takes (128), less than encoders can write (254)."""
_LONG_NUMBER = re.compile(rb"\d{19}")
"""Integers from here on may be beyond 64 bits, which orjson would turn into floats."""


def read_json(data: bytes, *, max_bytes: int) -> Any:
    """The value of a JSON text.

    Raises:
        PayloadTooLarge: more than ``max_bytes``.
        MalformedBody: not UTF-8, not JSON, or nested deeper than :data:`MAX_DEPTH`.
    """
    if len(data) > max_bytes:
        raise PayloadTooLarge(f"The message has {len(data)} bytes; at most {max_bytes} are read")
    try:
        value = _exact(data) if _LONG_NUMBER.search(data) else orjson.loads(data)
    except RecursionError:
        raise MalformedBody(f"The message is nested deeper than {MAX_DEPTH} levels") from None
    except ValueError as error:
        raise MalformedBody(f"The message is not JSON: {error}") from None
    if deeper_than(value, MAX_DEPTH):
        raise MalformedBody(f"The message is nested deeper than {MAX_DEPTH} levels")
    return value


def write_json(value: Any) -> bytes:
    """Compact UTF-8 JSON in the key order of ``value``; integers of any size stay exact.

    Raises:
        MalformedBody: it cannot be written, because of half a surrogate pair or endless nesting.
    """
    try:
        return orjson.dumps(value)
    except TypeError:
        pass
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise MalformedBody(f"The value cannot be written as JSON: {error}") from None


def json_text(value: Any) -> str:
    """Texts as they are, everything else as JSON."""
    return value if isinstance(value, str) else write_json(value).decode()


def deeper_than(root: Any, limit: int) -> bool:
    """Whether ``root`` has more than ``limit`` levels of lists and objects."""
    level = [root] if isinstance(root, dict | list) else []
    for _ in range(limit):
        if not level:
            return False
        parts = (value.values() if isinstance(value, dict) else value for value in level)
        level = [child for part in parts for child in part if isinstance(child, dict | list)]
    return bool(level)


def _exact(data: bytes) -> Any:
    return json.loads(data.decode(), parse_constant=_refuse, parse_float=_finite)


def _finite(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse(text)


def _refuse(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number that JSON has")
