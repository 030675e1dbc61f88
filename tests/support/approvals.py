"""Approvals as suites use them: an action that needs them, people who start its runs, and people who decide."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx

from fairway.portal.worker import Background
from support.actions import self_service
from support.forges.server import Forge
from support.people import Login

ANN, BOB, EVE = "ann@example.com", "bob@example.com", "eve@example.com"


@dataclass
class Court:
    """``deploy`` is its action; every call insists that it was taken, unless it says otherwise."""

    client: httpx.AsyncClient
    """An Admin's."""
    login: Login
    background: Background
    target: Forge

    async def action(self, required: Any = True, /, *, approve: dict[str, Any] | None = None, **document: Any) -> None:
        """Makes the action; ``approve`` is who approves, besides nobody."""
        hook = {"type": "WEBHOOK", "url": f"{self.target.url}/hook", "body": {"run": "{{ .run.id }}"}}
        base = {**self_service("deploy"), "title": "Deploy", "invocationMethod": hook}
        answer = await self.client.post("/v1/actions", json={**base, "requiredApproval": required, **document})
        assert answer.status_code == 201, answer.text
        block = {"users": [], "roles": [], "teams": [], "policy": None, **(approve or {})}
        await self.permit(approve=block)

    async def permit(self, **permissions: Any) -> None:
        """Changes who may execute or approve."""
        answer = await self.client.patch("/v1/actions/deploy/permissions", json=permissions)
        assert answer.status_code == 200, answer.text

    async def start(self, as_: httpx.AsyncClient | None = None, **body: Any) -> dict[str, Any]:
        """A run."""
        answer = await (as_ or self.client).post("/v1/actions/deploy/runs", json={"properties": {}, **body})
        assert answer.status_code == 202, answer.text
        run: dict[str, Any] = answer.json()["run"]
        return run

    async def decide(
        self, by: httpx.AsyncClient, run: dict[str, Any], status: str = "APPROVE", **more: Any
    ) -> httpx.Response:
        """An answer, which need not be taken."""
        return await by.patch(f"/v1/actions/runs/{run['id']}/approval", json={"status": status, **more})

    async def approve(self, by: httpx.AsyncClient, run: dict[str, Any], **more: Any) -> dict[str, Any]:
        """An approval; the run after it."""
        answer = await self.decide(by, run, **more)
        assert answer.status_code == 201, answer.text
        after: dict[str, Any] = answer.json()["run"]
        return after

    async def read(self, run: dict[str, Any]) -> dict[str, Any]:
        """The run as it is now."""
        found: dict[str, Any] = (await self.client.get(f"/v1/actions/runs/{run['id']}")).json()["run"]
        return found

    async def log(self, run: dict[str, Any]) -> str:
        """Its log in one text."""
        lines = (await self.client.get(f"/v1/actions/runs/{run['id']}/logs?limit=50")).json()["runLogs"]
        return "\n".join(each["message"] for each in lines)

    async def approvers(self, run: dict[str, Any], *, pending: bool = True) -> dict[str, str]:
        """State by e-mail."""
        params = {"include_pending_approvers": str(pending).lower()}
        answer = await self.client.get(f"/v1/actions/runs/{run['id']}/approvers", params=params)
        assert answer.status_code == 200, answer.text
        return {each["email"] or each["userId"]: each["state"] for each in answer.json()["approvers"]}

    def delivered(self) -> list[Any]:
        """Bodies of the invocations so far."""
        return [seen.json for seen in self.target.requests if seen.path == "/hook"]
