"""Rate limits: what the forge's headers say, and a pace where they say nothing. Section 4.0 of the contract."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from fairway.gitops.forges.gate import Lane
from fairway.kit.clock import Clock

Sleep = Callable[[float], Awaitable[None]]
PASS_SHARE = 0.85
"""A full pass pauses when this much of a budget is used, so that events can still be served."""
_HEADERS = ("x-ratelimit-", "ratelimit-")
_LONGEST = timedelta(hours=2)
"""No forge's window is longer; a reset further away is a clock gone wrong."""
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


@dataclass(slots=True)
class _Window:
    limit: int
    remaining: int
    reset: datetime


class RateBudget:
    """What is left of each budget of one credential; share it between clients of the same one."""

    def __init__(self, clock: Clock, sleep: Sleep) -> None:
        self._clock = clock
        self._sleep = sleep
        self._windows: dict[str, _Window] = {}
        self._held: dict[str, datetime] = {}

    @property
    def left(self) -> int | None:
        """Requests left in the scarcest budget; none when the forge does not say."""
        return min((window.remaining for window in self._windows.values()), default=None)

    def note(self, resource: str, headers: Mapping[str, str]) -> None:
        """Learns from an answer's headers; ``x-ratelimit-resource`` names the budget better than the caller can."""
        for prefix in _HEADERS:
            if (remaining := headers.get(prefix + "remaining")) is not None:
                values = [headers.get(prefix + name, "") for name in ("limit", "reset")]
                if all(text.isascii() and text.isdigit() and len(text) < 12 for text in (remaining, *values)):
                    self._learn(headers.get(prefix + "resource", resource), int(values[0]), int(remaining), values[1])
                return

    def _learn(self, resource: str, limit: int, remaining: int, reset: str) -> None:
        now = self._clock.now()
        instant = datetime.fromtimestamp(int(reset), now.tzinfo)
        if instant - now > _LONGEST:
            instant = now
        known = self._windows.get(resource)
        if known is not None and known.reset == instant:
            remaining = min(remaining, known.remaining)  # answers overtake each other
        self._windows[resource] = _Window(limit, remaining, instant)

    def hold(self, resource: str, seconds: float) -> None:
        """Nobody asks for ``resource`` before this has passed."""
        until = self._clock.now() + timedelta(seconds=seconds)
        self._held[resource] = max(until, self._held.get(resource, until))

    def pause(self, resource: str) -> float:
        """Seconds until the budget is filled again when it is used up; else 0."""
        window = self._windows.get(resource)
        if window is None or window.remaining > 0:
            return 0.0
        return max(0.0, (window.reset - self._clock.now()).total_seconds())

    async def wait(self, resource: str, lane: Lane) -> None:
        """Waits until a request may be made."""
        if not self._held and not self._windows:
            return
        while (seconds := self._seconds(resource, lane)) > 0:
            await self._sleep(seconds)

    def _seconds(self, resource: str, lane: Lane) -> float:
        now = self._clock.now()
        until = self._held.get(resource)
        window = self._windows.get(resource)
        if window is not None and window.reset > now:
            reserve = window.limit * (1 - PASS_SHARE) if lane == "pass" else 0
            if window.remaining <= reserve:
                until = max(window.reset, until or window.reset)
        if until is None:
            return 0.0
        if until <= now:
            self._held.pop(resource, None)
            return 0.0
        return (until - now).total_seconds()


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
