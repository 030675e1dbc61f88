"""What a portal holds, in the form in which files describe it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

from fairway.apply.documents import Documents
from fairway.apply.kinds import INTEGRATION_FIELDS, KINDS, said
from fairway.client import PortalClient
from fairway.client.api import segment


async def read_state(portal: PortalClient, *, with_entities: bool) -> Documents:
    """All documents of the portal, without system blueprints."""
    answers = await asyncio.gather(
        *(portal.get(path) for path in ("/blueprints", "/scorecards", "/actions", "/sidebars/catalog", "/pages"))
    )
    blueprints, scorecards, actions, sidebar, pages = answers
    webhooks, integrations = await portal.get("/webhooks"), await portal.get("/integration")
    workflows = await portal.get("/workflows")
    own = [item for item in blueprints["blueprints"] if not item["identifier"].startswith("_")]
    found: Documents = {
        "blueprints": own,
        "permissions": [await _permissions(portal, item["identifier"]) for item in own],
        "scorecards": scorecards["scorecards"],
        "actions": actions["actions"],
        "actionPermissions": [await _of_action(portal, item) for item in actions["actions"] if _has_permissions(item)],
        "workflows": workflows["workflows"],
        "folders": list(_folders(sidebar["sidebar"]["items"])),
        "pages": pages["pages"],
        "webhooks": webhooks["webhooks"],
        "integrations": [_only(item, INTEGRATION_FIELDS) for item in integrations["integrations"]],
    }
    if with_entities:
        found["entities"] = [entity for item in own for entity in await _entities(portal, item)]
    return {name: [KINDS[name].clean(item) for item in items] for name, items in found.items()}


async def _permissions(portal: PortalClient, blueprint: str) -> dict[str, Any]:
    answer = await portal.get(f"/blueprints/{segment(blueprint)}/permissions")
    return {"blueprint": blueprint, **answer["permissions"]}


def _has_permissions(action: Mapping[str, Any]) -> bool:
    """Nobody starts an automation; some ask for approval."""
    return action["trigger"]["type"] == "self-service" or bool(action.get("requiredApproval"))


async def _of_action(portal: PortalClient, action: Mapping[str, Any]) -> dict[str, Any]:
    answer = await portal.get(f"/actions/{segment(action['identifier'])}/permissions")
    return {"action": action["identifier"], **answer["permissions"]}


def _folders(items: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for item in items:
        if item.get("sidebarType") == "folder":
            yield {name: value for name, value in item.items() if name != "items"}
        yield from _folders(item.get("items") or [])


async def _entities(portal: PortalClient, blueprint: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Entities with what was written only: nothing computed, nothing empty."""
    known = blueprint["schema"]["properties"]
    return [
        {
            **entity,
            "properties": said({name: entity["properties"].get(name) for name in known}),
            "relations": said(entity["relations"]),
        }
        async for entity in portal.search(blueprint["identifier"])
    ]


def _only(document: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: document[name] for name in names if name in document}
