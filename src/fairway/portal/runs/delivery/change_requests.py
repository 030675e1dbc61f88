"""The bodies of claims and acknowledgements of the change log."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from fairway.kit.errors import InvalidRequest
from fairway.portal.http.requests import optional
from fairway.portal.storage.outbox import Cursor
from fairway.wire.runs import DEFAULT_VISIBILITY_MS, MAX_VISIBILITY_MS

_NAME = re.compile(r"[A-Za-z0-9._:@-]{1,60}")
_GROUP = "agents"
_LIMIT = 100
_MAX_LIMIT = 500
_MAX_WAIT_MS = 30_000
_CURSOR = re.compile(r"(\d{1,18})\.(\d{1,18})", re.ASCII)


@dataclass(frozen=True, slots=True)
class FeedClaim:
    """Who wants how much of the change log."""

    group: str
    agent: str
    limit: int
    visibility_ms: int
    wait_ms: int


def parse_feed_claim(body: dict[str, Any]) -> FeedClaim:
    """The body of a claim.

    Raises:
        InvalidRequest: a key has another type, or ``agentId`` is missing.
    """
    return FeedClaim(
        _name(body, "group", _GROUP),
        _name(body, "agentId", None),
        _number(body, "limit", _LIMIT, 1, _MAX_LIMIT),
        _number(body, "visibilityTimeoutMs", DEFAULT_VISIBILITY_MS, 1, MAX_VISIBILITY_MS),
        _number(body, "waitMs", 0, 0, _MAX_WAIT_MS),
    )


def parse_ack(body: dict[str, Any]) -> tuple[str, str, Cursor]:
    """Group, agent and cursor of an acknowledgement.

    Raises:
        InvalidRequest: a key is missing or has another type.
    """
    found = _CURSOR.fullmatch(optional(body, "cursor", str) or "")
    if found is None:
        raise InvalidRequest('"cursor" in the body must be the one that came with the messages')
    return _name(body, "group", _GROUP), _name(body, "agentId", None), Cursor(int(found[1]), int(found[2]))


def cursor_text(cursor: Cursor) -> str:
    """How a cursor is told."""
    return f"{cursor.txid}.{cursor.event_id}"


def _name(body: dict[str, Any], key: str, default: str | None) -> str:
    value = optional(body, key, str) or default
    if value is None or _NAME.fullmatch(value) is None:
        raise InvalidRequest(f'"{key}" in the body must be 1 to 60 letters, digits or "._:@-"')
    return value


def _number(body: dict[str, Any], key: str, default: int, low: int, high: int) -> int:
    value = optional(body, key, (int, float))
    return default if value is None else int(max(low, min(high, value)))
