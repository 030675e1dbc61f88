"""The pool: bounded, in order within a key, nobody waits for somebody else's slow target."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from fairway.agent.model import Invocation, Report
from fairway.agent.operations.metrics import AgentMetrics
from fairway.agent.runtime.pool import Limits, Pool


class Work:
    """Executes by waiting until the test lets go."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.now = 0
        self.most = 0
        self._gates: dict[str, asyncio.Event] = {}

    async def __call__(self, invocation: Invocation) -> Report | None:
        name = invocation.id or ""
        self.started.append(name)
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await asyncio.sleep(0)
            await self._gate(name).wait()
        finally:
            self.now -= 1
        return Report(invocation, status="SUCCESS")

    def let_go(self, *names: str) -> None:
        for name in names:
            self._gate(name).set()

    def _gate(self, name: str) -> asyncio.Event:
        return self._gates.setdefault(name, asyncio.Event())


def _deliver(report: Report, future: asyncio.Future[Report]) -> None:
    future.set_result(report)


def _pool(work: Work, **limits: int) -> Pool:
    return Pool(work, _deliver, Limits(**{"parallel": 100, "per_host": 100, **limits}), AgentMetrics())


def _invocation(name: str, key: str = "", action: str = "") -> Invocation:
    return Invocation("run", name, {}, {}, key or name, action)


async def _end(pool: Pool) -> None:
    pool.close()
    await pool.drain(0)


async def _settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_one_key_is_worked_off_in_order_and_others_pass() -> None:
    work = Work()
    pool = _pool(work)
    futures = [await pool.submit(_invocation(name, key)) for name, key in (("a1", "a"), ("a2", "a"), ("b1", "b"))]
    await _settle()
    assert work.started == ["a1", "b1"]
    work.let_go("a2", "a1")
    await asyncio.gather(*futures[:2])
    assert work.started == ["a1", "b1", "a2"]
    assert pool.held == 1
    await _end(pool)


async def test_a_slow_host_does_not_block_others() -> None:
    work = Work()
    pool = _pool(work, parallel=3, per_host=2)
    for number in range(10):
        await pool.submit(_invocation(f"slow{number}"), "slow")
    await pool.submit(_invocation("quick"), "quick")
    await _settle()
    assert work.started == ["slow0", "slow1", "quick"]
    work.let_go("slow0")
    await _settle()
    assert work.started[-1] == "slow2"
    await _end(pool)


async def test_limits_of_an_action() -> None:
    work = Work()
    pool = _pool(work, per_action=1)
    for name in ("x1", "x2", "y1"):
        await pool.submit(_invocation(name, action=name[0]), "host")
    await _settle()
    assert work.started == ["x1", "y1"]
    work.let_go("x1")
    await _settle()
    assert work.started == ["x1", "y1", "x2"]
    await _end(pool)


async def test_never_more_at_once_than_allowed() -> None:
    work = Work()
    pool = _pool(work, parallel=4)
    names = [f"r{number}" for number in range(40)]
    work.let_go(*names)
    await asyncio.gather(*[await pool.submit(_invocation(name), f"host{name[-1]}") for name in names])
    assert sorted(work.started) == sorted(names)
    assert work.most == 4
    assert pool.held == 0


async def test_submitting_waits_for_room() -> None:
    work = Work()
    pool = _pool(work, parallel=1, capacity=2)
    for name in ("a", "b"):
        await pool.submit(_invocation(name))
    third = asyncio.create_task(pool.submit(_invocation("c")))
    await _settle()
    assert not third.done()
    work.let_go("a")
    await _settle()
    assert third.done()
    await _end(pool)


async def test_an_action_that_fills_the_pool_is_not_claimed_any_more() -> None:
    work = Work()
    pool = _pool(work, parallel=1, capacity=300)
    for number in range(140):
        await pool.submit(_invocation(f"r{number}", action="busy"), "host")
    await pool.submit(_invocation("other", action="other"), "elsewhere")
    assert pool.crowded() == {"busy"}
    await _end(pool)


async def test_closing_gives_back_what_was_not_begun() -> None:
    work = Work()
    pool = _pool(work, per_host=1)
    futures = {name: await pool.submit(_invocation(name, name[0]), name[0]) for name in ("a1", "a2", "b1", "b2")}
    third = await pool.submit(_invocation("c"), "a")
    await _settle()
    back = pool.close()
    assert sorted(each.id or "" for each in back) == ["a2", "b2", "c"]
    assert futures["a2"].cancelled()
    assert third.cancelled()
    work.let_go("a1")
    late = await pool.drain(0.05)
    assert [each.id for each in late] == ["b1"]
    assert futures["a1"].result().status == "SUCCESS"
    assert (await pool.submit(_invocation("d"))).cancelled()
    assert pool.held == 0


async def test_what_somebody_else_has_is_not_begun() -> None:
    work = Work()
    pool = _pool(work)
    first, second = [await pool.submit(_invocation(name, "key")) for name in ("a", "b")]
    pool.withdraw(frozenset({"b"}))
    work.let_go("a", "b")
    await first
    await _settle()
    assert second.cancelled()
    assert work.started == ["a"]


@pytest.mark.parametrize("fault", [RuntimeError, ValueError])
async def test_a_fault_blocks_nobody(fault: Callable[[], Exception]) -> None:
    async def broken(invocation: Invocation) -> Report | None:
        raise fault()

    pool = Pool(broken, _deliver, Limits(1, 1), AgentMetrics())
    futures = [await pool.submit(_invocation(name, "key"), "host") for name in ("a", "b")]
    await _settle()
    await _settle()
    assert all(future.cancelled() for future in futures)
    assert pool.held == 0


async def test_gates_do_not_pile_up() -> None:
    work = Work()
    pool = _pool(work, per_action=3)
    names = [f"r{number}" for number in range(50)]
    work.let_go(*names)
    await asyncio.gather(*[await pool.submit(_invocation(name, action=name), name) for name in names])
    await _settle()
    assert not pool._hosts._gates
    assert not pool._actions._gates
    assert not pool._keys
