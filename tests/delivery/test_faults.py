"""Processes that are killed or stopped in the middle of a delivery: it is made again under the same key, or drained."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest
from sqlalchemy import update

from fairway.kit.clock import Clock, SystemClock
from fairway.kit.settings import Settings
from fairway.portal.services import Portal
from fairway.portal.storage import open_database
from fairway.portal.storage.tables import job
from fairway.portal.worker import Background
from support.actions import self_service
from support.forges.server import Forge
from support.live import LivePortal
from support.runs import Runs

_STOPPED = (0, -signal.SIGTERM)
"""uvicorn ends with the signal that stopped it, once it has stopped."""


@pytest.fixture
def clock() -> Clock:
    """The portal runs in a process of its own."""
    return SystemClock()


class Live:
    """A live portal, from a test that has its own work to do meanwhile."""

    def __init__(self, process: LivePortal) -> None:
        self.process = process

    async def start(self, **environment: str) -> None:
        await asyncio.to_thread(self.process.start, FAIRWAY_LOG_LEVEL="WARNING", **environment)

    async def ask(self, *requests: tuple[str, str, Any]) -> list[dict[str, Any]]:
        """Answers to requests, in order."""
        return await asyncio.to_thread(self._ask, requests)

    def _ask(self, requests: tuple[tuple[str, str, Any], ...]) -> list[dict[str, Any]]:
        with self.process.login() as client:
            answers: list[httpx.Response] = [client.request(method, path, json=body) for method, path, body in requests]
            return [dict(answer.json()) for answer in answers]

    async def run(self, run_id: str) -> dict[str, Any]:
        [answer] = await self.ask(("GET", f"/v1/actions/runs/{run_id}", None))
        return dict(answer["run"])

    async def begin(self, receiver: Forge) -> str:
        """A run whose delivery has arrived at the receiver, which does not answer yet."""
        receiver.slow.clear()
        hook = {"type": "WEBHOOK", "url": f"{receiver.url}/hook", "synchronized": True, "body": {"n": 1}}
        action = {**self_service("deliver"), "invocationMethod": hook}
        answers = await self.ask(
            ("POST", "/v1/actions", action), ("POST", "/v1/actions/deliver/runs", {"properties": {}})
        )
        await _until(lambda: len(receiver.requests) == 1)
        return str(answers[1]["run"]["id"])

    async def ended(self, run_id: str) -> dict[str, Any]:
        async with asyncio.timeout(60):
            while (run := await self.run(run_id))["status"] == "IN_PROGRESS":  # noqa: ASYNC110 another process
                await asyncio.sleep(0.05)
        return run


@pytest.fixture
async def live(settings: Settings) -> AsyncIterator[Live]:
    """Not started yet."""
    found = Live(LivePortal(settings.model_copy(update={"base_url": ""})))
    yield found
    await asyncio.to_thread(found.process.kill)


async def _until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 another process
            await asyncio.sleep(0.01)


async def _let_leases_end(settings: Settings) -> None:
    """What a minute does."""
    db = await open_database(settings, migrate=False)
    await db.write(lambda tx: tx.run(update(job).values(lease_until=0)))
    await db.close()


def _keys(receiver: Forge) -> set[str]:
    return {seen.headers["idempotency-key"] for seen in receiver.requests}


@pytest.mark.slow
async def test_a_portal_killed_in_the_middle_delivers_again_under_the_same_key(
    live: Live, receiver: Forge, settings: Settings
) -> None:
    await live.start()
    run_id = await live.begin(receiver)
    await asyncio.to_thread(live.process.kill)
    await _let_leases_end(settings)
    receiver.slow.set()
    await live.start()
    assert (await live.ended(run_id))["status"] == "SUCCESS"
    assert len(receiver.requests) == 2
    assert _keys(receiver) == {run_id}


@pytest.mark.slow
async def test_a_worker_killed_in_the_middle_hands_over_to_another(
    live: Live, receiver: Forge, settings: Settings
) -> None:
    await live.start(FAIRWAY_WORKER="false")
    first = live.process.worker()
    try:
        run_id = await live.begin(receiver)
    finally:
        first.kill()
        first.wait()
    await _let_leases_end(settings)
    receiver.slow.set()
    second = live.process.worker()
    try:
        assert (await live.ended(run_id))["status"] == "SUCCESS"
    finally:
        second.terminate()
        assert second.wait(30) == 0
    assert len(receiver.requests) == 2
    assert _keys(receiver) == {run_id}


async def test_a_run_that_is_killed_every_time_ends_in_words(
    runs: Runs, receiver: Forge, background: Background, portal: Portal
) -> None:
    """Nothing stays in progress for ever because its delivery takes the process with it."""
    run = await runs.start({"type": "WEBHOOK", "url": f"{receiver.url}/hook"})
    lost = update(job).where(job.c.key == run["id"]).values(attempts=portal.settings.delivery_attempts)
    await portal.db.write(lambda tx: tx.run(lost))
    await background.settle()
    ended = await runs.get(run)
    assert (ended["status"], ended["statusLabel"]) == ("FAILURE", "Not delivered")
    assert "stopped during every attempt" in ended["summary"]
    assert receiver.requests == []


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_stopping_portal_waits_for_the_answer(live: Live, receiver: Forge) -> None:
    await live.start()
    run_id = await live.begin(receiver)
    stopping = asyncio.create_task(asyncio.to_thread(live.process.stop))
    await asyncio.sleep(0.3)
    assert not stopping.done()
    receiver.slow.set()
    assert await stopping in _STOPPED
    await live.start()
    assert (await live.run(run_id))["status"] == "SUCCESS"
    assert len(receiver.requests) == 1


@pytest.mark.slow
async def test_what_a_stopping_portal_cannot_wait_for_is_made_again_at_once(live: Live, receiver: Forge) -> None:
    """Without waiting for the lease to end."""
    await live.start()
    run_id = await live.begin(receiver)
    assert await asyncio.to_thread(live.process.stop) in _STOPPED
    receiver.slow.set()
    await live.start()
    async with asyncio.timeout(30):
        assert (await live.ended(run_id))["status"] == "SUCCESS"
    assert _keys(receiver) == {run_id}
