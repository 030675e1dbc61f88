"""The client against a real HTTP server that misbehaves on purpose."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from fairway.client import Credentials, PortalClient
from fairway.client.retry import RetryPolicy
from fairway.kit.errors import Conflict, InvalidCredentials, NotFound, Unavailable

FAST = RetryPolicy(attempts=3, first_seconds=0.001, longest_seconds=0.01)
RIGHT = Credentials("me", "secret")


class Peer:
    """A portal that answers as scripted and remembers what it was asked."""

    def __init__(self) -> None:
        self.tokens = 0
        self.requests: list[tuple[str, str]] = []
        self.bodies: list[Any] = []
        self.script: list[tuple[int, Any]] = []
        self.valid = "token-1"

    async def token(self, request: web.Request) -> web.Response:
        if (await request.json())["clientSecret"] != RIGHT.client_secret:
            return web.json_response({"ok": False, "error": "invalid_credentials", "message": "no"}, status=401)
        self.tokens += 1
        await asyncio.sleep(0.02)
        self.valid = f"token-{self.tokens}"
        return web.json_response({"ok": True, "accessToken": self.valid, "expiresIn": 3600, "tokenType": "Bearer"})

    async def anything(self, request: web.Request) -> web.Response:
        self.requests.append((request.method, request.raw_path))
        if request.headers["authorization"] != f"Bearer {self.valid}":
            return web.json_response({"ok": False, "error": "unauthorized", "message": "no"}, status=401)
        self.bodies.append(await request.json() if request.can_read_body else None)
        status, body = self.script.pop(0) if self.script else (200, {"ok": True})
        return web.json_response(body, status=status, headers={"retry-after": "0"} if status == 429 else {})


@pytest.fixture
def peer() -> Peer:
    return Peer()


@pytest.fixture
async def url(peer: Peer) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_post("/v1/auth/access_token", peer.token)
    app.router.add_route("*", "/{path:.*}", peer.anything)
    async with TestServer(app) as server:
        yield str(server.make_url("/"))


async def test_one_token_serves_many_concurrent_requests(peer: Peer, url: str) -> None:
    async with PortalClient(url, RIGHT) as portal:
        await asyncio.gather(*(portal.get("/blueprints") for _ in range(20)))
    assert (peer.tokens, len(peer.requests)) == (1, 20)


async def test_a_refused_token_is_renewed_once(peer: Peer, url: str) -> None:
    async with PortalClient(url, RIGHT) as portal:
        await portal.get("/blueprints")
        peer.valid = "revoked"
        await portal.get("/blueprints")
    assert peer.tokens == 2


async def test_wrong_credentials_are_told_at_once(url: str) -> None:
    async with PortalClient(url, Credentials("me", "wrong")) as portal:
        with pytest.raises(InvalidCredentials):
            await portal.get("/blueprints")


@pytest.mark.parametrize("status", [429, 502, 503, 504])
async def test_reads_outlive_a_portal_that_cannot_answer_now(peer: Peer, url: str, status: int) -> None:
    peer.script = [(status, {"ok": False}), (status, "not even an object"), (200, {"ok": True, "n": 1})]
    async with PortalClient(url, RIGHT, retry=FAST) as portal:
        assert (await portal.get("/blueprints"))["n"] == 1


async def test_the_budget_ends(peer: Peer, url: str) -> None:
    peer.script = [(503, {"ok": False, "message": "busy"})] * 5
    async with PortalClient(url, RIGHT, retry=FAST) as portal:
        with pytest.raises(Unavailable, match="busy"):
            await portal.get("/blueprints")
    assert len(peer.requests) == 3


async def test_a_post_is_not_repeated_unless_said_to_be_repeatable(peer: Peer, url: str) -> None:
    peer.script = [(503, {"ok": False})]
    async with PortalClient(url, RIGHT, retry=FAST) as portal:
        with pytest.raises(Unavailable):
            await portal.post("/blueprints", {})
    assert len(peer.requests) == 1


async def test_errors_have_types(peer: Peer, url: str) -> None:
    peer.script = [
        (404, {"ok": False, "error": "not_found", "message": 'Blueprint "x" was not found'}),
        (409, {"ok": False, "error": "conflict", "message": "exists", "details": {"a": 1}}),
    ]
    async with PortalClient(url, RIGHT) as portal:
        with pytest.raises(NotFound, match='"x"'):
            await portal.get("/blueprints/x")
        with pytest.raises(Conflict) as told:
            await portal.post("/blueprints", {})
    assert told.value.details == {"a": 1}


async def test_nobody_listening_is_unavailable() -> None:
    async with PortalClient("http://127.0.0.1:9", RIGHT, retry=FAST) as portal:
        with pytest.raises(Unavailable, match="does not answer"):
            await portal.get("/blueprints")


async def test_bulk_goes_in_twenties_and_counts_over_all(peer: Peer, url: str) -> None:
    def answer(count: int) -> dict[str, Any]:
        return {
            "ok": True,
            "entities": [{"identifier": str(at), "index": at, "created": True} for at in range(count - 1)],
            "errors": [{"identifier": "bad", "index": count - 1, "statusCode": 422, "error": "e", "message": "m"}],
        }

    peer.script = [(207, answer(20)), (207, answer(5))]
    async with PortalClient(url, RIGHT) as portal:
        result = await portal.upsert("service", [{"identifier": str(number)} for number in range(25)])
    assert sorted(len(body["entities"]) for body in peer.bodies) == [5, 20]
    assert peer.requests[0][1] == (
        "/v1/blueprints/service/entities/bulk?upsert=true&merge=true&create_missing_related_entities=false"
    )
    assert len(result["entities"]) == 23
    assert {item["index"] for item in result["errors"]} <= {19, 24, 39}


async def test_a_bulk_that_is_too_large_is_halved(peer: Peer, url: str) -> None:
    def answer(count: int) -> dict[str, Any]:
        return {
            "ok": True,
            "entities": [{"identifier": "a", "index": at, "created": True} for at in range(count)],
            "errors": [],
        }

    too_large = (413, {"ok": False, "error": "payload_too_large", "message": "too large"})
    peer.script = [too_large, (200, answer(2)), too_large, (200, answer(1)), (200, answer(1))]
    async with PortalClient(url, RIGHT) as portal:
        result = await portal.upsert("service", [{"identifier": str(number)} for number in range(4)])
    assert [item["index"] for item in result["entities"]] == [0, 1, 2, 3]


async def test_search_follows_next(peer: Peer, url: str) -> None:
    peer.script = [
        (200, {"ok": True, "entities": [{"identifier": "a"}, {"identifier": "b"}], "next": "c1"}),
        (200, {"ok": True, "entities": [{"identifier": "c"}]}),
    ]
    async with PortalClient(url + "v1", RIGHT) as portal:
        found = [entity["identifier"] async for entity in portal.search("a/b", page=2)]
    assert found == ["a", "b", "c"]
    assert peer.requests == [("POST", "/v1/blueprints/a%2Fb/entities/search")] * 2
    assert [body.get("from") for body in peer.bodies] == [None, "c1"]
