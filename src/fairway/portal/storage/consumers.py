"""Consumers of the event table: at least once, in order, one process at a time for each name."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select, update

from fairway.kit.clock import Clock, to_millis
from fairway.kit.ids import random_id
from fairway.kit.logs import get_logger
from fairway.portal.storage.database import Database
from fairway.portal.storage.outbox import Cursor, Event, horizon, latest, read_after
from fairway.portal.storage.tables import consumer
from fairway.portal.storage.tx import Tx

LEASE_MS = 30_000
_BATCH = 500
_SCAN = 5_000
"""Events passed at a time when none of them is wanted."""
_WORTH_STORING = 50_000
"""Events passed before their cursor is stored; after a start they are passed again."""
_STORE_SECONDS = 60.0
"""How old the stored cursor becomes while there is something passed: ``doctor`` and metrics read it."""
_IDLE_SECONDS = 1.0
_PAUSE_SECONDS = 0.1
"""Between steps that keep up: under a stream of writes a few full batches cost less than many small ones."""
_MAX_BACKOFF_SECONDS = 30.0

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Consumer:
    """A named reader of events. ``handle`` must tolerate seeing a batch twice; the cursor moves after it returned."""

    name: str
    handle: Callable[[Sequence[Event]], Awaitable[None]]
    wanted: Callable[[Tx], Awaitable[ColumnElement[bool]]] | None = None
    """Which events it needs to see, all when absent. Reading an event costs a hundred times as much as passing it."""


class ConsumerLoop:
    """Runs one consumer until stopped, retrying a failing batch with growing pauses."""

    def __init__(self, db: Database, clock: Clock, consumer: Consumer) -> None:
        self._db = db
        self._clock = clock
        self._consumer = consumer
        self._owner = random_id("w_")
        self._stop = asyncio.Event()
        self._claimed = False
        self._passed = Cursor()
        """How far this loop has come without finding anything to do: not worth a write."""
        self._stored_at = -_STORE_SECONDS
        """When, by the monotonic clock, this loop last stored its cursor: after a start the first is due."""
        self._behind = False
        """Whether the last step had as much to do as a step may have: then the next one follows at once."""
        self.failures = 0

    def stop(self) -> None:
        """Lets the loop end after the batch in hand."""
        self._stop.set()
        self._db.wake.ring()

    async def run(self) -> None:
        """Until :meth:`stop`."""
        while not self._stop.is_set():
            try:
                if not await self.step() and not self._stop.is_set():
                    await self._db.wake.wait(_IDLE_SECONDS)
                elif not self._behind:
                    await asyncio.sleep(_PAUSE_SECONDS)
                self.failures = 0
            except Exception as error:  # noqa: BLE001 a consumer outlives any failing batch; it is logged and retried
                self.failures += 1
                log.error("consumer_failed", consumer=self._consumer.name, attempt=self.failures, error=repr(error))
                await self._db.wake.wait(min(_MAX_BACKOFF_SECONDS, 0.2 * 2**self.failures))
        await self.release()

    async def step(self) -> bool:
        """Handles one batch; false when there is none or another process holds the consumer."""
        found = await self._db.read(self._next)
        if found is None:
            return False
        stored, reached, events = found
        self._behind = len(events) == _BATCH or reached.event_id - stored.event_id >= _SCAN
        if events or self._store_is_due() or reached.event_id - stored.event_id >= _WORTH_STORING:
            self._claimed = await self._db.write(self._claim)
            if not self._claimed:
                return False
            if events:
                await self._consumer.handle(events)
            await self._db.write(lambda tx: self._advance(tx, reached))
            self._stored_at = time.monotonic()
        self._passed = reached
        return True

    def _store_is_due(self) -> bool:
        return time.monotonic() - self._stored_at >= _STORE_SECONDS

    async def _next(self, tx: Tx) -> tuple[Cursor, Cursor, list[Event]] | None:
        """The cursor as stored, how far the next step leads, and what it has to handle; none when it leads nowhere."""
        stored = await self._cursor_if_free(tx)
        if stored is None:
            return None
        cursor = max(stored, self._passed, key=lambda each: (each.txid, each.event_id))
        reached = await horizon(tx, cursor, _SCAN)
        if reached == cursor and (cursor == stored or not self._store_is_due()):
            return None
        wanted = None if self._consumer.wanted is None else await self._consumer.wanted(tx)
        events = await read_after(tx, cursor, _BATCH, wanted, reached)
        if len(events) == _BATCH:
            reached = Cursor(events[-1].txid, events[-1].id)
        return stored, reached, events

    async def _cursor_if_free(self, tx: Tx) -> Cursor | None:
        row = await tx.row(select(consumer).where(consumer.c.name == self._consumer.name))
        if row is None:
            return Cursor()
        held = row.lease_owner not in (None, self._owner) and row.lease_until > to_millis(self._clock.now())
        return None if held else Cursor(row.txid, row.event_id)

    async def _claim(self, tx: Tx) -> bool:
        now = to_millis(self._clock.now())
        await tx.insert_ignore(consumer, {"name": self._consumer.name, "txid": 0, "event_id": 0, "lease_until": 0})
        free = (consumer.c.lease_until <= now) | (consumer.c.lease_owner == self._owner)
        claimed = await tx.run(
            update(consumer)
            .where(consumer.c.name == self._consumer.name, free)
            .values(lease_owner=self._owner, lease_until=now + LEASE_MS)
        )
        return claimed == 1

    async def release(self) -> None:
        """Lets another process go on at once rather than after the lease."""
        if self._claimed:
            await self._db.write(self._give_back)
            self._claimed = False

    async def _give_back(self, tx: Tx) -> None:
        mine = consumer.c.lease_owner == self._owner
        await tx.run(update(consumer).where(consumer.c.name == self._consumer.name, mine).values(lease_until=0))

    async def _advance(self, tx: Tx, cursor: Cursor) -> None:
        await tx.run(
            update(consumer)
            .where(consumer.c.name == self._consumer.name, consumer.c.lease_owner == self._owner)
            .values(txid=cursor.txid, event_id=cursor.event_id)
        )


async def start_at_end(tx: Tx, name: str) -> Cursor:
    """Makes a new consumer begin with what comes from now on rather than with the whole history; answers from where."""
    cursor = await latest(tx)
    await tx.insert_ignore(consumer, {"name": name, "txid": cursor.txid, "event_id": cursor.event_id, "lease_until": 0})
    return cursor
