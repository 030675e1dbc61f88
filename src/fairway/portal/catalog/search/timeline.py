"""Time axes of charts: a preset range in a time zone, cut into intervals (contract 3.9)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fairway.kit.clock import to_millis
from fairway.kit.errors import InvalidRequest
from fairway.portal.catalog.search.presets import check_preset, preset_range

INTERVALS = ("hour", "day", "isoWeek", "month", "quarter")
_MAX_INTERVALS = 10_000
"""Intervals of one answer: a year by the hour fits."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """A range in milliseconds and the starts of its intervals; the first may lie before the range."""

    low: int
    high: int
    starts: list[int]

    def interval(self, instant: int) -> int | None:
        """The number of the interval of an instant inside the range."""
        return bisect_right(self.starts, instant) - 1 if self.low <= instant <= self.high else None

    def end(self, number: int) -> int:
        """The last millisecond of an interval that still belongs to the range."""
        return self.starts[number + 1] - 1 if number + 1 < len(self.starts) else self.high


def parse_timeline(body: Mapping[str, Any], now: int) -> Timeline:
    """Reads ``timeRange`` and ``timeInterval``.

    Raises:
        InvalidRequest: with what would be right.
    """
    wanted = body.get("timeRange")
    if not isinstance(wanted, Mapping):
        raise InvalidRequest('"timeRange" must be an object with a "preset"')
    interval = body.get("timeInterval")
    if interval not in INTERVALS:
        raise InvalidRequest(f'"timeInterval" must be one of {", ".join(INTERVALS)}, not "{str(interval)[:100]}"')
    preset = check_preset(wanted.get("preset"), "timeRange")
    if preset == "tomorrow" or preset.startswith("next"):
        raise InvalidRequest(f'timeRange: preset "{preset}" lies in the future; a chart shows the past')
    zone = _zone(wanted.get("timeZone"))
    offset = _at(now, zone).utcoffset() or timedelta()
    low, high = preset_range(preset, now, int(offset.total_seconds() * 1000))
    starts = _starts(low, high, str(interval), zone)
    return Timeline(low, high, starts)


def _zone(name: Any) -> ZoneInfo:
    if name is None:
        return ZoneInfo("UTC")
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, TypeError, OSError):
        shown = str(name)[:100]
        raise InvalidRequest(f'timeRange: "timeZone" must be a zone such as "Europe/Berlin", not "{shown}"') from None


def _at(millis: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(millis / 1000, UTC).astimezone(zone)


def _starts(low: int, high: int, interval: str, zone: ZoneInfo) -> list[int]:
    start = _begin(_at(low, zone), interval)
    starts: list[int] = []
    while to_millis(start) <= high:
        starts.append(to_millis(start))
        if len(starts) > _MAX_INTERVALS:
            raise InvalidRequest(f'"timeInterval" {interval} is too fine for the range; {_MAX_INTERVALS} intervals fit')
        start = _following(start, interval)
    return starts


def _begin(instant: datetime, interval: str) -> datetime:
    """The start of the interval that holds an instant, by the clock on the wall."""
    if interval == "hour":
        return instant.replace(minute=0, second=0, microsecond=0)
    day = instant.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    if interval == "isoWeek":
        return day - timedelta(days=day.weekday())
    if interval == "month":
        return day.replace(day=1)
    return day.replace(day=1, month=day.month - (day.month - 1) % 3) if interval == "quarter" else day


def _following(start: datetime, interval: str) -> datetime:
    if interval == "hour":
        return (start.astimezone(UTC) + timedelta(hours=1)).astimezone(start.tzinfo)
    if interval == "day":
        return start + timedelta(days=1)
    if interval == "isoWeek":
        return start + timedelta(days=7)
    months = start.month - 1 + (1 if interval == "month" else 3)
    return start.replace(year=start.year + months // 12, month=months % 12 + 1)
