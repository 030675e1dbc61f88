"""Background jobs in the transaction of the change that asks for them: leased, retried, one per (kind, key)."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, select, update

from fairway.kit.clock import Clock, to_millis
from fairway.kit.errors import FairwayError
from fairway.kit.ids import random_id
from fairway.kit.logs import get_logger
from fairway.portal.storage.database import Database
from fairway.portal.storage.tables import dead_job, job
from fairway.portal.storage.tx import Tx

LEASE_MS = 60_000
LONG_LEASE_MS = 20_000
"""Of jobs that take long: what a crashed process was doing goes on so soon."""
_RENEW_SECONDS = 5.0
MAX_ATTEMPTS = 12
_IDLE_SECONDS = 1.0
_GATHER_SECONDS = 0.01
"""After a commit a sleeping loop looks for jobs this soon: somebody may wait for what a job does."""
_DRAIN_SECONDS = 10.0
"""What a stopping process gives the jobs in hand."""

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """A leased job."""

    id: str
    kind: str
    key: str
    payload: dict[str, Any]
    attempts: int


class RetryLater(Exception):
    """Raised by a handler that wants its job again after a pause of its own choice. It counts as an attempt, unless
    nothing was tried."""

    def __init__(self, reason: str, pause_seconds: float, *, tried: bool = True) -> None:
        super().__init__(reason)
        self.reason = reason
        self.pause_seconds = pause_seconds
        self.tried = tried


@dataclass(frozen=True, slots=True)
class JobHandler:
    """Does the jobs of one kind. ``run`` must tolerate being run twice for one job."""

    kind: str
    run: Callable[[Job], Awaitable[bool | None]]
    """True says that the job was completed with :func:`complete_in` already."""
    max_attempts: int = MAX_ATTEMPTS
    given_up: Callable[[Tx, Job, str], Awaitable[None]] | None = None
    """Told, in the transaction that puts a job among the dead ones, which job and why."""
    lane: str = ""
    """Jobs of one lane share a loop and its parallelism: those that wait for other people's servers have their own."""
    long: bool = False
    """It may take longer than a lease, which is renewed for as long as it runs."""
    stop: Callable[[], None] | None = None
    """Told when the process begins to drain, so that long jobs come to an end; what they raise :class:`RetryLater` for
    is left to the next process."""


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


async def hasten(tx: Tx, kind: str, key: str, payload: dict[str, Any], *, now: int) -> None:
    """Asks for a job at once, also when one waits for later. One that is under way goes on, and stands for both."""
    waiting = (job.c.kind == kind, job.c.key == key[:400], job.c.lease_until <= now, job.c.due_at > now)
    if not await tx.run(update(job).where(*waiting).values(due_at=now, attempts=0)):
        await enqueue(tx, kind, key, payload, now=now)


async def postpone(tx: Tx, kind: str, key: str, *, now: int, due_at: int) -> bool:
    """Moves a job that waits; false when none does."""
    waiting = (job.c.kind == kind, job.c.key == key[:400], job.c.lease_until <= now)
    return await tx.run(update(job).where(*waiting).values(due_at=due_at)) > 0


async def complete_in(tx: Tx, done: Job) -> None:
    """Ends a job in the transaction that records what it did: a crash behind it does not repeat the job."""
    await tx.run(delete(job).where(job.c.id == done.id))


