"""Processes that are killed in the middle of a run, and listeners that wait for a call."""

from __future__ import annotations

import asyncio
import signal

import httpx
import pytest

from fairway.integration.testing.third_party import FakeThirdParty, Reply
from support.integration_process import Make, sizes, until_sizes
from support.live import LivePortal

pytestmark = pytest.mark.slow


async def _ready(client: httpx.AsyncClient) -> None:
    while (await client.get("/health/ready")).status_code != 200:  # noqa: ASYNC110 the process has no event
        await asyncio.sleep(0.05)


@pytest.mark.parametrize("milliseconds", [0, 20, 60, 150, 400])
async def test_a_run_that_is_killed_is_made_good_by_the_next(
    make: Make, live_portal: LivePortal, party: FakeThirdParty, milliseconds: int
) -> None:
    """Anywhere between fetching and deleting."""
    party.on("GET", "/items", [{"id": f"i{number}", "size": 1} for number in range(400)])
    process = make()
    await process.start("--once")
    assert await process.code() == 0
    left = [{"id": f"i{number}", "size": 2} for number in range(300)]
    party.on("GET", "/items", left)
    asked = len(party.requests("/items"))
    await process.start("--once")
    while len(party.requests("/items")) == asked:  # noqa: ASYNC110 the server has no event
        await asyncio.sleep(0.005)
    await asyncio.sleep(milliseconds / 1000)
    await process.end(signal.SIGKILL)
    between = await asyncio.to_thread(sizes, live_portal)
    assert between.keys() >= {each["id"] for each in left}
    await process.start("--once")
    assert await process.code() == 0
    assert await asyncio.to_thread(sizes, live_portal) == {each["id"]: 2 for each in left}


async def test_two_calls_of_the_webhook_listener_are_answered_at_once_and_are_one_run(
    make: Make, live_portal: LivePortal, party: FakeThirdParty
) -> None:
    going_on = asyncio.Event()

    async def slow(_: object) -> Reply:
        await going_on.wait()
        return Reply([{"id": "a", "size": 1}])

    party.route("GET", "/items", slow)
    listener = {"OCEAN__EVENT_LISTENER__TYPE": "WEBHOOK", "OCEAN__EVENT_LISTENER__APP_HOST": "http://shop.example.com"}
    process = make(**listener)
    await process.start()
    await process.until("listening")
    async with httpx.AsyncClient(base_url=process.url) as client:
        await _ready(client)
        assert party.requests("/items") == [], "it does not sync at its start"
        assert [(await client.post("/resync")).status_code for _ in range(3)] == [202, 202, 202]
    going_on.set()
    await process.until("ended")
    await until_sizes(live_portal, {"a": 1})
    assert len(party.requests("/items")) <= 2
    with live_portal.login() as client:
        shown = client.get("/v1/integration/shop").json()["integration"]["changelogDestination"]
    assert shown == {"type": "WEBHOOK", "url": "http://shop.example.com/resync"}


async def test_a_process_for_live_events_alone_never_syncs(
    make: Make, live_portal: LivePortal, party: FakeThirdParty
) -> None:
    process = make(OCEAN__EVENT_LISTENER__TYPE="WEBHOOKS_ONLY")
    await process.start()
    await process.until("listening")
    party.on("GET", "/items/c", {"id": "c", "size": 3})
    async with httpx.AsyncClient(base_url=process.url) as client:
        await _ready(client)
        sent = await client.post("/integration/changes", json={"id": "c"}, headers={"x-token": "hush"})
    assert sent.status_code == 202
    await until_sizes(live_portal, {"c": 3})
    assert party.requests("/items") == []
