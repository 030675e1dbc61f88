"""Claimers that ask at the same time, at two processes on one database, never get the same run, and none is left."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator

import pytest

from fairway.kit.clock import Clock, SystemClock
from fairway.kit.settings import Settings
from fairway.portal.app import create_app
from fairway.portal.services import build_portal
from support.http import logged_in
from support.run_desk import Desk, agent_action

RUNS = 120


@pytest.fixture
def clock() -> Clock:
    """Everything happens at once here."""
    return SystemClock()


@pytest.fixture
async def desks(desk: Desk, settings: Settings, clock: Clock) -> AsyncIterator[list[Desk]]:
    """One at each of two processes, as far as either can tell."""
    other = await build_portal(settings, clock)
    async with logged_in(create_app(other), settings) as client:
        yield [desk, Desk(client)]
    await other.close()


async def _drain(desk: Desk, limit: int) -> list[str]:
    found: list[str] = []
    while part := await desk.claim(limit=limit):
        assert len(part) <= limit
        found += part
    return found


async def _started(desk: Desk) -> list[str]:
    await desk.put(agent_action())
    await desk.put(agent_action("other"))
    halves = [asyncio.create_task(desk.many(name, RUNS // 2)) for name in ("deploy", "other")]
    return [run_id for half in await asyncio.gather(*halves) for run_id in half]


async def test_each_run_goes_to_one_claimer(desks: list[Desk]) -> None:
    run_ids = await _started(desks[0])
    claimers = [_drain(desk, limit) for desk in desks for limit in (1, 3, 10, 7)]
    found = [run_id for part in await asyncio.gather(*claimers) for run_id in part]
    assert Counter(found) == Counter(run_ids)


async def test_each_run_is_acknowledged_once(desks: list[Desk]) -> None:
    run_ids = await _started(desks[0])
    assert len(await _drain(desks[0], 100)) == RUNS
    counts = await asyncio.gather(*(desk.ack(*run_ids) for desk in desks for _ in range(3)))
    assert sum(counts) == RUNS
    singles = [desk.client.patch("/v1/actions/runs/ack", json={"runId": run_ids[0]}) for desk in desks]
    assert [answer.status_code for answer in await asyncio.gather(*singles)] == [409, 409]


async def test_claimers_and_starters_at_once(desks: list[Desk]) -> None:
    for desk, name in zip(desks, ("deploy", "other"), strict=True):
        await desk.put(agent_action(name))
    starting = [
        asyncio.create_task(desk.many(name, RUNS // 4)) for desk, name in zip(desks, ("deploy", "other"), strict=True)
    ]

    async def claim(desk: Desk) -> list[str]:
        found: list[str] = []
        while not all(each.done() for each in starting):
            found += await desk.claim(limit=3, waitMs=20)
        return found + await _drain(desk, 5)

    claimed = await asyncio.gather(*(claim(desk) for desk in desks for _ in range(3)))
    run_ids = [run_id for each in starting for run_id in await each]
    assert Counter(run_id for part in claimed for run_id in part) == Counter(run_ids)


async def test_one_ending_wins(desks: list[Desk]) -> None:
    await desks[0].put(agent_action())
    for run_id in await desks[0].many("deploy", 5):
        path = f"/v1/actions/runs/{run_id}"
        bodies = [{"status": status} for status in ("SUCCESS", "FAILURE") for _ in range(3)]
        patches = [desks[number % 2].client.patch(path, json=body) for number, body in enumerate(bodies)]
        answers = await asyncio.gather(*patches)
        ending = (await desks[0].get(run_id))["status"]
        expected = [200 if body["status"] == ending else 422 for body in bodies]
        assert [answer.status_code for answer in answers] == expected


async def test_one_last_log_line_wins(desks: list[Desk]) -> None:
    await desks[0].put(agent_action())
    [run_id] = await desks[0].many("deploy", 1)
    body = {"message": "done", "terminationStatus": "SUCCESS"}
    posts = [desks[number % 2].client.post(f"/v1/actions/runs/{run_id}/logs", json=body) for number in range(6)]
    assert sorted(answer.status_code for answer in await asyncio.gather(*posts)) == [201, 422, 422, 422, 422, 422]
    assert await desks[0].lines(run_id) == ["done"]
