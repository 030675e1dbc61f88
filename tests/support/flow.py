"""Workflows as people define and start them, and node runs as agents handle them, over HTTP."""

from __future__ import annotations

from typing import Any

import httpx

from fairway.portal.worker import Background
from fairway.wire.runs import AGENT, RESERVED_USAGE

Document = dict[str, Any]
START: Document = {
    "identifier": "start",
    "config": {"type": "SELF_SERVE_TRIGGER", "userInputs": {"properties": {"env": {"type": "string"}}}},
}


def node(identifier: str, kind: str, /, **config: Any) -> Document:
    """A node; ``variables``, ``links`` and ``title`` are its own, everything else is its configuration."""
    document = {key: config.pop(key) for key in ("variables", "links", "title") if key in config}
    return {"identifier": identifier, "config": {"type": kind, **config}, **document}


def call(identifier: str, url: str, /, **config: Any) -> Document:
    """A node that sends a webhook and waits for the answer."""
    return node(identifier, "WEBHOOK", url=url, **{"synchronized": True, **config})


def on_event(kind: str = "ENTITY_CREATED", /, **config: Any) -> Document:
    """A trigger that listens to services."""
    return node("start", "EVENT_TRIGGER", event={"type": kind, "blueprintIdentifier": "service"}, **config)


def workflow(*nodes: Document, arrows: list[Any], start: Document = START, identifier: str = "flow") -> Document:
    """A definition; arrows are pairs of nodes, or pairs with more about them."""
    connections = [
        {"sourceIdentifier": source, "targetIdentifier": to, **(more[0] if more else {})}
        for source, to, *more in arrows
    ]
    return {"identifier": identifier, "nodes": [start, *nodes], "connections": connections}


class Flow:
    """Defines one workflow and follows its runs; everything insists on success."""

    def __init__(self, client: httpx.AsyncClient, background: Background) -> None:
        self.client = client
        self.background = background

    async def define(self, *nodes: Document, **more: Any) -> None:
        """See :func:`workflow`."""
        await self.done("POST", "/v1/workflows", workflow(*nodes, **more), status=201)
        await self.background.settle()

    async def start(self, identifier: str = "flow", /, **inputs: Any) -> str:
        """A run, as far as it comes by itself."""
        path = f"/v1/fairway/workflows/{identifier}/runs"
        run_id: str = (await self.done("POST", path, {"inputs": inputs}, status=202))["run"]["id"]
        await self.background.settle()
        return run_id

    async def run(self, run_id: str) -> Document:
        """The run with its nodes."""
        found: Document = (await self.done("GET", f"/v1/fairway/workflows/runs/{run_id}"))["run"]
        return found

    async def runs(self, **query: Any) -> list[Document]:
        """All runs, the newest first."""
        found: list[Document] = (await self.done("GET", "/v1/fairway/workflows/runs", params=query))["runs"]
        return found

    async def nodes(self, run_id: str) -> dict[str, Document]:
        """Its node runs by node."""
        return {each["node"]["identifier"]: each for each in (await self.run(run_id))["nodeRuns"]}

    async def lines(self, node_run: str) -> list[str]:
        """Its log."""
        found = await self.done("GET", f"/v1/workflows/nodes/runs/{node_run}/logs", params={"limit": 1000})
        return [line["message"] for line in found["runLogs"]]

    async def claim(self, **more: Any) -> list[Document]:
        """What an agent gets."""
        body = {"installationId": AGENT, "limit": 100, **more}
        found: list[Document] = (await self.done("POST", "/v1/workflows/runs/claim-pending", body))["nodeRuns"]
        return found

    async def acknowledge(self, node_run: str) -> None:
        """What an agent does before it executes one."""
        answer = await self.done("PATCH", "/v1/workflows/runs/ack", {"nodeRunIdentifier": node_run})
        assert answer["acked"] is True

    async def report(self, node_run: str, **body: Any) -> httpx.Response:
        """What an agent says; it may be refused."""
        answer = await self.client.patch(f"/v1/workflows/nodes/runs/{node_run}", json=body)
        await self.background.settle()
        return answer

    async def respond(self, person: httpx.AsyncClient, node_run: str, **body: Any) -> httpx.Response:
        """What somebody says to a question; it may be refused."""
        answer = await person.post(f"/v1/fairway/workflows/nodes/runs/{node_run}/input", json=body)
        await self.background.settle()
        return answer

    async def done(self, method: str, path: str, body: Any = None, *, status: int = 200, params: Any = None) -> Any:
        """The answer to a request that has to succeed."""
        answer = await self.client.request(method, path, json=body, params=params, headers=RESERVED_USAGE)
        assert answer.status_code == status, answer.text
        return answer.json()
