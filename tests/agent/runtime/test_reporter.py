"""Reports reach the portal whatever it answers; what it refuses for good does not hold up the rest."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from fairway.agent.model import Invocation, LogLine, Report
from fairway.agent.operations.metrics import AgentMetrics
from fairway.agent.portal_api.connection import Connection
from fairway.agent.portal_api.errors import PortalTrouble
from fairway.agent.portal_api.portal import Portal
from fairway.agent.runtime.pace import Backoff, Pace
from fairway.agent.runtime.reporter import Reporter
from fairway.client import Credentials

Answer = Callable[[dict[str, Any]], dict[str, Any] | None]


class Reports:
    """The route for many reports, and what came."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.answer: Answer = lambda report: None
        self.bodies: list[list[dict[str, Any]]] = []

    async def take(self, request: web.Request) -> web.Response:
        reports = (await request.json())["reports"]
        self.bodies.append(reports)
        if self.statuses:
            status = self.statuses.pop(0)
            if status >= 300:
                return web.json_response({"ok": False, "message": "no"}, status=status)
        results = [{"id": each["runId"], "ok": True, **(self.answer(each) or {})} for each in reports]
        return web.json_response({"ok": True, "results": results})


@pytest.fixture
def reports() -> Reports:
    return Reports()


@pytest.fixture
async def portal(reports: Reports) -> AsyncIterator[Portal]:
    async def token(request: web.Request) -> web.Response:
        return web.json_response({"ok": True, "accessToken": "t", "expiresIn": 3600})

    async def silent(request: web.Request) -> web.Response:
        await asyncio.sleep(60)
        return web.json_response({})

    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_post("/v1/auth/access_token", token)
    app.router.add_post("/v1/fairway/runs/reports", reports.take)
    app.router.add_get("/v1/organization", silent)
    server = TestServer(app)
    await server.start_server()
    url = str(server.make_url(""))
    async with Connection(url, lambda: Credentials("a", "b"), AgentMetrics(), timeout_seconds=0.5) as connection:
        found = Portal(connection)
        found.fairway = True
        yield found
    await server.close()


@asynccontextmanager
async def reporting(portal: Portal, **options: Any) -> AsyncIterator[Reporter]:
    reporter = Reporter(portal, AgentMetrics(), **options)
    task = asyncio.create_task(reporter.run())
    try:
        yield reporter
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await reporter.aclose()


def _report(name: str, **fields: Any) -> Report:
    source = fields.pop("source", "POLLING")
    return Report(Invocation("run", name, {}, {}, name, source=source), **{"status": "SUCCESS", **fields})


def _put(reporter: Reporter, *reports: Report) -> list[asyncio.Future[Report]]:
    futures = [asyncio.get_running_loop().create_future() for _ in reports]
    for report, future in zip(reports, futures, strict=True):
        reporter.put(report, future)
    return futures


async def test_many_reports_are_one_call(portal: Portal, reports: Reports) -> None:
    async with reporting(portal) as reporter, asyncio.timeout(60):
        await asyncio.gather(*_put(reporter, *(_report(f"r_{number}") for number in range(80))))
    assert [len(body) for body in reports.bodies] == [80]
    assert reports.bodies[0][0] == {"runId": "r_0", "ack": True, "status": "SUCCESS"}


@pytest.mark.parametrize("status", [500, 502, 503, 429, 401, 408])
async def test_they_are_repeated_until_they_are_taken(portal: Portal, reports: Reports, status: int) -> None:
    reports.statuses = [status, status]
    async with reporting(portal) as reporter, asyncio.timeout(60):
        await asyncio.gather(*_put(reporter, _report("r_1"), _report("r_2")))
    assert len(reports.bodies) >= 3


async def test_a_part_that_is_refused_is_left_out(portal: Portal, reports: Reports) -> None:
    """A link that the portal does not like must not keep the run open."""
    reports.answer = lambda report: {"ok": False, "error": "invalid_request", "message": "bad link"} if (
        "link" in report
    ) else None  # fmt: skip
    refused: list[str] = []
    async with reporting(portal, refused=lambda report, reason: refused.append(reason)) as reporter:
        async with asyncio.timeout(60):
            await asyncio.gather(*_put(reporter, _report("r_1", link="nonsense", summary="s" * 5000), _report("r_2")))
    assert refused == []
    (last,) = reports.bodies[-1]
    assert (last["status"], last["ack"], "link" in last) == ("SUCCESS", True, False)
    assert "bad link" in last["logs"][0]["message"]
    assert len(last["summary"]) <= 1000


async def test_what_is_refused_for_good_is_told_and_ends(portal: Portal, reports: Reports) -> None:
    reports.answer = lambda report: {"ok": False, "error": "not_found", "message": "no such run"}
    refused: list[str] = []
    async with reporting(portal, refused=lambda report, reason: refused.append(reason)) as reporter:
        async with asyncio.timeout(60):
            await asyncio.gather(*_put(reporter, _report("r_1")))
        assert not reporter.holds("r_1")
    assert refused == ["no such run"]


async def test_what_passes_is_asked_again(portal: Portal, reports: Reports) -> None:
    answers = [{"ok": False, "error": "internal_error", "message": "busy"}, None]
    reports.answer = lambda report: answers.pop(0)
    async with reporting(portal) as reporter, asyncio.timeout(60):
        await asyncio.gather(*_put(reporter, _report("r_1")))
    assert len(reports.bodies) == 2


