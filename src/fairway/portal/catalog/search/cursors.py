"""Opaque cursors: where a page ended, told by what was there, so that inserts move nothing."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import orjson

from fairway.kit.errors import InvalidRequest
from fairway.kit.jsonio import dumps


def encode_cursor(*position: Any) -> str:
    """A cursor for a position of JSON scalars."""
    return base64.urlsafe_b64encode(dumps(list(position))).decode().rstrip("=")


def decode_cursor(cursor: Any, kinds: tuple[type, ...]) -> tuple[Any, ...]:
    """The position of a cursor, whose parts have these types; ``object`` stands for any.

    Raises:
        InvalidRequest: it is none of ours.
    """
    problem = InvalidRequest('"from" must be the "next" of an earlier answer to the same search')
    if not isinstance(cursor, str) or len(cursor) > 4096:
        raise problem
    try:
        position = orjson.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError):
        raise problem from None
    if not isinstance(position, list) or len(position) != len(kinds):
        raise problem
    if not all(
        isinstance(part, kind) and not isinstance(part, bool) for part, kind in zip(position, kinds, strict=True)
    ):
        raise problem
    if any(isinstance(part, int) and abs(part) >= 1 << 63 for part in position):
        raise problem
    return tuple(position)
