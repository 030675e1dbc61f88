"""How runs are asked for, and what becomes of wishes that come together (contract section 10)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from fairway.integration.listeners import KafkaListener, KafkaOptions, Polling, Scheduler
from fairway.integration.listeners.kafka import wanted
from fairway.integration.model import SyncReport, Trigger
from fairway.integration.resync.plan import mapping_digest
from fairway.kit.errors import Unavailable
from fairway.kit.jsonio import dumps
from support.integrations import SyncWorld, items, mapping, resource
from support.kafka import Event, committed, mock_broker, publish
from support.own_portal import until


class Asked:
    """Notes wishes."""

    def __init__(self) -> None:
        self.wishes: list[tuple[Trigger, frozenset[str] | None]] = []
        self.runs: list[asyncio.Future[SyncReport]] = []

    async def __call__(self, trigger: Trigger, kinds: frozenset[str] | None) -> asyncio.Future[SyncReport]:
        self.wishes.append((trigger, kinds))
        self.runs.append(asyncio.get_running_loop().create_future())
        return self.runs[-1]

    @property
    def triggers(self) -> list[str]:
        return [trigger.value for trigger, _ in self.wishes]


@pytest.fixture
def asked() -> Asked:
    return Asked()


@asynccontextmanager
async def scheduled(world: SyncWorld) -> AsyncIterator[tuple[Scheduler, list[SyncReport]]]:
    """A scheduler at work, and the runs it made."""
    ended: list[SyncReport] = []

    async def digest() -> str | None:
        return mapping_digest((await world.api.integration() or {}).get("config"))

    scheduler = Scheduler(world.resync(), digest, ended.append)
    task = asyncio.create_task(scheduler.run())
    try:
        yield scheduler, ended
    finally:
        scheduler.close()
        await asyncio.wait_for(task, 10)


async def test_polling_syncs_at_the_start_and_once_per_request(world: SyncWorld, asked: Asked) -> None:
    await world.set_up(mapping(resource("repo")))
    polling = Polling(world.api, asked)
    await polling._begin()
    await polling.look()
    assert asked.triggers == ["start"]
    await world.client.patch("/v1/integration/scn", json={})
    await polling.look()
    await polling.look()
    assert asked.triggers == ["start", "request"]


async def test_polling_without_a_start_sync_takes_what_is_newer_than_the_last_report(
    world: SyncWorld, asked: Asked
) -> None:
    await world.set_up(mapping(resource("repo")))
    await world.api.resync_state(status="completed")
    polling = Polling(world.api, asked, on_start=False)
    await polling._resume()
    await polling.look()
    assert asked.triggers == []
    await world.client.patch("/v1/integration/scn", json={})
    await polling.look()
    assert asked.triggers == ["request"]


async def test_polling_outlives_answers_that_make_no_sense(world: SyncWorld, asked: Asked) -> None:
    await world.set_up(mapping(resource("repo")))
    polling = Polling(world.api, asked)
    await polling._begin()
    for status in (404, 500, 403):
        world.watched.trouble("resync-request", status)
        await polling.look()
        assert polling.problem is not None
    await world.client.patch("/v1/integration/scn", json={})
    await polling.look()
    assert (asked.triggers, polling.problem) == (["start", "request"], None)


async def test_a_malformed_request_is_no_request(world: SyncWorld, asked: Asked) -> None:
    answers: list[Any] = [{"updatedAt": "soon"}, {"updatedAt": 7}, {}, None]

    class Odd:
        async def resync_request(self) -> Any:
            return answers.pop(0)

    polling = Polling(Odd(), asked)  # type: ignore[arg-type] # a portal that answers oddly
    for _ in range(4):
        await polling.look()
    assert asked.triggers == []


async def test_wishes_that_come_together_are_one_run(world: SyncWorld) -> None:
    world.source.pages, world.source.gate = {"repo": [items("a"), items("b")]}, asyncio.Event()
    await world.set_up(mapping(resource("repo")))
    async with scheduled(world) as (scheduler, ended):
        first = await scheduler.ask(Trigger.START)
        await until(lambda: world.source.under_way == 1)
        assert await scheduler.ask(Trigger.REQUEST) is first
        world.source.gate.set()
        await first
        assert len(ended) == 1


async def test_a_newer_mapping_supersedes_a_run(world: SyncWorld) -> None:
    world.source.pages, world.source.gate = {"repo": [items("a"), items("b")]}, asyncio.Event()
    await world.set_up(mapping(resource("repo")))
    async with scheduled(world) as (scheduler, ended):
        await scheduler.ask(Trigger.START)
        await until(lambda: world.source.under_way == 1)
        await world.remap(mapping(resource("repo", mappings={"title": '"new"'})))
        second = await scheduler.ask(Trigger.REQUEST)
        world.source.gate.set()
        await second
        assert [each.state.value for each in ended] == ["aborted", "completed"]
    assert {each["title"] for each in (await world.entities()).values()} == {"new"}
    assert [each["status"] for each in world.watched.bodies("resync-state")] == [
        "running", "aborted", "running", "completed",
    ]  # fmt: skip


async def test_a_wish_for_more_kinds_waits_for_its_own_run(world: SyncWorld) -> None:
    world.source.pages = {"repo": [items("a"), items("b")], "team": [items("t")]}
    world.source.gate = asyncio.Event()
    await world.set_up(mapping(resource("repo"), resource("team")))
    async with scheduled(world) as (scheduler, ended):
        first = await scheduler.ask(Trigger.REQUEST, frozenset({"repo"}))
        await until(lambda: world.source.under_way == 1)
        second = await scheduler.ask(Trigger.REQUEST, frozenset({"team"}))
        assert second is not first
        world.source.gate.set()
        await second
        assert [[each.resource.kind for each in report.kinds] for report in ended] == [["repo"], ["team"]]


async def test_a_run_can_be_given_up(world: SyncWorld) -> None:
    world.source.pages, world.source.gate = {"repo": [items("a"), items("b")]}, asyncio.Event()
    await world.set_up(mapping(resource("repo")))
    async with scheduled(world) as (scheduler, _):
        assert not scheduler.abort()
        run = await scheduler.ask(Trigger.MANUAL)
        await until(lambda: world.source.under_way == 1)
        assert scheduler.abort()
        assert (await run).state == "aborted"


async def test_a_closed_scheduler_takes_no_wishes(world: SyncWorld) -> None:
    async with scheduled(world) as (scheduler, _):
        scheduler.close()
        with pytest.raises(Unavailable):
            await scheduler.ask(Trigger.MANUAL)


OPTIONS = KafkaOptions((), "org.change.log", "org.fake.scn", "scn", poll_seconds=0.05)
REQUESTS = KafkaOptions((), "org.integration.resync.requests", "org.fake.scn", "scn")
CHANGE = {
    "action": "UPDATE",
    "diff": {"after": {"identifier": "scn", "updatedAt": "2", "resyncState": {"updatedAt": "1"}}},
    "changelogDestination": {"type": "KAFKA"},
}


@pytest.mark.parametrize(
    ("message", "options", "expected"),
    [
        ({"action": "RESYNC", "context": {"integrationId": "scn"}}, OPTIONS, True),
        ({"action": "RESYNC", "context": {"integrationId": "other"}}, OPTIONS, False),
        (CHANGE, OPTIONS, True),
        ({**CHANGE, "changelogDestination": {"type": "WEBHOOK"}}, OPTIONS, False),
        ({**CHANGE, "diff": {"after": {"identifier": "other", "updatedAt": "2"}}}, OPTIONS, False),
        ({**CHANGE, "diff": {"after": {**CHANGE["diff"]["after"], "updatedAt": "1"}}}, OPTIONS, False),  # type: ignore[index]
        ({"action": "DELETE", "diff": {"before": {"identifier": "scn"}, "after": None}}, OPTIONS, False),
        ({"context": {"integrationId": "scn"}}, REQUESTS, True),
        ({"context": {"integrationId": "other"}}, REQUESTS, False),
        ([], OPTIONS, False),
        (None, OPTIONS, False),
        ({"diff": [], "context": 7}, OPTIONS, False),
    ],
)
def test_only_messages_about_us_lead_to_a_run(message: Any, options: KafkaOptions, expected: bool) -> None:
    assert wanted(message, options) is expected


@asynccontextmanager
async def listening(broker: str, asked: Asked) -> AsyncIterator[KafkaListener]:
    options = KafkaOptions((broker,), OPTIONS.topic, OPTIONS.group, "scn", poll_seconds=0.05, session_ms=1000)
    listener = KafkaListener(options, asked)
    task = asyncio.create_task(listener.run())
    try:
        await asyncio.wait_for(listener.assigned.wait(), 20)
        yield listener
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_kafka_commits_a_message_when_its_run_has_ended_and_gets_it_again_otherwise(asked: Asked) -> None:
    resync = Event(dumps({"action": "RESYNC", "context": {"integrationId": "scn"}}), topic=OPTIONS.topic)
    others = [Event(b"{", topic=OPTIONS.topic), Event(dumps({"action": "CREATE"}), topic=OPTIONS.topic)]
    with mock_broker() as broker:
        broker.create(1, [OPTIONS.topic])
        publish(broker.address, [*others, resync])
        async with listening(broker.address, asked):
            await until(lambda: bool(asked.wishes))
        assert committed(broker.address, OPTIONS.group, OPTIONS.topic, 1) == [2]
        async with listening(broker.address, asked):
            await until(lambda: len(asked.wishes) == 2)
            asked.runs[1].set_result(SyncReport("x", Trigger.REQUEST))
        assert committed(broker.address, OPTIONS.group, OPTIONS.topic, 1) == [3]
