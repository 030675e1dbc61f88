"""The outgoing client against real servers."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from fairway.kit import http
from fairway.kit.errors import InvalidRequest
from fairway.kit.http import DestinationPolicy, DestinationRefused, HttpClient, RemoteUnavailable

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Serve = Callable[[Handler], Awaitable[str]]


@pytest.fixture
async def serve() -> AsyncIterator[Serve]:
    servers: list[TestServer] = []

    async def start(handler: Handler) -> str:
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", handler)
        server = TestServer(app)
        await server.start_server()
        servers.append(server)
        return str(server.make_url("")).rstrip("/")

    yield start
    for server in servers:
        await server.close()


@pytest.fixture
async def client(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[HttpClient]:
    monkeypatch.setattr(http, "_FIRST_PAUSE", 0.001)
    opened = HttpClient(DestinationPolicy(private_networks=True))
    yield opened
    await opened.aclose()


async def test_exact_bytes_go_out(serve: Serve, client: HttpClient) -> None:
    async def echo(request: web.Request) -> web.Response:
        assert request.headers["x-mine"] == "1"
        assert request.headers["user-agent"] == "fairway"
        return web.Response(body=await request.read(), status=201, headers={"X-Back": "2"})

    answer = await client.request("POST", f"{await serve(echo)}/a", headers={"X-Mine": "1"}, body=b'{"\xc3\xa9":1}')
    assert (answer.status, answer.body, answer.headers["x-back"], answer.ok) == (201, b'{"\xc3\xa9":1}', "2", True)


async def test_retries_are_bounded_and_asked_for(serve: Serve, client: HttpClient) -> None:
    seen = 0

    async def busy(request: web.Request) -> web.Response:
        nonlocal seen
        seen += 1
        return web.Response(status=503 if seen % 3 else 200)

    url = await serve(busy)
    assert (await client.request("POST", url)).status == 503
    assert seen == 1
    assert (await client.request("GET", url, attempts=3)).status == 200
    assert seen == 3
    assert (await client.request("GET", url, attempts=2)).status == 503


async def test_no_answer(serve: Serve, client: HttpClient) -> None:
    async def slow(request: web.Request) -> web.Response:
        await asyncio.sleep(5)
        return web.Response()

    with pytest.raises(RemoteUnavailable, match=r"within 0.05 s"):
        await client.request("GET", await serve(slow), timeout_seconds=0.05)
    with pytest.raises(RemoteUnavailable, match="cannot be reached"):
        await client.request("GET", "http://127.0.0.1:1/", attempts=2)


async def test_answers_are_cut(serve: Serve, client: HttpClient) -> None:
    async def large(request: web.Request) -> web.Response:
        bomb = gzip.compress(b"0" * 50_000_000)
        return web.Response(body=bomb, headers={"content-encoding": "gzip"})

    answer = await client.request("GET", await serve(large), max_answer_bytes=1000)
    assert (len(answer.body), answer.truncated) == (1000, True)


async def test_redirects_stay_at_the_origin(serve: Serve, client: HttpClient) -> None:
    async def target(request: web.Request) -> web.Response:
        return web.Response(text="there")

    other = await serve(target)

    async def redirect(request: web.Request) -> web.Response:
        where = {"/same": "/end", "/other": other, "/loop": "/loop", "/meta": "http://169.254.169.254/x"}
        if request.path == "/end":
            return web.Response(text=request.method)
        return web.Response(status=int(request.query.get("status", "302")), headers={"location": where[request.path]})

    url = await serve(redirect)
    assert (await client.request("GET", f"{url}/same")).body == b"GET"
    assert (await client.request("POST", f"{url}/same?status=307")).body == b"POST"
    assert (await client.request("POST", f"{url}/same")).status == 302, "a signed request never becomes another one"
    for path in ("other", "loop", "meta"):
        with pytest.raises(DestinationRefused):
            await client.request("GET", f"{url}/{path}")


@pytest.mark.parametrize("url", ["ftp://x/", "file:///etc/passwd", "http://", "not a url", "//x", "http://[::1", ""])
async def test_only_http_urls(client: HttpClient, url: str) -> None:
    with pytest.raises(DestinationRefused):
        await client.request("GET", url)


async def test_headers_cannot_be_smuggled(serve: Serve, client: HttpClient) -> None:
    async def never(request: web.Request) -> web.Response:
        raise AssertionError("it was sent")

    with pytest.raises(InvalidRequest):
        await client.request("GET", await serve(never), headers={"x": "a\r\nb: c"})


@pytest.mark.parametrize(
    "host",
    [
        "169.254.169.254", "169.254.1.1", "[fe80::1]", "[fd00:ec2::254]", "100.100.100.200", "168.63.129.16",
        "[::ffff:169.254.169.254]", "[64:ff9b::a9fe:a9fe]", "[2002:a9fe:a9fe::]", "2852039166", "0xa9fea9fe",
        "0.0.0.0", "[::]", "224.0.0.1", "255.255.255.255",
    ],
)  # fmt: skip
async def test_never_allowed(client: HttpClient, host: str) -> None:
    with pytest.raises((DestinationRefused, RemoteUnavailable)):
        await client.request("GET", f"http://{host}/latest", timeout_seconds=1)
    literal = host.strip("[]")
    if ":" in literal or literal.count(".") == 3:
        assert DestinationPolicy(private_networks=True).refusal(literal)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "10.0.0.1", "192.168.1.1", "172.16.0.1", "100.64.0.1", "[::1]", "[fc00::1]"]
)
async def test_private_networks_by_setting(serve: Serve, host: str) -> None:
    closed = HttpClient(DestinationPolicy(private_networks=False))
    with pytest.raises(DestinationRefused, match="FAIRWAY_OUTGOING_PRIVATE_NETWORKS"):
        await closed.request("GET", f"http://{host}:9/", timeout_seconds=2)
    await closed.aclose()


@pytest.mark.parametrize("address", ["1.1.1.1", "93.184.216.34", "2606:4700:4700::1111"])
def test_public_addresses_are_allowed(address: str) -> None:
    assert DestinationPolicy(private_networks=False).refusal(address) is None


def test_pauses_grow_and_have_an_end() -> None:
    assert 0.1 <= http._pause(1, None) <= 0.2
    assert http._pause(30, None) <= 10
    assert 1.5 <= http._pause(1, "3") <= 3
    assert http._pause(1, "86400") <= 10
    assert http._pause(1, "soon") <= 0.2
