"""Passes that take long: watched, ended, taken up again, repeated."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from fairway.kit.clock import Clock
from fairway.kit.settings import Settings
from fairway.portal.services import build_portal
from fairway.portal.sources.gitops.model import Outcome, PassRecord
from fairway.portal.sources.gitops.repository import put_pass
from fairway.portal.worker import Background
from support.gitops_desk import BASE, DOMAIN, SERVICE, Desk
from support.gitops_gitea import FakeGitea
from support.gitops_world import spec
from support.live import LivePortal

COUNT = 40
ONE_KIND = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""Where nothing depends on the database and time passes."""


@pytest.fixture
def slow(gitea: FakeGitea) -> FakeGitea:
    """A pass over it one by one takes several seconds."""
    for number in range(COUNT):
        gitea.add_repository(f"pay/r{number:02}", {"port.yml": spec(f"s{number}")})
    gitea.delay = 0.05
    return gitea


@asynccontextmanager
async def under_way(desk: Desk) -> AsyncIterator[asyncio.Task[None]]:
    """A pass that has come some way."""
    task = asyncio.create_task(desk.settle())
    await some_progress(desk)
    yield task
    await task


async def some_progress(desk: Desk) -> None:
    async with asyncio.timeout(20):
        while not _seen((await desk.source())["state"]["pass"]):  # noqa: ASYNC110 only the portal knows
            await asyncio.sleep(0.05)


def _seen(found: dict[str, Any] | None) -> int:
    return 0 if found is None else int(found["progress"]["repositories"])


async def entities(desk: Desk) -> int:
    query = {"query": {"combinator": "and", "rules": []}}
    response = await desk.client.post("/v1/blueprints/service/entities/search", json=query)
    return len(response.json()["entities"])


@pytest.mark.slow
@ONE_KIND
async def test_a_pass_tells_how_far_it_is_and_can_be_ended(desk: Desk, slow: FakeGitea) -> None:
    await desk.gitea(slow, options={"concurrency": 1})
    assert (await desk.client.post(f"{BASE}/sources/{desk.id}/abort")).status_code == 409
    async with under_way(desk):
        source = await desk.source()
        assert source["state"]["status"] == "running"
        assert source["state"]["pass"]["endedAt"] is None
        assert (await desk.client.post(f"{BASE}/sources/{desk.id}/abort")).status_code == 202
    state = (await desk.source())["state"]
    assert (state["status"], state["pass"]["status"]) == ("partial", "aborted")
    assert "administrator" in state["pass"]["problem"]
    assert state["nextPassAt"] is not None
    assert 0 < await entities(desk) < COUNT
    slow.delay = 0
    before = len(slow.requests)
    assert (await desk.sync())["state"]["status"] == "complete"
    assert await entities(desk) == COUNT
    assert len(slow.requests) - before < 2 * COUNT, "what was done is not done again"


@pytest.mark.slow
@ONE_KIND
async def test_a_change_of_the_configuration_begins_anew(desk: Desk, slow: FakeGitea) -> None:
    await desk.gitea(slow, options={"concurrency": 1})
    async with under_way(desk):
        slow.delay = 0
        changes = {"options": {"identifierPrefix": "s1"}}
        assert (await desk.client.patch(f"{BASE}/sources/{desk.id}", json=changes)).status_code == 200
    last, first = (await desk.get("/passes"))["passes"]
    assert (first["status"], last["status"]) in (("aborted", "complete"), ("complete", "complete"))
    assert (await desk.source())["state"]["problems"]["errors"] > 0


@pytest.mark.slow
@ONE_KIND
async def test_asking_twice_is_one_pass_more(desk: Desk, slow: FakeGitea) -> None:
    await desk.gitea(slow, options={"concurrency": 1})
    async with under_way(desk):
        for _ in range(3):
            assert (await desk.client.post(f"{BASE}/sources/{desk.id}/sync")).status_code == 202
        slow.delay = 0
    passes = (await desk.get("/passes"))["passes"]
    assert [each["status"] for each in passes] == ["complete", "complete"]


