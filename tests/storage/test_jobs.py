"""Background jobs: bounded parallelism without starvation, pauses that handlers choose, dead jobs, ends that drain."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from fairway.kit.clock import ManualClock, to_millis
from fairway.portal.storage import Database, Tx
from fairway.portal.storage import jobs as module
from fairway.portal.storage.jobs import Job, JobHandler, JobLoop, RetryLater, complete_in, enqueue, hasten, postpone
from fairway.portal.storage.tables import dead_job, job

START = datetime(2030, 1, 1, tzinfo=UTC)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(START)


async def _ask(db: Database, clock: ManualClock, *keys: str, kind: str = "k") -> None:
    async def work(tx: Tx) -> None:
        for key in keys:
            await enqueue(tx, kind, key, {"a": 1}, now=to_millis(clock.now()))

    await db.write(work)


async def _jobs(db: Database) -> Sequence[Any]:
    return await db.read(lambda tx: tx.rows(select(job).where(job.c.kind == "k")))


async def test_a_slow_job_holds_up_no_other(db: Database, clock: ManualClock) -> None:
    started, gate, others, done = asyncio.Event(), asyncio.Event(), asyncio.Event(), []

    async def run(leased: Job) -> None:
        if leased.key == "slow":
            started.set()
            await gate.wait()
        done.append(leased.key)
        if len(done) == 6:
            others.set()

    loop = JobLoop(db, clock, [JobHandler("k", run)], parallel=2)
    task = asyncio.create_task(loop.run())
    await _ask(db, clock, "slow")
    await started.wait()
    for number in range(6):
        await _ask(db, clock, f"fast{number}")

    await others.wait()
    assert "slow" not in done
    gate.set()
    loop.stop()
    await task
    assert done[-1] == "slow"
    assert await _jobs(db) == []


async def test_handlers_choose_their_pause_and_are_told_the_end(db: Database, clock: ManualClock) -> None:
    attempts, told = [], []

    async def run(leased: Job) -> None:
        attempts.append(leased.attempts)
        raise RetryLater(f"attempt {leased.attempts} failed", 90)

    async def given_up(tx: Tx, leased: Job, reason: str) -> None:
        assert await tx.scalar(select(dead_job.c.id)) == leased.id, "in the same transaction"
        told.append(reason)

    loop = JobLoop(db, clock, [JobHandler("k", run, max_attempts=3, given_up=given_up)])
    await _ask(db, clock, "a")
    for alive in (True, True, True, False):
        assert await loop.step() is alive
        assert not await loop.step(), "it pauses"
        clock.advance(seconds=91)
    assert attempts == [1, 2, 3]
    assert told == ["attempt 3 failed"]
    (dead,) = await db.read(lambda tx: tx.rows(select(dead_job)))
    assert (dead.kind, dead.key, dead.attempts, dead.last_error) == ("k", "a", 3, "attempt 3 failed")


async def test_a_job_that_is_completed_with_its_work_is_gone(db: Database, clock: ManualClock) -> None:
    async def run(leased: Job) -> None:
        await db.write(lambda tx: complete_in(tx, leased))
        raise asyncio.CancelledError

    await _ask(db, clock, "a")
    with pytest.raises(asyncio.CancelledError):
        await JobLoop(db, clock, [JobHandler("k", run)]).step()
    assert await _jobs(db) == []


async def test_a_stopping_loop_hands_on_what_takes_too_long(
    db: Database, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_DRAIN_SECONDS", 0.01)
    started = asyncio.Event()

    async def run(leased: Job) -> None:
        started.set()
        await asyncio.Event().wait()

    loop = JobLoop(db, clock, [JobHandler("k", run)])
    task = asyncio.create_task(loop.run())
    await _ask(db, clock, "a")
    await started.wait()
    loop.stop()
    await task
    (left,) = await _jobs(db)
    assert (left.lease_until, left.attempts) == (0, 1)


async def test_lanes_do_not_take_each_others_jobs(db: Database, clock: ManualClock) -> None:
    done = []

    async def run(leased: Job) -> None:
        done.append(leased.kind)

    await _ask(db, clock, "a", kind="one")
    await _ask(db, clock, "b", kind="two")
    assert await JobLoop(db, clock, [JobHandler("two", run)]).step()
    assert done == ["two"]


async def test_what_was_not_tried_is_no_attempt(db: Database, clock: ManualClock) -> None:
    attempts: list[int] = []

    async def run(leased: Job) -> None:
        attempts.append(leased.attempts)
        if len(attempts) < 5:
            raise RetryLater("it is not its turn", 2, tried=False)

    loop = JobLoop(db, clock, [JobHandler("k", run, max_attempts=1)])
    await _ask(db, clock, "a")
    for _ in range(5):
        assert await loop.step()
        assert not await loop.step()
        clock.advance(seconds=3)
    assert attempts == [1] * 5
    assert await _jobs(db) == []


async def test_a_long_job_keeps_its_lease(db: Database, clock: ManualClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_RENEW_SECONDS", 0.01)
    gate, started, runs = asyncio.Event(), asyncio.Event(), []

    async def run(leased: Job) -> None:
        runs.append(leased)
        started.set()
        await gate.wait()

    handlers = [JobHandler("k", run, long=True)]
    first, second = JobLoop(db, clock, handlers), JobLoop(db, clock, handlers)
    await _ask(db, clock, "one")
    working = asyncio.create_task(first.step())
    await started.wait()
    for _ in range(10):  # longer than any lease, in steps that are shorter
        clock.advance(seconds=15)
        until = to_millis(clock.now()) + module.LONG_LEASE_MS
        while (await _jobs(db))[0].lease_until < until:  # noqa: ASYNC110 only the database tells
            await asyncio.sleep(0.01)
        assert not await second.step()
    gate.set()
    assert await working
    assert len(runs) == 1
    assert await _jobs(db) == []


async def test_a_long_job_that_was_taken_over_is_cut_off(
    db: Database, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_RENEW_SECONDS", 0.05)
    ended: list[str] = []
    started = asyncio.Event()
    later = ManualClock(START + timedelta(hours=1))

    async def stuck(leased: Job) -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.append("cut off")
            raise

    async def quick(leased: Job) -> None:
        raise RetryLater("not yet", 60, tried=False)

    await _ask(db, clock, "one")
    working = asyncio.create_task(JobLoop(db, clock, [JobHandler("k", stuck, long=True)]).step())
    await started.wait()
    # Another process, whose clock is ahead, finds that the lease has run out.
    assert await JobLoop(db, later, [JobHandler("k", quick)]).step()
    assert await working
    assert ended == ["cut off"]
    (row,) = await _jobs(db)
    assert (row.lease_until, row.due_at) == (0, to_millis(later.now()) + 60_000)


async def test_jobs_are_hastened_and_put_off(db: Database, clock: ManualClock) -> None:
    now = to_millis(clock.now())

    async def due(work: Any) -> list[int]:
        await db.write(work)
        return [row.due_at - now for row in await _jobs(db)]

    assert not await db.write(lambda tx: postpone(tx, "k", "one", now=now, due_at=now + 9))
    assert await due(lambda tx: enqueue(tx, "k", "one", {}, now=now, due_at=now + 500)) == [500]
    assert await due(lambda tx: postpone(tx, "k", "one", now=now, due_at=now + 900)) == [900]
    assert await due(lambda tx: hasten(tx, "k", "one", {}, now=now)) == [0]
    assert await due(lambda tx: hasten(tx, "k", "one", {}, now=now)) == [0]
