"""The whole process between a real portal and a third party on a socket (contract sections 4 and 9.1)."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from typing import Any

import httpx
import pytest

from fairway.integration.testing.third_party import FakeThirdParty, Reply
from support.certificates import Authority
from support.integration_process import HOOK, TOKEN, IntegrationProcess, Make, sizes, until_sizes, write_shop
from support.live import LivePortal


async def send(process: IntegrationProcess, body: Any, *, path: str = "changes", token: str = HOOK) -> httpx.Response:
    """An event of the third party."""
    content = body if isinstance(body, bytes) else None
    async with httpx.AsyncClient() as client:
        return await client.post(
            f"{process.url}/integration/{path}", json=None if content else body, content=content,
            headers={"x-token": token}, timeout=30,
        )  # fmt: skip


async def test_it_syncs_takes_events_and_ends(make: Make, live_portal: LivePortal, party: FakeThirdParty) -> None:
    process = make()
    await process.start()
    assert (await process.until("ended"))["state"] == "completed"
    assert await asyncio.to_thread(sizes, live_portal) == {"a": 1, "b": 2}
    party.on("GET", "/items/a", {"id": "a", "size": 7})
    party.on("GET", "/items/c", {"id": "c", "size": 3})
    for name in ("a", "c"):
        assert (await send(process, {"id": name})).status_code == 202
    assert (await send(process, {"id": "b", "gone": True})).status_code == 202
    await until_sizes(live_portal, {"a": 7, "c": 3})
    party.on("GET", "/items/c", {"id": "c", "size": 3, "hidden": True})
    await send(process, {"id": "c"})
    await until_sizes(live_portal, {"a": 7})
    async with httpx.AsyncClient(base_url=process.url) as client:
        assert (await client.get("/health/ready")).json()["status"] == "healthy"
        assert (await client.get("/status")).json()["last"]["state"] == "completed"
        assert "fairway" in (await client.get("/metrics")).text
    assert await process.end() == 0


@pytest.mark.slow
async def test_events_that_are_refused(make: Make, party: FakeThirdParty) -> None:
    process = make()
    await process.start()
    await process.until("ended")
    assert (await send(process, {"id": "a"}, token="guess")).status_code == 401
    assert (await send(process, b"{not json")).status_code == 400
    assert (await send(process, {"id": "a"}, path="elsewhere")).status_code == 404
    assert (await send(process, b" " * (26 * 1024 * 1024))).status_code == 413
    assert party.requests("/items/a") == []


@pytest.mark.slow
async def test_an_accepted_event_survives_a_kill_and_a_portal_that_is_away(
    make: Make, live_portal: LivePortal, party: FakeThirdParty
) -> None:
    process = make()
    await process.start()
    await process.until("ended")
    party.on("GET", "/items/a", {"id": "a", "size": 7})
    party.on("GET", "/items", Reply(status=403))  # whatever is written from now on is written by the event
    live_portal.kill()
    assert (await send(process, {"id": "a"})).status_code == 202
    await process.end(signal.SIGKILL)
    live_portal.start()
    again = make()
    await again.start()
    await until_sizes(live_portal, {"a": 7, "b": 2})


@pytest.mark.slow
async def test_a_run_that_an_event_overtakes_leaves_its_entities_alone(
    make: Make, live_portal: LivePortal, party: FakeThirdParty
) -> None:
    fetching, going_on = asyncio.Event(), asyncio.Event()

    async def slow(_: Any) -> Reply:
        fetching.set()
        await going_on.wait()
        return Reply([{"id": "a", "size": 1}, {"id": "b", "size": 2}])

    process = make()
    await process.start()
    await process.until("ended")
    party.route("GET", "/items", slow)
    party.on("GET", "/items/a", {"id": "a", "size": 7})
    party.on("GET", "/items/new", {"id": "new", "size": 9})
    headers = {"authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(base_url=process.url, headers=headers) as client:
        assert (await client.post("/resync")).status_code == 202
    await fetching.wait()
    for event in ({"id": "a"}, {"id": "new"}, {"id": "b", "gone": True}):
        await send(process, event)
    await until_sizes(live_portal, {"a": 7, "new": 9})
    going_on.set()
    assert (await process.until("ended", 2))["deleted"] == 0
    assert await asyncio.to_thread(sizes, live_portal) == {"a": 7, "new": 9}


@pytest.mark.slow
async def test_an_event_that_was_given_up_is_listed_and_tried_again(
    make: Make, live_portal: LivePortal, party: FakeThirdParty
) -> None:
    process = make()
    await process.start()
    await process.until("ended")
    party.on("GET", "/items/a", {"id": "a", "size": "large"})
    await send(process, {"id": "a"})
    assert (await process.until("live_event_failed"))["given_up"]
    (dead,) = await process.events()
    assert "item/a" in dead["error"]
    party.on("GET", "/items/a", {"id": "a", "size": 7})
    assert (await process.events("--replay", "--id", str(dead["id"])))[-1] == {"event": "replayed", "count": 1}
    await until_sizes(live_portal, {"a": 7, "b": 2})
    assert await process.events() == []


@pytest.mark.slow
async def test_runs_are_controlled_with_the_token_alone(make: Make, party: FakeThirdParty) -> None:
    process = make()
    await process.start()
    await process.until("ended")
    async with httpx.AsyncClient(base_url=process.url) as client:
        assert (await client.post("/resync")).status_code == 401
        assert (await client.post("/resync/abort", headers={"authorization": "Bearer guess"})).status_code == 401
    assert len(party.requests("/items")) == 1


@pytest.mark.slow
async def test_one_run_tells_its_outcome_by_its_exit_code(make: Make, party: FakeThirdParty) -> None:
    process = make()
    await process.start("--once")
    assert await process.code() == 0
    party.on("GET", "/items", Reply({"message": "no"}, 403))
    await process.start("--once")
    assert await process.code() == 1
    kind = next(each for each in process.records if each.get("event") == "kind")
    assert kind["state"] == "failed"
    assert "403" in kind["problems"][0]["message"]
    await process.start("--once", "--exit-zero")
    assert await process.code() == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("OCEAN__INTEGRATION__CONFIG__API_URL", "nowhere", "OCEAN__INTEGRATION__CONFIG__API_URL"),
        ("OCEAN__PORT__CLIENT_SECRET", "wrong", "credentials"),
        ("OCEAN__ACTIONS_PROCESSOR__ENABLED", "true", "actions"),
        ("OCEAN__EVENT_LISTENER__TYPE", "ACTIONS_ONLY", "ACTIONS_ONLY"),
    ],
)
async def test_wrong_settings_end_it_with_the_reason(make: Make, name: str, value: str, said: str) -> None:
    process = make(**{name: value})
    await process.start()
    assert await process.code() == 2
    assert any(said in str(each.get("message")) for each in process.records), process.records


@pytest.mark.slow
async def test_without_a_public_address_events_are_off_and_that_is_said(make: Make) -> None:
    process = make(OCEAN__BASE_URL="")
    await process.start()
    await process.until("ended")
    assert "OCEAN__BASE_URL" in (await process.until("live_events_off"))["reason"]
    assert (await send(process, {"id": "a"})).status_code == 404


@pytest.mark.slow
async def test_an_authority_of_the_company_is_trusted_by_setting(live_portal: LivePortal, tmp_path: Path) -> None:
    authority, folder = Authority(tmp_path, "company"), write_shop(tmp_path / "shop")
    async with FakeThirdParty(tls=authority.server()) as server:
        server.on("GET", "/items", [{"id": "a", "size": 1}])
        trusting = {"OCEAN__SSL__THIRD_PARTY__CA_FILE": str(authority.file)}
        for environment, state in (({}, "failed"), (trusting, "completed")):
            process = IntegrationProcess(folder, live_portal, server.url, **environment)
            try:
                await process.start()
                assert (await process.until("ended"))["state"] == state
            finally:
                await process.end(signal.SIGKILL)
