"""A real socket in front of an in-memory app, for clients that speak HTTP over the network."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

import uvicorn
from fastapi import FastAPI

from fairway.client import Credentials, PortalClient
from fairway.kit.settings import Settings

Application = Callable[..., Awaitable[None]]
"""Any ASGI application."""


@asynccontextmanager
async def served(app: Application, listener: socket.socket | None = None) -> AsyncIterator[str]:
    """The app's URL while the block runs; on ``listener`` where the app had to know its address before."""
    listener = listener or socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, lifespan="off", log_config=None)
    server = _Quiet(config)
    task = asyncio.create_task(server.serve([listener]))
    await asyncio.wait_for(server.ready.wait(), 10)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


class _Quiet(uvicorn.Server):
    """A server that leaves signals alone and says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()


@asynccontextmanager
async def portal_client(app: FastAPI, settings: Settings) -> AsyncIterator[PortalClient]:
    """Our client over a real socket, with the bootstrap credentials."""
    assert settings.client_secret is not None
    credentials = Credentials(settings.client_id, settings.client_secret.get_secret_value())
    async with served(app) as url, PortalClient(url, credentials) as client:
        yield client
