"""Runs resyncs and events against the server of the tests."""

from __future__ import annotations

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from fairway.integration.folder import load_integration
from fairway.integration.testing import Collected, Delivered, Reply, deliver_event, only, run_resync
from fairway.integrations.github.tests.server import ORG, PEM, TOKEN, GitHubServer, example

LOADED = load_integration(Path(__file__).parents[1])
MAPPING = LOADED.resources.every_kind
SECRET = "a secret of the harbor"
TIDE = f"/repos/{ORG}/tide-api"


def config(server: GitHubServer, **more: Any) -> Any:
    given = {"githubHost": server.url, "githubToken": TOKEN, "githubOrganization": ORG, "webhookSecret": SECRET}
    return LOADED.config_model.model_validate({**given, **more})


async def resync(server: GitHubServer, *kinds: str, selector: Any = None, **more: Any) -> Collected:
    mapping = only(MAPPING, *kinds) if kinds else MAPPING
    if selector is not None:
        mapping = {**mapping, "resources": [{**each, "selector": selector} for each in mapping["resources"]]}
    return await run_resync(LOADED.integration, mapping, config=config(server, **more))


async def deliver(
    server: GitHubServer, event: str, payload: Any, *kinds: str, selector: Any = None, secret: str = SECRET, **more: Any
) -> Delivered:
    mapping = only(MAPPING, *kinds)
    if selector is not None:
        mapping = {**mapping, "resources": [{**each, "selector": selector} for each in mapping["resources"]]}
    body = orjson.dumps(payload)
    signature = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    headers = {"X-GitHub-Event": event, "X-Hub-Signature-256": signature}
    return await deliver_event(
        LOADED.integration, mapping, "webhook", body, headers=headers, config=config(server, **more)
    )


def about(action: str, **more: Any) -> dict[str, Any]:
    return {
        "action": action,
        "repository": example("repository")[0],
        "organization": {"login": ORG},
        **more,
    }


def names(found: Collected | Delivered) -> list[str]:
    entities = found.entities if isinstance(found, Collected) else found.upserted
    return [str(entity.identifier) for entity in entities]


def gone(found: Delivered) -> list[str]:
    return [key.identifier for key in found.deleted]


def text_of(instant: datetime) -> str:
    return instant.strftime("%Y-%m-%dT%H:%M:%SZ")


def tree(*paths: str, truncated: bool = False, size: Any = 4) -> dict[str, Any]:
    blobs = [
        {"path": path, "type": "blob", "sha": hashlib.sha1(path.encode()).hexdigest(), "size": size} for path in paths
    ]
    return {"sha": "e" * 40, "tree": blobs, "truncated": truncated}


def put(server: GitHubServer, path: str, text: str) -> None:
    server.put("tide-api", path, {"content": text, "metadata": {"path": path, "type": "file", "size": len(text)}})


def app(server: GitHubServer, **more: Any) -> dict[str, Any]:
    installation = {"id": 77, "account": {"login": ORG, "type": "Organization"}, "suspended_at": None}
    server.on("GET", f"/orgs/{ORG}/installation", installation)
    server.objects[f"/orgs/{ORG}/installation"] = installation
    server.on(
        "GET", "/app/installations", [installation, {**installation, "account": {"login": "ada", "type": "User"}}]
    )

    def issue(_: Any) -> Reply:
        token = f"ghs_{len(server.asked)}"
        server.tokens.add(token)
        return Reply({"token": token, "expires_at": text_of(datetime.now(UTC) + timedelta(hours=1))}, 201)

    server.route("POST", "/app/installations/77/access_tokens", issue)
    pem = base64.b64encode(PEM.encode()).decode()
    return {"githubToken": None, "githubOrganization": None, "githubAppId": "12", "githubAppPrivateKey": pem, **more}
