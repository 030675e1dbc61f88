"""The live stream over real sockets."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi import FastAPI

from fairway.kit.settings import Settings
from fairway.portal.audit.stream import service as stream_service
from fairway.portal.audit.stream.feed import Feed
from fairway.portal.caller import Caller
from fairway.portal.services import Portal, build_portal
from fairway.portal.storage.outbox import Change, Cursor, append
from support.http import access_token, connect

ADMIN = Caller("app_1", "app", "org_1", roles=frozenset({"Admin"}))


@pytest.fixture
async def address(app: FastAPI) -> AsyncIterator[str]:
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_config=None))
    task = asyncio.create_task(server.serve([listener]))
    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    server.should_exit = True
    app.state.portal.stopping.set()
    await task


@pytest.fixture
async def reader(address: str, app: FastAPI, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    assert settings.client_secret is not None
    async with connect(app) as anonymous:
        token = await access_token(anonymous, settings.client_id, settings.client_secret.get_secret_value())
    headers = {"authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=address, headers=headers, timeout=20) as client:
        yield client


async def _write(portal: Portal, *names: str, blueprint: str = "svc", kind: str = "entity") -> None:
    changes = [Change("CREATE", kind, name, blueprint=blueprint, entity=name) for name in names]
    await portal.db.write(lambda tx: append(tx, ADMIN, 1, changes))


class _Events:
    """Parses a stream."""

    def __init__(self, response: httpx.Response) -> None:
        self._lines = response.aiter_lines()
        self.last_id = ""

    async def next(self) -> dict[str, Any]:
        async for line in self._lines:
            if line.startswith("id: "):
                self.last_id = line.removeprefix("id: ")
            if line.startswith("data: "):
                found: dict[str, Any] = json.loads(line.removeprefix("data: "))
                return found
        raise AssertionError("the stream ended")

    async def names(self, number: int) -> list[str]:
        return [(await self.next())["context"]["entity"] for _ in range(number)]


@asynccontextmanager
async def _stream(client: httpx.AsyncClient, query: str = "", **headers: str) -> AsyncIterator[_Events]:
    async with client.stream("GET", f"/v1/fairway/events?{query}", headers=headers) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        yield _Events(response)


async def _tip(portal: Portal) -> str:
    return stream_service.spell(await portal.audit.streams._feed.now())


async def test_events_arrive_and_a_break_loses_none(reader: httpx.AsyncClient, portal: Portal) -> None:
    await _write(portal, "old")
    async with _stream(reader, f"last_event_id={await _tip(portal)}") as events:
        await _write(portal, "a", "b")
        first = await events.next()
        assert (first["context"]["entity"], first["action"], first["resourceType"]) == ("a", "CREATE", "entity")
        assert first["identifier"].startswith("event_")
        last = events.last_id
    await _write(portal, "c")
    async with _stream(reader, **{"last-event-id": last}) as events:
        assert await events.names(2) == ["b", "c"]


async def test_filters(reader: httpx.AsyncClient, portal: Portal) -> None:
    start = await _tip(portal)
    await _write(portal, "a", blueprint="other")
    await _write(portal, "b", "c")
    await _write(portal, "d", kind="scorecard")
    async with _stream(reader, f"last_event_id={start}&blueprint=svc&resources=entity") as events:
        assert await events.names(2) == ["b", "c"]
    async with _stream(reader, f"last_event_id={start}&resources=scorecard") as events:
        assert await events.names(1) == ["d"]
    async with _stream(reader, f"last_event_id={start}&entity=c") as events:
        assert await events.names(1) == ["c"]


async def test_what_another_process_writes_arrives(
    reader: httpx.AsyncClient, portal: Portal, settings: Settings
) -> None:
    other = await build_portal(settings, portal.clock)
    async with _stream(reader, f"last_event_id={await _tip(portal)}") as events:
        await _write(other, "far")
        assert await events.names(1) == ["far"]
    await other.close()


async def test_many_events_in_order(reader: httpx.AsyncClient, portal: Portal) -> None:
    names = [f"e{number:04}" for number in range(700)]
    async with _stream(reader, f"last_event_id={await _tip(portal)}") as events:
        await _write(portal, *names)
        assert await events.names(700) == names


async def test_a_reader_behind_what_is_kept_reads_the_database(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fairway.portal.audit.stream.feed._KEPT_BYTES", 2000)
    feed = Feed(portal.db, asyncio.get_running_loop().time)
    start = await feed.now()
    await feed.after(start)
    await _write(portal, *(f"e{number}" for number in range(150)))
    frames = await feed.after(start)
    assert [frame.event.entity for frame in frames] == [f"e{number}" for number in range(150)]
    assert [frame.event.entity for frame in await feed.after(frames[-2].cursor)] == ["e149"]
    assert await feed.after(frames[-1].cursor) == []
    assert await feed.after(Cursor(frames[-1].cursor.txid + 10, frames[-1].cursor.event_id + 10)) == []


async def test_heartbeats_carry_the_place(
    reader: httpx.AsyncClient, portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_service, "HEARTBEAT_SECONDS", 0.2)
    async with reader.stream("GET", "/v1/fairway/events?resources=none") as response:
        lines = response.aiter_lines()
        await _write(portal, "unseen")
        tip = await _tip(portal)
        async for line in lines:
            if line == f"id: {tip}":
                break


async def test_it_ends_with_the_server(reader: httpx.AsyncClient, portal: Portal) -> None:
    async with reader.stream("GET", "/v1/fairway/events") as response:
        chunks = response.aiter_raw()
        assert (await anext(chunks)).startswith(b"retry: 2000\n\n")
        portal.stopping.set()
        async with asyncio.timeout(5):
            async for _ in chunks:
                pass


async def test_it_ends_when_the_token_no_longer_counts(
    reader: httpx.AsyncClient, portal: Portal, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream_service, "HEARTBEAT_SECONDS", 0.2)
    async with reader.stream("GET", "/v1/fairway/events") as response:
        rotated = await reader.post(f"/v1/apps/{settings.client_id}/rotate-secret")
        assert rotated.status_code == 200, rotated.text
        async with asyncio.timeout(10):
            assert [chunk async for chunk in response.aiter_raw()]


async def test_it_ends_with_the_client(reader: httpx.AsyncClient, portal: Portal) -> None:
    streams = portal.audit.streams

    async def until(number: int) -> None:
        async with asyncio.timeout(5):
            while streams._open != number:  # noqa: ASYNC110 the service has no event for tests to wait on
                await asyncio.sleep(0.01)

    async with _stream(reader):
        await until(1)
    await until(0)


async def test_refusals(reader: httpx.AsyncClient, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with httpx.AsyncClient(base_url=address) as anonymous:
        assert (await anonymous.get("/v1/fairway/events")).status_code == 401
    assert (await reader.get("/v1/fairway/events?last_event_id=x")).status_code == 422
    monkeypatch.setattr(stream_service, "_MOST_STREAMS", 0)
    assert (await reader.get("/v1/fairway/events")).status_code == 503


async def test_members_get_only_what_they_may_read(portal: Portal) -> None:
    member = Caller("u_1", "user", "org_1", roles=frozenset({"Member"}))
    start = await portal.audit.streams._feed.now()
    await _write(portal, "secret", blueprint="unknown")
    await _write(portal, "public", kind="blueprint")

    async def authenticate() -> Caller:
        return member

    chunks = await portal.audit.streams.open(authenticate, stream_service.StreamFilter(), start)
    assert await anext(chunks) == b"retry: 2000\n\n"
    data = await anext(chunks)
    assert b"public" in data
    assert b"secret" not in data
