"""An administrator of GitOps sources, and a Gitea that sends events."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import httpx

from fairway.portal.services import Portal
from fairway.portal.worker import Background
from support.gitops_gitea import FakeGitea

Event = tuple[dict[str, str], bytes]
BASE = "/v1/fairway/gitops"
HOOK_SECRET = "a secret of the hook"
DOMAIN = {
    "identifier": "domain",
    "title": "Domain",
    "schema": {"properties": {"code": {"type": "string"}}, "required": []},
    "relations": {},
}
SERVICE = {
    "identifier": "service",
    "title": "Service",
    "schema": {
        "properties": {
            "tier": {"type": "number"},
            "language": {"type": "string"},
            "readme": {"type": "string", "format": "markdown"},
            "gitopsMetadata": {"type": "object"},
        },
        "required": [],
    },
    "relations": {"domain": {"title": "Domain", "target": "domain", "many": False, "required": False}},
}


class Desk:
    """What an administrator and a forge do."""

    def __init__(
        self, client: httpx.AsyncClient, anonymous: httpx.AsyncClient, background: Background, portal: Portal
    ) -> None:
        self.client = client
        self.anonymous = anonymous
        self.background = background
        self.portal = portal
        self.id = ""

    async def connect(self, kind: str, url: str, **more: Any) -> dict[str, Any]:
        """A new source; the first pass has not been made."""
        options = {"deletionGrace": 0, **more.pop("options", {})}
        body = {"title": "Forge", "kind": kind, "url": url, "options": options, **more}
        response = await self.client.post(f"{BASE}/sources", json=body)
        assert response.status_code == 201, response.text
        source: dict[str, Any] = response.json()["source"]
        self.id = source["id"]
        return source

    async def gitea(self, server: FakeGitea, **more: Any) -> dict[str, Any]:
        """A source of the fake Gitea, with events."""
        secrets = {"token": "gitea-good", "webhookSecret": HOOK_SECRET, **more.pop("secrets", {})}
        return await self.connect("gitea", server.url, secrets=secrets, **more)

    async def settle(self) -> None:
        """All background work that is due."""
        await self.background.settle()

    async def sync(self) -> dict[str, Any]:
        """A pass; the source after it."""
        response = await self.client.post(f"{BASE}/sources/{self.id}/sync")
        assert response.status_code == 202, response.text
        await self.settle()
        return await self.source()

    async def source(self) -> dict[str, Any]:
        """The source as it is now."""
        found: dict[str, Any] = (await self.get(""))["source"]
        return found

    async def get(self, path: str, **query: Any) -> dict[str, Any]:
        """Something below the source."""
        response = await self.client.get(f"{BASE}/sources/{self.id}{path}", params=query)
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    async def entity(self, identifier: str, blueprint: str = "service") -> dict[str, Any] | None:
        """An entity, if it exists."""
        response = await self.client.get(f"/v1/blueprints/{blueprint}/entities/{identifier}")
        return response.json()["entity"] if response.status_code == 200 else None

    async def claims(self, identifier: str, blueprint: str = "service") -> list[dict[str, Any]]:
        """What git says of an entity."""
        response = await self.client.get(f"{BASE}/entities/{blueprint}/{identifier}")
        assert response.status_code == 200, response.text
        found: list[dict[str, Any]] = response.json()["claims"]
        return found

    async def notify(self, headers: dict[str, str], body: bytes, source: str | None = None) -> httpx.Response:
        """An event of the forge."""
        return await self.anonymous.post(f"/ingest/gitops/{source or self.id}", content=body, headers=headers)

    async def events(self, **wanted: str) -> list[dict[str, Any]]:
        """Audit records, newest first."""
        response = await self.client.get("/v1/audit-log", params={"limit": 100, **wanted})
        assert response.status_code == 200, response.text
        found: list[dict[str, Any]] = response.json()["audits"]
        return found


def push(
    server: FakeGitea, label: str, *, ref: str = "refs/heads/main", delivery: str = "d-1", after: str = "2" * 40,
    author: str = "jo",
) -> Event:  # fmt: skip
    """A signed push of a Gitea."""
    head = {"id": after, "author": {"name": author}}
    body = {"ref": ref, "before": "1" * 40, "after": after, "head_commit": head, "repository": named(server, label)}
    return signed("push", body, delivery)


def named(server: FakeGitea, label: str) -> dict[str, Any]:
    """A repository as events name it."""
    return {"id": server.repositories[label].number, "full_name": label}


def signed(event: str, content: dict[str, Any], delivery: str, secret: str = HOOK_SECRET) -> Event:
    """Headers and body of an event."""
    body = json.dumps(content).encode()
    signature = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {"x-gitea-event": event, "x-gitea-delivery": delivery, "x-gitea-signature": signature}, body
