"""Runs that wait to be executed: one after the other per partition, partitions in turn (contract section 12.1)."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass

from fairway.integration.actions.model import ActionRun, Work

Key = tuple[Work, str]


@dataclass(frozen=True, slots=True)
class Place:
    """A run, and the partition that is busy with it."""

    run: ActionRun
    partition: str | None
    owned: bool = False
    """It was acknowledged before."""


class Queues:
    """Bounded by whoever fills them. Runs without a partition are executed beside all others."""

    def __init__(self) -> None:
        self._waiting: dict[str | None, deque[Place]] = {}
        self._busy: set[str] = set()
        self._executing: dict[Key, ActionRun] = {}
        self._acknowledged: set[Key] = set()
        self._changed = asyncio.Condition()
        self._closed = False

    @property
    def waiting(self) -> int:
        """Runs that no worker has taken."""
        return sum(len(each) for each in self._waiting.values())

    @property
    def executing(self) -> int:
        """Runs that a worker has."""
        return len(self._executing)

    def knows(self, key: Key) -> bool:
        """Whether it waits or is being executed."""
        return key in self._executing or any(place.run.key == key for place in self._places())

    def unacknowledged(self) -> list[Key]:
        """Those whose claim has to be kept: what waits, and what a worker has not acknowledged yet."""
        waiting = [place.run.key for place in self._places() if not place.owned]
        return waiting + [key for key in self._executing if key not in self._acknowledged]

    def acknowledged(self, key: Key) -> None:
        """A worker owns it now."""
        self._acknowledged.add(key)

    def sources(self) -> Counter[str]:
        """How many runs of each action or node wait."""
        return Counter(place.run.source for place in self._places() if place.run.source)

    async def put(self, place: Place) -> None:
        """Behind the others of its partition."""
        async with self._changed:
            self._waiting.setdefault(place.partition, deque()).append(place)
            self._changed.notify()

    async def take(self) -> Place | None:
        """The next run of the partition whose turn it is; waits for one; ``None`` when the queues are closed."""
        async with self._changed:
            while not self._closed:
                for partition in list(self._waiting):
                    if partition is None or partition not in self._busy:
                        return self._taken(partition)
                await self._changed.wait()
            return None

    def _taken(self, partition: str | None) -> Place:
        queue = self._waiting.pop(partition)
        place = queue.popleft()
        if queue:
            self._waiting[partition] = queue  # behind the other partitions
        if partition is not None:
            self._busy.add(partition)
        self._executing[place.run.key] = place.run
        return place

    async def done(self, place: Place) -> None:
        """The next of its partition may follow."""
        async with self._changed:
            self._executing.pop(place.run.key, None)
            self._acknowledged.discard(place.run.key)
            if place.partition is not None:
                self._busy.discard(place.partition)
            self._changed.notify_all()

    async def drop(self, keys: Iterable[Key]) -> list[ActionRun]:
        """Forgets runs that wait; those that did."""
        wanted, dropped = set(keys), list[ActionRun]()
        async with self._changed:
            for partition in list(self._waiting):
                kept = deque[Place]()
                for place in self._waiting[partition]:
                    if place.run.key in wanted and not place.owned:
                        dropped.append(place.run)
                    else:
                        kept.append(place)
                if kept:
                    self._waiting[partition] = kept
                else:
                    del self._waiting[partition]
        return dropped

    async def close(self) -> None:
        """Workers get nothing any more."""
        async with self._changed:
            self._closed = True
            self._changed.notify_all()

    def _places(self) -> Iterable[Place]:
        return (place for queue in self._waiting.values() for place in queue)
