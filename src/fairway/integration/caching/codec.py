"""Values as bytes. What is cached is a JSON value, so that a hit is equal to what was computed, whatever was done to it
since, and reading a file runs nothing."""

from __future__ import annotations

from typing import Any

import orjson

from fairway.kit.errors import InvalidRequest

_EXACT = orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS | orjson.OPT_PASSTHROUGH_SUBCLASS


def encode(value: Any, name: str) -> bytes:
    """Raises:
    InvalidRequest: ``value`` is no JSON value.
    """
    try:
        return orjson.dumps(value, option=_EXACT)
    except TypeError as error:
        raise InvalidRequest(f'The result of "{name}" cannot be cached, JSON values can: {error}') from None


def decode(data: bytes) -> Any:
    """What :func:`encode` made."""
    return orjson.loads(data)
