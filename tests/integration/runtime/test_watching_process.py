"""A process that follows a stream of the third party, between a real portal and sockets (contract section 9)."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from fairway.integration.testing.third_party import Asked, FakeThirdParty, Reply
from support.integration_process import FETCHING, IntegrationProcess, Make, sizes, until_sizes
from support.live import LivePortal

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]

_MAIN = f"""{FETCHING}
from fairway.integration.background import Gathering, pause


class Changed(Processor):
    async def get_matching_kinds(self, event):
        return ["item"]

    async def handle_event(self, payload, resource):
        return WebhookEventRawResults(updated_raw_results=[payload])


@integration.background()
async def listen(context):
    api = context.http.view(context.config.api_url)
    async with Gathering(context, "changes") as gathering:
        while not context.stopping.is_set():
            async with api.lines("/changes", stopping=context.stopping) as lines:
                await context.resync()
                async for change in lines.json():
                    await gathering.add(str(change["id"]), change)
            await pause(0.1, context.stopping)


integration.stream("changes", Changed)
"""


class Changes:
    """What the third party streams; ``None`` breaks the stream off."""

    def __init__(self, party: FakeThirdParty) -> None:
        self.connections = 0
        self._lines: asyncio.Queue[dict[str, Any] | None] = asyncio.Queue()
        party.route("GET", "/changes", self._answer)

    def say(self, change: dict[str, Any] | None) -> None:
        """The next line."""
        self._lines.put_nowait(change)

    async def connected(self, times: int) -> None:
        """Until so many connections were made."""
        async with asyncio.timeout(30):
            while self.connections < times:  # noqa: ASYNC110 nobody tells
                await asyncio.sleep(0.02)

    def _answer(self, asked: Asked) -> Reply:
        self.connections += 1
        return Reply(stream=self._stream())

    async def _stream(self) -> AsyncIterator[bytes]:
        yield b"\n"
        while (change := await self._lines.get()) is not None:
            yield json.dumps(change).encode() + b"\n"


@pytest.fixture
def changes(party: FakeThirdParty) -> Changes:
    return Changes(party)


@pytest.fixture
def watching(make: Make, changes: Changes, tmp_path: Path) -> Make:
    (tmp_path / "shop" / "main.py").write_text(_MAIN)
    return make


@pytest.fixture
async def process(watching: Make, live_portal: LivePortal, changes: Changes) -> IntegrationProcess:
    """One that has made its first sync and listens."""
    started = watching()
    await started.start()
    await until_sizes(live_portal, {"a": 1, "b": 2})
    await changes.connected(1)
    return started


async def test_what_it_hears_lands_and_a_broken_stream_is_opened_again(
    process: IntegrationProcess, live_portal: LivePortal, party: FakeThirdParty, changes: Changes
) -> None:
    for size in range(3, 8):
        changes.say({"id": "a", "size": size})
    await until_sizes(live_portal, {"a": 7, "b": 2})

    party.on("GET", "/items", [{"id": "a", "size": 7}, {"id": "b", "size": 2}, {"id": "missed", "size": 5}])
    changes.say(None)
    await changes.connected(2)
    await until_sizes(live_portal, {"a": 7, "b": 2, "missed": 5})
    changes.say({"id": "b", "size": 9})
    await until_sizes(live_portal, {"a": 7, "b": 9, "missed": 5})
    async with httpx.AsyncClient(base_url=process.url) as client:
        (hook,) = (await client.get("/status")).json()["background"]
    assert (hook["name"], hook["state"]) == ("listen", "running")
    assert await process.end() == 0


async def test_what_was_heard_survives_a_kill_and_a_portal_that_is_away(
    watching: Make, process: IntegrationProcess, live_portal: LivePortal, party: FakeThirdParty, changes: Changes
) -> None:
    await process.until("ended")
    live_portal.kill()
    changes.say({"id": "a", "size": 7})
    await asyncio.sleep(1)  # it is gathered for a moment, and then on disk
    await process.end(signal.SIGKILL)
    party.on("GET", "/items", Reply(status=403))  # whatever is written from now on is written by the event
    live_portal.start()
    assert await asyncio.to_thread(sizes, live_portal) == {"a": 1, "b": 2}
    again = watching()
    await again.start()
    await until_sizes(live_portal, {"a": 7, "b": 2})
