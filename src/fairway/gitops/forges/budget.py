"""A pace where the forge's headers say nothing about its limits. Section 4.0 of the contract."""

from __future__ import annotations

from datetime import datetime, timedelta

from fairway.kit.clock import Clock
from fairway.kit.pacing import Lane, RateBudget, Sleep

__all__ = ["Pace", "RateBudget", "Sleep"]

_BUCKET_PER_SECOND = 5.0
"""The usual refill of Bitbucket's token bucket (section 4.1)."""
_PACE_SHARE = 0.95
_SLOWEST = 0.2
_LONGEST_PAUSE = 60.0
_PARALLEL = 4
_UNLIMITED_AFTER = 100
"""Answers after which there is no bucket of the usual 60 tokens."""
_GOOD_RUN = 400
"""Answers in a row before a higher pace is tried: the rejection it may cost stays far below one in a hundred."""


class Pace:
    """Requests at the rate at which a token bucket is refilled, once the first was rejected; headers are not needed.

    Until then requests go as fast as they can. Events go at once, and passes wait the longer for it.
    """

    def __init__(self, clock: Clock, sleep: Sleep, per_second: float = _BUCKET_PER_SECOND) -> None:
        self._clock = clock
        self._sleep = sleep
        self._rate = per_second * _PACE_SHARE
        self._next: datetime | None = None
        self._slowed = clock.now()
        self._served = 0
        self._in_a_row = 0
        self._rejected = 0

    def parallel(self, most: int) -> int:
        """How many requests may be under way. Few, as long as there may be a limit: all that are under way when the
        bucket runs dry are rejected together."""
        suspected = self._next is not None or self._served < _UNLIMITED_AFTER
        return min(most, _PARALLEL) if suspected else most

    async def wait(self, lane: Lane) -> None:
        """Waits for the next turn."""
        if self._next is None:
            return
        now = self._clock.now()
        turn = max(self._next, now)
        self._next = turn + timedelta(seconds=1 / self._rate)
        if lane == "pass" and turn > now:
            await self._sleep((turn - now).total_seconds())

    def rejected(self, sent: datetime) -> None:
        """Slows down; ``sent`` is when the rejected request was, because those under way together count once."""
        now = self._clock.now()
        if self._next is not None and sent > self._slowed:
            self._rate = max(_SLOWEST, self._rate * 0.8)
            self._rejected += 1
        self._slowed = now
        self._in_a_row = 0
        pause = min(_LONGEST_PAUSE, 2.0**self._rejected / self._rate)
        self._next = max(self._next or now, now + timedelta(seconds=pause))

    def served(self) -> None:
        """Speeds up after a long good run."""
        self._served += 1
        self._rejected = 0
        if self._next is None:
            return
        self._in_a_row += 1
        if self._in_a_row >= _GOOD_RUN:
            self._in_a_row = 0
            self._rate *= 1.2
