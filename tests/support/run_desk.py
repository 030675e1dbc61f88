"""Runs as clients and agents handle them over HTTP."""

from __future__ import annotations

from typing import Any

import httpx

from fairway.wire.runs import AGENT, RESERVED_USAGE

Document = dict[str, Any]


class Desk:
    """What suites do with runs; everything insists on success. ``client`` is there for what should fail."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client

    async def put(self, action: Document) -> Document:
        """Creates an action."""
        return await self._done("POST", "/v1/actions", 201, "action", action)

    async def start(self, action: str, **body: Any) -> Document:
        """Starts a run."""
        return await self._done("POST", f"/v1/actions/{action}/runs", 202, "run", {"properties": {}, **body})

    async def many(self, action: str, count: int) -> list[str]:
        """Ids of runs that were started one after the other."""
        return [(await self.start(action))["id"] for _ in range(count)]

    async def get(self, run_id: str) -> Document:
        """A run."""
        return await self._done("GET", f"/v1/actions/runs/{run_id}", 200, "run")

    async def patch(self, run_id: str, **body: Any) -> Document:
        """Reports about a run."""
        return await self._done("PATCH", f"/v1/actions/runs/{run_id}", 200, "run", body)

    async def log(self, run_id: str, message: str, **more: Any) -> Document:
        """Adds a line to its log."""
        return await self._done("POST", f"/v1/actions/runs/{run_id}/logs", 201, "runLog", {"message": message, **more})

    async def lines(self, run_id: str) -> list[str]:
        """Its log."""
        found = await self._done("GET", f"/v1/actions/runs/{run_id}/logs", 200, "runLogs")
        return [line["message"] for line in found]

    async def listed(self, **query: Any) -> list[str]:
        """Ids of the runs that a list shows."""
        response = await self.client.get("/v1/actions/runs", params=query)
        assert response.status_code == 200, response.text
        return [run["id"] for run in response.json()["runs"]]

    async def claimed(self, **body: Any) -> list[Document]:
        """Claims runs as an agent does."""
        path = "/v1/actions/runs/claim-pending"
        response = await self.client.post(path, json={"installationId": AGENT, **body}, headers=RESERVED_USAGE)
        assert response.status_code == 200, response.text
        assert response.json()["fairway"] == {"version": 1}
        runs: list[Document] = response.json()["runs"]
        return runs

    async def claim(self, **body: Any) -> list[str]:
        """Ids of the runs that were claimed."""
        return [run["id"] for run in await self.claimed(**body)]

    async def ack(self, *run_ids: str) -> int:
        """Acknowledges runs; how many it got."""
        response = await self.client.patch("/v1/actions/runs/ack", json={"runIds": run_ids}, headers=RESERVED_USAGE)
        assert response.status_code == 200, response.text
        count: int = response.json()["ackedCount"]
        return count

    async def report(self, *reports: Document) -> list[Document]:
        """Reports about many runs."""
        return await self._done("POST", "/v1/fairway/runs/reports", 200, "results", {"reports": reports})

    async def heartbeat(self, *run_ids: str, **more: Any) -> list[str]:
        """Keeps claims."""
        return await self._done("POST", "/v1/fairway/runs/heartbeat", 200, "extended", {"runIds": run_ids, **more})

    async def release(self, *run_ids: str, **more: Any) -> list[str]:
        """Gives claims back."""
        return await self._done("POST", "/v1/fairway/runs/release", 200, "released", {"runIds": run_ids, **more})

    async def refused(self, method: str, path: str, status: int, body: Any = None) -> str:
        """The message of something that is refused."""
        response = await self.client.request(method, path, json=body)
        assert response.status_code == status, response.text
        message: str = response.json()["message"]
        return message

    async def _done(self, method: str, path: str, status: int, key: str, body: Any = None) -> Any:
        response = await self.client.request(method, path, json=body)
        assert response.status_code == status, f"{method} {path}: {response.status_code} {response.text}"
        return response.json()[key]


def agent_action(identifier: str = "deploy", **method: Any) -> Document:
    """An action that agents execute, without inputs."""
    invocation = {"type": "WEBHOOK", "agent": True, "url": "http://ci/hook", "body": {"run": "{{ .run.id }}"}}
    return {
        "identifier": identifier,
        "title": identifier.title(),
        "icon": "Rocket",
        "trigger": {"type": "self-service", "operation": "CREATE", "userInputs": {"properties": {}}},
        "invocationMethod": {**invocation, **method},
        "publish": True,
    }
