"""ASGI layers around the app: raw paths, limits, trace ids, rate-limit headers, access log and metrics.

Written against ASGI itself, because they touch every request of the hot routes.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fairway.kit.errors import FairwayError, InvalidRequest, PayloadTooLarge, RateLimited
from fairway.kit.ids import random_id
from fairway.kit.jsonio import dumps
from fairway.kit.logs import get_logger
from fairway.portal.http.metrics import Metrics
from fairway.portal.http.ratelimit import RateLimiter

_SLASHES = re.compile("/{2,}")
_TRACE = re.compile(r"^[A-Za-z0-9_-]{8,64}$")

log = get_logger("fairway.access")


class RawPath:
    """Routes on the encoded path, with duplicate slashes collapsed and a trailing slash dropped (contract 1.1)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            if b"%00" in scope["query_string"]:
                await send_error(send, InvalidRequest("The query holds a NUL character (%00), which no value may have"))
                return
            raw = scope.get("raw_path") or scope["path"].encode()
            path = _SLASHES.sub("/", raw.split(b"?", 1)[0].decode("latin-1"))
            scope["path"] = path.rstrip("/") or "/"
        await self._app(scope, receive, send)


class Envelope:
    """Trace id, access log, metrics, and an error envelope for what nothing below has caught."""

    def __init__(self, app: ASGIApp, metrics: Metrics, limiter: RateLimiter) -> None:
        self._app = app
        self._metrics = metrics
        self._limiter = limiter

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        trace = _header(scope, b"x-trace-id")
        trace_id = trace if _TRACE.match(trace) else random_id("", 20)
        scope.setdefault("state", {})["trace_id"] = trace_id
        structlog.contextvars.bind_contextvars(trace_id=trace_id)
        key = _header(scope, b"authorization")[-40:] or (scope.get("client") or ("?",))[0]
        window = self._limiter.take(key)
        status = 0

        async def stamped(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                ours = [(b"x-trace-id", trace_id.encode()), *window.headers()]
                message["headers"] = [*message.get("headers", ()), *ours]
            await send(message)

        try:
            if window.exceeded:
                told = f"More than {window.limit} requests in {window.period} s; slow down"
                await send_error(stamped, RateLimited(told))
            else:
                await self._app(scope, receive, stamped)
        except Exception as error:  # the last line: logged with its trace, answered as 500
            log.error("request_failed", method=scope["method"], path=scope["path"], exc_info=error)
            if status == 0:
                await send_error(stamped, FairwayError(f"Something broke here; the log has it under trace {trace_id}"))
        finally:
            seconds = time.perf_counter() - started
            self._metrics.observe(scope, status, seconds)
            log.debug("request", method=scope["method"], path=scope["path"], status=status, ms=round(seconds * 1000, 1))
            structlog.contextvars.unbind_contextvars("trace_id")


class BodyLimit:
    """Refuses bodies that are too large or too slow, before anything parses them."""

    def __init__(self, app: ASGIApp, limit_for: Callable[[str], int], timeout_seconds: float) -> None:
        self._app = app
        self._limit_for = limit_for
        self._timeout = timeout_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self._app(scope, receive, send)
            return
        limit = self._limit_for(scope["path"])
        try:
            body = await self._read(scope, receive, limit)
        except FairwayError as error:
            await send_error(send, error)
            return
        if body is None:
            return
        delivered = False

        async def replay() -> Message:
            nonlocal delivered
            if delivered:
                return await receive()
            delivered = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(scope, replay, send)

    async def _read(self, scope: Scope, receive: Receive, limit: int) -> bytes | None:
        """The whole body; none when the client went away half way, so that nothing half sent is acted on."""
        declared = _header(scope, b"content-length")
        if declared.isdigit() and int(declared) > limit:
            raise PayloadTooLarge(f"The request body has {declared} bytes; at most {limit} are accepted")
        chunks: list[bytes] = []
        size = 0
        try:
            async with asyncio.timeout(self._timeout):
                while True:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        return None
                    chunks.append(message.get("body", b""))
                    size += len(chunks[-1])
                    if size > limit:
                        raise PayloadTooLarge(f"The request body has more than {limit} bytes")
                    if not message.get("more_body", False):
                        return b"".join(chunks)
        except TimeoutError:
            raise InvalidRequest(f"The request body did not arrive within {self._timeout:g} s") from None


def _header(scope: Scope, name: bytes) -> str:
    for key, value in scope["headers"]:
        if key == name:
            return str(value.decode("latin-1"))
    return ""


async def send_error(send: Send, error: FairwayError) -> None:
    """Sends an error envelope without the framework."""
    body = dumps(error.envelope())
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
