"""The Kafka streamer against librdkafka's mock broker: what it hands out and what it commits (contract 5, 19.1)."""

from __future__ import annotations

import asyncio
import json
from functools import partial

import pytest

from fairway.agent.messages import Skipped
from fairway.agent.model import Invocation, Report
from support.kafka import CHANGES, RUNS, Event, MockBroker, change_event, committed, ends, publish, run_event
from support.streamers import GROUP, Hand, member, read_run, streamer, streaming, until, until_committed
from support.targets import SECRET

URL = "http://target/hook"
NONE = -1001
"""No offset is committed."""


def event(run_id: str, partition: int = 0) -> Event:
    made = run_event(run_id, URL, secret=SECRET)
    return Event(made.value, made.key, made.topic, partition)


async def test_messages_of_the_portal_arrive(broker: MockBroker) -> None:
    publish(broker.address, [run_event("r_1", URL, secret=SECRET, entity="cart"), change_event(URL, run_id="r_9")])
    hand = Hand(at_once=True)
    found = streamer(broker)
    async with streaming(found, hand):
        await until(lambda: len(hand.taken) == 2, "both arrive")
        await until(lambda: found.health().connected, "it knows that it is connected")
        await until(lambda: len(found.partitions) == 8, "all partitions of both topics are its own")
        for topic in (RUNS, CHANGES):
            await until_committed(lambda t=topic: sorted(committed(broker.address, GROUP, t)), [NONE, NONE, NONE, 1])
    run, change = sorted(hand.taken, key=lambda each: each.kind, reverse=True)
    assert (run.kind, run.id, run.problem, run.key, run.source) == ("run", "r_1", "", "service/cart", "KAFKA")
    assert (change.kind, change.id) == ("changelog", None)


async def test_only_the_finished_prefix_is_committed(broker: MockBroker) -> None:
    publish(broker.address, [event(f"r_{at}") for at in range(6)])
    hand = Hand()
    read = partial(committed, broker.address, GROUP)
    async with streaming(member(broker), hand):
        await until(lambda: len(hand.taken) == 6, "six arrive")
        hand.finish("r_0", "r_1", "r_3", "r_4", "r_5")
        await until_committed(read, [2, NONE, NONE, NONE])
        await asyncio.sleep(0.5)
        assert read() == [2, NONE, NONE, NONE], "r_2 holds back what follows"
        hand.finish("r_2")
        await until_committed(read, [6, NONE, NONE, NONE])


async def test_a_fault_with_one_message_keeps_no_other_from_being_read(broker: MockBroker) -> None:
    """An exception that nobody foresaw: the message is passed over, what follows is worked off and committed."""
    publish(broker.address, [event(f"r_{at}") for at in range(4)])
    hand = Hand(at_once=True)

    def broken(value: bytes | None, at: float) -> Invocation | Skipped:
        if b"r_1" in (value or b""):
            raise RuntimeError("a fault of ours")
        return read_run(value, at)

    async with streaming(member(broker, read=broken), hand):
        await until_committed(partial(committed, broker.address, GROUP), [4, NONE, NONE, NONE])
    assert hand.ids == ["r_0", "r_2", "r_3"]


async def test_what_is_unfinished_comes_again_after_a_restart(broker: MockBroker) -> None:
    """Nothing is lost, however an agent ends."""
    publish(broker.address, [event(f"r_{at}") for at in range(4)])
    first, second = Hand(), Hand(at_once=True)
    async with streaming(member(broker), first):
        await until(lambda: len(first.taken) == 4, "four arrive")
        first.finish("r_0", "r_2")
    async with streaming(member(broker), second):
        await until(lambda: len(second.taken) == 3, "the rest comes again")
    assert second.ids == ["r_1", "r_2", "r_3"]
    assert committed(broker.address, GROUP) == [4, NONE, NONE, NONE]


