"""A response that ends with its client or with the server, whichever goes first."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from starlette.responses import Response
from starlette.types import Receive, Scope, Send


class EventStreamResponse(Response):
    """Sends chunks as they come. The client's disappearance is noticed at once, not at the next chunk."""

    media_type = "text/event-stream"

    def __init__(self, chunks: AsyncIterator[bytes], stopping: asyncio.Event) -> None:
        super().__init__(headers={"cache-control": "no-store", "x-accel-buffering": "no"})
        del self.headers["content-length"]
        self._chunks = chunks
        self._stopping = stopping

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        pump = asyncio.create_task(self._pump(send))
        enough = [asyncio.create_task(_gone(receive)), asyncio.create_task(self._stopping.wait())]
        try:
            await asyncio.wait([pump, *enough], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (pump, *enough):
                task.cancel()
            (ended, *_) = await asyncio.gather(pump, *enough, return_exceptions=True)
        if isinstance(ended, Exception):
            raise ended
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _pump(self, send: Send) -> None:
        async for chunk in self._chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
