"""A fake integration, the portal it syncs to behind a socket, and what tests want to know about both."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from fairway.client import Credentials, PortalClient
from fairway.client.retry import RetryPolicy
from fairway.integration.caching import Cache
from fairway.integration.definition import Context, Integration
from fairway.integration.http import ThirdPartyHttp
from fairway.integration.model import SyncReport, Trigger
from fairway.integration.portal_api import Defaults, Installation, PortalApi, Registration
from fairway.integration.resync import Resync, ResyncOptions
from fairway.integration.state import StateStore
from fairway.jq import Engine
from fairway.kit.clock import SystemClock
from fairway.kit.logs import get_logger
from fairway.kit.settings import Settings
from support.relay import served

INSTALLATION = Installation("scn", "fake", "1.0.0")
AGENT = INSTALLATION.user_agent("exporter")
QUICK = RetryPolicy(attempts=3, first_seconds=0.01, longest_seconds=0.05)

Answer = int | Callable[[], Awaitable[int | None]]


@dataclass
class Call:
    """A request that reached the portal."""

    method: str
    path: str
    query: str
    body: Any
    agent: str

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class Watched:
    """The portal's app, with every request noted, and trouble where it is wanted."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self.calls: list[Call] = []
        self.troubles: list[tuple[str, Answer]] = []
        """Part of ``METHOD /path``, and the status to answer once instead."""
        self.headers: dict[str, str] = {}
        """Of every answer."""

    def trouble(self, part: str, *answers: Answer) -> None:
        """The next requests whose ``METHOD /path`` contains ``part`` are answered with these statuses, one each."""
        self.troubles += [(part, answer) for answer in answers]

    def paths(self, part: str = "") -> list[str]:
        """``METHOD /path`` of the calls that contain ``part``."""
        return [str(call) for call in self.calls if part in str(call)]

    def bodies(self, part: str) -> list[Any]:
        """Their bodies."""
        return [call.body for call in self.calls if part in str(call)]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body, more = b"", True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        agent = dict(scope["headers"]).get(b"user-agent", b"").decode()
        query = scope["query_string"].decode()
        call = Call(scope["method"], scope["path"], query, json.loads(body) if body else None, agent)
        self.calls.append(call)
        status = await self._trouble(str(call))
        if status is not None:
            await _refuse(send, status)
            return
        messages = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def replay() -> Any:
            return next(messages, {"type": "http.disconnect"})

        async def with_headers(message: Any) -> None:
            if message["type"] == "http.response.start":
                more_headers = [(name.encode(), value.encode()) for name, value in self.headers.items()]
                message = {**message, "headers": [*message["headers"], *more_headers]}
            await send(message)

        await self._app(scope, replay, with_headers)

    async def _trouble(self, told: str) -> int | None:
        for place, (part, answer) in enumerate(self.troubles):
            if part in told:
                del self.troubles[place]
                return answer if isinstance(answer, int) else await answer()
        return None


async def _refuse(send: Any, status: int) -> None:
    body = b'{"ok":false,"error":"in_trouble","message":"In trouble"}'
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


@dataclass
class FakeSource:
    """A third party: pages by kind. A page that is an exception is raised."""

    pages: dict[str, list[Any]] = field(default_factory=dict)
    plain: set[str] = field(default_factory=set)
    """Kinds whose handler is no generator."""
    asked: list[str] = field(default_factory=list)
    gate: asyncio.Event | None = None
    """Waited for before the second page."""
    under_way: int = 0
    most_under_way: int = 0

    def integration(self) -> Integration:
        """With a handler for each kind that has pages now."""
        found = Integration("fake")
        for kind in self.pages:
            found.on_resync(kind)(self._list if kind in self.plain else self._stream)
        return found

    async def _list(self, context: Context) -> list[Any]:
        items: list[Any] = []
        async for page in self._stream(context):
            items += page
        return items

    async def _stream(self, context: Context) -> AsyncIterator[list[Any]]:
        assert context.kind is not None
        self.asked.append(context.kind)
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            for number, page in enumerate(self.pages.get(context.kind, [])):
                if number and self.gate is not None:
                    await self.gate.wait()
                if isinstance(page, Exception):
                    raise page
                await asyncio.sleep(0)
                yield page
        finally:
            self.under_way -= 1


def items(*names: str, **fields: Any) -> list[dict[str, Any]]:
    """Raw items."""
    return [{"id": name, "name": name.upper(), **fields} for name in names]


def numbered(count: int, prefix: str = "e", **fields: Any) -> list[dict[str, Any]]:
    """Raw items with numbers."""
    return items(*(f"{prefix}{number:05d}" for number in range(count)), **fields)


def resource(kind: str, blueprint: str = "service", *, query: str = "true", **more: Any) -> dict[str, Any]:
    """An entry of a mapping."""
    mappings = {
        "identifier": ".id",
        "blueprint": f'"{blueprint}"',
        "title": ".name",
        "properties": {"size": ".size", "note": ".note"},
        **more.pop("mappings", {}),
    }
    return {
        "kind": kind,
        "selector": {"query": query},
        "port": {"entity": {"mappings": mappings}, **more.pop("port", {})},
        **more,
    }


