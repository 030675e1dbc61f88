"""What the webhook suites share: a catalog to write into, and payloads signed like those of third parties."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import httpx
import pytest

from fairway.portal.worker import Background

SECRET = "a webhook's secret"
BRANCH = {
    "identifier": "branch",
    "title": "Branch",
    "schema": {
        "properties": {"url": {"type": "string"}, "commits": {"type": "number"}, "login": {"type": "string"}},
        "required": [],
    },
    "relations": {},
}
PULL = {
    **BRANCH,
    "identifier": "pull",
    "title": "Pull request",
    "relations": {"branch": {"title": "Branch", "target": "branch", "many": False, "required": False}},
}
ENTITY = {
    "identifier": ".body.id",
    "title": ".body.title",
    "properties": {"url": ".body.url", "commits": ".body.commits"},
}
MAPPING = {"blueprint": "branch", "filter": '.body.action != "deleted"', "entity": ENTITY}
REMOVAL = {
    "blueprint": "branch",
    "operation": "delete",
    "filter": '.body.action == "deleted"',
    "entity": {"identifier": ".body.id"},
}
SIGNED = {
    "secret": SECRET,
    "signatureHeaderName": "X-Hub-Signature-256",
    "signatureAlgorithm": "sha256",
    "signaturePrefix": "sha256=",
}


def signed(body: bytes, secret: str = SECRET, name: str = "X-Hub-Signature-256") -> dict[str, str]:
    """The header of a payload signed as GitHub does."""
    return {name: "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


class Hooks:
    """Drives webhooks the way their three parties do: the administrator, the sender, the background worker."""

    def __init__(self, client: httpx.AsyncClient, anonymous: httpx.AsyncClient, background: Background) -> None:
        self.client = client
        self.anonymous = anonymous
        self._background = background

    async def define(self, **body: Any) -> dict[str, Any]:
        """A webhook ``hook``."""
        response = await self.client.post("/v1/webhooks", json={"identifier": "hook", "title": "Forge", **body})
        assert response.status_code == 201, response.text
        webhook: dict[str, Any] = response.json()["webhook"]
        return webhook

    async def send(
        self, webhook: dict[str, Any], body: bytes | dict[str, Any], headers: dict[str, str] | None = None
    ) -> dict[str, Any]:
        """Posts a payload, lets the worker work, and answers the event's record."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        response = await self.anonymous.post(webhook["url"], content=data, headers=headers or {})
        assert response.status_code == 202, response.text
        await self._background.settle()
        return (await self.events(webhook))[0]

    async def events(self, webhook: dict[str, Any]) -> list[dict[str, Any]]:
        """Records, newest first."""
        response = await self.client.get(f"/v1/fairway/webhooks/{webhook['identifier']}/events", params={"limit": 100})
        found: list[dict[str, Any]] = response.json()["events"]
        return found

    async def entity(self, blueprint: str, identifier: str) -> dict[str, Any] | None:
        """An entity, if it exists."""
        response = await self.client.get(f"/v1/blueprints/{blueprint}/entities/{identifier}")
        return response.json()["entity"] if response.status_code == 200 else None


@pytest.fixture
async def hooks(client: httpx.AsyncClient, anonymous: httpx.AsyncClient, background: Background) -> Hooks:
    """A catalog with branches and pull requests, and webhooks to be defined."""
    for blueprint in (BRANCH, PULL):
        response = await client.post("/v1/blueprints", json=blueprint)
        assert response.status_code == 201, response.text
    return Hooks(client, anonymous, background)


@pytest.fixture
async def urls(client: httpx.AsyncClient) -> dict[str, str]:
    """The addresses of a registered integration."""
    created = (await client.post("/v1/integration", json={"installationId": "scn"})).json()["integration"]
    return {key: created[f"{key}Attributes"]["ingestUrl"] for key in ("log", "metric", "ingest")}
