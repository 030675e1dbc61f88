"""Room for every receiver: one that is slow or hangs must not take all the places that deliveries have."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import islice

from fairway.kit.clock import Clock, to_millis
from fairway.portal.storage.jobs import RetryLater

MOST = 128
"""Deliveries to one receiver at a time."""
SLOW_MS = 2_000
SLOW = 16
"""So many deliveries that took so long already, and nobody else is let in."""
_SHORTEST_PAUSE = 1.0
_LONGEST_PAUSE = 30.0


@dataclass(slots=True)
class _Place:
    free: asyncio.Semaphore
    since: dict[object, int] = field(default_factory=dict)
    """When each delivery that is under way came in, the oldest first."""
    users: int = 0
    turned_away: int = 0

    def slow(self, now: int) -> bool:
        """Whether many deliveries have been here for long."""
        entered = next(islice(self.since.values(), SLOW - 1, None), now)
        return now - entered >= SLOW_MS


class Crowd:
    """Counts deliveries by receiver. Who is turned away comes back later, without having used up an attempt."""

    def __init__(self, clock: Clock, most: int = MOST) -> None:
        self._clock = clock
        self._most = most
        self._places: dict[str, _Place] = {}

    @asynccontextmanager
    async def room(self, name: str) -> AsyncIterator[None]:
        """A place at the receiver.

        Raises:
            RetryLater: it has its hands full.
        """
        place = self._places.setdefault(name, _Place(asyncio.Semaphore(self._most)))
        place.users += 1
        try:
            await self._enter(place)
            token = object()
            place.since[token] = self._now()
            try:
                yield
            finally:
                del place.since[token]
                place.turned_away = max(0, place.turned_away - 1)
                place.free.release()
        finally:
            place.users -= 1
            if not place.users:
                self._places.pop(name, None)

    async def _enter(self, place: _Place) -> None:
        if not place.slow(self._now()):
            try:
                async with asyncio.timeout(SLOW_MS / 1000):
                    await place.free.acquire()
                return
            except TimeoutError:
                pass
        place.turned_away += 1
        pause = min(_LONGEST_PAUSE, _SHORTEST_PAUSE + place.turned_away / SLOW)
        raise RetryLater("The receiver is busy with other runs", pause * random.uniform(0.75, 1.25), tried=False)  # noqa: S311 jitter

    def _now(self) -> int:
        return to_millis(self._clock.now())