class JobLoop:
    """Leases due jobs and runs them with bounded parallelism until stopped. A job that takes long holds up no other
    one as long as there is room."""

    def __init__(self, db: Database, clock: Clock, handlers: Sequence[JobHandler], parallel: int = 8) -> None:
        self._db = db
        self._clock = clock
        self._handlers: Mapping[str, JobHandler] = {handler.kind: handler for handler in handlers}
        self._parallel = parallel
        self._stop = asyncio.Event()
        self._running: dict[asyncio.Task[None], Job] = {}
        self._room = asyncio.Event()

    def stop(self) -> None:
        """Lets the loop end after the jobs in hand."""
        self._stop.set()
        self._room.set()
        self._db.wake.ring()
        for handler in self._handlers.values():
            if handler.stop is not None:
                handler.stop()

    async def run(self) -> None:
        """Until :meth:`stop`."""
        while not self._stop.is_set():
            self._room.clear()
            if len(self._running) >= self._parallel:
                await self._room.wait()
                continue
            heard = self._db.wake.rings
            try:
                leased = await self._take(self._parallel - len(self._running))
            except Exception as error:  # noqa: BLE001 the loop outlives a database that is away; logged and retried
                log.error("job_loop_failed", error=repr(error))
                leased = []
            for each in leased:
                self._start(each)
            if not leased and not self._stop.is_set():
                await self._db.wake.wait(_IDLE_SECONDS, _GATHER_SECONDS, heard)
        await self._drain()

    async def _drain(self) -> None:
        """Gives the jobs in hand a moment; those that need longer are left to the next process, which need not wait for
        their lease to end."""
        if self._running:
            await asyncio.wait(self._running, timeout=_DRAIN_SECONDS)
        left = [each.id for task, each in self._running.items() if task.cancel()]
        if left:
            await asyncio.wait(self._running)
            await self._db.write(lambda tx: tx.run(update(job).where(tx.any_of(job.c.id, left)).values(lease_until=0)))

    async def step(self) -> bool:
        """Runs one round of due jobs; false when none is due."""
        leased = await self._take(self._parallel)
        await asyncio.gather(*(self._run_one(each) for each in leased))
        return bool(leased)

    async def _take(self, limit: int) -> list[Job]:
        now = to_millis(self._clock.now())
        if not self._handlers or not await self._db.read(lambda tx: self._due(tx, now, 1)):
            return []
        return await self._db.write(lambda tx: self._lease(tx, now, limit))

    def _start(self, leased: Job) -> None:
        task = asyncio.create_task(self._run_one(leased))
        self._running[task] = leased
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._running.pop(task, None)
        self._room.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("job_not_recorded", error=repr(error))

    async def _due(self, tx: Tx, now: int, limit: int) -> Sequence[Any]:
        statement = (
            select(job)
            .where(job.c.due_at <= now, job.c.lease_until <= now, tx.any_of(job.c.kind, list(self._handlers)))
            .order_by(job.c.due_at)
            .limit(limit)
        )
        return await tx.rows(statement)

    async def _lease(self, tx: Tx, now: int, limit: int) -> list[Job]:
        leased = []
        for row in await self._due(tx, now, limit):
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
            work = self._renewed(handler, leased) if handler.long else handler.run(leased)
            completed = await asyncio.wait_for(work, None if handler.long else LEASE_MS / 1000 * 0.9)
        except RetryLater as asked:
            later = asked
            if later.tried:
                pause = later.pause_seconds * 1000
                await self._db.write(lambda tx: self._failed(tx, handler, leased, later.reason, pause))
            else:
                await self._db.write(lambda tx: self._postponed(tx, leased, later.pause_seconds))
        except Exception as error:  # noqa: BLE001 any failure is recorded on the job and retried with back-off
            reason = repr(error)
            log.warning("job_failed", kind=leased.kind, key=leased.key, attempt=leased.attempts, error=reason)
            pause = min(3_600_000, 1000 * 2**leased.attempts) * random.uniform(0.8, 1.2)  # noqa: S311 jitter
            await self._db.write(lambda tx: self._failed(tx, handler, leased, reason, pause))
        else:
            if not completed:
                await self._db.write(lambda tx: complete_in(tx, leased))

    async def _renewed(self, handler: JobHandler, leased: Job) -> bool | None:
        """Runs a job that may take long; one that another process has taken over meanwhile is cut off."""
        work = asyncio.ensure_future(handler.run(leased))
        held: list[int] = []
        try:
            while await self._hold(leased, held):
                done, _ = await asyncio.wait({work}, timeout=_RENEW_SECONDS)
                if done:
                    return work.result()
            log.warning("job_taken_over", kind=leased.kind, key=leased.key)
            return True
        finally:
            if work.cancel():
                await asyncio.wait({work})

    async def _hold(self, leased: Job, held: list[int]) -> bool:
        """Renews the lease; false when another process has it. ``held`` are the ends of those taken before."""
        until = to_millis(self._clock.now()) + LONG_LEASE_MS
        known = tuple(held)
        held.append(until)

        async def work(tx: Tx) -> bool:
            still = [job.c.id == leased.id, *([tx.any_of(job.c.lease_until, known)] if known else ())]
            if await tx.run(update(job).where(*still).values(lease_until=until)):
                return True
            return await tx.row(select(job.c.id).where(job.c.id == leased.id)) is None  # its work is recorded already

        try:
            renewed = await self._db.write(work)
        except FairwayError as error:  # the database may be back before the lease runs out
            log.warning("job_not_renewed", kind=leased.kind, key=leased.key, problem=error.message)
            return True
        del held[:-1]
        return renewed

    async def _postponed(self, tx: Tx, leased: Job, pause_seconds: float) -> None:
        due_at = to_millis(self._clock.now()) + int(pause_seconds * 1000)
        values = {"due_at": due_at, "lease_until": 0, "attempts": leased.attempts - 1}
        await tx.run(update(job).where(job.c.id == leased.id).values(values))

    async def _failed(self, tx: Tx, handler: JobHandler, leased: Job, reason: str, pause_ms: float) -> None:
        now = to_millis(self._clock.now())
        if leased.attempts < handler.max_attempts:
            values = {"due_at": now + int(pause_ms), "lease_until": 0, "last_error": reason[:2000]}
            await tx.run(update(job).where(job.c.id == leased.id).values(values))
            return
        await complete_in(tx, leased)
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
        if handler.given_up is not None:
            await handler.given_up(tx, leased, reason)
