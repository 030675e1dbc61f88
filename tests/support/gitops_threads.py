"""A forge server beside tests that are not asynchronous: it runs in a thread of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import TypeVar

from support.gitops_server import ForgeServer

F = TypeVar("F", bound=ForgeServer)
_SECONDS = 20


@contextmanager
def served(forge: F) -> Iterator[F]:
    """The server answers while the block runs."""
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever, name="forge", daemon=True)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(forge.__aenter__(), loop).result(_SECONDS)
        yield forge
        asyncio.run_coroutine_threadsafe(forge.__aexit__(), loop).result(_SECONDS)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_SECONDS)
        loop.close()
