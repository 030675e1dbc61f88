"""Time as an argument: production passes :class:`SystemClock`, tests a clock they move."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Protocol


class Clock(Protocol):
    """What everything that needs the time asks for."""

    def now(self) -> datetime:
        """The present instant, in UTC, with time zone."""
        ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class ManualClock:
    """A clock that moves only when told."""

    def __init__(self, start: datetime) -> None:
        self._now = start

    def now(self) -> datetime:
        return self._now

    def advance(self, **amount: float) -> None:
        """Moves forward by keyword arguments of :class:`datetime.timedelta`."""
        self._now += timedelta(**amount)


def to_millis(instant: datetime) -> int:
    """Milliseconds since the epoch: how instants are stored."""
    return int(instant.timestamp() * 1000)


@lru_cache(maxsize=4096)
def rfc3339(millis: int) -> str:
    """``2026-01-28T10:00:00.000Z``: the one spelling of instants on the wire (contract 1.1)."""
    seconds, rest = divmod(millis, 1000)
    stamp = datetime.fromtimestamp(seconds, UTC)
    return f"{stamp:%Y-%m-%dT%H:%M:%S}.{rest:03d}Z"


def parse_instant(text: str) -> datetime | None:
    """An RFC 3339 or ISO 8601 date or instant, ``None`` when it is neither. Without a zone it counts as UTC."""
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)
