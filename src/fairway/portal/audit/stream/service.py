"""What one connection gets of the stream."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from fairway.kit.errors import Unauthorized, Unavailable
from fairway.portal.audit.service import AuditService
from fairway.portal.audit.stream.feed import Feed, Frame, spell
from fairway.portal.audit.visibility import Sight
from fairway.portal.caller import Caller
from fairway.portal.storage import Database
from fairway.portal.storage.outbox import Cursor, Event

HEARTBEAT_SECONDS = 15.0
"""Below the idle time-out of common proxies (30 s and more)."""
_POLL_SECONDS = 1.0
"""Other processes write too, and only the database knows."""
_PAUSE_SECONDS = 0.1
"""Least time between two looks of a connection, so that a bulk write costs it ten looks a second at the most."""
_MOST_STREAMS = 1000
_HELLO = b"retry: 2000\n\n"

Authenticate = Callable[[], Awaitable[Caller]]


@dataclass(frozen=True, slots=True)
class StreamFilter:
    """Which events a connection wants; empty means all."""

    blueprints: frozenset[str] = frozenset()
    resources: frozenset[str] = frozenset()
    entity: str | None = None

    def wants(self, event: Event) -> bool:
        """Whether the event is one of them."""
        return (
            (not self.blueprints or event.blueprint in self.blueprints)
            and (not self.resources or event.resource_type in self.resources)
            and (self.entity is None or event.entity == self.entity)
        )


class EventStreams:
    """All connections of a process."""

    def __init__(self, db: Database, audit: AuditService, feed: Feed, stopping: asyncio.Event) -> None:
        self._db = db
        self._audit = audit
        self._feed = feed
        self._open = 0
        self.stopping = stopping
        """Ends every stream when it is set."""

    async def open(
        self, authenticate: Authenticate, wanted: StreamFilter, resume: Cursor | None
    ) -> AsyncIterator[bytes]:
        """The bytes of one stream, from ``resume`` or from now on; it ends when the caller no longer counts.

        Raises:
            Unavailable: too many streams are open.
        """
        if self._open >= _MOST_STREAMS:
            raise Unavailable(f"This process has {_MOST_STREAMS} event streams open already; try again later")
        return self._stream(authenticate, wanted, resume or await self._feed.now())

    async def _stream(self, authenticate: Authenticate, wanted: StreamFilter, cursor: Cursor) -> AsyncIterator[bytes]:
        loop = asyncio.get_running_loop()
        beat = loop.time() + HEARTBEAT_SECONDS
        self._open += 1
        try:
            caller = await authenticate()
            yield _HELLO
            while True:
                frames = await self._feed.after(cursor)
                if frames:
                    cursor = frames[-1].cursor
                    chunk = await self._chunk(caller, wanted, frames)
                    if chunk:
                        yield chunk
                    await asyncio.sleep(_PAUSE_SECONDS)
                else:
                    await self._db.wake.wait(_POLL_SECONDS)
                if loop.time() >= beat:
                    beat = loop.time() + HEARTBEAT_SECONDS
                    caller = await authenticate()
                    yield b": still here\nid: %s\n\n" % spell(cursor).encode()
        except Unauthorized:
            return
        finally:
            self._open -= 1

    async def _chunk(self, caller: Caller, wanted: StreamFilter, frames: list[Frame]) -> bytes:
        interesting = [frame for frame in frames if wanted.wants(frame.event)]
        if not interesting:
            return b""
        seer: Sight = await self._db.read(lambda tx: self._audit.sight(tx, caller))
        return b"".join(frame.data for frame in interesting if seer.sees(frame.event))