@pytest.mark.slow
@ONE_KIND
async def test_a_process_that_stops_leaves_the_pass_to_the_next(
    desk: Desk, slow: FakeGitea, settings: Settings, clock: Clock
) -> None:
    await desk.gitea(slow, options={"concurrency": 1})
    first = Background(desk.portal)
    first.start()
    await some_progress(desk)
    await first.stop()
    state = (await desk.source())["state"]
    assert (state["status"], state["pass"]["endedAt"]) == ("running", None)
    assert 0 < await entities(desk) < COUNT
    slow.delay = 0
    second = await build_portal(settings, clock)
    await Background(second).settle()
    await second.close()
    (only,) = (await desk.get("/passes"))["passes"]
    assert only["status"] == "complete"
    assert only["id"] == state["pass"]["id"]
    assert await entities(desk) == COUNT


async def test_a_repository_that_fails_and_a_listing_that_does(desk: Desk, gitea: FakeGitea) -> None:
    for number in range(3):
        gitea.add_repository(f"pay/r{number}", {"port.yml": spec(f"s{number}")})
    await desk.gitea(gitea)
    gitea.fail("/repos/pay/r1/", status=400, times=5)
    await desk.settle()
    state = (await desk.source())["state"]
    assert (state["status"], state["pass"]["progress"]["failed"]) == ("partial", 1)
    assert state["pass"]["failures"][0]["repository"] == "pay/r1"
    (failed,) = (await desk.get("/repositories", state="failed"))["repositories"]
    assert (failed["label"], failed["state"]) == ("pay/r1", "failed")
    gitea.faults.clear()
    gitea.fail("/repos/search", status=400)
    state = (await desk.sync())["state"]
    assert (state["status"], state["pass"]["problem"] is None) == ("failed", False)
    (event, *_) = await desk.events(resources="gitopsSource")
    assert event["status"] == "FAILURE"
    assert await entities(desk) == 2
    assert (await desk.sync())["state"]["status"] == "complete"


async def test_fifty_passes_are_kept(desk: Desk, gitea: FakeGitea) -> None:
    await desk.gitea(gitea)
    await desk.settle()
    old = [PassRecord(f"p{number}", desk.id, number, number, Outcome.COMPLETE, {}) for number in range(60)]
    for each in old:
        await desk.portal.db.write(lambda tx, record=each: put_pass(tx, record))  # type: ignore[misc] # bound now
    found = (await desk.get("/passes", limit=50))["passes"]
    assert [each["id"] for each in found[1:]] == [f"p{number}" for number in range(59, 10, -1)]
    rows = await desk.portal.db.read(lambda tx: tx.raw("SELECT count(*) FROM gitops_pass"))
    assert rows[0][0] == 50


@pytest.mark.slow
@pytest.mark.timeout(180)
async def test_a_killed_process_is_gone_on_from(live_portal: LivePortal, slow: FakeGitea) -> None:
    def prepared() -> str:
        with live_portal.login() as client:
            for blueprint in (DOMAIN, SERVICE):
                client.post("/v1/blueprints", json=blueprint).raise_for_status()
            body = {"title": "Forge", "kind": "gitea", "url": slow.url, "secrets": {"token": "gitea-good"}}
            made = client.post(f"{BASE}/sources", json={**body, "options": {"concurrency": 1}})
            return str(made.raise_for_status().json()["source"]["id"])

    def state(source: str) -> dict[str, Any]:
        with live_portal.login() as client:
            found: dict[str, Any] = client.get(f"{BASE}/sources/{source}").json()["source"]["state"]
            return found

    async def until(source: str, enough: Any) -> dict[str, Any]:
        async with asyncio.timeout(60):
            while not enough(found := await asyncio.to_thread(state, source)):  # noqa: ASYNC110 it is another process
                await asyncio.sleep(0.2)
        return found

    source = await asyncio.to_thread(prepared)
    before = await until(source, lambda found: _seen(found["pass"]))
    await asyncio.to_thread(live_portal.kill)
    slow.delay = 0
    await asyncio.to_thread(live_portal.start)
    after = await until(source, lambda found: found["status"] != "running")
    assert (after["status"], after["pass"]["id"]) == ("complete", before["pass"]["id"])
    assert after["pass"]["progress"]["repositories"] == COUNT
