"""Headers in which servers say when to come back and where a listing goes on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from fairway.kit.clock import parse_instant

_LINK = re.compile(r'<([^>]*)>[^,]*?;\s*rel="?([^",;]+)"?')
_NUMBER = re.compile(r"[0-9]{1,11}(\.[0-9]{1,9})?")
_SURELY_AN_INSTANT = 100_000_000
"""Seconds: more than three years as a pause, and 1973 as an instant."""


def asked_pause(text: str | None, now: datetime) -> float | None:
    """Seconds of a ``Retry-After`` header, a number of them or a date; none when there is none to understand."""
    if not text:
        return None
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        instant = parsedate_to_datetime(text)
    except ValueError:
        return None
    return max(0.0, ((instant if instant.tzinfo else instant.replace(tzinfo=UTC)) - now).total_seconds())


def reset_instant(text: str, now: datetime) -> datetime | None:
    """When a budget is filled again: seconds from now, seconds of the epoch, or an ISO instant; none when it is
    something else."""
    text = text.strip()
    if not _NUMBER.fullmatch(text):
        return parse_instant(text)
    seconds = float(text)
    if seconds < _SURELY_AN_INSTANT:
        return now + timedelta(seconds=seconds)
    return datetime.fromtimestamp(seconds, now.tzinfo)


def link_of(headers: Mapping[str, str], relation: str = "next") -> str | None:
    """The target of a ``Link`` header's relation."""
    for target, relations in _LINK.findall(headers.get("link", "")):
        if relation in relations.split():
            return str(target)
    return None
