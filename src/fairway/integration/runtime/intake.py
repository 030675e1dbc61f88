"""``POST /integration/{path}``: events of the third party are on disk before it is answered (contract section 9.1)."""

from __future__ import annotations

import asyncio
import math

from aiohttp import web

from fairway.integration.live import LiveEvents
from fairway.integration.runtime.server import AddRoutes
from fairway.kit.errors import FairwayError, PayloadTooLarge

MOST_BYTES = 25 * 1024 * 1024
"""The largest that GitHub sends."""
_BODY_SECONDS = 30.0
_COME_BACK_SECONDS = 5.0


def intake(live: LiveEvents) -> AddRoutes:
    """Routes for the server of the process."""

    async def take(request: web.Request) -> web.Response:
        try:
            async with asyncio.timeout(_BODY_SECONDS):
                body = await _body(request)
            number = await live.receive(request.match_info["path"], request.headers, body)
        except TimeoutError:
            return web.json_response(
                {"ok": False, "error": "timeout", "message": "The body came too slowly"}, status=408
            )
        except FairwayError as error:
            return _refused(error)
        if number is None:
            return web.json_response({"ok": True, "status": "ignored"})
        return web.json_response({"ok": True, "status": "accepted", "id": number}, status=202)

    def add(router: web.UrlDispatcher, prefix: str) -> None:
        router.add_post(f"{prefix}/integration/{{path:.+}}", take)

    return add


async def _body(request: web.Request) -> bytes:
    """Read here, because the server's own bound is that of small requests.

    Raises:
        PayloadTooLarge: over :data:`MOST_BYTES`.
    """
    found = bytearray()
    async for part in request.content.iter_chunked(65_536):
        found += part
        if len(found) > MOST_BYTES:
            raise PayloadTooLarge(f"The event is larger than {MOST_BYTES} bytes")
    return bytes(found)


def _refused(error: FairwayError) -> web.Response:
    headers = {"Retry-After": str(math.ceil(_COME_BACK_SECONDS))} if error.status == 429 else {}
    return web.json_response(error.envelope(), status=error.status, headers=headers)
