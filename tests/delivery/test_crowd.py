"""One receiver that hangs leaves room for the others."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from fairway.kit.clock import ManualClock
from fairway.portal.runs.delivery.crowd import SLOW, SLOW_MS, Crowd
from fairway.portal.storage.jobs import RetryLater


@pytest.fixture
def moving() -> ManualClock:
    return ManualClock(datetime(2030, 1, 1, tzinfo=UTC))


class Inside:
    """Deliveries that stay until they are released."""

    def __init__(self, crowd: Crowd) -> None:
        self.crowd = crowd
        self.gate = asyncio.Event()
        self.tasks: list[asyncio.Task[None]] = []
        self.entered = 0

    async def _stay(self, name: str) -> None:
        async with self.crowd.room(name):
            self.entered += 1
            await self.gate.wait()

    async def enter(self, count: int, name: str = "slow") -> None:
        self.tasks += [asyncio.create_task(self._stay(name)) for _ in range(count)]
        await asyncio.sleep(0.01)

    async def leave(self) -> None:
        self.gate.set()
        await asyncio.gather(*self.tasks)


async def test_a_slow_receiver_lets_nobody_else_in(moving: ManualClock) -> None:
    crowd = Crowd(moving)
    inside = Inside(crowd)
    await inside.enter(SLOW)
    async with crowd.room("slow"):
        pass
    moving.advance(seconds=SLOW_MS / 1000)
    pauses = []
    for _ in range(500):
        with pytest.raises(RetryLater) as turned_away:
            async with crowd.room("slow"):
                raise AssertionError("there is no room")
        assert not turned_away.value.tried
        pauses.append(turned_away.value.pause_seconds)
    assert 0.7 <= pauses[0] < 2
    assert 20 <= pauses[-1] <= 40
    async with crowd.room("another"):
        pass
    await inside.leave()
    async with crowd.room("slow"):
        pass


async def test_a_quick_one_is_waited_for(moving: ManualClock) -> None:
    crowd = Crowd(moving, most=2)
    inside = Inside(crowd)
    await inside.enter(3)
    assert inside.entered == 2
    await inside.leave()
    assert inside.entered == 3


async def test_nothing_is_kept_of_those_who_left(moving: ManualClock) -> None:
    crowd = Crowd(moving)
    for number in range(100):
        async with crowd.room(f"host-{number}"):
            pass
    assert crowd._places == {}
