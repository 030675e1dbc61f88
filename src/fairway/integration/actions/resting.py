"""Pauses that a stop ends."""

from __future__ import annotations

import asyncio


async def rest(seconds: float, stop: asyncio.Event) -> None:
    """Until ``stop``, but not longer."""
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        pass  # that is the usual end
