"""The live stream of a run, over real sockets."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from fairway.kit.clock import ManualClock
from fairway.kit.settings import Settings
from fairway.portal.app import create_app
from fairway.portal.caller import Caller
from fairway.portal.runs import log_repository
from fairway.portal.runs.log_repository import LogLine
from fairway.portal.runs.tables import run_log
from fairway.portal.services import Portal, build_portal
from fairway.portal.storage import Tx
from support.http import logged_in
from support.people import Login
from support.relay import served
from support.run_desk import Desk, agent_action


@dataclass(frozen=True)
class Event:
    """One event of a stream."""

    id: str
    kind: str
    data: Any

    @property
    def told(self) -> str:
        """The status of a run, or the text of a line."""
        return str(self.data["status"] if self.kind == "run" else self.data["message"])


class Events:
    """Parses a stream."""

    def __init__(self, response: httpx.Response) -> None:
        self._lines = response.aiter_lines()

    async def next(self) -> Event | None:
        """The next event; none at the end."""
        found: dict[str, str] = {}
        async with asyncio.timeout(20):
            async for line in self._lines:
                name, _, value = line.partition(": ")
                if line and not line.startswith(":"):
                    found[name] = value
                elif not line and "data" in found:
                    return Event(found["id"], found["event"], json.loads(found["data"]))
        return None

    async def told(self, number: int) -> list[str]:
        """What so many events say."""
        events = [await self.next() for _ in range(number)]
        return [event.told for event in events if event is not None]

    async def rest(self) -> list[str]:
        """What it says until it ends."""
        found = []
        while (event := await self.next()) is not None:
            found.append(event.told)
        return found


@pytest.fixture
async def reader(app: FastAPI, client: httpx.AsyncClient, portal: Portal) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the served app."""
    async with served(app) as url:
        async with httpx.AsyncClient(base_url=url, headers=client.headers, timeout=30) as connected:
            yield connected
        portal.stopping.set()


@asynccontextmanager
async def _stream(client: httpx.AsyncClient, run_id: str, place: str = "", query: str = "") -> AsyncIterator[Events]:
    headers = {"last-event-id": place} if place else {}
    async with client.stream("GET", f"/v1/fairway/runs/{run_id}/stream{query}", headers=headers) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        yield Events(response)


@pytest.fixture
async def run_id(desk: Desk) -> str:
    """A run in progress."""
    await desk.put(agent_action())
    return (await desk.start("deploy"))["id"]


async def test_a_run_as_it_grows(desk: Desk, reader: httpx.AsyncClient, run_id: str) -> None:
    await desk.log(run_id, "before")
    async with _stream(reader, run_id) as events:
        first = await events.next()
        assert first is not None
        assert (first.kind, first.data) == ("run", await desk.get(run_id))
        assert await events.told(1) == ["before"]
        line = await desk.log(run_id, "after")
        shown = await events.next()
        assert shown is not None
        assert (shown.kind, shown.data) == ("log", line)
        await desk.patch(run_id, statusLabel="Half way")
        changed = await events.next()
        assert changed is not None
        assert (changed.kind, changed.data["statusLabel"]) == ("run", "Half way")
        await desk.log(run_id, "done", terminationStatus="SUCCESS")
        assert await events.rest() == ["SUCCESS", "done"]


async def test_an_ended_run_is_told_from_the_start(desk: Desk, reader: httpx.AsyncClient, run_id: str) -> None:
    lines = [{"message": str(number)} for number in range(450)]
    await desk.report({"runId": run_id, "logs": lines, "status": "FAILURE"})
    async with _stream(reader, run_id) as events:
        assert await events.rest() == ["FAILURE", *(line["message"] for line in lines)]


async def test_many_lines_come_together(desk: Desk, reader: httpx.AsyncClient, run_id: str, clock: ManualClock) -> None:
    """Old ones and those of the last seconds alike, each once and in order; a page at a time."""
    for half in (range(1500), range(1500, 2700)):
        await desk.report({"runId": run_id, "logs": [{"message": str(number)} for number in half]})
        clock.advance(seconds=10)
    await desk.report({"runId": run_id, "logs": [{"message": str(number)} for number in range(2700, 5000)]})
    async with _stream(reader, run_id, query="?together=true") as events:
        first = await events.next()
        assert first is not None
        assert first.kind == "run"
        told: list[str] = []
        while len(told) < 5000:
            event = await events.next()
            assert event is not None
            assert event.kind == "logs"
            assert len(event.data) <= 1000
            told += [line["message"] for line in event.data]
        assert told == [str(number) for number in range(5000)]
        await desk.log(run_id, "done", terminationStatus="SUCCESS")
        ended, last = await events.next(), await events.next()
        assert ended is not None
        assert ended.told == "SUCCESS"
        assert last is not None
        assert [line["message"] for line in last.data] == ["done"]
        assert await events.next() is None


