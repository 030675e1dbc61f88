"""What librdkafka's mock broker cannot show: groups, logins and static members of a real Apache Kafka."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import AsyncExitStack
from functools import partial

import pytest

from fairway.agent.kafka import KafkaCredentials, KafkaSettings, KafkaStreamer
from fairway.agent.messages import MessageReader, SignatureCheck
from fairway.kit.clock import SystemClock
from support.apache_kafka import ApacheKafka, apache_kafka
from support.kafka import CHANGES, RUNS, Event, change_event, committed, ends, publish, run_event
from support.streamers import GROUP, Hand, streaming, until, until_committed
from support.targets import SECRET

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
LONG_SESSION = 45_000
"""The default: what is quicker than this does not wait for it."""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApacheKafka]:
    with apache_kafka(tmp_path_factory.mktemp("kafka")) as found:
        found.create()
        yield found


class Desk:
    """Gives out credentials."""

    def __init__(self, address: str, username: str = "", password: str = "") -> None:
        self.address, self.username, self.password = address, username, password
        self.asked = 0

    async def __call__(self) -> KafkaCredentials:
        self.asked += 1
        return KafkaCredentials((self.address,), self.username, self.password)


def streamer(desk: Desk, group: str, **changes: object) -> KafkaStreamer:
    options: dict[str, object] = {"session_timeout_ms": LONG_SESSION, "first_backoff_seconds": 0.2, **changes}
    reader = MessageReader(SignatureCheck(lambda: SECRET, SystemClock()))
    return KafkaStreamer(KafkaSettings(group, RUNS, CHANGES, **options), desk, reader)  # type: ignore[arg-type]  # any options


def runs(*numbers: int) -> list[Event]:
    made = [run_event(f"r_{at}", "http://x", secret=SECRET) for at in numbers]
    return [Event(each.value, each.key, RUNS, at % 4) for at, each in zip(numbers, made, strict=True)]


def _shares(*streamers: KafkaStreamer) -> list[tuple[int, int]]:
    """How many partitions of runs and of changes each has."""
    return [
        (sum(topic == RUNS for topic, _ in each.partitions), sum(topic == CHANGES for topic, _ in each.partitions))
        for each in streamers
    ]


async def test_agents_share_runs_evenly_and_hand_over_without_repeating(running: ApacheKafka) -> None:
    first_offsets = ends(running.address)
    group, desk = f"{GROUP}.share", Desk(running.address)
    first, second = Hand(at_once=True), Hand(at_once=True)
    one, two = streamer(desk, group, auto_offset_reset="latest"), streamer(desk, group, auto_offset_reset="latest")
    async with AsyncExitStack() as stack:
        async with streaming(one, first):
            await until(lambda: _shares(one) == [(4, 4)], "the first has everything", 60)
            await asyncio.sleep(1)
            publish(running.address, runs(*range(200)))
            await until(lambda: len(first.taken) == 200, "the first does all", 60)
            await stack.enter_async_context(streaming(two, second))
            await until(lambda: _shares(one, two) == [(2, 2), (2, 2)], "each topic is shared", 60)
            publish(running.address, runs(*range(200, 400)))
            await until(lambda: len(first.taken) + len(second.taken) == 400, "both work", 60)
            assert len(second.taken) == 100
        await until(lambda: _shares(two) == [(4, 4)], "the second has everything at once", 40)
        publish(running.address, [*runs(*range(400, 500)), change_event("http://x")])
        await until(lambda: len(first.taken) + len(second.taken) == 501, "and goes on", 60)
    expected = Counter([*(f"r_{at}" for at in range(500)), None])
    assert Counter(first.ids + second.ids) == expected, "each once"
    assert [at - before for at, before in zip(committed(running.address, group), first_offsets, strict=True)] == [
        125
    ] * 4


async def test_work_in_hand_is_finished_before_others_get_its_partition(running: ApacheKafka) -> None:
    group, desk = f"{GROUP}.hand", Desk(running.address)
    first, second = Hand(), Hand(at_once=True)
    one, two = streamer(desk, group, auto_offset_reset="latest"), streamer(desk, group, auto_offset_reset="latest")
    async with streaming(one, first), AsyncExitStack() as stack:
        await until(lambda: _shares(one) == [(4, 4)], "the first has everything", 60)
        await asyncio.sleep(1)
        publish(running.address, runs(*range(8)))
        await until(lambda: len(first.taken) == 8, "all of it is in hand", 60)
        await stack.enter_async_context(streaming(two, second))
        await asyncio.sleep(4)
        first.finish()
        await until(lambda: _shares(one, two) == [(2, 2), (2, 2)], "then they share", 60)
        await asyncio.sleep(1)
        assert second.taken == []


async def test_a_password_that_changes(running: ApacheKafka) -> None:
    """The broker asks for it again every few seconds; the agent asks the portal, without a restart (contract 5)."""
    running.user("agent", "first password")
    desk = Desk(running.sasl_address, "agent", "first password")
    sasl = {"security_protocol": "SASL_PLAINTEXT", "mechanism": "scram-sha-512", "auto_offset_reset": "latest"}
    hand = Hand(at_once=True)
    found = streamer(desk, f"{GROUP}.login", session_timeout_ms=6000, **sasl)
    async with streaming(found, hand):
        await until(lambda: _shares(found) == [(4, 4)], "it is logged in", 60)
        await asyncio.sleep(1)
        publish(running.address, runs(1000))
        await until(lambda: hand.ids == ["r_1000"], "it works", 60)
        running.user("agent", "second password")
        desk.password = "second password"
        running.strike()  # whoever is connected has to log in again
        await until(lambda: desk.asked > 2, "it asks the portal", 60)
        await until(lambda: _shares(found) == [(4, 4)], "it is logged in again", 90)
        publish(running.address, runs(1001))
        await until(lambda: set(hand.ids) == {"r_1000", "r_1001"}, "it works again", 60)


async def test_a_static_member_comes_back_to_its_partitions(running: ApacheKafka) -> None:
    """Neither the others are rebalanced nor does its work wait for a session time-out (contract 5, 19.10)."""
    group, desk = f"{GROUP}.static", Desk(running.address)
    start = {"auto_offset_reset": "latest"}
    first, second = Hand(at_once=True), Hand(at_once=True)
    other = streamer(desk, group, member_id="agent-1", **start)
    async with streaming(other, second):
        async with streaming(one := streamer(desk, group, member_id="agent-0", **start), first):
            await until(lambda: _shares(one, other) == [(2, 2), (2, 2)], "they share", 60)
            await asyncio.sleep(1)
            mine = set(one.partitions)
        assert _shares(other) == [(2, 2)]
        publish(running.address, runs(*range(2000, 2040)))
        again = Hand(at_once=True)
        async with streaming(back := streamer(desk, group, member_id="agent-0", **start), again):
            await until(lambda: set(back.partitions) == mine, "it has its partitions back", 30)
            await until(lambda: len(again.taken) + len(second.taken) == 40, "nothing is lost", 30)
        assert _shares(other) == [(2, 2)], "nobody else noticed"
    assert len(again.taken) == 20


async def test_a_killed_broker_that_comes_back_repeats_nothing(running: ApacheKafka) -> None:
    group, desk = f"{GROUP}.killed", Desk(running.address)
    hand = Hand()
    found = streamer(desk, group, session_timeout_ms=6000, auto_offset_reset="latest")
    async with streaming(found, hand):
        await until(lambda: _shares(found) == [(4, 4)], "it works", 60)
        await asyncio.sleep(1)
        publish(running.address, runs(*range(3000, 3020)))
        await until(lambda: len(hand.taken) == 20, "it has work", 60)
        await asyncio.to_thread(running.strike)
        hand.finish()
        hand.at_once = True
        await until_committed(partial(committed, running.address, group), ends(running.address))
        publish(running.address, runs(3020))
        await until(lambda: "r_3020" in hand.ids, "it goes on", 60)
    assert Counter(hand.ids) == Counter(f"r_{at}" for at in range(3000, 3021))
