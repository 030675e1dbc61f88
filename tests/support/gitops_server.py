"""What the forge servers of the GitOps tests have in common: a socket, a memory of requests, faults, limits, time."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from aiohttp import web

from fairway.kit.clock import Clock, ManualClock
from support.gitops_repositories import Files, MemoryRepository, Repositories


class VirtualTime(ManualClock):
    """A clock whose :meth:`sleep` moves it instead of waiting, for several sleepers at once, too."""

    def __init__(self, start: datetime = datetime(2026, 3, 1, 12, tzinfo=UTC)) -> None:
        super().__init__(start)
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        """Lets others run first; then it is at least that much later than it was."""
        until = self.now() + timedelta(seconds=seconds)
        self.slept.append(seconds)
        for _ in range(20):
            await asyncio.sleep(0)
        if until > self.now():
            self.advance(seconds=(until - self.now()).total_seconds())


@dataclass(frozen=True)
class Seen:
    """A request as it arrived."""

    method: str
    path: str
    """Still encoded, without the query."""
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


@dataclass
class Answered:
    """An answer: JSON, or bytes."""

    status: int = 200
    json: Any = None
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> web.Response:
        """For aiohttp."""
        if self.body is not None:
            return web.Response(status=self.status, body=self.body, headers=self.headers)
        if self.json is None:
            return web.Response(status=self.status, headers=self.headers)
        text = json.dumps(self.json, separators=(",", ":")).encode()
        headers = {"Content-Type": "application/json", **self.headers}
        return web.Response(status=self.status, body=text, headers=headers)


@dataclass
class Fault:
    """What happens instead, or before, for the next ``times`` requests that ``pattern`` finds."""

    pattern: re.Pattern[str]
    times: int
    answer: Answered | None = None
    kind: str = "answer"
    """answer, reset or hang."""


class TokenBucket:
    """``size`` requests at once, refilled at ``per_second``."""

    def __init__(self, clock: Clock, size: float = 60, per_second: float = 5) -> None:
        self.clock, self.size, self.per_second = clock, size, per_second
        self.tokens = size
        self.filled = clock.now()

    def take(self) -> bool:
        """Whether there was a token."""
        now = self.clock.now()
        self.tokens = min(self.size, self.tokens + (now - self.filled).total_seconds() * self.per_second)
        self.filled = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


class ForgeServer:
    """``async with FakeX(...) as forge``: a server on a free port while the block runs.

    Faults: :meth:`fail`, :meth:`reset`, :meth:`hang`; ``delay`` seconds are waited before each answer.
    """

    def __init__(self, clock: Clock | None = None) -> None:
        self.clock = clock or VirtualTime()
        self.repositories = Repositories()
        self.requests: list[Seen] = []
        self.faults: list[Fault] = []
        self.delay = 0.0
        self.url = ""
        self.peak = 0
        """Most requests under way at once."""
        self.connections: set[object] = set()
        """Addresses of the callers' ends."""
        self._under_way = 0
        self._closing = asyncio.Event()
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/{tail:.*}", self._handle)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *error: object) -> None:
        self._closing.set()
        if self._runner is not None:
            await self._runner.cleanup()

    def add_repository(self, label: str, files: Files | None = None, *, branch: str = "main") -> MemoryRepository:
        """A new repository, empty without files."""
        return self.repositories.add(label, files, branch=branch)

    def commit(self, label: str, files: Mapping[str, bytes | str | None], **more: Any) -> str:
        """A commit on the default branch; more as :meth:`MemoryRepository.commit` has it."""
        return self.repositories[label].commit(files, **more)

    def fail(
        self,
        pattern: str = "",
        *,
        status: int = 500,
        times: int = 1,
        json: Any = None,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """The next ``times`` requests whose ``METHOD /path?query`` holds ``pattern`` get this answer."""
        answer = Answered(status, json, body, headers or {})
        self.faults.append(Fault(re.compile(pattern), times, answer))

    def reset(self, pattern: str = "", times: int = 1) -> None:
        """They get half of the right answer, then the connection breaks."""
        self.faults.append(Fault(re.compile(pattern), times, kind="reset"))

    def hang(self, pattern: str = "", times: int = 1) -> None:
        """They get no answer."""
        self.faults.append(Fault(re.compile(pattern), times, kind="hang"))

    def paths(self, start: int = 0) -> list[str]:
        """``METHOD /path`` of the requests from the ``start``-th."""
        return [str(seen) for seen in self.requests[start:]]

    def answer(self, seen: Seen) -> Answered:
        """How this server answers."""
        raise NotImplementedError

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read() if request.body_exists else b""
        headers = {name.lower(): value for name, value in request.headers.items()}
        seen = Seen(request.method, request.rel_url.raw_path, dict(request.query), headers, body)
        self.requests.append(seen)
        if request.transport is not None:
            self.connections.add(request.transport.get_extra_info("peername"))
        self._under_way += 1
        self.peak = max(self.peak, self._under_way)
        try:
            if self.delay:
                await asyncio.sleep(self.delay)
            return await self._answered(request, seen)
        finally:
            self._under_way -= 1

    async def _answered(self, request: web.Request, seen: Seen) -> web.StreamResponse:
        fault = self._fault(f"{request.method} {request.raw_path}") if self.faults else None
        if fault is None:
            return self.answer(seen).response()
        if fault.answer is not None:
            return fault.answer.response()
        if fault.kind == "hang":
            await self._closing.wait()
            return web.Response(status=503)
        return await _broken(request, self.answer(seen).response())

    def _fault(self, line: str) -> Fault | None:
        for fault in self.faults:
            if fault.times > 0 and fault.pattern.search(line):
                fault.times -= 1
                return fault
        return None


async def _broken(request: web.Request, whole: web.Response) -> web.StreamResponse:
    body = whole.body if isinstance(whole.body, bytes) else b""
    response = web.StreamResponse(status=whole.status, headers={"Content-Type": "application/json"})
    response.content_length = len(body) + 100
    await response.prepare(request)
    await response.write(body[: len(body) // 2] or b"{")
    await asyncio.sleep(0)
    if request.transport is not None:
        request.transport.abort()
    return response
