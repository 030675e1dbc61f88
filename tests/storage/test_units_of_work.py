"""The unit-of-work interface behaves the same on both databases."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import asyncpg
import pytest
from sqlalchemy import ColumnElement, func, insert, literal, select

from fairway.kit.clock import SystemClock
from fairway.portal.caller import system_caller
from fairway.portal.storage import Database, Tx
from fairway.portal.storage.consumers import Consumer, ConsumerLoop, start_at_end
from fairway.portal.storage.jobs import Job, JobHandler, JobLoop, enqueue
from fairway.portal.storage.outbox import Change, Event, append, read_after
from fairway.portal.storage.tables import consumer, event, job, marker

CALLER = system_caller("org_test")


async def _mark(tx: Tx, name: str, value: str = "x") -> None:
    await tx.run(insert(marker).values(name=name, value=value))


async def _names(tx: Tx) -> list[str]:
    rows = await tx.rows(select(marker.c.name).where(marker.c.value == "x").order_by(marker.c.name))
    return [row.name for row in rows]


async def test_failed_unit_leaves_nothing_behind(db: Database) -> None:
    async def failing(tx: Tx) -> None:
        await _mark(tx, "lost")
        raise ValueError("no")

    results = await asyncio.gather(
        db.write(lambda tx: _mark(tx, "a")),
        db.write(failing),
        db.write(lambda tx: _mark(tx, "b")),
        return_exceptions=True,
    )
    assert isinstance(results[1], ValueError)
    assert await db.read(_names) == ["a", "b"]


async def test_savepoint_undoes_its_block_alone(db: Database) -> None:
    async def _undone(tx: Tx) -> None:
        async with tx.savepoint():
            await _mark(tx, "undone")
            raise RuntimeError

    async def work(tx: Tx) -> None:
        await _mark(tx, "kept")
        with pytest.raises(RuntimeError):
            await _undone(tx)

    await db.write(work)
    assert await db.read(_names) == ["kept"]


async def test_bulk_helpers(db: Database) -> None:
    async def work(tx: Tx) -> None:
        await tx.insert_many(marker, ("name", "value"), [("a", "1"), ("b", "2"), ("c", "3")])
        await tx.update_many(marker, ("value",), [("9", "b")])
        await tx.delete_many(marker, ("name",), [("c",)])
        await tx.upsert(marker, {"name": "a", "value": "7"}, ["name"])

    await db.write(work)

    async def read(tx: Tx) -> list[tuple[str, str]]:
        rows = await tx.rows(select(marker).where(tx.any_of(marker.c.name, ["a", "b", "c"])).order_by(marker.c.name))
        return [(row.name, row.value) for row in rows]

    assert await db.read(read) == [("a", "7"), ("b", "9")]
    first = await db.write(lambda tx: tx.allocate_ids("entity", 3))
    second = await db.write(lambda tx: tx.allocate_ids("entity", 2))
    assert len({*first, *second}) == 5
    assert min(second) > max(first)


async def test_after_commit_runs_only_when_committed(db: Database) -> None:
    seen: list[str] = []

    async def good(tx: Tx) -> None:
        tx.after_commit(lambda: seen.append("good"))

    async def bad(tx: Tx) -> None:
        tx.after_commit(lambda: seen.append("bad"))
        raise ValueError("no")

    await db.write(good)
    with pytest.raises(ValueError, match="no"):
        await db.write(bad)
    assert seen == ["good"]


async def test_events_come_in_order_and_a_consumer_resumes(db: Database) -> None:
    async def change(tx: Tx, name: str) -> None:
        await append(tx, CALLER, 1, [Change("CREATE", "entity", name, after={"n": name}, blueprint="b", entity=name)])

    start = await db.write(lambda tx: start_at_end(tx, "t"))
    for name in "abc":
        await db.write(lambda tx, name=name: change(tx, name))
    events = await db.read(lambda tx: read_after(tx, start, 10))
    assert [event.entity for event in events] == ["a", "b", "c"]
    assert events[0].diff == {"before": None, "after": {"n": "a"}}
    assert events[0].context == {"blueprint": "b", "entity": "a", "runId": ""}

    seen: list[str | None] = []

    async def handle(batch: Sequence[Event]) -> None:
        seen.extend(event.entity for event in batch)

    assert await ConsumerLoop(db, SystemClock(), Consumer("t", handle)).step()
    assert seen == ["a", "b", "c"]
    other = ConsumerLoop(db, SystemClock(), Consumer("t", handle))
    assert not await other.step()


async def test_jobs_are_deduplicated_and_retried(db: Database) -> None:
    runs: list[str] = []

    async def run(leased: Job) -> None:
        runs.append(leased.key)
        if len(runs) == 1:
            raise RuntimeError("first time fails")

    async def ask(tx: Tx) -> None:
        for _ in range(2):
            await enqueue(tx, "k", "same", {"a": 1}, now=0)

    await db.write(ask)
    loop = JobLoop(db, SystemClock(), [JobHandler("k", run)])
    assert await loop.step()
    assert not await loop.step(), "it waits for its back-off"
    await db.write(lambda tx: tx.run(job.update().values(due_at=0)))
    assert await loop.step()
    assert runs == ["same", "same"]
    assert await db.read(lambda tx: tx.rows(select(job).where(job.c.kind == "k"))) == []


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_connections_that_the_server_closed_are_replaced(db: Database, database_url: str) -> None:
    async def ping(tx: Tx) -> int:
        return int(await tx.scalar(select(literal(1))))

    await asyncio.gather(*(db.read(ping) for _ in range(4)))
    other = await asyncpg.connect(database_url)
    await other.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await other.close()
    await asyncio.sleep(0.1)
    assert await asyncio.gather(*(db.read(ping) for _ in range(4))) == [1, 1, 1, 1]


async def test_a_consumer_passes_what_it_does_not_want(db: Database) -> None:
    async def wanted(tx: Tx) -> ColumnElement[bool]:
        return event.c.resource_type == "run"

    seen: list[str] = []

    async def handle(batch: Sequence[Event]) -> None:
        seen.extend(each.resource for each in batch)

    async def stored(tx: Tx) -> int:
        return int(await tx.scalar(select(consumer.c.event_id).where(consumer.c.name == "t")) or 0)

    def change(number: int) -> Change:
        return Change("CREATE", "run" if number % 1000 == 0 else "entity", f"r{number}")

    loop = ConsumerLoop(db, SystemClock(), Consumer("t", handle, wanted))
    await db.write(lambda tx: append(tx, CALLER, 1, [change(number) for number in range(1, 6001)]))
    while await loop.step():
        pass
    assert seen == [f"r{number}" for number in range(1000, 6001, 1000)]
    handled = await db.read(stored)
    await db.write(lambda tx: append(tx, CALLER, 1, [change(1)]))
    assert await loop.step()
    assert not await loop.step()
    assert await db.read(stored) == handled, "passing an event is not worth a write"
    await db.write(lambda tx: append(tx, CALLER, 1, [change(0)]))
    other = ConsumerLoop(db, SystemClock(), Consumer("t", handle, wanted))
    assert not await other.step(), "the lease is held"
    assert await loop.step()
    assert seen[-1] == "r0"


async def test_what_was_only_passed_does_not_look_unread_for_long(db: Database) -> None:
    async def none(tx: Tx) -> ColumnElement[bool]:
        return event.c.resource_type == "nothing"

    async def handle(batch: Sequence[Event]) -> None:
        raise AssertionError(batch)

    await db.write(lambda tx: append(tx, CALLER, 1, [Change("CREATE", "entity", "a")]))
    assert await ConsumerLoop(db, SystemClock(), Consumer("t", handle, none)).step()
    newest = await db.read(lambda tx: tx.scalar(select(func.max(event.c.id))))
    stored = select(consumer.c.event_id).where(consumer.c.name == "t")
    assert await db.read(lambda tx: tx.scalar(stored)) == newest