async def test_a_line_that_is_committed_late_is_not_left_out_of_a_slow_reading(
    desk: Desk, client: httpx.AsyncClient, portal: Portal, run_id: str, clock: ManualClock
) -> None:
    """Its number was given before those of lines that were read already; the reader takes its time for each page."""
    await desk.report({"runId": run_id, "logs": [{"message": str(number)} for number in range(2500)]})

    async def take_out(tx: Tx) -> LogLine:
        late = (await log_repository.page(tx, run_id, 1, 500))[0]
        await tx.run(run_log.delete().where(run_log.c.number == late.number))
        return late

    late = await portal.db.write(take_out)
    caller = await portal.access.authenticator.by_token(client.headers["authorization"].removeprefix("Bearer "))

    async def authenticate() -> Caller:
        return caller

    told: list[str] = []
    stream = await portal.runs.streams.open(authenticate, run_id, together=True)
    async with aclosing(stream), asyncio.timeout(20):
        async for chunk in stream:
            for block in chunk.decode().split("\n\n"):
                _, _, data = block.partition("event: logs\ndata: ")
                told += [line["message"] for line in json.loads(data or "[]")]
            if len(told) == 1000:
                await portal.db.write(lambda tx: log_repository.insert(tx, [late]))
                clock.advance(seconds=10)
            if len(told) == 2500:
                break
    assert sorted(told, key=int) == [str(number) for number in range(2500)]


async def test_a_stream_goes_on_after_a_break(
    desk: Desk, reader: httpx.AsyncClient, run_id: str, clock: ManualClock
) -> None:
    await desk.log(run_id, "old")
    clock.advance(seconds=10)
    await desk.log(run_id, "young")
    async with _stream(reader, run_id) as events:
        assert await events.told(2) == ["IN_PROGRESS", "old"]
        young = await events.next()
        assert young is not None
    await desk.log(run_id, "meanwhile")
    async with _stream(reader, run_id, young.id) as events:
        assert await events.told(3) == ["IN_PROGRESS", "young", "meanwhile"], "what is not settled comes again"
    clock.advance(seconds=10)
    await desk.log(run_id, "last", terminationStatus="SUCCESS")
    async with _stream(reader, run_id, young.id) as events:
        event = await events.next()
    assert event is not None
    async with _stream(reader, run_id, event.id) as events:
        assert await events.rest() == ["SUCCESS", "last"]
    path = f"/v1/fairway/runs/{run_id}/stream"
    for place in ("yesterday", "-1", "9" * 30, "1.5"):
        assert "event" in await desk.refused("GET", f"{path}?last_event_id={place}", 422)


async def test_what_another_process_changes(
    reader: httpx.AsyncClient, run_id: str, settings: Settings, clock: ManualClock
) -> None:
    other = await build_portal(settings, clock)
    async with logged_in(create_app(other), settings) as client, _stream(reader, run_id) as events:
        assert await events.told(1) == ["IN_PROGRESS"]
        await Desk(client).log(run_id, "from afar", terminationStatus="FAILURE")
        assert await events.rest() == ["FAILURE", "from afar"]
    await other.close()


async def test_a_stopping_server_ends_streams(reader: httpx.AsyncClient, run_id: str, portal: Portal) -> None:
    async with _stream(reader, run_id) as events:
        assert await events.told(1) == ["IN_PROGRESS"]
        portal.stopping.set()
        assert await events.rest() == []


async def test_who_may_no_longer_see_a_run_hears_no_more(
    desk: Desk, reader: httpx.AsyncClient, run_id: str, login: Login
) -> None:
    member = await login("jo@example.com")
    async with httpx.AsyncClient(base_url=reader.base_url, headers=member.headers, timeout=30) as watching:
        async with _stream(watching, run_id) as events:
            assert await events.told(1) == ["IN_PROGRESS"]
            body = {"execute": {"roles": ["Admin"]}}
            assert (await desk.client.patch("/v1/actions/deploy/permissions", json=body)).status_code == 200
            await desk.log(run_id, "between us")
            assert await events.rest() == []
        refused = await watching.get(f"/v1/fairway/runs/{run_id}/stream")
        assert refused.status_code == 404


async def test_a_reader_that_leaves_is_let_go(reader: httpx.AsyncClient, run_id: str, portal: Portal) -> None:
    async with _stream(reader, run_id) as events:
        assert await events.told(1) == ["IN_PROGRESS"]
        assert portal.runs.streams.count == 1
    async with asyncio.timeout(10):
        while portal.runs.streams.count:  # noqa: ASYNC110 nobody tells
            await asyncio.sleep(0.01)
