"""Tells those who wait that a queue has something, or that a run has changed."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from fairway.portal.storage import Database
from fairway.portal.storage.bell import Bell

Ring = Callable[[str], None]


class Signals:
    """Rung in whatever thread commits, heard in the event loop of whoever waits. What is rung is a queue, or the id of
    a run."""

    def __init__(self) -> None:
        self._ears: dict[str, set[_Ear]] = defaultdict(set)

    def ring(self, name: str) -> None:
        """Wakes everybody of this process who listens to the name; from any thread."""
        for ear in tuple(self._ears.get(name, ())):
            ear.hear()

    def ears(self, name: str) -> int:
        """How many of this process listen to the name."""
        return len(self._ears.get(name, ()))

    @contextmanager
    def listening(self, names: Sequence[str]) -> Iterator[asyncio.Event]:
        """An event that is set whenever one of the names is rung, from now on."""
        ear = _Ear()
        for name in names:
            self._ears[name].add(ear)
        try:
            yield ear.event
        finally:
            for name in names:
                self._ears[name].discard(ear)
                if not self._ears[name]:
                    del self._ears[name]


class QueueSignals(Signals):
    """Signals of queues, which the other processes on the same PostgreSQL database hear, too. On SQLite they look
    once a second."""

    def __init__(self, db: Database) -> None:
        super().__init__()
        self._bell = Bell.of(db, super().ring)

    def ring(self, name: str) -> None:
        super().ring(name)
        if self._bell is not None:
            self._bell.ring(name)

    @contextmanager
    def listening(self, names: Sequence[str]) -> Iterator[asyncio.Event]:
        if self._bell is not None:
            self._bell.open()
        with super().listening(names) as event:
            yield event

    async def aclose(self) -> None:
        """Closes the connection to the others."""
        if self._bell is not None:
            await self._bell.aclose()


class _Ear:
    def __init__(self) -> None:
        self.event = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    def hear(self) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self.event.set)
