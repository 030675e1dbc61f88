"""The HTTP surface of the process (contract section 4.2)."""

from __future__ import annotations

import time
import uuid
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from fairway import __version__
from fairway.kit.crypto import equal
from fairway.kit.errors import FairwayError, InvalidRequest

_CLOSE_SECONDS = 2.0
_MOST_BYTES = 64 * 1024
Trigger = Callable[[frozenset[str] | None], Awaitable[None]]
AddRoutes = Callable[[web.UrlDispatcher, str], None]
"""Gets the router and the prefix of paths."""


@dataclass(frozen=True, slots=True)
class Surface:
    """What the server shows and does."""

    status: Callable[[], Mapping[str, Any]]
    ready: Callable[[], bool]
    metrics: Callable[[], bytes]
    resync: Trigger
    abort: Callable[[], bool]
    control_token: str | None = field(default=None, repr=False)
    """Who shows it as a bearer token may start and abort runs; ``None``: nobody may."""
    open_resync: bool = False
    """Anybody may ask for a resync: the WEBHOOK listener, whose requests are merged."""
    prefix: str = ""
    routes: Sequence[AddRoutes] = ()


class Server:
    """Answers until it is closed."""

    def __init__(self, surface: Surface) -> None:
        self._surface = surface
        self._runner: web.AppRunner | None = None
        self.port = 0

    async def start(self, host: str, port: int) -> None:
        """Listens; a port of 0 is a free one.

        Raises:
            InvalidRequest: the address cannot be had.
        """
        app = web.Application(client_max_size=_MOST_BYTES, middlewares=[_stamped])
        prefix = self._surface.prefix
        app.router.add_get(f"{prefix}/health/live", self._live)
        app.router.add_get(f"{prefix}/health/ready", self._ready)
        app.router.add_get(f"{prefix}/metrics", self._metrics)
        app.router.add_get(f"{prefix}/status", self._status)
        for path in dict.fromkeys(("/resync", f"{prefix}/resync")):
            app.router.add_post(path, self._resync)
            app.router.add_post(f"{path}/abort", self._abort)
        for add in self._surface.routes:
            add(app.router, prefix)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=_CLOSE_SECONDS)
        await self._runner.setup()
        try:
            await web.TCPSite(self._runner, host, port).start()
        except OSError as error:
            await self._runner.cleanup()
            raise InvalidRequest(f"Cannot listen on {host}:{port} (APPLICATION__PORT): {error.strerror}") from None
        self.port = int(self._runner.addresses[0][1])

    async def aclose(self) -> None:
        """Ends it."""
        if self._runner is not None:
            await self._runner.cleanup()

    async def _live(self, _: web.Request) -> web.Response:
        return web.json_response({"status": "healthy", "check": "live", "core_version": __version__})

    async def _ready(self, _: web.Request) -> web.Response:
        ready = self._surface.ready()
        body = {"status": "healthy" if ready else "not_ready", "check": "ready", "core_version": __version__}
        return web.json_response(body, status=200 if ready else 503)

    async def _metrics(self, _: web.Request) -> web.Response:
        return web.Response(body=self._surface.metrics(), headers={"Content-Type": "text/plain; version=0.0.4"})

    async def _status(self, _: web.Request) -> web.Response:
        return web.json_response(dict(self._surface.status()))

    async def _resync(self, request: web.Request) -> web.Response:
        """202 at once; wishes that come together are one run."""
        if not self._surface.open_resync:
            refusal = self._refusal(request)
            if refusal is not None:
                return refusal
        kinds = _kinds(await _body(request))
        try:
            await self._surface.resync(kinds)
        except FairwayError as error:
            return web.json_response(error.envelope(), status=error.status)
        return web.json_response({"ok": True}, status=202)

    async def _abort(self, request: web.Request) -> web.Response:
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        return web.json_response({"ok": True, "aborted": self._surface.abort()}, status=202)

    def _refusal(self, request: web.Request) -> web.Response | None:
        token = self._surface.control_token
        if token is None:
            message = "Runs cannot be controlled over HTTP: OCEAN__CONTROL_TOKEN is not set"
            return web.json_response({"ok": False, "error": "forbidden", "message": message}, status=403)
        shown = request.headers.get("authorization", "").removeprefix("Bearer ")
        if not equal(shown, token):
            message = "The bearer token is not that of OCEAN__CONTROL_TOKEN"
            return web.json_response({"ok": False, "error": "unauthorized", "message": message}, status=401)
        return None


@web.middleware
async def _stamped(request: web.Request, handler: Callable[[web.Request], Awaitable[Any]]) -> Any:
    began = time.perf_counter()
    response = await handler(request)
    response.headers["X-Request-ID"] = str(uuid.uuid4())
    response.headers["X-Process-Time"] = f"{time.perf_counter() - began:.6f}"
    return response


async def _body(request: web.Request) -> Any:
    """Change-log events of the portal have other bodies; what is no JSON is no matter."""
    try:
        return await request.json() if request.can_read_body else None
    except ValueError:
        return None


def _kinds(body: Any) -> frozenset[str] | None:
    kinds = body.get("kinds") if isinstance(body, Mapping) else None
    named = isinstance(kinds, list) and kinds and all(isinstance(each, str) for each in kinds)
    return frozenset(kinds) if named and isinstance(kinds, list) else None
