"""Events leave the audit log after ``event_retention_days``, a bounded batch at a time."""

from __future__ import annotations

import time

from sqlalchemy import and_, delete, or_, select

from fairway.kit.clock import Clock, to_millis
from fairway.kit.logs import get_logger
from fairway.portal.storage import Database, Tx
from fairway.portal.storage.jobs import Job, JobHandler, enqueue
from fairway.portal.storage.tables import consumer, event

KIND = "event_retention"
_DAY_MS = 86_400_000
_BATCH = 5_000
_WORK_SECONDS = 20.0

log = get_logger(__name__)


class EventRetention:
    """A job that runs once a day."""

    def __init__(self, db: Database, clock: Clock, days: int) -> None:
        self._db = db
        self._clock = clock
        self._keep_ms = days * _DAY_MS

    @property
    def job_handler(self) -> JobHandler:
        """Trims, and asks for tomorrow's run."""
        return JobHandler(KIND, self._run)

    async def schedule(self) -> None:
        """Asks for the next run, at the next midnight (UTC)."""
        day = self._now() // _DAY_MS + 1
        await self._ask(f"day {day}", day * _DAY_MS)

    async def _run(self, job: Job) -> None:
        end = time.monotonic() + _WORK_SECONDS
        removed = 0
        while gone := await self._db.write(self._trim):
            removed += gone
            if time.monotonic() > end:
                await self._ask(f"{job.key}+"[:400], self._now())
                break
        else:
            await self.schedule()
        if removed:
            log.info("events_trimmed", removed=removed)

    async def _ask(self, key: str, due: int) -> None:
        now = self._now()
        await self._db.write(lambda tx: enqueue(tx, KIND, key, {}, now=now, due_at=due))

    def _now(self) -> int:
        return to_millis(self._clock.now())

    async def _trim(self, tx: Tx) -> int:
        """Removes the oldest events that are over their time. One that a working consumer has not handled stays; a
        consumer counts as working while it took its lease within the time that events are kept."""
        cutoff = self._now() - self._keep_ms
        behind = await tx.row(
            select(consumer.c.txid, consumer.c.event_id)
            .where(consumer.c.lease_until > cutoff)
            .order_by(consumer.c.txid, consumer.c.event_id)
            .limit(1)
        )
        old = event.c.at < cutoff
        if behind is not None:
            handled = and_(event.c.txid == behind.txid, event.c.id <= behind.event_id)
            old = and_(old, or_(event.c.txid < behind.txid, handled))
        oldest = select(event.c.id).where(old).order_by(event.c.at, event.c.id).limit(_BATCH)
        return await tx.run(delete(event).where(event.c.id.in_(oldest)))
