"""A third party on a socket: answers as told, and remembers what it was asked (contract section 17)."""

from __future__ import annotations

import asyncio
import ssl
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import orjson
from aiohttp import web


@dataclass(frozen=True, slots=True)
class Asked:
    """One request that arrived."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return orjson.loads(self.body)


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered: ``json``, or else ``body``. ``abort`` breaks the connection off instead."""

    json: Any = None
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    seconds: float = 0.0
    """It takes this long."""
    abort: bool = False
    stream: AsyncIterator[bytes] | None = None
    """Sent part by part as it comes, instead of a body; the answer ends with it."""


Route = Callable[[Asked], Reply | Awaitable[Reply]]
_MOST_BYTES = 64 * 1024 * 1024


class FakeThirdParty:
    """An asynchronous context manager, on a free port (or ``port``) or on the socket ``unix``. Requests that no route
    is for are answered with 404, and are in ``unknown``."""

    def __init__(self, *, tls: ssl.SSLContext | None = None, unix: Path | None = None, port: int = 0) -> None:
        self.asked: list[Asked] = []
        self.unknown: list[Asked] = []
        self.busy = 0
        self.busiest = 0
        """Most requests that were under way at once."""
        self._tls = tls
        self._unix = unix
        self._routes: dict[tuple[str, str], Route] = {}
        self._runner: web.AppRunner | None = None
        self._port = port

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""
        if self._unix is not None:
            return f"unix://{self._unix}"
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self._port}"

    def on(self, method: str, path: str, *replies: Reply | Any) -> None:
        """Answers with these one after the other, and then with the last again; documents are answered as JSON."""
        waiting: deque[Reply] = deque(reply if isinstance(reply, Reply) else Reply(reply) for reply in replies)

        def reply(_: Asked) -> Reply:
            return waiting.popleft() if len(waiting) > 1 else waiting[0]

        self.route(method, path, reply)

    def route(self, method: str, path: str, reply: Route) -> None:
        """Answers as the function says."""
        self._routes[method.upper(), path] = reply

    def requests(self, path: str, method: str | None = None) -> Sequence[Asked]:
        """Those of a path, in order of arrival."""
        return [each for each in self.asked if each.path == path and method in (None, each.method)]

    @property
    def counts(self) -> Mapping[str, int]:
        """Requests by method and path: ``GET /items``."""
        found: dict[str, int] = defaultdict(int)
        for each in self.asked:
            found[f"{each.method} {each.path}"] += 1
        return found

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=_MOST_BYTES)
        app.router.add_route("*", "/{rest:.*}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.01)
        await self._runner.setup()
        if self._unix is not None:
            await web.UnixSite(self._runner, str(self._unix)).start()
            return self
        await web.TCPSite(self._runner, "127.0.0.1", self._port, ssl_context=self._tls).start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *error: object) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        asked = Asked(request.method, request.path, dict(request.query), headers, await request.read())
        self.asked.append(asked)
        self.busy += 1
        self.busiest = max(self.busiest, self.busy)
        try:
            reply = await self._reply(asked)
            if reply.seconds:
                await asyncio.sleep(reply.seconds)
        finally:
            self.busy -= 1
        if reply.abort and request.transport is not None:
            request.transport.abort()
        if reply.stream is not None:
            return await _streamed(request, reply, reply.stream)
        body = reply.body if reply.body is not None else orjson.dumps(reply.json)
        return web.Response(
            status=reply.status, body=body, headers={"content-type": "application/json", **reply.headers}
        )

    async def _reply(self, asked: Asked) -> Reply:
        route = self._routes.get((asked.method, asked.path)) or self._routes.get(("*", asked.path))
        if route is None:
            self.unknown.append(asked)
            known = ", ".join(f"{method} {path}" for method, path in self._routes)
            return Reply({"message": f"no route for {asked.method} {asked.path}; there are: {known}"}, 404)
        reply = route(asked)
        return reply if isinstance(reply, Reply) else await reply


async def _streamed(request: web.Request, reply: Reply, parts: AsyncIterator[bytes]) -> web.StreamResponse:
    response = web.StreamResponse(status=reply.status, headers={"content-type": "application/json", **reply.headers})
    await response.prepare(request)
    async for part in parts:
        await response.write(part)
    await response.write_eof()
    return response
