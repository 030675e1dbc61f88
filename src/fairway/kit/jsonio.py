"""JSON bytes in and out: one place for limits and for the compact form that signatures need."""

from __future__ import annotations

from typing import Any

import orjson

from fairway.kit.errors import MalformedBody

MAX_DEPTH = 128
"""Deepest nesting accepted in a request body: a query of 50 groups has 100 levels; twice as many would reach the limits
of encoders further down."""


def dumps(value: Any) -> bytes:
    """Compact UTF-8 JSON in the key order of ``value``."""
    return orjson.dumps(value, option=orjson.OPT_PASSTHROUGH_DATETIME)


def dumps_text(value: Any) -> str:
    """:func:`dumps` as text, for columns."""
    return orjson.dumps(value).decode()


def loads(data: bytes | str) -> Any:
    """Parses trusted JSON, such as a column."""
    return orjson.loads(data)


def parse_body(data: bytes) -> Any:
    """Parses a request body.

    Raises:
        MalformedBody: not UTF-8, not JSON, nested deeper than :data:`MAX_DEPTH`, or with a NUL character, which
            PostgreSQL cannot store.
    """
    if not data:
        raise MalformedBody("The request body is empty; a JSON document is expected")
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise MalformedBody(f"The request body is not valid JSON: {error}") from None
    if b"\\u0000" in data and _has_nul(value):
        raise MalformedBody("The request body holds a NUL character (\\u0000), which cannot be stored")
    if not _surely_shallow(data):
        _check_depth(value)
    return value


_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


def _surely_shallow(data: bytes) -> bool:
    """Peels one level of brackets at a time, at C speed. Brackets inside strings can only make it say no, and then the
    exact check decides."""
    brackets = data.translate(None, _NOT_BRACKETS)
    for _ in range(MAX_DEPTH // 2):
        if not brackets:
            return True
        brackets = brackets.replace(b"{}", b"").replace(b"[]", b"")
    return not brackets


def _has_nul(root: Any) -> bool:
    stack = [root]
    while stack:
        value = stack.pop()
        if isinstance(value, str):
            if "\0" in value:
                return True
        elif isinstance(value, dict):
            stack.extend(value.keys())
            stack.extend(value.values())
        elif isinstance(value, list):
            stack.extend(value)
    return False


def _check_depth(root: Any) -> None:
    stack: list[tuple[Any, int]] = [(root, 1)]
    while stack:
        value, depth = stack.pop()
        if depth > MAX_DEPTH:
            raise MalformedBody(f"The request body is nested deeper than {MAX_DEPTH} levels")
        if isinstance(value, dict):
            stack.extend((child, depth + 1) for child in value.values() if isinstance(child, dict | list))
        elif isinstance(value, list):
            stack.extend((child, depth + 1) for child in value if isinstance(child, dict | list))
