"""Entities that change, automations that listen, and what came of them."""

from __future__ import annotations

from typing import Any

import httpx

from fairway.portal.worker import Background
from support.actions import automation
from support.forges.server import Forge

PATH = "/v1/blueprints/service/entities"


class Estate:
    """Writes, listens, looks; everything insists on success, and the background work is done behind it."""

    def __init__(self, client: httpx.AsyncClient, background: Background, target: Forge) -> None:
        self.client = client
        self.background = background
        self.target = target

    async def listen(self, event: str, *expressions: str, **more: Any) -> None:
        """An automation that sends its event to the target."""
        condition = {"type": "JQ", "expressions": list(expressions), "combinator": more.pop("combinator", "and")}
        what = more.pop("what", {"type": event, "blueprintIdentifier": "service"})
        body = automation(more.pop("identifier", "react"), condition if expressions else None, **what)
        hook = {"type": "WEBHOOK", "url": f"{self.target.url}/heard", "body": {"event": "{{ .event }}"}}
        answer = await self.client.post("/v1/actions", json={**body, "invocationMethod": hook, **more})
        assert answer.status_code == 201, answer.text
        await self.background.settle()

    async def write(self, identifier: str = "svc", **fields: Any) -> None:
        """Creates or changes an entity."""
        body = {"identifier": identifier, **fields}
        answer = await self.client.post(PATH, params={"upsert": "true", "merge": "true"}, json=body)
        assert answer.is_success, answer.text
        await self.background.settle()

    async def delete(self, identifier: str = "svc") -> None:
        """Removes an entity."""
        assert (await self.client.delete(f"{PATH}/{identifier}")).is_success
        await self.background.settle()

    @property
    def heard(self) -> list[dict[str, Any]]:
        """The events that the target was told of."""
        return [seen.json["event"] for seen in self.target.requests]

    async def runs(self, identifier: str = "react") -> list[dict[str, Any]]:
        """Runs of the automation, newest first."""
        answer = await self.client.get("/v1/actions/runs", params={"action": identifier, "limit": 1000})
        found: list[dict[str, Any]] = answer.json()["runs"]
        return found

    async def told(self, identifier: str = "react") -> list[dict[str, Any]]:
        """What the automation's log says, newest first."""
        answer = await self.client.get(f"/v1/fairway/automations/{identifier}/log")
        assert answer.status_code == 200, answer.text
        found: list[dict[str, Any]] = answer.json()["evaluations"]
        return found
