"""Claims that wait wake when a run is there, in the same process and across processes, and end with their claimer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from fairway.kit.clock import Clock, SystemClock
from fairway.kit.settings import Settings
from fairway.portal.app import create_app
from fairway.portal.services import Portal, build_portal
from fairway.portal.worker import Background
from fairway.wire.runs import AGENT
from support.http import logged_in
from support.people import Login
from support.relay import served
from support.run_desk import Desk, agent_action

WAIT = {"waitMs": 30_000}


@pytest.fixture
def clock() -> Clock:
    """These tests wait for real."""
    return SystemClock()


@pytest.fixture
async def other(settings: Settings, clock: Clock, desk: Desk) -> AsyncIterator[Portal]:
    """A second process on the same database, as far as either can tell."""
    built = await build_portal(settings, clock)
    yield built
    await built.close()


async def _waiting(portal: Portal, claim: asyncio.Task[list[str]]) -> None:
    """Until the claim has found nothing and waits."""
    async with asyncio.timeout(10):
        while not portal.runs.queues.ears(AGENT):  # noqa: ASYNC110 nobody tells
            await asyncio.sleep(0.005)
    assert not claim.done()


async def test_a_waiting_claim_gets_what_comes(desk: Desk, portal: Portal) -> None:
    await desk.put(agent_action())
    claim = asyncio.create_task(desk.claim(**WAIT))
    await _waiting(portal, claim)
    [run_id] = await desk.many("deploy", 1)
    assert await asyncio.wait_for(claim, 10) == [run_id]
    claim = asyncio.create_task(desk.claim(**WAIT))
    await _waiting(portal, claim)
    assert await desk.release(run_id) == [run_id]
    assert await asyncio.wait_for(claim, 10) == [run_id], "what is given back is there, too"


async def test_a_new_run_rings(desk: Desk, portal: Portal) -> None:
    await desk.put(agent_action())
    with portal.runs.queues.listening([AGENT]) as rung, portal.runs.queues.listening(["another"]) as quiet:
        await desk.many("deploy", 1)
        await asyncio.wait_for(rung.wait(), 10)
        assert not quiet.is_set()


async def test_what_is_approved_rings(desk: Desk, portal: Portal, background: Background, login: Login) -> None:
    await desk.put({**agent_action(), "requiredApproval": True})
    [run_id] = await Desk(await login("jo@example.com")).many("deploy", 1)
    claim = asyncio.create_task(desk.claim(**WAIT))
    await _waiting(portal, claim)
    answer = await desk.client.patch(f"/v1/actions/runs/{run_id}/approval", json={"status": "APPROVE"})
    assert answer.status_code == 201, answer.text
    await background.settle()
    assert await asyncio.wait_for(claim, 10) == [run_id]


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_other_processes_hear_it_on_postgresql(desk: Desk, portal: Portal, other: Portal) -> None:
    await desk.put(agent_action())
    with other.runs.queues.listening([AGENT]) as rung:
        async with asyncio.timeout(20):
            while not rung.is_set():  # the first ring may come before the other one listens
                await desk.many("deploy", 1)
                await asyncio.sleep(0.05)


async def test_another_process_gives_out_what_came_here(
    desk: Desk, portal: Portal, other: Portal, settings: Settings
) -> None:
    await desk.put(agent_action())
    async with logged_in(create_app(other), settings) as client:
        claim = asyncio.create_task(Desk(client).claim(**WAIT))
        await _waiting(other, claim)
        [run_id] = await desk.many("deploy", 1)
        assert await asyncio.wait_for(claim, 10) == [run_id]


async def test_claims_that_run_out_wake_who_waits(desk: Desk) -> None:
    await desk.put(agent_action())
    run_ids = await desk.many("deploy", 1)
    assert await desk.claim(visibilityTimeoutMs=50) == run_ids
    assert await asyncio.wait_for(desk.claim(**WAIT), 10) == run_ids


async def test_waiting_ends_empty(desk: Desk, portal: Portal) -> None:
    assert await asyncio.wait_for(desk.claim(waitMs=50), 10) == []
    claim = asyncio.create_task(desk.claim(**WAIT))
    await _waiting(portal, claim)
    portal.stopping.set()
    assert await asyncio.wait_for(claim, 10) == []


async def test_a_claimer_that_hangs_up_gets_nothing(desk: Desk, app: FastAPI, portal: Portal) -> None:
    await desk.put(agent_action())
    headers = dict(desk.client.headers)
    async with served(app) as url, httpx.AsyncClient(base_url=url, headers=headers, timeout=60) as gone:
        claim = asyncio.create_task(Desk(gone).claim(**WAIT))
        await _waiting(portal, claim)
        claim.cancel()
        await asyncio.gather(claim, return_exceptions=True)
        await gone.aclose()
        run_ids = await desk.many("deploy", 1)
        assert await asyncio.wait_for(desk.claim(**WAIT), 10) == run_ids


async def test_many_wait_and_each_run_goes_to_one(desk: Desk, portal: Portal) -> None:
    await desk.put(agent_action())
    claims = [asyncio.create_task(desk.claim(limit=1, **WAIT)) for _ in range(12)]
    await _waiting(portal, claims[0])
    run_ids = await desk.many("deploy", 12)
    async with asyncio.timeout(20):
        found = await asyncio.gather(*claims)
    assert sorted(run_id for each in found for run_id in each) == sorted(run_ids)
