"""A third party on a socket, and clients of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from fairway.integration.http import HttpSettings, OutboundGuard, ThirdPartyHttp
from fairway.integration.testing.third_party import FakeThirdParty
from fairway.kit.clock import ManualClock


@pytest.fixture
async def party() -> AsyncIterator[FakeThirdParty]:
    async with FakeThirdParty() as server:
        yield server


class Sleeper:
    """Moves a clock instead of sleeping, and remembers by how much."""

    def __init__(self) -> None:
        self.slept: list[float] = []
        self.clock = ManualClock(datetime(2026, 3, 1, 12, tzinfo=UTC))

    async def __call__(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.clock.advance(seconds=seconds)
        await asyncio.sleep(0)


@pytest.fixture
def sleeper() -> Sleeper:
    return Sleeper()


Clients = Callable[..., ThirdPartyHttp]


@pytest.fixture
async def clients(party: FakeThirdParty, sleeper: Sleeper) -> AsyncIterator[Clients]:
    """Makes clients of the party; keyword arguments are those of ``HttpSettings``, and ``token`` and ``headers``."""
    made: list[ThirdPartyHttp] = []

    def make(**given: Any) -> ThirdPartyHttp:
        own = {name: given.pop(name) for name in ("token", "headers") if name in given}
        base = given.pop("base_url", party.url)
        given.setdefault("guard", OutboundGuard(allowed=["127.0.0.1"]))
        given = {"sleep": sleeper, "clock": sleeper.clock, **given}
        made.append(ThirdPartyHttp(HttpSettings(**given), base_url=base, **own))
        return made[-1]

    yield make
    for client in made:
        await client.aclose()
