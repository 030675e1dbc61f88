"""Tells waiting claimers of this process that a queue has something."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager


class QueueSignals:
    """Rung in whatever thread commits, heard in the event loop of whoever waits."""

    def __init__(self) -> None:
        self._ears: set[_Ear] = set()

    def ring(self, queue: str) -> None:
        """Wakes everybody who listens to the queue; from any thread."""
        for ear in tuple(self._ears):
            ear.hear(queue)

    @contextmanager
    def listening(self, queues: Sequence[str]) -> Iterator[asyncio.Event]:
        """An event that is set whenever one of the queues is rung, from now on."""
        ear = _Ear(frozenset(queues))
        self._ears.add(ear)
        try:
            yield ear.event
        finally:
            self._ears.discard(ear)


class _Ear:
    def __init__(self, queues: frozenset[str]) -> None:
        self.event = asyncio.Event()
        self._queues = queues
        self._loop = asyncio.get_running_loop()

    def hear(self, queue: str) -> None:
        if queue in self._queues and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.event.set)
