"""When a string is an instant. One definition for rule values, the evaluator, the index and (respelled) for SQL.

A value on an entity is an instant when it is an RFC 3339 date-time. A rule may also say a bare date, or leave out the
zone, which is UTC then. Precision is the millisecond, finer digits are cut. Days count on from the first of the month,
so that no text of the right form has to be refused differently by each database.
"""

from __future__ import annotations

import re
from datetime import date

_DATE = r"(?!0000)(\d{4})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])"
_TIME = r"([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d+))?"
_ZONE = r"(?:[Zz]|([+-])([0-2]\d):([0-5]\d))"
_STORED = re.compile(rf"{_DATE}[Tt ]{_TIME}{_ZONE}", re.ASCII)
_GIVEN = re.compile(rf"{_DATE}(?:[Tt ]{_TIME}{_ZONE}?)?", re.ASCII)
_SHORTEST = len("2026-01-28T10:00:00Z")
_EPOCH = date(1970, 1, 1).toordinal()


def stored_instant(text: str) -> int | None:
    """Milliseconds since the epoch of a property value, ``None`` when it is not an instant."""
    if len(text) < _SHORTEST or text[4] != "-":  # most strings end here: every indexed one passes at each write
        return None
    return _millis(_STORED.fullmatch(text))


def given_instant(text: str) -> int | None:
    """Milliseconds since the epoch of a rule's value, ``None`` when it is neither an instant nor a date."""
    return _millis(_GIVEN.fullmatch(text))


def _millis(match: re.Match[str] | None) -> int | None:
    if match is None:
        return None
    year, month, day, hour, minute, second, fraction, sign, zone_hour, zone_minute = match.groups()
    days = date(int(year), int(month), 1).toordinal() - _EPOCH + int(day) - 1
    minutes = int(hour or 0) * 60 + int(minute or 0)
    offset = int(zone_hour or 0) * 60 + int(zone_minute or 0)
    minutes += offset if sign == "-" else -offset
    return ((days * 1440 + minutes) * 60 + int(second or 0)) * 1000 + int((fraction or "0")[:3].ljust(3, "0"))
