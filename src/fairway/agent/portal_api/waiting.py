"""How long the portal asks callers to wait (contract 4; catalog API 1.5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime

_EPOCH = 10_000
"""A greater value is an instant, not a number of seconds."""
_LONGEST = 300.0


def asked_pause(headers: Mapping[str, str], epoch_now: float) -> float | None:
    """Seconds of ``Retry-After``, else of ``x-ratelimit-reset``; none when neither can be read."""
    for name in ("retry-after", "x-ratelimit-reset"):
        seconds = _seconds(headers.get(name, ""), epoch_now)
        if seconds is not None:
            return min(max(seconds, 0.0), _LONGEST)
    return None


def _seconds(text: str, epoch_now: float) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return _until(text, epoch_now)
    return number - epoch_now if number > _EPOCH else number


def _until(text: str, epoch_now: float) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp() - epoch_now
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of the rate window."""

    limit: int
    remaining: int
    reset: float

    @property
    def pause(self) -> float:
        """Seconds between calls that make the rest last: nothing while more than a tenth is left."""
        if self.remaining * 10 > self.limit:
            return 0.0
        return self.reset / (self.remaining + 1)


def allowance(headers: Mapping[str, str], epoch_now: float) -> Allowance | None:
    """The rate headers of an answer; none when they are not there."""
    try:
        limit, remaining = int(headers["x-ratelimit-limit"]), int(headers["x-ratelimit-remaining"])
    except (KeyError, ValueError):
        return None
    reset = _seconds(headers.get("x-ratelimit-reset", ""), epoch_now)
    return None if reset is None else Allowance(limit, remaining, min(max(reset, 0.0), _LONGEST))
