"""A portal that speaks the contract and nothing more: what an agent meets when it is not ours. It refuses unknown
fields, keeps leases, and can be told to be in trouble."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

_CLAIM_FIELDS = {"installationId", "limit", "invocationMethod", "visibilityTimeoutMs", "exclude"}
_RUN_FIELDS = {"status", "link", "summary", "externalRunId", "statusLabel"}
_ENDED = ("SUCCESS", "FAILURE")

Trouble = Callable[[web.Request], Awaitable[web.StreamResponse | None]]


@dataclass
class Call:
    """One request."""

    purpose: str
    path: str
    body: Any
    headers: Mapping[str, str]
    connection: int
    at: float


@dataclass
class FakeRun:
    """A run or a node run."""

    document: dict[str, Any]
    claimed_until: float = 0.0
    acked: bool = False
    logs: list[str] = field(default_factory=list)
    response: Any = None


@dataclass
class PlainPortal:
    """Runs and node runs by id; ``troubles`` are used up one by one for their purpose."""

    url: str = ""
    token_life: float = 3600
    lists_extras: bool = True
    """Whether claims may carry ``visibilityTimeoutMs`` and ``exclude``."""
    workflows: bool = True
    rate: dict[str, str] = field(default_factory=dict)
    """Headers of every answer."""
    runs: dict[str, FakeRun] = field(default_factory=dict)
    nodes: dict[str, FakeRun] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    troubles: dict[str, list[int | Trouble]] = field(default_factory=dict)
    tokens: set[str] = field(default_factory=set)
    settings: dict[str, str] = field(default_factory=lambda: {"portAgentStreamerName": "POLLING"})
    _connections: dict[Any, int] = field(default_factory=dict)

    def add(self, run_id: str, url: str, *, entity: str | None = None, action: str = "deploy", **method: Any) -> None:
        """A run that waits."""
        payload = {"type": "WEBHOOK", "agent": True, "synchronized": True, "url": url, "body": {"run": run_id}}
        document = {"id": run_id, "status": "IN_PROGRESS", "action": {"identifier": action}, "blueprint": "service"}
        self.runs[run_id] = FakeRun({**document, "entity": entity, "payload": {**payload, **method}})

    def add_node(self, node_id: str, url: str, **config: Any) -> None:
        """A node run that waits."""
        whole = {"type": "WEBHOOK", "agent": True, "synchronized": True, "url": url, "method": "POST", **config}
        self.nodes[node_id] = FakeRun({"identifier": node_id, "status": "IN_PROGRESS", "config": whole})

    def status(self, run_id: str) -> str:
        """How a run is."""
        return str(self.runs[run_id].document["status"])

    def summary(self, run_id: str) -> str:
        """Its summary."""
        return str(self.runs[run_id].document.get("summary", ""))

    @property
    def open(self) -> list[str]:
        """Runs and node runs that have not ended."""
        every = {**self.runs, **self.nodes}
        return [name for name, run in every.items() if run.document["status"] == "IN_PROGRESS"]

    def count(self, purpose: str) -> int:
        """Calls of a kind."""
        return Counter(call.purpose for call in self.calls)[purpose]

    async def until(self, condition: Callable[[], bool], seconds: float = 60) -> None:
        """Waits."""
        async with asyncio.timeout(seconds):
            while not condition():  # noqa: ASYNC110 the condition is the test's
                await asyncio.sleep(0.005)

    async def until_done(self, seconds: float = 60) -> None:
        """Until every run has ended."""
        await self.until(lambda: not self.open, seconds)

    def app(self) -> web.Application:
        """The routes."""
        app = web.Application()
        for method, path, purpose, handler in (
            ("POST", "/v1/auth/access_token", "token", self._token),
            ("GET", "/v1/organization", "organization", self._organization),
            ("PATCH", "/v1/organization", "organization", self._change_organization),
            ("POST", "/v1/actions/runs/claim-pending", "claim", self._claim),
            ("PATCH", "/v1/actions/runs/ack", "ack", self._ack),
            ("GET", "/v1/actions/runs/{id}", "run", self._get),
            ("POST", "/v1/actions/runs/{id}/logs", "log", self._log),
            ("PATCH", "/v1/actions/runs/{id}", "status", self._patch),
            ("PATCH", "/v1/actions/runs/{id}/response", "response", self._respond),
            ("POST", "/v1/workflows/runs/claim-pending", "claim_nodes", self._claim_nodes),
            ("PATCH", "/v1/workflows/runs/ack", "ack_node", self._ack_node),
            ("POST", "/v1/workflows/nodes/runs/{id}/logs", "log_node", self._log_node),
            ("PATCH", "/v1/workflows/nodes/runs/{id}", "status_node", self._patch_node),
        ):
            app.router.add_route(method, path, self._route(purpose, handler))
        app.router.add_route("*", "/{tail:.*}", self._route("unknown", self._nothing))
        return app

    def _route(self, purpose: str, handler: Callable[[web.Request], Awaitable[web.Response]]) -> Any:
        async def handle(request: web.Request) -> web.StreamResponse:
            body = await request.json() if request.can_read_body else None
            connection = self._connections.setdefault(request.transport, len(self._connections))
            headers = {name.lower(): value for name, value in request.headers.items()}
            self.calls.append(Call(purpose, request.path, body, headers, connection, time.monotonic()))
            trouble = await self._in_trouble(purpose, request)
            if trouble is not None:
                return trouble
            bearer = headers.get("authorization", "").removeprefix("Bearer ")
            if purpose != "token" and bearer not in self.tokens:
                return web.json_response({"ok": False, "error": "unauthorized", "message": "No."}, status=401)
            answer = await handler(request)
            answer.headers.update(self.rate)
            return answer

        return handle

    async def _in_trouble(self, purpose: str, request: web.Request) -> web.StreamResponse | None:
        waiting = self.troubles.get(purpose) or self.troubles.get("any") or []
        if not waiting:
            return None
        trouble = waiting.pop(0)
        if isinstance(trouble, int):
            return web.json_response({"ok": False, "message": "In trouble"}, status=trouble)
        return await trouble(request)

    async def _token(self, request: web.Request) -> web.Response:
        token = f"token-{self.count('token')}"
        self.tokens.add(token)
        return web.json_response(
            {"ok": True, "accessToken": token, "expiresIn": self.token_life, "tokenType": "Bearer"}
        )

    async def _organization(self, request: web.Request) -> web.Response:
        return web.json_response({"ok": True, "organization": {"id": "org", "settings": self.settings}})

    async def _change_organization(self, request: web.Request) -> web.Response:
        self.settings |= (await request.json())["settings"]
        return web.json_response({"ok": True})

    async def _claim(self, request: web.Request) -> web.Response:
        return await self._claim_from(request, self.runs, "runs")

    async def _claim_nodes(self, request: web.Request) -> web.Response:
        if not self.workflows:
            return web.json_response({"ok": False, "error": "not_found", "message": "No such route"}, status=404)
        return await self._claim_from(request, self.nodes, "nodeRuns")

    async def _claim_from(self, request: web.Request, runs: dict[str, FakeRun], name: str) -> web.Response:
        body = await request.json()
        known = _CLAIM_FIELDS if self.lists_extras else _CLAIM_FIELDS - {"visibilityTimeoutMs", "exclude"}
        if set(body) - known:
            return _invalid(f"unknown fields {set(body) - known}")
        now = time.monotonic()
        exclude = body.get("exclude", [])
        free = [
            run
            for run in runs.values()
            if not run.acked
            and run.claimed_until <= now
            and run.document["status"] == "IN_PROGRESS"
            and run.document.get("action", {}).get("identifier") not in exclude
        ][: body["limit"]]
        for run in free:
            run.claimed_until = now + body.get("visibilityTimeoutMs", 60_000) / 1000
        return web.json_response({"ok": True, name: [run.document for run in free]})

    async def _ack(self, request: web.Request) -> web.Response:
        count = 0
        for run_id in (await request.json())["runIds"]:
            run = self.runs.get(run_id)
            if run is not None and not run.acked and run.document["status"] == "IN_PROGRESS":
                run.acked = True
                count += 1
        return web.json_response({"ok": True, "ackedCount": count})

    async def _ack_node(self, request: web.Request) -> web.Response:
        node = self.nodes[(await request.json())["nodeRunIdentifier"]]
        acked, node.acked = not node.acked, True
        return web.json_response({"ok": True, "acked": acked}, status=200 if acked else 409)

    async def _get(self, request: web.Request) -> web.Response:
        run = self.runs[request.match_info["id"]]
        return web.json_response({"ok": True, "run": {**run.document, "pendingExecution": not run.acked}})

    async def _log(self, request: web.Request) -> web.Response:
        body = await request.json()
        if set(body) - {"message", "terminationStatus", "statusLabel"}:
            return _invalid("unknown fields")
        self.runs[request.match_info["id"]].logs.append(body["message"])
        return web.json_response({"ok": True})

    async def _log_node(self, request: web.Request) -> web.Response:
        self.nodes[request.match_info["id"]].logs.extend(line["message"] for line in (await request.json())["logs"])
        return web.json_response({"ok": True})

    async def _patch(self, request: web.Request) -> web.Response:
        run, body = self.runs[request.match_info["id"]], await request.json()
        if set(body) - _RUN_FIELDS:
            return _invalid("unknown fields")
        if run.document["status"] in _ENDED:
            return _invalid("the run has ended")
        run.document |= body
        return web.json_response({"ok": True, "run": run.document})

    async def _respond(self, request: web.Request) -> web.Response:
        self.runs[request.match_info["id"]].response = (await request.json())["response"]
        return web.json_response({"ok": True})

    async def _patch_node(self, request: web.Request) -> web.Response:
        node = self.nodes[request.match_info["id"]]
        node.document |= await request.json()
        return web.json_response({"ok": True})

    async def _nothing(self, request: web.Request) -> web.Response:
        return web.json_response({"ok": False, "error": "not_found", "message": "No such route"}, status=404)


def _invalid(message: str) -> web.Response:
    return web.json_response({"ok": False, "error": "invalid_request", "message": message}, status=422)


def answering(status: int, **headers: str) -> Trouble:
    """Trouble with headers: ``answering(429, retry_after="1")``."""

    async def answer(request: web.Request) -> web.StreamResponse:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.json_response({"ok": False, "message": "In trouble"}, status=status, headers=named)

    return answer


def hanging(seconds: float = 3600) -> Trouble:
    """No answer for so long, then the usual one."""

    async def answer(request: web.Request) -> web.StreamResponse | None:
        await asyncio.sleep(seconds)
        return None

    return answer


async def breaking(request: web.Request) -> web.StreamResponse | None:
    """The connection is cut instead of an answer."""
    assert request.transport is not None
    request.transport.abort()
    return None


@asynccontextmanager
async def plain_portal(**options: Any) -> AsyncIterator[PlainPortal]:
    """One on a free port."""
    portal = PlainPortal(**options)
    server = TestServer(portal.app())
    await server.start_server()
    portal.url = str(server.make_url("")).rstrip("/")
    try:
        yield portal
    finally:
        await server.close()
