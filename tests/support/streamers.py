"""Kafka streamers whose work the test finishes, and waiting for what they commit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from fairway.agent.kafka import KafkaCredentials, KafkaSettings, KafkaStreamer
from fairway.agent.kafka.subscription import Read, Subscription
from fairway.agent.messages import MessageReader, SignatureCheck, Skipped
from fairway.agent.model import Invocation, Report
from fairway.kit.clock import SystemClock
from support.kafka import CHANGES, RUNS, MockBroker
from support.targets import SECRET

GROUP = "org.agents"


@dataclass
class Hand:
    """Takes invocations; they are done when the test says so, or at once."""

    at_once: bool = False
    taken: list[Invocation] = field(default_factory=list)
    futures: list[asyncio.Future[Report]] = field(default_factory=list)

    async def __call__(self, invocation: Invocation) -> asyncio.Future[Report]:
        future: asyncio.Future[Report] = asyncio.get_running_loop().create_future()
        self.taken.append(invocation)
        self.futures.append(future)
        if self.at_once:
            future.set_result(Report(invocation))
        return future

    @property
    def ids(self) -> list[str | None]:
        return [each.id for each in self.taken]

    def finish(self, *ids: str) -> None:
        """These, or all that are open."""
        for invocation, future in zip(self.taken, self.futures, strict=True):
            if not future.done() and (not ids or invocation.id in ids):
                future.set_result(Report(invocation))

    def cancel(self, *ids: str) -> None:
        """These are to be begun again."""
        for invocation, future in zip(self.taken, self.futures, strict=True):
            if not future.done() and invocation.id in ids:
                future.cancel()


async def until(holds: Callable[[], bool], what: str, seconds: float = 30) -> None:
    """Waits until something holds."""
    for _ in range(int(seconds * 50)):
        if holds():
            return
        await asyncio.sleep(0.02)
    raise AssertionError(f"it did not come to pass: {what}")


async def until_committed(read: Callable[[], list[int]], expected: list[int]) -> None:
    """Waits until a group has committed these offsets."""
    found: list[int] = []
    for _ in range(200):
        found = await asyncio.to_thread(read)
        if found == expected:
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"committed is {found}, not {expected}")


def settings(**changes: Any) -> KafkaSettings:
    """Quick ones; the mock broker takes almost a session time-out for every rebalance."""
    options: dict[str, Any] = {"session_timeout_ms": 1500, "first_backoff_seconds": 0.05, "max_backoff_seconds": 0.2}
    extra = {"heartbeat.interval.ms": 200, "reconnect.backoff.ms": 20, "reconnect.backoff.max.ms": 200}
    return KafkaSettings(GROUP, RUNS, CHANGES, **{**options, "extra": extra, **changes})


def credentials(address: str) -> Callable[[], Awaitable[KafkaCredentials]]:
    async def ask() -> KafkaCredentials:
        return KafkaCredentials((address,))

    return ask


def _reader() -> MessageReader:
    return MessageReader(SignatureCheck(lambda: SECRET, SystemClock()))


def read_run(value: bytes | None, at: float) -> Invocation | Skipped:
    """As agents read messages of runs."""
    return _reader().run(value, received_at=at)


def streamer(broker: MockBroker, **changes: Any) -> KafkaStreamer:
    return KafkaStreamer(settings(**changes), credentials(broker.address), _reader())


def member(broker: MockBroker, read: Read = read_run, **changes: Any) -> Subscription:
    """The part of a streamer that reads runs. The mock broker takes long over groups of many members, and refuses
    commits meanwhile, which Kafka does not; so each agent has one member only."""
    return Subscription(settings(**changes), RUNS, credentials(broker.address), read)


@asynccontextmanager
async def streaming(
    found: KafkaStreamer | Subscription, hand: Callable[[Invocation], Awaitable[asyncio.Future[Report]]]
) -> AsyncIterator[None]:
    """A streamer at work; then it leaves its group."""
    task = asyncio.create_task(found.run(hand))
    try:
        yield
    finally:
        await found.aclose()
        await task
