"""Runs that suites start and look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx

from support.actions import self_service

Run = dict[str, Any]


@dataclass(frozen=True)
class Runs:
    """Defines an action and runs it."""

    client: httpx.AsyncClient

    async def start(self, invocation: dict[str, Any], **properties: Any) -> Run:
        """A run of an action that takes any of these inputs."""
        inputs = {name: {"type": "number" if isinstance(v, int) else "string"} for name, v in properties.items()}
        action = {**self_service("deliver", inputs=inputs), "invocationMethod": invocation}
        made = await self.client.post("/v1/actions", json=action)
        assert made.status_code == 201, made.text
        return await self.another(**properties)

    async def another(self, **properties: Any) -> Run:
        """One more run of that action."""
        answer = await self.client.post("/v1/actions/deliver/runs", json={"properties": properties})
        assert answer.status_code == 202, answer.text
        run: Run = answer.json()["run"]
        return run

    async def get(self, run: Run) -> Run:
        """The run as it is now."""
        found: Run = (await self.client.get(f"/v1/actions/runs/{run['id']}")).json()["run"]
        return found

    async def log(self, run: Run) -> str:
        """Its log, a line each."""
        lines = (await self.client.get(f"/v1/actions/runs/{run['id']}/logs")).json()["runLogs"]
        return "\n".join(each["message"] for each in lines)
