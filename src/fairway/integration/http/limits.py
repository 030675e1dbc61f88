"""One limiter for each origin and credential, shared by everybody in the process (contract section 15.3)."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

from fairway.integration.http.settings import HttpFigures, HttpSettings
from fairway.kit.pacing import Gate, Lane, RateBudget

_MOST = 256
_BUDGET = "all"
_NAMED = "x-ratelimit-resource"
Key = tuple[str, str]
"""Origin, and what the credential is told apart by."""


class Limiter:
    """A cap on requests under way, and the budgets that answers tell of."""

    def __init__(self, settings: HttpSettings, figures: HttpFigures) -> None:
        self.gate = Gate(max(1, settings.concurrency))
        self.budget = RateBudget(settings.clock, settings.sleep, reserve=settings.reserve)
        self.users = 0
        self._clock, self._sleep = settings.clock, settings.sleep
        self._next: datetime | None = None
        """When the next request may be sent, where requests are spaced."""
        self._figures = figures
        self._limited = 0

    @property
    def left(self) -> int | None:
        """Requests left, none when the server does not say."""
        return self.budget.left

    @asynccontextmanager
    async def turn(self, lane: Lane, per_minute: float | None = None) -> AsyncIterator[None]:
        """Around one request, of which there are so many in a minute."""
        if per_minute:
            await self._space(lane, 60 / per_minute)
        await self._enter(lane)
        try:
            yield
        finally:
            self.gate.leave()

    async def _space(self, lane: Lane, seconds: float) -> None:
        """Waits for a time of its own. Events do not wait; the others behind them do."""
        now = self._clock.now()
        turn = now if self._next is None else max(now, self._next)
        self._next = turn + timedelta(seconds=seconds)
        wait = (turn - now).total_seconds()
        if wait > 0 and lane != "event":
            self._figures.waited_seconds += wait
            await self._sleep(wait)

    async def _enter(self, lane: Lane) -> None:
        """Waits for limits, then for a place. Whoever was limited meanwhile has told for everybody behind."""
        started = time.monotonic()
        while True:
            limited = self._limited
            await self.budget.wait(_BUDGET, lane)
            await self.gate.enter(lane)
            if self._limited == limited:
                break
            self.gate.leave()
        self._figures.waited_seconds += time.monotonic() - started

    def note(self, headers: Mapping[str, str]) -> None:
        """Learns from an answer. Names of budgets do not count: one that is only told of would never be waited for.
        What has a budget of its own, such as GraphQL at GitHub, is asked by a view with a header of its own."""
        known = {name.lower(): value for name, value in headers.items() if name.lower() != _NAMED}
        self.budget.note(_BUDGET, known)

    def pause(self) -> float:
        """Seconds until the budget is filled again when it is used up; else 0."""
        return self.budget.pause(_BUDGET)

    def hold(self, seconds: float) -> None:
        """There were too many requests: everybody waits."""
        self._limited += 1
        self._figures.limited += 1
        self.budget.hold(_BUDGET, seconds)


class Limiters:
    """Found by origin and credential; those that were not used for long are forgotten."""

    def __init__(self, settings: HttpSettings, figures: HttpFigures) -> None:
        self._settings = settings
        self._figures = figures
        self._limiters: OrderedDict[Key, Limiter] = OrderedDict()

    @asynccontextmanager
    async def of(self, origin: str, credential: str) -> AsyncIterator[Limiter]:
        """The one of an origin and a credential, which is kept while it is in use."""
        key = (origin, credential)
        limiter = self._limiters.get(key) or Limiter(self._settings, self._figures)
        self._limiters[key] = limiter
        self._limiters.move_to_end(key)
        limiter.users += 1
        try:
            yield limiter
        finally:
            limiter.users -= 1
            self._forget()

    @property
    def left(self) -> Mapping[str, int]:
        """Requests left by origin, of the scarcest credential, where the server says so."""
        found: dict[str, int] = {}
        for (origin, _), limiter in self._limiters.items():
            if limiter.left is not None:
                found[origin] = min(limiter.left, found.get(origin, limiter.left))
        return found

    def _forget(self) -> None:
        if len(self._limiters) <= _MOST:
            return
        key = next((key for key, limiter in self._limiters.items() if not limiter.users), None)
        if key is not None:
            del self._limiters[key]
