"""How many requests are under way at once, and what is left of a rate limit; those somebody waits for come first."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from fairway.kit.clock import Clock
from fairway.kit.hints import reset_instant

Lane = Literal["pass", "event"]
"""``pass``: part of a full pass, which leaves a reserve of the budget; ``event``: somebody waits for it."""
Sleep = Callable[[float], Awaitable[None]]
_HEADERS = ("x-ratelimit-", "ratelimit-", "x-rate-limit-")
_LONGEST = timedelta(hours=2)
"""No window is longer; a reset further away is a clock gone wrong."""


class Gate:
    """Lets ``capacity`` requests through at once; those of events overtake those of passes."""

    def __init__(self, capacity: int) -> None:
        self.capacity = capacity
        self._used = 0
        self._waiting: dict[Lane, deque[asyncio.Future[None]]] = {"event": deque(), "pass": deque()}

    async def enter(self, lane: Lane) -> None:
        """Waits for a place."""
        if self._used < self.capacity:
            self._used += 1
            return
        turn = asyncio.get_running_loop().create_future()
        self._waiting[lane].append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.leave()
            raise

    def leave(self) -> None:
        """Gives the place to the next one."""
        self._used -= 1
        for queue in self._waiting.values():
            while queue and self._used < self.capacity:
                turn = queue.popleft()
                if not turn.done():
                    self._used += 1
                    turn.set_result(None)


@dataclass(slots=True)
class _Window:
    limit: int
    remaining: int
    reset: datetime


class RateBudget:
    """What is left of each budget of one credential; share it between clients of the same one. ``reserve`` is the share
    of a budget that passes leave to events."""

    def __init__(self, clock: Clock, sleep: Sleep, *, reserve: float = 0.15) -> None:
        self._clock = clock
        self._sleep = sleep
        self._reserve = reserve
        self._windows: dict[str, _Window] = {}
        self._held: dict[str, datetime] = {}

    @property
    def left(self) -> int | None:
        """Requests left in the scarcest budget; none when the server does not say."""
        return min((window.remaining for window in self._windows.values()), default=None)

    def note(self, resource: str, headers: Mapping[str, str]) -> None:
        """Learns from an answer's headers; ``x-ratelimit-resource`` names the budget better than the caller can."""
        for prefix in _HEADERS:
            remaining = headers.get(prefix + "remaining")
            if remaining is None:
                continue
            reset = reset_instant(headers.get(prefix + "reset", ""), self._clock.now())
            limit = headers.get(prefix + "limit", "0").partition(",")[0].partition(";")[0].strip()
            if reset is not None and all(_small(text) for text in (limit, remaining)):
                self._learn(headers.get(prefix + "resource", resource), int(limit), int(remaining), reset)
            return

    def _learn(self, resource: str, limit: int, remaining: int, reset: datetime) -> None:
        now = self._clock.now()
        if reset - now > _LONGEST:
            reset = now
        known = self._windows.get(resource)
        if known is not None and known.reset == reset:
            remaining = min(remaining, known.remaining)  # answers overtake each other
        self._windows[resource] = _Window(limit, remaining, reset)

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
            reserve = window.limit * self._reserve if lane == "pass" else 0
            if window.remaining <= reserve:
                until = max(window.reset, until or window.reset)
        if until is None:
            return 0.0
        if until <= now:
            self._held.pop(resource, None)
            return 0.0
        return (until - now).total_seconds()


def _small(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 12
