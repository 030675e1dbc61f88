"""Runs resyncs and events against the server of the tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from fairway.integration.folder import load_integration
from fairway.integration.testing import Collected, Delivered, deliver_event, only, run_resync
from fairway.integrations.gitlab.tests.server import TOKEN, GitLabServer

LOADED = load_integration(Path(__file__).parents[1])
MAPPING = LOADED.resources.every_kind
SECRET = "a secret of the harbor"


def config(server: GitLabServer, **more: Any) -> Any:
    return LOADED.config_model.model_validate(
        {"gitlabHost": server.url, "gitlabToken": TOKEN, "webhookSecret": SECRET, **more}
    )


def _mapping(kinds: tuple[str, ...], selector: Any) -> dict[str, Any]:
    mapping = only(MAPPING, *kinds) if kinds else MAPPING
    if selector is None:
        return dict(mapping)
    selector = {"query": "true", **selector}
    return {**mapping, "resources": [{**each, "selector": selector} for each in mapping["resources"]]}


async def resync(server: GitLabServer, *kinds: str, selector: Any = None, **more: Any) -> Collected:
    return await run_resync(LOADED.integration, _mapping(kinds, selector), config=config(server, **more))


async def deliver(
    server: GitLabServer, payload: Any, *kinds: str, selector: Any = None, secret: str = SECRET, **more: Any
) -> Delivered:
    headers = {"X-Gitlab-Token": secret}
    return await deliver_event(
        LOADED.integration,
        _mapping(kinds, selector),
        "webhook",
        payload,
        headers=headers,
        config=config(server, **more),
    )


def names(found: Collected | Delivered) -> list[str]:
    entities = found.entities if isinstance(found, Collected) else found.upserted
    return [str(entity.identifier) for entity in entities]


def gone(found: Delivered) -> list[str]:
    return [key.identifier for key in found.deleted]
