"""One computation of pages that several consumers read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from typing import Any

from fairway.integration.caching.codec import decode, encode
from fairway.integration.caching.store import Store

_AHEAD = 2
"""Pages that are fetched before the fastest consumer wants them."""

Ended = Callable[["SharedStream"], Awaitable[None]]
Room = Callable[["SharedStream", int], Awaitable[bool]]


class SharedStream:
    """Runs in a task of its own, so that no consumer depends on another one going on.

    Args:
        room: whether there is room for so many more bytes; otherwise pages are kept only until everybody has read them.
        ended: called once, when all pages are there, before anybody is told so.
    """

    def __init__(
        self, entry: int, name: str, store: Store, pages: AsyncIterator[Any], *, room: Room, ended: Ended
    ) -> None:
        self.entry = entry
        self.name = name
        self.count = 0
        self.bytes = 0
        self.kept = True
        """All pages so far are still there."""
        self.complete = False
        self._store = store
        self._pages = pages
        self._room = room
        self._ended = ended
        self._error: BaseException | None = None
        self._readers: dict[int, int] = {}
        self._next_reader = 0
        self._changed = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None

    async def read(self) -> AsyncGenerator[Any, None]:
        """Every page. When the last consumer leaves before the end, the computation is given up.

        Raises:
            Exception: what the computation raised.
        """
        reader, self._next_reader = self._next_reader, self._next_reader + 1
        self._readers[reader] = 0
        if self._task is None:
            self._task = asyncio.create_task(self._pump())
        try:
            while await self._wait(reader):
                page = decode(await self._store.read(self.entry, self._readers[reader]))
                await self._advance(reader)
                yield page
        finally:
            del self._readers[reader]
            await self._leave()

    @property
    def joinable(self) -> bool:
        """Whether a consumer that comes now can still read everything."""
        return self.kept and self._error is None

    async def _wait(self, reader: int) -> bool:
        async with self._changed:
            await self._changed.wait_for(
                lambda: self._readers[reader] < self.count or self.complete or self._error is not None
            )
        if self._readers[reader] < self.count:
            return True
        if self._error is not None:
            raise self._error
        return False

    async def _advance(self, reader: int) -> None:
        async with self._changed:
            self._readers[reader] += 1
            self._changed.notify_all()
        if not self.kept:
            await self._store.drop(self.entry, below=min(self._readers.values()))

    async def _leave(self) -> None:
        if not self._readers and self._task is not None and not self.complete:
            self.kept = False
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _pump(self) -> None:
        try:
            async for page in self._pages:
                await self._add(encode(page, self.name))
            await self._ended(self)
            await self._end(None)
        except BaseException as error:  # handed to every consumer, who raises it; a cancelled pump has none
            await self._end(error)
            if not isinstance(error, Exception):
                raise
        finally:
            close = getattr(self._pages, "aclose", None)
            if close is not None:
                await close()

    async def _add(self, data: bytes) -> None:
        async with self._changed:
            await self._changed.wait_for(lambda: self.count < max(self._readers.values(), default=0) + _AHEAD)
        if self.kept and not await self._room(self, len(data)):
            self.kept = False
        await self._store.write(self.entry, self.count, data)
        async with self._changed:
            self.count += 1
            self.bytes += len(data)
            self._changed.notify_all()

    async def _end(self, error: BaseException | None) -> None:
        async with self._changed:
            self._error = error
            self.complete = error is None
            self._changed.notify_all()