@pytest.mark.slow
async def test_a_full_pool_pauses_the_brokers_and_keeps_the_membership(broker: MockBroker) -> None:
    publish(broker.address, [event(f"r_{at}", at % 4) for at in range(400)])
    hand = Hand()
    # shorter than the pause: a member that stopped to poll would be thrown out
    short = {"max.poll.interval.ms": 2000, "heartbeat.interval.ms": 200}
    found = member(broker, max_held=50, extra=short)
    async with streaming(found, hand):
        await until(lambda: len(hand.taken) == 50, "it takes as many as there is room for")
        await asyncio.sleep(3.5)
        assert len(hand.taken) == 50
        assert len(found.partitions) == 4, "it is a member still"
        for _ in range(2000):
            hand.finish()
            if len(hand.ids) == 400:
                break
            await asyncio.sleep(0.01)
    assert len(hand.ids) == 400, "each once"
    assert set(hand.ids) == {f"r_{at}" for at in range(400)}
    assert committed(broker.address, GROUP) == ends(broker.address) == [100] * 4


async def test_quick_work_is_not_slowed_down_by_pauses(broker: MockBroker) -> None:
    """To resume a paused partition takes the client a second; while room comes soon, none is paused."""
    publish(broker.address, [event(f"r_{at}", at % 4) for at in range(1000)])
    hand = Hand()

    async def quick(invocation: Invocation) -> asyncio.Future[Report]:
        future = await hand(invocation)
        asyncio.get_running_loop().call_later(0.01, hand.finish, invocation.id)
        return future

    found = member(broker, max_held=20)
    pauses = 0
    async with streaming(found, quick):
        while len(hand.ids) < 1000:
            thread = found._thread
            pauses += bool(thread is not None and thread._paused)
            await asyncio.sleep(0.005)
    assert pauses == 0


async def test_a_stuck_message_holds_up_its_partition_only(broker: MockBroker) -> None:
    """And that only after a window of further messages, which would all be repeated after a crash."""
    publish(broker.address, [event(f"r_{at}", at % 2) for at in range(1200)])
    hand = Hand()
    found = member(broker, max_window=100)
    async with streaming(found, hand):

        def finished() -> bool:
            for invocation, future in zip(hand.taken, hand.futures, strict=True):
                if invocation.id != "r_0" and not future.done():
                    hand.finish(invocation.id or "")
            return len([each for each in hand.ids if int((each or "r_0")[2:]) % 2]) == 600

        await until(finished, "the other partition is worked off")
        even = [each for each in hand.ids if int((each or "")[2:]) % 2 == 0]
        assert 100 <= len(even) < 600
        hand.finish("r_0")
        await until(lambda: finished() and len(hand.ids) == 1200, "then this one goes on")
    assert committed(broker.address, GROUP)[:2] == [600, 600]


async def test_poison_messages_are_passed_and_hold_up_nothing(broker: MockBroker) -> None:
    poison = [b"", b"{", b"\xff\xfe", b"[1,2]", b"null", b"[" * 100_000, b'{"payload": 5}', b"x" * 900_000]
    before, after = event("r_1"), event("r_2")
    publish(broker.address, [before, *(Event(each, "k", RUNS, 0) for each in poison), after])
    publish(broker.address, [*(Event(each, "k", CHANGES, 0) for each in poison), change_event(URL)])
    hand = Hand(at_once=True)
    async with streaming(streamer(broker), hand):
        await until(lambda: len(set(hand.ids)) == 3, "what can be read arrives")
        await until_committed(lambda: committed(broker.address, GROUP)[:1], [2 + len(poison)])
    assert {each.id for each in hand.taken} == {"r_1", "r_2", None}


async def test_messages_of_others_are_passed(broker: MockBroker) -> None:
    """Actions of type KAFKA and changes for other destinations stand on the same topics (contract 5)."""
    mine = event("r_3")
    others = [
        run_event("r_1", URL, secret=SECRET, method={"type": "KAFKA", "agent": False}),
        run_event("r_2", URL, secret=SECRET, method={"type": "GITHUB"}),
    ]
    placed = [Event(each.value, each.key, RUNS, 0) for each in others]
    publish(broker.address, [*placed, mine, change_event(URL, changelogDestination={"type": "KAFKA"})])
    hand = Hand(at_once=True)
    async with streaming(streamer(broker), hand):
        await until_committed(lambda: committed(broker.address, GROUP)[:1], [3])
    assert set(hand.ids) == {"r_3"}