async def test_bodies_stay_below_what_the_portal_takes(portal: Portal, reports: Reports) -> None:
    big = [_report(f"r_{number}", response={"text": "x" * 300_000}) for number in range(6)]
    huge = _report("r_huge", response="x" * 3_000_000, logs=(LogLine("y" * 100_000),) * 3)
    async with reporting(portal) as reporter, asyncio.timeout(60):
        await asyncio.gather(*_put(reporter, *big, huge))
    sizes = [sum(len(str(each)) for each in body) for body in reports.bodies]
    assert max(sizes) < 1_000_000
    (told,) = [each for body in reports.bodies for each in body if each["runId"] == "r_huge"]
    assert "response" not in told
    assert "too large" in told["logs"][-1]["message"]


async def test_a_batch_that_is_too_large_is_halved(portal: Portal, reports: Reports) -> None:
    reports.statuses = [413, 413]
    async with reporting(portal) as reporter, asyncio.timeout(60):
        await asyncio.gather(*_put(reporter, *(_report(f"r_{number}") for number in range(8))))
    assert [len(body) for body in reports.bodies[:2]] == [8, 4]


async def test_reports_are_safe_on_disk_before_offsets_move_on(portal: Portal, reports: Reports) -> None:
    reports.statuses = [503] * 1000
    spilled: list[int] = []
    async with reporting(portal, spill_at=3, spill=lambda every: spilled.append(len(every))) as reporter:
        kafka = _put(reporter, *(_report(f"r_{number}", source="KAFKA") for number in range(2)))
        (polled,) = _put(reporter, _report("r_3"))
        await asyncio.sleep(0)
        assert spilled == [3]
        assert all(future.done() for future in kafka)
        assert not polled.done(), "its lease goes on"
        assert len(reporter.unsettled()) == 3


async def test_work_from_kafka_goes_on_while_the_portal_is_away(portal: Portal, reports: Reports) -> None:
    """Its reports are on disk, so that offsets move on: a killed agent does not repeat all that it has in hand."""
    reports.statuses = [503] * 4
    spilled: list[int] = []
    async with reporting(portal, spill=lambda every: spilled.append(len(every))) as reporter:
        kafka = _put(reporter, *(_report(f"r_{number}", source="KAFKA") for number in range(2)))
        (polled,) = _put(reporter, _report("r_2"))
        await asyncio.wait_for(asyncio.gather(*kafka), 10)
        assert spilled == [3], "written once, not with each attempt"
        assert not polled.done(), "its lease goes on"
        await asyncio.wait_for(polled, 20)
        assert spilled == [3, 0], "nothing is left to be told again"
    assert not reporter.unsettled(), "and the portal gets them when it is back"


async def test_what_was_left_on_disk_stays_there_until_the_portal_has_it(portal: Portal, reports: Reports) -> None:
    """More than is written at once: a copy of a part of it must not take the place of the whole."""
    reports.statuses = [503]
    kept: list[int] = []
    async with reporting(portal, spill_at=3, spill=lambda every: kept.append(len(every))) as reporter:
        reporter.take_back(_report(f"r_{number}", source="KAFKA") for number in range(8))
        assert all(count >= 8 for count in kept)
        async with asyncio.timeout(20):
            await reporter.drain(20)
        assert not reporter.unsettled()
        assert kept[-1] == 0, "nothing is left to be told again"


@pytest.mark.parametrize("fairway", [True, False])
async def test_a_fault_while_sending_loses_no_report(
    portal: Portal, reports: Reports, monkeypatch: pytest.MonkeyPatch, fairway: bool
) -> None:
    """Such as an exception that nobody foresaw in the library that talks to the portal."""
    name = "report" if fairway else "patch_run"
    portal.fairway, send, faults = fairway, getattr(portal, name), [RuntimeError("a race in a library")]
    taken: list[str] = []

    async def broken(*given: Any) -> Any:
        if faults:
            raise faults.pop()
        if fairway:
            return await send(*given)
        taken.append(given[0])
        return None

    monkeypatch.setattr(portal, name, broken)
    async with reporting(portal) as reporter, asyncio.timeout(20):
        await asyncio.gather(*_put(reporter, *(_report(f"r_{number}") for number in range(8))))
        assert not reporter.unsettled()
    assert sorted(taken) == ([] if fairway else [f"r_{number}" for number in range(8)])


async def test_calls_end(portal: Portal) -> None:
    """A portal that accepts and never answers."""
    with pytest.raises(PortalTrouble) as caught:
        await portal.connection.call("organization", "GET", "/organization")
    assert caught.value.passing
    assert caught.value.answered == 0


def test_the_pace_of_claims() -> None:
    pace = Pace(10.0)
    first = pace.after(0, False, 0.0, None, long_poll=False)
    pauses = [pace.after(0, False, 0.0, None, long_poll=False) for _ in range(40)]
    assert first < 0.1
    assert pauses == sorted(pauses)
    assert pauses[-1] == 10.0
    assert pace.after(100, True, 0.0, None, long_poll=False) == 0.0, "more waits"
    assert pace.after(3, False, 0.0, None, long_poll=False) < 0.1, "something came: quick again"
    assert pace.after(0, False, 25.0, None, long_poll=True) == 0.0, "the portal held the claim"
    assert Pace(0.0).after(0, False, 0.0, None, long_poll=False) > 0, "an interval of 0 is no busy loop"


def test_backing_off_is_bounded() -> None:
    backoff = Backoff(uniform=lambda low, high: high)
    assert [round(backoff.pause(failures), 1) for failures in (1, 2, 3, 50)] == [1.1, 2.2, 4.4, 330.0]
