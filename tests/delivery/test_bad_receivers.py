"""Receivers that hang, break off, redirect, babble or never end: the run says what happened, and others go on."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from fairway.kit.clock import ManualClock
from fairway.kit.settings import Settings
from fairway.portal.worker import Background
from support.actions import self_service
from support.forges.server import Forge, Reply
from support.runs import Run, Runs

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
Handle = Callable[[web.Request], Awaitable[web.StreamResponse]]
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


def _hook(url: str, **more: Any) -> dict[str, Any]:
    return {"type": "WEBHOOK", "url": url, "body": {"run": "{{ .run.id }}"}, **more}


@asynccontextmanager
async def _http(handle: Handle) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/hook", handle)
    async with TestServer(app) as server:
        yield str(server.make_url("/hook"))


@asynccontextmanager
async def _raw(talk: Talk) -> AsyncIterator[str]:
    """A server that says what it likes."""

    async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            await talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(served, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"


def _saying(data: bytes) -> Talk:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(data)
        await writer.drain()

    return talk


async def _ended(runs: Runs, background: Background, url: str, **more: Any) -> Run:
    run = await runs.start(_hook(url, **more))
    async with asyncio.timeout(60):
        await background.settle()
    return await runs.get(run)


class TestHanging:
    """With little patience: nothing else in here has to come in time."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        return settings.model_copy(update={"delivery_timeout_seconds": 0.5})

    @pytest.mark.parametrize("synchronized", [True, False])
    async def test_an_answer_that_does_not_come_ends_the_run(
        self, runs: Runs, receiver: Forge, background: Background, synchronized: bool
    ) -> None:
        receiver.slow.clear()
        ended = await _ended(runs, background, f"{receiver.url}/hook", synchronized=synchronized)
        assert (ended["status"], ended["statusLabel"]) == ("FAILURE", "Timed out")
        assert "did not answer within 0.5 s" in ended["summary"]
        assert ended["endedAt"] is not None
        assert len(receiver.requests) == 1, "the receiver may have acted: it is not asked twice by itself"

    async def test_an_answer_that_trickles_is_no_answer(self, runs: Runs, background: Background) -> None:
        async def trickling(request: web.Request) -> web.StreamResponse:
            response = web.StreamResponse()
            await response.prepare(request)
            for _ in range(1000):
                await response.write(b"x")
                await asyncio.sleep(0.05)
            return response

        async with _http(trickling) as url:
            ended = await _ended(runs, background, url, synchronized=True)
        assert (ended["status"], ended["statusLabel"]) == ("FAILURE", "Timed out")

    async def test_one_that_hangs_holds_up_no_other(
        self, runs: Runs, receiver: Forge, background: Background, client: httpx.AsyncClient
    ) -> None:
        released = asyncio.Event()

        async def hanging(request: web.Request) -> web.StreamResponse:
            await released.wait()
            return web.Response()

        async with _http(hanging) as url:
            stuck = await runs.start(_hook(url))
            other = {**self_service("other"), "invocationMethod": _hook(f"{receiver.url}/hook", synchronized=True)}
            await client.post("/v1/actions", json=other)
            quick = (await client.post("/v1/actions/other/runs", json={"properties": {}})).json()["run"]
            await background.settle()
            released.set()
        assert (await runs.get(quick))["status"] == "SUCCESS"
        assert (await runs.get(stuck))["status"] == "FAILURE"


