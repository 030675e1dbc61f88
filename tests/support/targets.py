"""Services that agents call: real servers that remember what they got, and an executor in front of them."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from fairway.agent.environment import Environment
from fairway.agent.execute import Executor, ExecutorSettings
from fairway.agent.mapping.decrypt import Opener
from fairway.agent.mapping.environment import expression_environment
from fairway.agent.mapping.mappings import Mappings, load_mappings
from fairway.agent.mapping.reader import parse_mappings
from fairway.agent.messages import MessageReader, from_node_run, from_run
from fairway.agent.model import Invocation
from fairway.agent.target import Allowlist, Retry, TargetClient, TargetPolicy, TargetSettings, TlsStore
from fairway.jq import Engine
from fairway.kit.clock import Clock, SystemClock

SECRET = "a client secret of forty characters, more"
QUICK = TargetSettings(timeout_seconds=10, retry=Retry(first_seconds=0.01, max_seconds=0.05))


@dataclass
class Received:
    """One request."""

    method: str
    path: str
    query: list[tuple[str, str]]
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Answer = Callable[[web.Request, Received], Awaitable[web.StreamResponse]]


@dataclass
class Target:
    """A server; ``answers`` are used up one by one, then ``status`` and ``text`` answer."""

    url: str = ""
    status: int = 200
    text: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    answers: list[int | Answer] = field(default_factory=list)
    requests: list[Received] = field(default_factory=list)
    arrived: asyncio.Event = field(default_factory=asyncio.Event)
    """Set with each request."""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        headers = {name.lower(): value for name, value in request.headers.items()}
        body = await request.read()
        received = Received(
            request.method, request.path_qs.partition("?")[0], list(request.query.items()), headers, body
        )
        self.requests.append(received)
        self.arrived.set()
        answer = self.answers.pop(0) if self.answers else self.status
        if isinstance(answer, int):
            return web.Response(status=answer, text=self.text, headers=self.headers)
        return await answer(request, received)

    @property
    def last(self) -> Received:
        return self.requests[-1]


@asynccontextmanager
async def serving(context: ssl.SSLContext | None = None) -> AsyncIterator[Target]:
    """A target on a free port; with a context it speaks TLS."""
    target = Target()
    app = web.Application(client_max_size=64 * 1024 * 1024)
    app.router.add_route("*", "/{tail:.*}", target.handle)
    server = TestServer(app, scheme="https" if context else "http")
    await server.start_server(ssl=context)
    target.url = str(server.make_url("")).rstrip("/")
    try:
        yield target
    finally:
        await server.close()


def mapped(document: Any, env: Mapping[str, str] | None = None) -> Mappings:
    """A mapping file with this content in force."""
    values = expression_environment(env or {})
    engine = Engine(env=values)
    file = parse_mappings(json.dumps(document), engine, where="test", env=values)
    return Mappings(file, engine, where="test", env=values)


def client(
    settings: TargetSettings = QUICK,
    *,
    clock: Clock | None = None,
    env: Mapping[str, str] | None = None,
    tls: TlsStore | None = None,
    policy: TargetPolicy | None = None,
    allowed: tuple[str, ...] = (),
) -> TargetClient:
    """A client of targets."""
    return TargetClient(
        settings,
        clock or SystemClock(),
        lambda: SECRET,
        tls=tls or TlsStore(env or {}),
        environment=env or {},
        policy=policy,
        allowlist=Allowlist(allowed),
    )


@asynccontextmanager
async def executing(
    document: Any = None,
    *,
    env: Mapping[str, str] | None = None,
    settings: ExecutorSettings | None = None,
    target: TargetClient | None = None,
    opener: Opener | None = None,
) -> AsyncIterator[Executor]:
    """An executor with a mapping file of this content, or with the built-in mappings."""
    mappings = load_mappings(None, Environment(env or {})) if document is None else mapped(document, env)
    executor = Executor(mappings, target or client(env=env), lambda: SECRET, settings=settings, opener=opener)
    try:
        yield executor
    finally:
        await executor.aclose()


def claimed(
    url: str = "", *, run_id: str = "r_1", body: Any = None, run: Mapping[str, Any] | None = None, **method: Any
) -> Invocation:
    """A claimed run of a webhook."""
    payload = {"type": "WEBHOOK", "agent": True, "url": url, "body": {} if body is None else body, **method}
    found = from_run({"id": run_id, "action": {"identifier": "deploy"}, **(run or {}), "payload": payload})
    assert isinstance(found, Invocation), found
    return found


def claimed_node(url: str, **config: Any) -> Invocation:
    """A claimed node run."""
    found = from_node_run({"identifier": "wfnr_1", "config": {"type": "WEBHOOK", "agent": True, "url": url, **config}})
    assert isinstance(found, Invocation), found
    return found


class Unchecked:
    """Trusts every message."""

    def problem(self, data: bytes, message: Mapping[str, Any]) -> str:
        return ""


def event(url: str = "", *, run_id: str = "r_1", properties: Any = None, **method: Any) -> Invocation:
    """A run from Kafka."""
    invocation = {"type": "WEBHOOK", "agent": True, "url": url, **method}
    message = {
        "action": "CREATE",
        "context": {"entity": None, "blueprint": "service", "runId": run_id},
        "payload": {"action": {"identifier": "deploy", "invocationMethod": invocation}, "properties": properties or {}},
        "headers": {},
    }
    found = MessageReader(Unchecked()).run(json.dumps(message).encode())
    assert isinstance(found, Invocation), found
    return found


def change(url: str, **message: Any) -> Invocation:
    """A change-log event from Kafka."""
    whole = {"action": "UPDATE", "changelogDestination": {"type": "WEBHOOK", "agent": True, "url": url}, **message}
    found = MessageReader(Unchecked()).change(json.dumps(whole).encode())
    assert isinstance(found, Invocation), found
    return found


async def never(request: web.Request, received: Received) -> web.StreamResponse:
    """An answer that does not come, until the caller hangs up."""
    await asyncio.sleep(3600)
    raise AssertionError("nobody waits that long")
