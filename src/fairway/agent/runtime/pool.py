"""The pool: bounded parallelism, order within a key, no waiting of one host for another.

An invocation passes three barriers: the one before it of the same key is done; its host and its action have room; the
agent has room. What waits at one barrier is passed by everything that need not wait there.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from fairway.agent.model import Invocation, Report
from fairway.agent.operations.metrics import AgentMetrics
from fairway.agent.runtime.gates import Gate, Gates, Item
from fairway.kit.logs import get_logger

_AHEAD = 128
"""Waiting invocations of one action or host that are taken in at any rate."""
_AHEAD_SECONDS = 0.25
"""Beyond that, as many as are worked off in this time: enough to bridge a claim."""

log = get_logger(__name__)
Work = Callable[[Invocation], Awaitable[Report | None]]
Deliver = Callable[[Report, "asyncio.Future[Report]"], None]


@dataclass(frozen=True, slots=True)
class Limits:
    """What may be under way at once; ``capacity`` counts what waits, too."""

    parallel: int
    per_host: int
    per_action: int = 0
    capacity: int = 0

    @property
    def held(self) -> int:
        """Most invocations in the pool."""
        return self.capacity or max(1024, 4 * self.parallel)


class Pool:
    """``work`` executes one invocation; its report is none when it was not to be executed after all. ``deliver`` takes
    the report, and ends the future when that is safe."""

    def __init__(
        self,
        work: Work,
        deliver: Deliver,
        limits: Limits,
        metrics: AgentMetrics,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._work = work
        self._deliver = deliver
        self._limits = limits
        metrics.in_flight.set_function(lambda: len(self._running))
        metrics.waiting.set_function(lambda: self._waits)
        self._monotonic = monotonic
        self._hosts = Gates(limits.per_host)
        self._actions = Gates(limits.per_action)
        self._parallel = limits.parallel
        self._keys: dict[str, deque[Item] | None] = {}
        self._ready: deque[Item] = deque()
        self._running: set[Item] = set()
        self._waiting: Counter[str] = Counter()
        self._waits = 0
        self._closed = False
        self._room = asyncio.Event()
        self._room.set()
        self._finished = 0
        self._rate = 0.0
        self._measured = (monotonic(), 0)

    @property
    def held(self) -> int:
        """Invocations in the pool."""
        return self._waits + len(self._running)

    @property
    def room(self) -> int:
        """Invocations that it would take at once."""
        return 0 if self._closed else max(0, self._limits.held - self.held)

    async def room_for_one(self) -> None:
        """Returns when there is room, or the pool is closed."""
        while not self._closed and self.held >= self._limits.held:
            self._room.clear()
            await self._room.wait()

    async def submit(self, invocation: Invocation, host: str = "") -> asyncio.Future[Report]:
        """See :class:`fairway.agent.runtime.streamer.Submit`; ``host`` is where its request goes."""
        if self.held >= self._limits.held:
            await self.room_for_one()
        future: asyncio.Future[Report] = asyncio.get_running_loop().create_future()
        if self._closed:
            future.cancel()
            return future
        gates: tuple[Gate, ...] = (self._hosts.gate(host),)
        if self._limits.per_action and invocation.action:
            gates += (self._actions.gate(invocation.action),)
        item = Item(invocation, future, gates)
        self._count_waiting(item, 1)
        if invocation.key not in self._keys:
            self._keys[invocation.key] = None
            self._admit(item)
        else:
            queue = self._keys[invocation.key]
            if queue is None:
                queue = self._keys[invocation.key] = deque()
            queue.append(item)
        return future

    def widen(self, factor: int) -> None:
        """Multiplies the limits: work may then do something else than sending, such as asking whether it may."""
        self._parallel = self._limits.parallel * factor
        self._hosts.change(self._limits.per_host * factor)

    def crowded(self) -> set[str]:
        """Actions of which enough waits: others should be claimed. The more of the pool is taken, the less is enough,
        so that there is room for others always."""
        threshold = max(1, min(self._ahead(), self._limits.held - self.held))
        found = {action for action, count in self._waiting.items() if count >= threshold}
        for queue in self._hosts.queues():
            if len(queue) >= threshold:
                found.update(item.invocation.action for item in queue)
        found.discard("")
        return found

    def _ahead(self) -> float:
        now, (then, finished) = self._monotonic(), self._measured
        if now - then >= 0.1:
            self._rate = (self._finished - finished) / (now - then)
            self._measured = (now, self._finished)
        return max(_AHEAD, self._rate * _AHEAD_SECONDS)

    def withdraw(self, ids: frozenset[str]) -> None:
        """Does not begin these any more, as others have them now."""
        for item in self._not_begun():
            if item.invocation.id in ids:
                item.withdrawn = True

    def close(self) -> list[Invocation]:
        """Takes nothing more and begins nothing more; what was not begun comes back, with futures cancelled."""
        self._closed = True
        self._room.set()
        waiting = self._not_begun()
        for item in waiting:
            item.future.cancel()
        self._ready.clear()
        self._keys.clear()
        for queue in (*self._hosts.queues(), *self._actions.queues()):
            queue.clear()
        self._waits = 0
        self._waiting.clear()
        return [item.invocation for item in waiting]

    async def drain(self, seconds: float) -> list[Invocation]:
        """Waits for what was begun, then cuts off the rest, which comes back."""
        tasks = {item.task: item for item in self._running if item.task is not None}
        if not tasks:
            return []
        _, late = await asyncio.wait(tasks, timeout=seconds)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        return [tasks[task].invocation for task in late]

    def _not_begun(self) -> list[Item]:
        queued = [item for queue in self._keys.values() if queue for item in queue]
        gated = [item for queue in (*self._hosts.queues(), *self._actions.queues()) for item in queue]
        return [*self._ready, *gated, *queued]

    def _count_waiting(self, item: Item, by: int) -> None:
        self._waits += by
        action = item.invocation.action
        left = self._waiting[action] + by
        if left:
            self._waiting[action] = left
        else:
            del self._waiting[action]

    def _admit(self, item: Item) -> None:
        """The item's turn within its key has come."""
        for gate in item.gates:
            if gate.full:
                gate.queue.append(item)
                return
        for gate in item.gates:
            gate.inside += 1
        self._ready.append(item)
        self._begin()

    def _begin(self) -> None:
        while self._ready and len(self._running) < self._parallel:
            item = self._ready.popleft()
            self._count_waiting(item, -1)
            self._running.add(item)
            item.task = asyncio.create_task(self._run(item))

    async def _run(self, item: Item) -> None:
        try:
            report = None if item.withdrawn else await self._work(item.invocation)
            if report is None:
                item.future.cancel()
            else:
                self._deliver(report, item.future)
        except asyncio.CancelledError:
            item.future.cancel()
            raise
        except Exception:  # a fault of ours: whoever waits for this one must not wait for ever
            log.exception("pool_fault", run_id=item.invocation.id)
            item.future.cancel()
        finally:
            self._done(item)

    def _done(self, item: Item) -> None:
        self._running.discard(item)
        self._finished += 1
        for gate in item.gates:
            gate.inside -= 1
        if not self._closed:
            self._next_of_key(item.invocation.key)
            for gate in item.gates:
                while gate.queue and not gate.full:
                    self._admit(gate.queue.popleft())
        for gate in item.gates:
            (self._hosts if gate is item.gates[0] else self._actions).tidy(gate)
        self._room.set()
        self._begin()

    def _next_of_key(self, key: str) -> None:
        queue = self._keys.get(key)
        if queue:
            self._admit(queue.popleft())
        else:
            self._keys.pop(key, None)