async def test_an_endless_answer_is_cut(runs: Runs, background: Background) -> None:
    """Three gigabytes are offered."""
    sent = 0

    async def endless(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse()
        await response.prepare(request)
        while sent < 3_000_000_000:
            await response.write(b"x" * 65_536)
            sent += 65_536
        return response

    async with _http(endless) as url:
        ended = await _ended(runs, background, url, synchronized=True)
    assert sent < 100_000_000
    assert ended["status"] == "SUCCESS"
    assert len(ended["response"]) < 20_000
    assert ended["response"].endswith("… (cut)")


async def test_a_compressed_bomb_is_cut(runs: Runs, background: Background) -> None:
    bomb = gzip.compress(b"\0" * 300_000_000, 1)

    async def bombing(request: web.Request) -> web.StreamResponse:
        return web.Response(body=bomb, headers={"content-encoding": "gzip"})

    async with _http(bombing) as url:
        ended = await _ended(runs, background, url, synchronized=True)
    assert ended["status"] in ("SUCCESS", "FAILURE")
    assert len(str(ended["response"])) < 20_000


GARBAGE = {
    "no http": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 this is no HTTP\r\n\r\n",
    "endless header": b"HTTP/1.1 200 OK\r\nx: " + b"a" * 200_000 + b"\r\n\r\n",
    "cut off": b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nhalf of it",
    "bad chunks": b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nZZZ\r\n",
    "nothing": b"",
}


@pytest.mark.parametrize("kind", list(GARBAGE))
async def test_garbage_is_tried_again_and_then_given_up(
    runs: Runs, background: Background, clock: ManualClock, kind: str
) -> None:
    async with _raw(_saying(GARBAGE[kind])) as url:
        run = await runs.start(_hook(url, synchronized=True))
        for _ in range(5):
            await background.settle()
            clock.advance(minutes=10)
    ended = await runs.get(run)
    assert (ended["status"], ended["statusLabel"]) == ("FAILURE", "Not delivered")
    assert "Given up after 4 attempts" in await runs.log(run)
    assert ended["summary"]


ANSWERS: list[tuple[bytes, Any]] = [
    (b"", None),
    (b"  \n", None),
    (b"all good", "all good"),
    (b"\xff\xfe\x00binary", "\ufffd\ufffdbinary"),
    (b'{"a": ', '{"a": '),
    (b'{"a": "x\\u0000y"}', '{"a": "x\\u0000y"}'),
    (b"[1, 2]", [1, 2]),
    (b"<html>" + b"x" * 50_000, "<html>" + "x" * 16_378 + "… (cut)"),
    (b"[" * 5_000, "[" * 5_000),
]


async def test_whatever_is_answered_is_stored_as_far_as_it_can_be(runs: Runs, background: Background) -> None:
    async def answering(request: web.Request) -> web.StreamResponse:
        body, _ = ANSWERS[int(request.query["at"])]
        return web.Response(body=body, content_type="application/json")

    async with _http(answering) as url:
        hook = _hook(url + "?at={{ .inputs.at }}", synchronized=True)
        started = [await runs.start(hook, at=0), *[await runs.another(at=at) for at in range(1, len(ANSWERS))]]
        await background.settle()
    for run, (_, response) in zip(started, ANSWERS, strict=True):
        ended = await runs.get(run)
        assert (ended["status"], ended["response"]) == ("SUCCESS", response)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_nobody_is_led_to_another_origin(
    runs: Runs, receiver: Forge, background: Background, status: int
) -> None:
    async with Forge.running() as elsewhere:
        receiver.first = [Reply(status, headers={"location": f"{elsewhere.url}/stolen"})]
        ended = await _ended(runs, background, f"{receiver.url}/hook")
        assert elsewhere.requests == [], "the signature is for the one who was named"
    assert ended["status"] == "FAILURE"
    assert len(receiver.requests) == 1


@pytest.mark.parametrize("status", [301, 302, 303])
async def test_a_post_does_not_become_a_get(runs: Runs, receiver: Forge, background: Background, status: int) -> None:
    receiver.first = [Reply(status, headers={"location": f"{receiver.url}/elsewhere"})]
    ended = await _ended(runs, background, f"{receiver.url}/hook")
    assert [seen.path for seen in receiver.requests] == ["/hook"]
    assert (ended["status"], ended["statusLabel"]) == ("FAILURE", f"HTTP {status}")


async def test_a_moved_path_gets_the_same_request(runs: Runs, receiver: Forge, background: Background) -> None:
    receiver.first = [Reply(308, headers={"location": "/moved"})]
    ended = await _ended(runs, background, f"{receiver.url}/hook", synchronized=True)
    assert ended["status"] == "SUCCESS"
    first, second = receiver.requests
    assert (second.method, second.path, second.body) == ("POST", "/moved", first.body)
    assert second.headers["x-port-signature"] == first.headers["x-port-signature"]


async def test_a_circle_of_redirects_ends(runs: Runs, receiver: Forge, background: Background) -> None:
    receiver.first = [Reply(307, headers={"location": "/hook"})] * 50
    ended = await _ended(runs, background, f"{receiver.url}/hook")
    assert ended["status"] == "FAILURE"
    assert "redirects more than" in ended["summary"]
    assert len(receiver.requests) < 10


NO_URLS = {
    "ftp://files.example/x": "not an http or https URL",
    "/only/a/path": "not an http or https URL",
    "http://": "not an http or https URL",
    "http://[::1": "not a URL",
    "http://host.invalid:99999/": "not a URL",
    "javascript:alert(1)": "not an http or https URL",
}


async def test_what_is_no_url_is_said_so(runs: Runs, background: Background) -> None:
    hook = _hook("{{ .inputs.url }}")
    first, *rest = NO_URLS
    started = [await runs.start(hook, url=first), *[await runs.another(url=url) for url in rest]]
    await background.settle()
    for run, told in zip(started, NO_URLS.values(), strict=True):
        ended = await runs.get(run)
        assert (ended["status"], ended["statusLabel"]) == ("FAILURE", "Not sent")
        assert told in ended["summary"]


@pytest.mark.parametrize(
    ("name", "value"),
    [("x-a", '{{ "line\\nbreak: x" }}'), ("x-a", "{{ [110, 0] | implode }}"), ("bad name", "x"), ("", "x"), ("é", "x")],
)
async def test_headers_that_http_cannot_carry_are_not_sent(
    runs: Runs, receiver: Forge, background: Background, name: str, value: str
) -> None:
    ended = await _ended(runs, background, f"{receiver.url}/hook", headers={name: value})
    assert receiver.requests == []
    assert (ended["status"], ended["statusLabel"]) == ("FAILURE", "Not sent"), ended
    assert "header" in ended["summary"], ended["summary"]


async def test_headers_in_other_writing_arrive(runs: Runs, receiver: Forge, background: Background) -> None:
    await _ended(runs, background, f"{receiver.url}/hook", headers={"x-name": "Zoë 東京", "x-tab": "a\tb"})
    [seen] = receiver.requests
    assert seen.headers["x-name"] == "Zoë 東京"
    assert seen.headers["x-tab"] == "a\tb"
