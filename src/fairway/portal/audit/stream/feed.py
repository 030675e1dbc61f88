"""Recent events of one process, read once however many connections look at them."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from fairway.kit.jsonio import dumps
from fairway.portal.audit.records import audit_record
from fairway.portal.storage import Database
from fairway.portal.storage.outbox import Cursor, Event, latest, read_after

_READ = 200
_KEPT_BYTES = 8 * 1024 * 1024
"""What a process keeps for connections that are up to date; those further behind read the database themselves."""

_IDLE_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Frame:
    """An event with its place and what goes over the wire."""

    cursor: Cursor
    event: Event
    data: bytes


class Feed:
    """Frames behind a cursor."""

    def __init__(self, db: Database, monotonic: Callable[[], float]) -> None:
        self._db = db
        self._monotonic = monotonic
        self._recent: deque[Frame] = deque()
        self._bytes = 0
        self._floor = Cursor()
        self._tip: Cursor | None = None
        self._looked = float("-inf")
        self._lock = asyncio.Lock()

    async def now(self) -> Cursor:
        """Where a connection begins that only wants what comes."""
        return await self._db.read(latest)

    async def after(self, cursor: Cursor) -> list[Frame]:
        """The next frames, of a bounded number; empty when there is nothing new."""
        await self._look(self._monotonic())
        if self._tip is not None and _order(self._floor) <= _order(cursor) <= _order(self._tip):
            found = [frame for frame in self._recent if _order(frame.cursor) > _order(cursor)]
            return found[:_READ]
        return [_frame(event) for event in await self._db.read(lambda tx: read_after(tx, cursor, _READ))]

    async def _look(self, asked: float) -> None:
        """Reads what is new, unless someone began to do so after ``asked``."""
        async with self._lock:
            if self._looked > asked:
                return
            if self._tip is None or asked - self._looked > _IDLE_SECONDS:
                await self._begin()
            self._looked = self._monotonic()
            tip = self._tip or Cursor()
            for event in await self._db.read(lambda tx: read_after(tx, tip, _READ)):
                self._keep(_frame(event))

    async def _begin(self) -> None:
        """Nobody has looked for a while: what was written meanwhile is not worth keeping."""
        self._recent.clear()
        self._bytes = 0
        self._tip = self._floor = await self._db.read(latest)

    def _keep(self, frame: Frame) -> None:
        self._recent.append(frame)
        self._bytes += len(frame.data)
        self._tip = frame.cursor
        while self._bytes > _KEPT_BYTES:
            dropped = self._recent.popleft()
            self._bytes -= len(dropped.data)
            self._floor = dropped.cursor


def _frame(event: Event) -> Frame:
    cursor = Cursor(event.txid, event.id)
    data = b"id: %s\ndata: %s\n\n" % (spell(cursor).encode(), dumps(audit_record(event)))
    return Frame(cursor, event, data)


def _order(cursor: Cursor) -> tuple[int, int]:
    return cursor.txid, cursor.event_id


def spell(cursor: Cursor) -> str:
    """A cursor as the ``id`` of a stream event."""
    return f"{cursor.txid}-{cursor.event_id}"


def parse_cursor(text: str) -> Cursor | None:
    """The cursor that a client gives back as ``Last-Event-ID``; none when it is not one of ours."""
    parts = text.split("-")
    if len(parts) != 2 or not all(part.isascii() and part.isdigit() and len(part) < 19 for part in parts):
        return None
    return Cursor(int(parts[0]), int(parts[1]))
