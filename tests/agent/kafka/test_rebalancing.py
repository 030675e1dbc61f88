"""Several agents of one group: sharing, taking over, standing by (contract 5, 17, 19.10)."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from functools import partial

import pytest

from fairway.agent.kafka.subscription import Subscription
from support.kafka import RUNS, Event, MockBroker, committed, mock_broker, publish, run_event
from support.streamers import GROUP, Hand, member, streaming, until, until_committed
from support.targets import SECRET


def events(first: int, count: int, partitions: int = 4) -> list[Event]:
    made = [run_event(f"r_{at}", "http://x", secret=SECRET) for at in range(first, first + count)]
    return [Event(each.value, each.key, RUNS, at % partitions) for at, each in enumerate(made)]


@pytest.fixture
def narrow() -> Iterator[MockBroker]:
    """One partition per topic."""
    with mock_broker() as found:
        found.create(1)
        yield found


def _together(*streamers: Subscription) -> list[int]:
    return [len(each.partitions) for each in streamers]


async def test_a_second_agent_takes_its_share_and_nothing_is_lost_or_done_twice(broker: MockBroker) -> None:
    publish(broker.address, events(0, 200))
    first, second = Hand(at_once=True), Hand(at_once=True)
    one, two = member(broker), member(broker)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(streaming(one, first))
        await until(lambda: len(first.taken) == 200, "the first does all")
        await stack.enter_async_context(streaming(two, second))
        await until(lambda: _together(one, two) == [2, 2], "they share")
        publish(broker.address, events(200, 200))
        await until(lambda: len(first.taken) + len(second.taken) == 400, "both work")
        assert second.taken
        await until_committed(partial(committed, broker.address, GROUP), [100] * 4)
    assert set(first.ids + second.ids) == {f"r_{at}" for at in range(400)}


async def test_work_in_hand_is_finished_and_committed_before_others_get_it(broker: MockBroker) -> None:
    publish(broker.address, events(0, 8))
    first, second = Hand(), Hand(at_once=True)
    one, two = member(broker), member(broker)
    async with streaming(one, first), AsyncExitStack() as stack:
        await until(lambda: len(first.taken) == 8, "the first has all of it")
        await stack.enter_async_context(streaming(two, second))
        await asyncio.sleep(1)
        assert second.taken == []
        first.finish()
        await until(lambda: _together(one, two) == [2, 2], "then they share")
        await asyncio.sleep(0.5)
        assert second.taken == [], "what was finished before does not come again"


async def test_work_that_takes_too_long_is_given_away(broker: MockBroker) -> None:
    """The next agent repeats it, with the same idempotency key; what finishes late is not committed by the first."""
    publish(broker.address, events(0, 8))
    first, second = Hand(), Hand(at_once=True)
    one, two = member(broker, revoke_seconds=0.3), member(broker)
    async with streaming(one, first):
        await until(lambda: len(first.taken) == 8, "the first began")
        async with streaming(two, second):
            await until(lambda: _together(one, two) == [2, 2], "they share")
            await until(lambda: len(second.taken) >= 4, "the second repeats its part")
            first.finish()
            await until_committed(partial(committed, broker.address, GROUP), [2] * 4)
    assert set(second.ids) < set(first.ids)


@pytest.mark.slow
async def test_leaving_hands_over_at_once(broker: MockBroker) -> None:
    """Not after a session time-out (contract 5: 46 s)."""
    publish(broker.address, events(0, 40))
    first, second = Hand(at_once=True), Hand(at_once=True)
    one, two = member(broker), member(broker)
    async with AsyncExitStack() as stack:
        async with streaming(one, first):
            await until(lambda: len(first.taken) == 40, "the first did it")
            await stack.enter_async_context(streaming(two, second))
            await until(lambda: _together(one, two) == [2, 2], "they share")
        assert one.partitions == []
        await until(lambda: len(two.partitions) == 4, "the second has everything")
        publish(broker.address, events(40, 40))
        new = {f"r_{at}" for at in range(40, 80)}
        await until(lambda: new <= set(second.ids), "and goes on")
    assert set(first.ids) == {f"r_{at}" for at in range(40)}


@pytest.mark.slow
async def test_spare_agents_stand_by_and_take_over(narrow: MockBroker) -> None:
    """The original exits without partitions, crash-loops, and each loop rebalances the others (contract 5)."""
    hands = [Hand(at_once=True) for _ in range(4)]
    streamers = [member(narrow) for _ in range(4)]
    stacks = [AsyncExitStack() for _ in streamers]
    for stack, each, hand in zip(stacks, streamers, hands, strict=True):
        await stack.enter_async_context(streaming(each, hand))

    def shared() -> bool:
        return sorted(_together(*streamers)) == [0, 0, 0, 1]

    await until(shared, "one partition for four agents")
    await until(lambda: [each.health().problem for each in streamers] == [""] * 4, "brokers answer to everybody")
    for each in streamers:
        assert each.health().due > asyncio.get_running_loop().time(), "nobody counts as stalled"
    publish(narrow.address, events(0, 10, 1))
    await until(lambda: sum(len(hand.taken) for hand in hands) == 10, "one works")
    worker = next(at for at, each in enumerate(streamers) if (RUNS, 0) in each.partitions)
    await stacks[worker].aclose()
    publish(narrow.address, events(10, 10, 1))
    everything = {f"r_{at}" for at in range(20)}
    await until(lambda: {id_ for hand in hands for id_ in hand.ids} == everything, "a spare one takes over")
    for stack in stacks:
        await stack.aclose()


async def test_a_member_that_was_thrown_out_commits_nothing_of_others(broker: MockBroker) -> None:
    """Partitions that were lost (no heartbeats reached the brokers) have another owner already."""
    publish(broker.address, events(0, 4))
    hand = Hand()
    one = member(broker)
    async with streaming(one, hand):
        await until(lambda: len(hand.taken) == 4, "it has work")
        broker.fail(12, 25)  # Heartbeat: UNKNOWN_MEMBER_ID
        await until(lambda: one.partitions == [], "its partitions are lost")
        await until(lambda: len(one.partitions) == 4, "it joins again")
        hand.finish()
        await until_committed(partial(committed, broker.address, GROUP), [1] * 4)
        assert len(hand.ids) == 4, "what is in hand is not begun again"


@pytest.mark.slow
async def test_what_was_paused_when_it_was_given_away_is_read_when_it_comes_back(broker: MockBroker) -> None:
    """The client keeps a partition paused over losing and getting it again."""
    publish(broker.address, events(0, 40))
    first, second = Hand(), Hand(at_once=True)
    one, two = member(broker, max_held=8, revoke_seconds=0.2), member(broker)
    async with streaming(one, first):
        await until(lambda: len(first.taken) == 8, "the first is full")
        await asyncio.sleep(1.5)  # longer than it waits for room before it pauses
        async with streaming(two, second):
            await until(lambda: _together(one, two) == [2, 2], "they share")
        await until(lambda: len(one.partitions) == 4, "the first has everything again")
        publish(broker.address, events(40, 40))
        first.at_once = True
        first.finish()
        wanted = {f"r_{at}" for at in range(80)}
        await until(lambda: wanted <= set(first.ids + second.ids), "it goes on with all of them")