async def test_forged_messages_arrive_with_their_problem(broker: MockBroker) -> None:
    forged = run_event("r_1", URL, secret="another secret, forty characters long")
    unsigned = Event(forged.value.replace(b"X-Port-Signature", b"X-Other"), "k", RUNS, 1)
    publish(broker.address, [forged, unsigned])
    hand = Hand(at_once=True)
    async with streaming(member(broker), hand):
        await until(lambda: len(hand.taken) == 2, "both arrive, so that their runs end")
    assert sorted(each.problem[:28] for each in hand.taken) == [
        "The message is not signed: \"", "The message's signature is w",
    ]  # fmt: skip


async def test_copies_of_a_signed_message_are_not_executed_again(broker: MockBroker) -> None:
    """Nothing hinders whoever can publish from doing so (contract 17); printed in another way it is a copy still."""
    original = event("r_0")
    copies = [original.value, json.dumps(json.loads(original.value), indent=1).encode()]
    publish(broker.address, [original, *(Event(each, "k", RUNS, at) for at, each in enumerate(copies)), event("r_1")])
    hand = Hand(at_once=True)
    async with streaming(member(broker), hand):
        await until_committed(lambda: committed(broker.address, GROUP)[:2], [3, 1])
    assert len(hand.ids) == 2
    assert set(hand.ids) == {"r_0", "r_1"}


async def test_work_that_must_be_begun_again_is(broker: MockBroker) -> None:
    publish(broker.address, [event("r_0"), event("r_1")])
    hand = Hand()
    async with streaming(member(broker), hand):
        await until(lambda: len(hand.taken) == 2, "both arrive")
        hand.cancel("r_0")
        hand.finish("r_1")
        await until(lambda: len(hand.taken) == 3, "the first comes again")
        assert hand.ids == ["r_0", "r_1", "r_0"]
        assert committed(broker.address, GROUP)[0] == NONE
        hand.finish("r_0")
        await until_committed(partial(committed, broker.address, GROUP), [2, NONE, NONE, NONE])


async def test_stopping_hands_out_nothing_more_and_commits_what_finishes(broker: MockBroker) -> None:
    publish(broker.address, [event("r_0"), event("r_1")])
    hand = Hand()
    found = member(broker)
    async with streaming(found, hand):
        await until(lambda: len(hand.taken) == 2, "both arrive")
        found.stop()
        publish(broker.address, [event("r_2")])
        await asyncio.sleep(1)
        assert hand.ids == ["r_0", "r_1"]
        hand.finish("r_0")
        await until_committed(partial(committed, broker.address, GROUP), [1, NONE, NONE, NONE])
        hand.finish("r_1")
        # closing commits the rest
    assert committed(broker.address, GROUP)[0] == 2
    async with streaming(member(broker), again := Hand(at_once=True)):
        await until(lambda: again.ids == ["r_2"], "the next agent goes on there")


async def test_a_new_group_starts_where_it_is_told(broker: MockBroker) -> None:
    publish(broker.address, [event("r_old")])
    hand = Hand(at_once=True)
    found = member(broker, auto_offset_reset="largest")
    async with streaming(found, hand):
        await until(lambda: len(found.partitions) == 4, "it joins")
        await asyncio.sleep(0.5)
        publish(broker.address, [event("r_new")])
        await until(lambda: hand.ids == ["r_new"], "only what is new")


async def test_a_new_group_loses_nothing_between_its_agents(broker: MockBroker) -> None:
    """The chart's default starts a group at the end of each partition. Where nothing was committed yet, the next agent
    would start at the end of its own time, and what came in between would be lost."""
    publish(broker.address, [event("r_old", 1)])
    async with streaming(member(broker, auto_offset_reset="largest"), Hand()):
        await until_committed(partial(committed, broker.address, GROUP), [0, 1, 0, 0])
    publish(broker.address, [event(f"r_{at}", at) for at in range(4)])
    hand = Hand(at_once=True)
    async with streaming(member(broker, auto_offset_reset="largest"), hand):
        await until(lambda: len(hand.ids) == 4, "nothing is lost")
    assert sorted(map(str, hand.ids)) == ["r_0", "r_1", "r_2", "r_3"]
