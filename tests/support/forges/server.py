"""What the servers have in common: a socket, a memory of requests, and answers to be given first."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Self

from aiohttp import web
from aiohttp.test_utils import TestServer


@dataclass(frozen=True)
class Seen:
    """A request as it arrived."""

    method: str
    path: str
    """Still encoded."""
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """An answer."""

    status: int = 200
    json: Any = None
    text: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> web.Response:
        """For aiohttp."""
        if self.text is not None:
            return web.Response(status=self.status, text=self.text, headers=self.headers)
        if self.json is None:
            return web.Response(status=self.status, headers=self.headers)
        return web.json_response(self.json, status=self.status, headers=self.headers)


class Forge:
    """A server that remembers what it got. ``first`` holds answers that are given, in order, before it behaves."""

    def __init__(self) -> None:
        self.requests: list[Seen] = []
        self.first: list[Reply] = []
        self.url = ""
        self.slow = asyncio.Event()
        """Requests wait while it is cleared."""
        self.slow.set()

    @classmethod
    @asynccontextmanager
    async def running(cls, *args: Any, **kwargs: Any) -> AsyncIterator[Self]:
        """The server while the block runs."""
        forge = cls(*args, **kwargs)
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/{tail:.*}", forge._handle)
        server = TestServer(app)
        await server.start_server()
        forge.url = str(server.make_url("")).rstrip("/")
        try:
            yield forge
        finally:
            forge.slow.set()
            await server.close()

    def answer(self, seen: Seen) -> Reply:
        """How this server answers; 200 without a body unless it is a certain one."""
        return Reply()

    async def _handle(self, request: web.Request) -> web.Response:
        seen = Seen(
            request.method,
            request.rel_url.raw_path,
            dict(request.query),
            {name.lower(): value for name, value in request.headers.items()},
            await request.read(),
        )
        self.requests.append(seen)
        await self.slow.wait()
        return (self.first.pop(0) if self.first else self.answer(seen)).response()


class Receiver(Forge):
    """Answers every request as ``reply`` says; it may look at the request."""

    def __init__(self, reply: Reply | Callable[[Seen], Reply] | None = None) -> None:
        super().__init__()
        self.reply: Reply | Callable[[Seen], Reply] = reply or Reply()

    def answer(self, seen: Seen) -> Reply:
        return self.reply(seen) if callable(self.reply) else self.reply
