"""Named date ranges (contract 4.4)."""

from __future__ import annotations

from fairway.kit.errors import InvalidRequest

DAY_MS = 86_400_000

_CALENDAR_DAYS = {"yesterday": -1, "today": 0, "tomorrow": 1}
_WINDOW_DAYS = {
    "Day": 1,
    "Week": 7,
    "2Weeks": 14,
    "Month": 30,
    "3Months": 90,
    "6Months": 180,
    "12Months": 365,
}
_YEARS = {"last2Years": -730, "last3Years": -1095}
_ROLLING = {
    **{f"last{name}": -days for name, days in _WINDOW_DAYS.items()},
    **_YEARS,
    **{f"next{name}": days for name, days in _WINDOW_DAYS.items()},
}
PRESETS = (*_CALENDAR_DAYS, *_ROLLING)


def check_preset(name: object, where: str) -> str:
    """The name of a preset.

    Raises:
        InvalidRequest: it is none.
    """
    if name not in PRESETS:
        raise InvalidRequest(f'{where}: preset "{str(name)[:100]}" is not one of {", ".join(PRESETS)}')
    return str(name)


def preset_range(name: str, now: int, zone_offset_ms: int = 0) -> tuple[int, int]:
    """The inclusive range of a preset in milliseconds. Calendar days are UTC unless an offset is given."""
    if name in _CALENDAR_DAYS:
        day = (now + zone_offset_ms) // DAY_MS + _CALENDAR_DAYS[name]
        start = day * DAY_MS - zone_offset_ms
        return start, start + DAY_MS - 1
    other = now + _ROLLING[name] * DAY_MS
    return min(now, other), max(now, other)
