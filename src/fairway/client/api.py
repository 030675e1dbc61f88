"""The client: requests with a token, retries and typed errors; bulk writes and paged searches on top."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import quote

import aiohttp
import orjson

from fairway import __version__
from fairway.client.errors import error_of
from fairway.client.retry import NO_ANSWER, RETRIED, RetryPolicy
from fairway.client.token import Credentials, TokenCache
from fairway.kit.errors import FairwayError, PayloadTooLarge
from fairway.wire.entities import BULK_LIMIT, MAX_BULK, BulkAnswer, EntityWrite

_IDEMPOTENT = frozenset({"GET", "HEAD", "PUT", "DELETE"})
_TIMEOUT = aiohttp.ClientTimeout(total=60, connect=10)
_PARALLEL = 8
"""Bulk requests under way at once."""

Query = Mapping[str, Any]


class PortalClient:
    """An asynchronous context manager; ``base_url`` is the portal's root, with or without ``/v1``."""

    def __init__(
        self,
        base_url: str,
        credentials: Credentials,
        *,
        user_agent: str = f"fairway-client/{__version__}",
        retry: RetryPolicy | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        tls: ssl.SSLContext | bool = True,
    ) -> None:
        self._tls = tls
        self._root = base_url.rstrip("/").removesuffix("/v1") + "/v1"
        self._credentials = credentials
        self._user_agent = user_agent
        self._retry = retry or RetryPolicy()
        self._token = TokenCache(self._fetch_token, monotonic)
        self._session: aiohttp.ClientSession | None = None
        self.bulk_limit = MAX_BULK
        """Entities that the portal takes in one bulk: what the contract says, or more when an answer said so."""

    async def __aenter__(self) -> Self:
        headers = {"user-agent": self._user_agent, "accept": "application/json"}
        connector = aiohttp.TCPConnector(limit=64, ssl=self._tls)
        self._session = aiohttp.ClientSession(headers=headers, timeout=_TIMEOUT, connector=connector)
        return self

    async def __aexit__(self, *error: object) -> None:
        if self._session is not None:
            await self._session.close()

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Query | None = None,
        body: Any = None,
        repeatable: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """The answer's object. ``path`` starts behind ``/v1``, or is a whole URL that the portal named. A ``body`` of
        bytes is JSON already; ``repeatable`` allows retries of a POST or PATCH; ``headers`` are added.

        Raises:
            FairwayError: of the class that the answer's status and code stand for.
        """
        content = body if body is None or isinstance(body, bytes) else orjson.dumps(body)

        async def send() -> Answer:
            authorization = await self._token.value()
            answer = await self._send(method, path, params, content, authorization, headers)
            if answer.status != 401:
                return answer
            self._token.refused(authorization)
            return await self._send(method, path, params, content, await self._token.value(), headers)

        return await self._repeat(send, repeatable or method in _IDEMPOTENT)

    async def get(self, path: str, **params: Any) -> dict[str, Any]:
        """``GET``."""
        return await self.request("GET", path, params=params)

    async def post(self, path: str, body: Any, *, repeatable: bool = False, **params: Any) -> dict[str, Any]:
        """``POST``."""
        return await self.request("POST", path, params=params, body=body, repeatable=repeatable)

    async def put(self, path: str, body: Any, **params: Any) -> dict[str, Any]:
        """``PUT``."""
        return await self.request("PUT", path, params=params, body=body)

    async def patch(self, path: str, body: Any, **params: Any) -> dict[str, Any]:
        """``PATCH``."""
        return await self.request("PATCH", path, params=params, body=body)

    async def delete(self, path: str, **params: Any) -> dict[str, Any]:
        """``DELETE``."""
        return await self.request("DELETE", path, params=params)

    async def upsert(
        self, blueprint: str, entities: Sequence[EntityWrite], *, merge: bool = True, create_missing: bool = False
    ) -> BulkAnswer:
        """Writes any number of entities, 20 to a request and several requests at once; ``index`` counts over all.

        Entities that relate to each other belong into calls one after the other, or need ``create_missing``.
        """
        gate = asyncio.Semaphore(_PARALLEL)
        params = {"upsert": True, "merge": merge, "create_missing_related_entities": create_missing}

        async def one(start: int) -> BulkAnswer:
            async with gate:
                return await self._bulk(blueprint, list(entities[start : start + MAX_BULK]), start, params)

        answers = await asyncio.gather(*(one(start) for start in range(0, len(entities), MAX_BULK)))
        return {
            "ok": True,
            "entities": [item for answer in answers for item in answer["entities"]],
            "errors": [item for answer in answers for item in answer["errors"]],
        }

    async def _bulk(self, blueprint: str, entities: list[EntityWrite], start: int, params: Query) -> BulkAnswer:
        path = f"/blueprints/{segment(blueprint)}/entities/bulk"
        try:
            answer = await self.request("POST", path, params=params, body={"entities": entities}, repeatable=True)
        except PayloadTooLarge:
            if len(entities) == 1:
                raise
            half = len(entities) // 2
            first = await self._bulk(blueprint, entities[:half], start, params)
            second = await self._bulk(blueprint, entities[half:], start + half, params)
            return {
                "ok": True,
                "entities": first["entities"] + second["entities"],
                "errors": first["errors"] + second["errors"],
            }
        for item in (*answer["entities"], *answer["errors"]):
            item["index"] += start
        return {"ok": True, "entities": answer["entities"], "errors": answer["errors"]}

    async def search(
        self, blueprint: str, query: Any = None, *, include: Sequence[str] = (), page: int = 1000
    ) -> AsyncIterator[dict[str, Any]]:
        """Every entity of a blueprint that matches, page after page."""
        body: dict[str, Any] = {"limit": page}
        if query is not None:
            body["query"] = query
        if include:
            body["include"] = list(include)
        while True:
            answer = await self.post(f"/blueprints/{segment(blueprint)}/entities/search", body, repeatable=True)
            for found in answer["entities"]:
                yield found
            if not answer.get("next"):
                return
            body["from"] = answer["next"]

    async def _repeat(self, send: Callable[[], Awaitable[Answer]], repeatable: bool) -> dict[str, Any]:
        """Sends until there is an answer, within the retry budget. A throttled request was not acted on, so it may
        always be sent again."""
        attempt = 1
        answer = await send()
        while attempt < self._retry.attempts and (answer.status == 429 or (repeatable and answer.status in RETRIED)):
            await asyncio.sleep(self._retry.pause(attempt, answer.retry_after))
            attempt += 1
            answer = await send()
        if 200 <= answer.status < 400 and isinstance(answer.body, dict):
            return answer.body
        raise answer.error()

    async def _send(
        self,
        method: str,
        path: str,
        params: Query | None,
        content: bytes | None,
        authorization: str | None,
        more: Mapping[str, str] | None = None,
    ) -> Answer:
        if self._session is None:
            raise RuntimeError("Use the client as a context manager: async with PortalClient(...) as portal")
        headers = {"content-type": "application/json"} if content is not None else {}
        headers.update(more or {})
        if authorization is not None:
            headers["authorization"] = authorization
        url = path if path.startswith(("http://", "https://")) else self._root + path
        try:
            async with self._session.request(
                method, url, params=_text_params(params), data=content, headers=headers
            ) as response:
                raw = await response.read()
                self._note_limit(response.headers.get(BULK_LIMIT, ""))
                return Answer(response.status, response.headers.get("retry-after"), _parsed(raw))
        except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError, TimeoutError) as error:
            text = f"{self._root} does not answer: {error or type(error).__name__}"
            return Answer(NO_ANSWER, None, {"message": text})

    def _note_limit(self, text: str) -> None:
        if text.isascii() and text.isdigit() and len(text) < 6:
            self.bulk_limit = max(MAX_BULK, int(text))

    async def _fetch_token(self) -> dict[str, Any]:
        body = {"clientId": self._credentials.client_id, "clientSecret": self._credentials.client_secret}
        content = orjson.dumps(body)
        return await self._repeat(lambda: self._send("POST", "/auth/access_token", None, content, None), True)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back from one request."""

    status: int
    retry_after: str | None
    body: Any

    def error(self) -> FairwayError:
        """The error that this answer stands for."""
        return error_of(self.status, self.body)


def segment(identifier: str) -> str:
    """An identifier as one segment of a path."""
    return quote(identifier, safe="")


def _text_params(params: Query | None) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    for name, value in (params or {}).items():
        values = value if isinstance(value, list | tuple) else [value]
        pairs.extend((name, _text(each)) for each in values if each is not None)
    return pairs


def _text(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _parsed(raw: bytes) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return None
