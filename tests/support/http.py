"""In-memory clients of an app that hold every answer against the contract."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager

import httpx
from fastapi import FastAPI

from fairway.kit.settings import Settings
from support.reference import Reference

BASE_URL = "http://portal"
REFERENCE = Reference.load()


async def check(response: httpx.Response) -> None:
    """Conformance scenario 27, and the reference's schema: what every answer under ``/v1`` must hold."""
    await response.aread()
    request = response.request
    told = f"{request.method} {request.url.raw_path.decode()} -> {response.status_code} {response.text[:2000]}"
    assert response.status_code != 500, f"an internal error: {told}"
    for header in ("x-trace-id", "x-ratelimit-limit", "x-ratelimit-period", "x-ratelimit-remaining"):
        assert response.headers.get(header), f"header {header} is missing: {told}"
    assert 0 < int(response.headers["x-ratelimit-reset"]) < 10_000, told
    if not request.url.path.startswith("/v1/") or request.headers.get("accept") == "text/event-stream":
        return
    assert response.headers["content-type"] == "application/json", told
    body = response.json()
    assert isinstance(body, dict), f"not an object: {told}"
    assert body.get("ok") is (response.status_code < 400), f"ok is wrong: {told}"
    problem = None if REFERENCE is None else REFERENCE.problem(response)
    assert problem is None, f"{problem}: {told}"


def connect(app: FastAPI, token: str | None = None) -> httpx.AsyncClient:
    """A client of the app; with ``token`` it is logged in."""
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url=BASE_URL,
        headers={"authorization": f"Bearer {token}"} if token else {},
        event_hooks={"response": [check]},
        timeout=60,
    )


async def access_token(anonymous: httpx.AsyncClient, client_id: str, client_secret: str) -> str:
    """A token of these credentials."""
    body = {"clientId": client_id, "clientSecret": client_secret}
    response = await anonymous.post("/v1/auth/access_token", json=body)
    assert response.status_code == 200, response.text
    token: str = response.json()["accessToken"]
    return token


class Renewing(httpx.Auth):
    """Asks for a new token when that of the client has run out, as clients do: tests move the clock by days."""

    def __init__(self, app: FastAPI, settings: Settings, token: str) -> None:
        self._app = app
        self._settings = settings
        self._first = f"Bearer {token}"
        self._present = self._first

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Leaves requests alone that a test gave another token."""
        if request.headers.get("authorization") != self._first:
            yield request
            return
        request.headers["authorization"] = self._present
        response = yield request
        if response.status_code == 401 and b"has expired" in await response.aread():
            self._present = f"Bearer {await first_token(self._app, self._settings)}"
            request.headers["authorization"] = self._present
            yield request


async def first_token(app: FastAPI, settings: Settings) -> str:
    """A token of the bootstrap credentials."""
    assert settings.client_secret is not None
    async with connect(app) as anonymous:
        return await access_token(anonymous, settings.client_id, settings.client_secret.get_secret_value())


@asynccontextmanager
async def logged_in(app: FastAPI, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A client with the bootstrap credentials."""
    token = await first_token(app, settings)
    async with connect(app, token) as client:
        client.auth = Renewing(app, settings, token)
        yield client
