"""Background jobs in the transaction of the change that asks for them: leased, retried, one per (kind, key)."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, select, update

from fairway.kit.clock import Clock, to_millis
from fairway.kit.ids import random_id
from fairway.kit.logs import get_logger
from fairway.portal.storage.database import Database
from fairway.portal.storage.tables import dead_job, job
from fairway.portal.storage.tx import Tx

LEASE_MS = 60_000
MAX_ATTEMPTS = 12
_IDLE_SECONDS = 1.0

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """A leased job."""

    id: str
    kind: str
    key: str
    payload: dict[str, Any]
    attempts: int


@dataclass(frozen=True, slots=True)
class JobHandler:
    """Does the jobs of one kind. ``run`` must tolerate being run twice for one job."""

    kind: str
    run: Callable[[Job], Awaitable[None]]
    max_attempts: int = MAX_ATTEMPTS


async def enqueue(tx: Tx, kind: str, key: str, payload: dict[str, Any], *, now: int, due_at: int | None = None) -> None:
    """Asks for a job; a waiting one with the same kind and key stands for both."""
    await tx.insert_ignore(
        job,
        {
            "id": random_id("j_", 20),
            "kind": kind,
            "key": key[:400],
            "payload": payload,
            "due_at": now if due_at is None else due_at,
            "attempts": 0,
            "lease_until": 0,
            "created_at": now,
        },
    )


class JobLoop:
    """Leases due jobs and runs them with bounded parallelism until stopped."""

    def __init__(self, db: Database, clock: Clock, handlers: Sequence[JobHandler], parallel: int = 8) -> None:
        self._db = db
        self._clock = clock
        self._handlers: Mapping[str, JobHandler] = {handler.kind: handler for handler in handlers}
        self._parallel = parallel
        self._stop = asyncio.Event()

    def stop(self) -> None:
        """Lets the loop end after the jobs in hand."""
        self._stop.set()
        self._db.wake.ring()

    async def run(self) -> None:
        """Until :meth:`stop`."""
        while not self._stop.is_set():
            try:
                busy = await self.step()
            except Exception as error:  # noqa: BLE001 the loop outlives a database that is away; logged and retried
                log.error("job_loop_failed", error=repr(error))
                busy = False
            if not busy and not self._stop.is_set():
                await self._db.wake.wait(_IDLE_SECONDS)

    async def step(self) -> bool:
        """Runs one round of due jobs; false when none is due."""
        now = to_millis(self._clock.now())
        if not self._handlers or not await self._db.read(lambda tx: self._due(tx, now, 1)):
            return False
        jobs = await self._db.write(lambda tx: self._lease(tx, now))
        await asyncio.gather(*(self._run_one(leased) for leased in jobs))
        return bool(jobs)

    async def _due(self, tx: Tx, now: int, limit: int) -> Sequence[Any]:
        statement = (
            select(job)
            .where(job.c.due_at <= now, job.c.lease_until <= now, tx.any_of(job.c.kind, list(self._handlers)))
            .order_by(job.c.due_at)
            .limit(limit)
        )
        return await tx.rows(statement)

    async def _lease(self, tx: Tx, now: int) -> list[Job]:
        leased = []
        for row in await self._due(tx, now, self._parallel):
            taken = await tx.run(
                update(job)
                .where(job.c.id == row.id, job.c.lease_until == row.lease_until)
                .values(lease_until=now + LEASE_MS, attempts=row.attempts + 1)
            )
            if taken:
                leased.append(Job(row.id, row.kind, row.key, row.payload, row.attempts + 1))
        return leased

    async def _run_one(self, leased: Job) -> None:
        handler = self._handlers[leased.kind]
        try:
            await asyncio.wait_for(handler.run(leased), LEASE_MS / 1000 * 0.9)
        except Exception as error:  # noqa: BLE001 any failure is recorded on the job and retried with back-off
            reason = repr(error)
            log.warning("job_failed", kind=leased.kind, key=leased.key, attempt=leased.attempts, error=reason)
            await self._db.write(lambda tx: self._failed(tx, handler, leased, reason))
        else:
            await self._db.write(lambda tx: tx.run(delete(job).where(job.c.id == leased.id)))

    async def _failed(self, tx: Tx, handler: JobHandler, leased: Job, reason: str) -> None:
        now = to_millis(self._clock.now())
        if leased.attempts < handler.max_attempts:
            pause = min(3_600_000, 1000 * 2**leased.attempts) * random.uniform(0.8, 1.2)  # noqa: S311 jitter
            values = {"due_at": now + int(pause), "lease_until": 0, "last_error": reason[:2000]}
            await tx.run(update(job).where(job.c.id == leased.id).values(values))
            return
        await tx.run(delete(job).where(job.c.id == leased.id))
        await tx.run(
            insert(dead_job).values(
                id=leased.id,
                kind=leased.kind,
                key=leased.key,
                payload=leased.payload,
                attempts=leased.attempts,
                last_error=reason[:2000],
                died_at=now,
            )
        )
