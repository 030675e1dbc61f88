"""Results that live for one resync (contract section 15.1)."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter, OrderedDict
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from fairway.integration.caching.codec import decode, encode
from fairway.integration.caching.store import DiskStore, MemoryStore, Store
from fairway.integration.caching.stream import SharedStream
from fairway.kit.clock import Clock, SystemClock

Compute = Callable[[], Awaitable[Any]]
Produce = Callable[[], AsyncIterator[Any]]
DISK_BYTES = 2 * 1024 * 1024 * 1024
MEMORY_BYTES = 256 * 1024 * 1024


def open_cache(mode: Literal["disk", "memory"], folder: Path, *, clock: Clock | None = None) -> Cache:
    """The cache of one installation; ``folder`` is its own, and used in disk mode only."""
    if mode == "memory":
        return Cache(MemoryStore(), max_bytes=MEMORY_BYTES, clock=clock)
    return Cache(DiskStore(folder), max_bytes=DISK_BYTES, clock=clock)


@dataclass(frozen=True, slots=True)
class _Entry:
    id: int
    pages: int
    bytes: int
    until: datetime | None


class Cache:
    """Safe to share. Concurrent callers of one key share one computation, and every result counts, empty ones too.
    Results are JSON values. Beyond ``max_bytes`` the least used go; what alone is larger is not kept."""

    def __init__(
        self, store: Store | None = None, *, max_bytes: int = MEMORY_BYTES, clock: Clock | None = None
    ) -> None:
        self._store = store or MemoryStore()
        self._max = max_bytes
        self._clock = clock or SystemClock()
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._bytes = 0
        self._ids = itertools.count()
        self._running: dict[str, asyncio.Future[bytes]] = {}
        self._streams: dict[str, SharedStream] = {}
        self._pins: Counter[int] = Counter()
        """Consumers by entry; what is being read is not dropped."""
        self._generation = 0
        self.hits = 0
        self.misses = 0

    @property
    def size(self) -> int:
        """Bytes of everything that is kept."""
        return self._bytes

    async def result(self, key: str, compute: Compute, *, seconds: float | None = None) -> Any:
        """The kept result of ``key``, or what ``compute`` gives. ``seconds`` is how long it counts; None: until
        :meth:`clear`.

        Raises:
            Exception: what ``compute`` raised, to everybody who waited for it; errors are not kept.
        """
        found = await self._find(key)
        while found is None:
            running = self._running.get(key)
            if running is None:
                found = await self._compute(key, compute, seconds)
                break
            try:
                found = await asyncio.shield(running)
            except asyncio.CancelledError:
                if not running.cancelled():
                    raise  # it is this caller who is given up, not the one who computes
        return decode(found)

    async def pages(self, key: str, produce: Produce, *, seconds: float | None = None) -> AsyncGenerator[Any, None]:
        """As :meth:`result` for async generators: pages are kept as they come, and read while others still come."""
        entry = self._entry(key)
        reading: AsyncGenerator[Any, None]
        if entry is not None:
            self.hits += 1
            number, reading = entry.id, self._read(entry)
        else:
            stream = self._streams.get(key)
            if stream is None or not stream.joinable:
                self.misses += 1
                stream = self._stream(key, produce, seconds)
            number, reading = stream.entry, stream.read()
        self._pins[number] += 1
        try:
            async for page in reading:
                yield page
        finally:
            await reading.aclose()
            await self._unpin(key, number)

    async def clear(self) -> None:
        """Forgets every result. Computations under way are finished for those who wait, and not kept."""
        self._generation += 1
        self._streams.clear()
        entries, self._entries, self._bytes = list(self._entries.values()), OrderedDict(), 0
        for entry in entries:
            await self._drop(entry)

    async def aclose(self) -> None:
        """Clears, and lets the file go."""
        await self.clear()
        await self._store.aclose()

    async def _find(self, key: str) -> bytes | None:
        entry = self._entry(key)
        if entry is None:
            return None
        try:
            data = await self._store.read(entry.id, 0)
        except KeyError:  # dropped meanwhile, for lack of room
            return None
        self.hits += 1
        return data

    def _entry(self, key: str) -> _Entry | None:
        entry = self._entries.get(key)
        if entry is None or (entry.until is not None and self._clock.now() >= entry.until):
            return None
        self._entries.move_to_end(key)
        return entry

    async def _compute(self, key: str, compute: Compute, seconds: float | None) -> bytes:
        self.misses += 1
        generation = self._generation
        future = asyncio.get_running_loop().create_future()
        self._running[key] = future
        try:
            data = encode(await compute(), key)
            await self._keep_result(key, data, seconds, generation)
            future.set_result(data)
        except asyncio.CancelledError:
            future.cancel()
            raise
        except BaseException as error:  # everybody who waits gets it, and so does the caller
            future.set_exception(error)
            future.exception()  # nobody may be waiting
            raise
        finally:
            del self._running[key]
        return data

    async def _keep_result(self, key: str, data: bytes, seconds: float | None, generation: int) -> None:
        if generation != self._generation or not await self._make_room(len(data)):
            return
        number = next(self._ids)
        await self._store.write(number, 0, data)
        if generation == self._generation:
            await self._keep(key, _Entry(number, 1, len(data), self._until(seconds)))
        else:
            await self._store.drop(number)

    async def _keep(self, key: str, entry: _Entry) -> None:
        old = self._entries.pop(key, None)
        self._entries[key] = entry
        self._bytes += entry.bytes - (old.bytes if old else 0)
        if old is not None:
            await self._drop(old)

    def _stream(self, key: str, produce: Produce, seconds: float | None) -> SharedStream:
        generation = self._generation

        async def room(stream: SharedStream, more: int) -> bool:
            return generation == self._generation and await self._make_room(stream.bytes + more)

        async def ended(stream: SharedStream) -> None:
            if stream.kept and generation == self._generation:
                await self._keep(key, _Entry(stream.entry, stream.count, stream.bytes, self._until(seconds)))

        stream = SharedStream(next(self._ids), key, self._store, produce(), room=room, ended=ended)
        self._streams[key] = stream
        return stream

    async def _read(self, entry: _Entry) -> AsyncGenerator[Any, None]:
        for number in range(entry.pages):
            yield decode(await self._store.read(entry.id, number))

    async def _unpin(self, key: str, number: int) -> None:
        """What nobody reads any more goes, unless it is kept."""
        self._pins[number] -= 1
        if self._pins[number]:
            return
        del self._pins[number]
        stream = self._streams.get(key)
        if stream is not None and stream.entry == number:
            del self._streams[key]
        if all(entry.id != number for entry in self._entries.values()):
            await self._store.drop(number)

    async def _drop(self, entry: _Entry) -> None:
        if entry.id not in self._pins:
            await self._store.drop(entry.id)

    async def _make_room(self, more: int) -> bool:
        if more > self._max:
            return False
        while self._bytes + more > self._max:
            idle = next((key for key, entry in self._entries.items() if entry.id not in self._pins), None)
            if idle is None:
                return False
            entry = self._entries.pop(idle)
            self._bytes -= entry.bytes
            await self._store.drop(entry.id)
        return True

    def _until(self, seconds: float | None) -> datetime | None:
        return None if seconds is None else self._clock.now() + timedelta(seconds=seconds)
