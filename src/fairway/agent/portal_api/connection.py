"""The connection to the portal: pooled, one token until it ends, every call with a time-out, throttling obeyed."""

from __future__ import annotations

import asyncio
import random
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
import orjson

from fairway.agent.operations.metrics import AgentMetrics
from fairway.agent.portal_api.errors import PortalTrouble
from fairway.agent.portal_api.waiting import Allowance, allowance, asked_pause
from fairway.client import Credentials
from fairway.client.retry import NO_ANSWER
from fairway.client.token import TokenCache
from fairway.kit.proxy import proxy_for
from fairway.wire.runs import RESERVED_USAGE

_USER_AGENT = "port-agent"
"""What portals know the agent by (contract 4)."""
_CONNECT_SECONDS = 10.0
_POOL = 64
_SHORTEST_TOKEN = 60.0
_USUAL_TOKEN = 3600.0
_LARGEST_ANSWER = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Reply:
    """A successful answer."""

    status: int
    body: dict[str, Any]
    allowance: Allowance | None


class Connection:
    """An asynchronous context manager. ``credentials`` is asked for every token, because secrets are rotated."""

    def __init__(
        self,
        base_url: str,
        credentials: Callable[[], Credentials],
        metrics: AgentMetrics,
        *,
        tls: ssl.SSLContext | None = None,
        environment: Mapping[str, str] | None = None,
        timeout_seconds: float = 30.0,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._root = base_url.rstrip("/").removesuffix("/v1") + "/v1"
        self._credentials = credentials
        self._metrics = metrics
        self._tls = tls
        self._timeout = timeout_seconds
        self._monotonic = monotonic
        self._token = TokenCache(self._fetch_token, monotonic)
        self._session: aiohttp.ClientSession | None = None
        self._proxy = proxy_for(self._root, environment or {})
        self._not_before = 0.0
        self.answered_at: float | None = None
        """Monotonic instant of the last answer below 500."""

    async def __aenter__(self) -> Connection:
        connector = aiohttp.TCPConnector(limit=_POOL, ssl=self._tls if self._tls is not None else True)
        headers = {"user-agent": _USER_AGENT, "accept": "application/json"}
        self._session = aiohttp.ClientSession(
            headers=headers, connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
        )
        return self

    async def __aexit__(self, *error: object) -> None:
        if self._session is not None:
            await self._session.close()

    @property
    def throttled(self) -> bool:
        """Whether the portal asked for silence."""
        return self._monotonic() < self._not_before

    async def call(
        self, purpose: str, method: str, path: str, body: Any = None, *, wait: float = 0.0, reserved: bool = False
    ) -> Reply:
        """One call; ``path`` starts behind ``/v1``. ``wait`` is how long the portal may hold the request on purpose.

        Raises:
            PortalTrouble: any answer but success, or none in time.
        """
        content = None if body is None else orjson.dumps(body)
        await self._silence()
        authorization = await self._token.value()
        try:
            return await self._send(purpose, method, path, content, authorization, wait, reserved)
        except PortalTrouble as trouble:
            if trouble.answered != 401:
                raise
        self._token.refused(authorization)
        return await self._send(purpose, method, path, content, await self._token.value(), wait, reserved)

    async def _silence(self) -> None:
        left = self._not_before - self._monotonic()
        if left > 0:
            await asyncio.sleep(left * random.uniform(1.0, 1.1))  # noqa: S311 jitter

    async def _send(
        self,
        purpose: str,
        method: str,
        path: str,
        content: bytes | None,
        authorization: str | None,
        wait: float = 0.0,
        reserved: bool = False,
    ) -> Reply:
        if self._session is None:
            raise RuntimeError("Use the connection as a context manager")
        headers = dict(RESERVED_USAGE) if reserved else {}
        if content is not None:
            headers["content-type"] = "application/json"
        if authorization is not None:
            headers["authorization"] = authorization
        limits = aiohttp.ClientTimeout(total=self._timeout + wait, sock_connect=_CONNECT_SECONDS)
        try:
            async with self._session.request(
                method, self._root + path, data=content, headers=headers, timeout=limits, proxy=self._proxy,
                allow_redirects=False,
            ) as response:  # fmt: skip
                raw = await _read(response)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            self._metrics.portal_call(purpose, NO_ANSWER)
            text = f"{self._root} does not answer: {error or type(error).__name__}"
            raise PortalTrouble(text, NO_ANSWER) from None
        self._metrics.portal_call(purpose, response.status)
        return self._judge(response, raw)

    def _judge(self, response: aiohttp.ClientResponse, raw: bytes) -> Reply:
        status, now = response.status, time.time()
        body = _parsed(raw)
        if status < 500:
            self.answered_at = self._monotonic()
        if 200 <= status < 300 and isinstance(body, dict):
            return Reply(status, body, allowance(response.headers, now))
        told: dict[str, Any] = body if isinstance(body, dict) else {}
        pause = asked_pause(response.headers, now) if status in (429, 503) else None
        if status == 429 and pause is not None:
            self._not_before = max(self._not_before, self._monotonic() + pause)
        text = told.get("message") or raw[:200].decode(errors="replace") or "no explanation"
        code = told.get("error")
        # a success that is no object is a proxy's page, not the portal's answer
        shown = status if status >= 300 else 502
        message = f"The portal answered {status} to {response.method} {response.url.path}: {text}"
        raise PortalTrouble(message, shown, code=code if isinstance(code, str) else None, pause=pause)

    async def _fetch_token(self) -> dict[str, Any]:
        credentials = self._credentials()
        body = {"clientId": credentials.client_id, "clientSecret": credentials.client_secret}
        reply = await self._send("token", "POST", "/auth/access_token", orjson.dumps(body), None)
        if not isinstance(reply.body.get("accessToken"), str):
            raise PortalTrouble("The portal's answer to the token call has no accessToken", 502)
        return {**reply.body, "expiresIn": _life(reply.body.get("expiresIn"))}


def _life(told: Any) -> float:
    """Seconds for the cache, which takes half a minute off: shorter tokens would be asked for with every call."""
    if not isinstance(told, int | float) or told <= 0:
        return _USUAL_TOKEN
    return float(told) if told > _SHORTEST_TOKEN else told / 2 + 30.0


async def _read(response: aiohttp.ClientResponse) -> bytes:
    raw = await response.content.read(_LARGEST_ANSWER)
    while not response.content.at_eof() and len(raw) < _LARGEST_ANSWER:
        raw += await response.content.read(_LARGEST_ANSWER)
    return raw


def _parsed(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
