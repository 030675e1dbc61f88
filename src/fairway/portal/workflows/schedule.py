"""When schedule triggers are due: five-field cron expressions, or a plain interval."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from fairway.kit.errors import InvalidRequest
from fairway.portal.http.requests import optional

MIN_INTERVAL_SECONDS = 60
_MAX_INTERVAL_SECONDS = 366 * 86_400
_SEARCH_DAYS = 366 * 8 + 2
"""The longest pause between two 29 Februaries is eight years."""
_MACROS = {
    "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *",
}  # fmt: skip
_MONTHS = {
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6,
    "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12,
}  # fmt: skip
_DAYS = {"sun": 0, "mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6}


class Schedule(Protocol):
    """When something is due."""

    def after(self, instant: datetime) -> datetime | None:
        """The first due instant later than this one, in UTC; none when it is never due again."""
        ...


@dataclass(frozen=True, slots=True)
class Interval:
    """Every so many seconds since the epoch."""

    seconds: int

    def after(self, instant: datetime) -> datetime | None:
        slot = int(instant.timestamp()) // self.seconds + 1
        return datetime.fromtimestamp(slot * self.seconds, UTC)


@dataclass(frozen=True, slots=True)
class Cron:
    """A cron expression in a time zone."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either: bool
    """Both kinds of day were restricted: then either is enough, as in every cron."""
    zone: ZoneInfo

    def after(self, instant: datetime) -> datetime | None:
        local = instant.astimezone(self.zone)
        day = datetime(local.year, local.month, local.day, tzinfo=self.zone)
        for _ in range(_SEARCH_DAYS):
            if self._on(day):
                for hour in self.hours:
                    for minute in self.minutes:
                        due = day.replace(hour=hour, minute=minute).astimezone(UTC)
                        if due > instant and due.astimezone(self.zone).hour == hour:
                            return due
            day = (day + timedelta(days=1)).replace(hour=0)
        return None

    def _on(self, day: datetime) -> bool:
        of_month, of_week = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        fits = of_month or of_week if self.either else of_month and of_week
        return day.month in self.months and fits


def schedule_of(config: Mapping[str, Any]) -> Schedule:
    """The schedule of a SCHEDULE_TRIGGER.

    Raises:
        InvalidRequest: it cannot be read; the message says which part.
    """
    cron = config.get("cron") or config.get("cronExpression")
    if isinstance(cron, str):
        return parse_cron(cron, str(config.get("timezone") or "UTC"))
    seconds = config.get("intervalSeconds")
    if isinstance(seconds, int) and MIN_INTERVAL_SECONDS <= seconds <= _MAX_INTERVAL_SECONDS:
        return Interval(seconds)
    raise InvalidRequest(
        'A schedule needs "cron", five fields such as "0 9 * * 1-5", '
        f'or "intervalSeconds" of {MIN_INTERVAL_SECONDS} or more'
    )


def check_schedule(config: dict[str, Any], where: str) -> None:
    """Checks the configuration of a SCHEDULE_TRIGGER.

    Raises:
        InvalidRequest: it cannot be read, or is never due.
    """
    for key in ("cron", "cronExpression", "timezone"):
        optional(config, key, str, where=where)
    optional(config, "intervalSeconds", int, where=where)
    if schedule_of(config).after(datetime(2024, 1, 1, tzinfo=UTC)) is None:
        raise InvalidRequest(f'The schedule in the {where}, "{config.get("cron")}", is never due')


@lru_cache(maxsize=256)
def parse_cron(text: str, timezone: str = "UTC") -> Cron:
    """A cron expression.

    Raises:
        InvalidRequest: it is none, or the time zone is unknown.
    """
    fields = _MACROS.get(text.strip().lower(), text).split()
    if len(fields) != 5:
        raise InvalidRequest(f'"{text[:80]}" is not a cron expression: five fields are expected, it has {len(fields)}')
    try:
        zone = ZoneInfo(timezone)
    except (KeyError, ValueError, OSError):
        raise InvalidRequest(f'Time zone "{timezone[:80]}" is unknown') from None
    minutes = _field(fields[0], 0, 59, {}, text)
    hours = _field(fields[1], 0, 23, {}, text)
    days = _field(fields[2], 1, 31, {}, text)
    months = _field(fields[3], 1, 12, _MONTHS, text)
    weekdays = frozenset(day % 7 for day in _field(fields[4], 0, 7, _DAYS, text))
    either = not fields[2].startswith("*") and not fields[4].startswith("*")
    return Cron(tuple(sorted(minutes)), tuple(sorted(hours)), days, months, weekdays, either, zone)


def _field(field: str, low: int, high: int, names: Mapping[str, int], text: str) -> frozenset[int]:
    found: set[int] = set()
    for part in field.split(","):
        span, _, step = part.partition("/")
        first, last = _span(span, low, high, names, text, open_ended=bool(step))
        size = _number(step, {}, text) if step else 1
        if size < 1 or not low <= first <= last <= high:
            raise InvalidRequest(f'"{part}" in the cron expression "{text[:80]}" must lie between {low} and {high}')
        found.update(range(first, last + 1, size))
    return frozenset(found)


def _span(span: str, low: int, high: int, names: Mapping[str, int], text: str, *, open_ended: bool) -> tuple[int, int]:
    if span in ("*", "?"):
        return low, high
    first, dash, last = span.partition("-")
    start = _number(first, names, text)
    if dash:
        return start, _number(last, names, text)
    return start, high if open_ended else start


def _number(word: str, names: Mapping[str, int], text: str) -> int:
    if word.lower() in names:
        return names[word.lower()]
    if not word.isascii() or not word.isdigit():
        raise InvalidRequest(f'"{word[:20]}" in the cron expression "{text[:80]}" is not a number')
    return int(word)
