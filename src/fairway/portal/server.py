"""The server process: one socket, one event loop, and an end that drains."""

from __future__ import annotations

import asyncio
import gc
import socket
from collections.abc import Awaitable, Callable

import uvicorn

from fairway.kit.clock import SystemClock
from fairway.kit.errors import InvalidRequest
from fairway.kit.logs import get_logger
from fairway.kit.settings import Settings
from fairway.portal.app import create_app
from fairway.portal.services import Portal, build_portal
from fairway.portal.worker import Background

log = get_logger(__name__)


class PortalServer(uvicorn.Server):
    """uvicorn with the portal's own end: streams stop, requests finish, background work stops, the database closes.

    All of it happens inside :meth:`shutdown`, because uvicorn raises the signal again once ``serve`` returns.
    """

    def __init__(self, portal: Portal, when_ready: Callable[[Portal], Awaitable[None]]) -> None:
        grace = portal.settings.shutdown_grace_seconds
        config = uvicorn.Config(
            create_app(portal),
            loop="uvloop",
            http="httptools",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=max(1, round(grace)),
        )
        super().__init__(config)
        self._portal = portal
        self._background = Background(portal)
        self._when_ready = when_ready
        self._ready_task: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        _spare_from_collection()
        if self._portal.settings.worker:
            self._background.start()
        self._ready_task = asyncio.create_task(self._ready())

    async def _ready(self) -> None:
        try:
            await self._when_ready(self._portal)
        except Exception as error:  # the portal itself works; what was to follow its start is logged
            log.error("after_start_failed", error=str(error), exc_info=error)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._portal.stopping.set()
        if self._ready_task is not None:
            self._ready_task.cancel()
        await super().shutdown(sockets)
        await self._background.stop()
        await self._portal.close()


def _spare_from_collection() -> None:
    """Takes what was built at the start (170,000 objects that live as long as the process) out of the garbage
    collector's sight: a full collection walks it in 55 ms otherwise, in the middle of somebody's request."""
    gc.collect()
    gc.freeze()


def listen(settings: Settings) -> socket.socket:
    """The listening socket.

    Raises:
        InvalidRequest: the address cannot be had, most often because another program has it.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return socket.create_server((settings.host, settings.port), family=family, backlog=2048)
    except OSError as error:
        raise InvalidRequest(f"Cannot listen on {settings.host}:{settings.port}: {error.strerror}") from None


async def serve(settings: Settings, when_ready: Callable[[Portal], Awaitable[None]]) -> None:
    """``fairway serve``: answers until SIGTERM or SIGINT. ``when_ready`` runs once the socket answers."""
    listener = listen(settings)
    settings = settings.model_copy(update={"port": listener.getsockname()[1]})
    portal = await build_portal(settings, SystemClock())
    await PortalServer(portal, when_ready).serve([listener])
