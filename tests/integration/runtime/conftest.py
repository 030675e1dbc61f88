"""The whole process between a real portal and a third party on a socket."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from fairway.integration.testing.third_party import FakeThirdParty
from support.integration_process import IntegrationProcess, Make, write_shop
from support.live import LivePortal


@pytest.fixture
async def party() -> AsyncIterator[FakeThirdParty]:
    async with FakeThirdParty() as server:
        server.on("GET", "/items", [{"id": "a", "size": 1}, {"id": "b", "size": 2}])
        yield server


@pytest.fixture
async def make(live_portal: LivePortal, party: FakeThirdParty, tmp_path: Path) -> AsyncIterator[Make]:
    """Makes processes over one folder, and kills what is left of them."""
    made: list[IntegrationProcess] = []
    folder = write_shop(tmp_path / "shop")

    def process(**environment: str) -> IntegrationProcess:
        made.append(IntegrationProcess(folder, live_portal, party.url, **environment))
        return made[-1]

    yield process
    for each in made:
        with suppress(AssertionError, ProcessLookupError):
            await each.end(signal.SIGKILL)