def mapping(*resources: Mapping[str, Any], **switches: Any) -> dict[str, Any]:
    """A whole mapping."""
    return {"resources": list(resources), **switches}


def blueprint(identifier: str, *relations: str, required: bool = False) -> dict[str, Any]:
    """With two properties, and relations to blueprints of their own name."""
    return {
        "identifier": identifier,
        "title": identifier,
        "icon": "Service",
        "schema": {"properties": {"size": {"type": "number"}, "note": {"type": "string"}}, "required": []},
        "relations": {name: {"title": name, "target": name, "required": required, "many": False} for name in relations},
    }


@dataclass
class SyncWorld:
    """A portal with an installation of a fake integration."""

    client: httpx.AsyncClient
    watched: Watched
    url: str
    settings: Settings
    folder: Path
    portal: PortalClient
    api: PortalApi
    source: FakeSource
    engine: Engine = field(default_factory=Engine)
    store: StateStore = field(default_factory=lambda: StateStore(None))
    options: ResyncOptions = field(default_factory=ResyncOptions)
    integration: Integration | None = None

    async def set_up(self, config: Mapping[str, Any], *blueprints: Mapping[str, Any]) -> None:
        """Blueprints and mapping are there; the calls so far are forgotten."""
        for each in blueprints or (blueprint("service"),):
            answer = await self.client.post("/v1/blueprints", json=dict(each))
            assert answer.status_code == 201, answer.text
        await self.api.register(Registration(), Defaults(mapping=config))
        self.watched.calls.clear()

    async def remap(self, config: Mapping[str, Any]) -> None:
        """Another mapping."""
        answer = await self.client.patch("/v1/integration/scn", json={"config": dict(config)})
        assert answer.status_code == 200, answer.text

    def context(self) -> Context:
        """What hooks get."""
        integration = self.integration or self.source.integration()
        http = ThirdPartyHttp()
        return Context(integration, {}, Trigger.MANUAL, http, Cache(), SystemClock(), get_logger("fake"))

    def resync(self) -> Resync:
        """A runner on the present state file."""
        return Resync(self.api, self.store, self.engine, self.context(), self.options)

    async def run(self, kinds: frozenset[str] | None = None, stop: asyncio.Event | None = None) -> SyncReport:
        """One run; calls before it are forgotten. The portal's clock has moved since the last one."""
        self.watched.calls.clear()
        await asyncio.sleep(0.002)
        return await self.resync().run(Trigger.MANUAL, kinds, stop)

    async def entities(self, name: str = "service") -> dict[str, Any]:
        """Entities of a blueprint."""
        answer = await self.client.get(f"/v1/blueprints/{name}/entities")
        return {each["identifier"]: each for each in answer.json()["entities"]}

    async def state(self) -> dict[str, Any]:
        """What the portal shows of the installation's runs."""
        status: dict[str, Any] = (await self.client.get("/v1/fairway/integration/scn/status")).json()["status"]
        return status

    async def ours(self, *names: str, name: str = "service", **fields: Any) -> None:
        """Entities that this installation wrote, though no run knows of them."""
        for start in range(0, len(names), 20):
            body = {"entities": [{"identifier": each, **fields} for each in names[start : start + 20]]}
            answer = await self.client.post(
                f"/v1/blueprints/{name}/entities/bulk?upsert=true", json=body, headers={"user-agent": AGENT}
            )
            assert answer.status_code == 200, answer.text


@asynccontextmanager
async def sync_world(
    app: FastAPI, client: httpx.AsyncClient, settings: Settings, folder: Path, listener: socket.socket
) -> AsyncIterator[SyncWorld]:
    """One on a free port."""
    watched = Watched(app)
    async with served(watched, listener) as url:
        portal = PortalClient(url, credentials(settings), user_agent=INSTALLATION.user_agent(), retry=QUICK)
        async with portal:
            found = SyncWorld(
                client, watched, url, settings, folder, portal, PortalApi(portal, INSTALLATION), FakeSource()
            )
            await found.store.open(url)
            try:
                yield found
            finally:
                await found.store.close()
                await found.engine.aclose()


def credentials(settings: Settings) -> Credentials:
    """Those of the portal's first start."""
    assert settings.client_secret is not None
    return Credentials(settings.client_id, settings.client_secret.get_secret_value())


def kinds_of(report: SyncReport) -> dict[str, str]:
    """States by resource."""
    return {each.resource.name: each.state.value for each in report.kinds}


def counts_of(report: SyncReport, name: str) -> dict[str, int]:
    """The counts of a resource that are not zero."""
    found = next(each.counts for each in report.kinds if each.resource.name == name)
    return {key: count for key, count in asdict(found).items() if count}
