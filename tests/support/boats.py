"""Forty boats for the tables of the web interface."""

from __future__ import annotations

import json
from urllib.parse import quote

import httpx
from playwright.sync_api import Locator, Page

BLUEPRINT = "boat"
_PROPERTIES = {
    "kind": {"type": "string", "title": "Kind", "enum": ["sail", "motor"], "enumColors": {"sail": "blue"}},
    "length": {"type": "number", "title": "Length"},
    "afloat": {"type": "boolean", "title": "Afloat"},
    "ports": {"type": "array", "title": "Ports", "items": {"type": "string"}},
    "built": {"type": "string", "title": "Built", "format": "date-time"},
    "captain": {"type": "string", "title": "Captain", "format": "user"},
    "log": {"type": "string", "title": "Log", "format": "markdown"},
}


def make_boats(api: httpx.Client) -> None:
    """Forty boats of two kinds; a blueprint without entities; a fleet that forty boats are about."""
    api.post("/v1/blueprints", json={"identifier": "fleet", "title": "Fleet", "schema": {"properties": {}}})
    model = {
        "identifier": BLUEPRINT,
        "title": "Boat",
        "schema": {"properties": _PROPERTIES, "required": ["kind"]},
        "relations": {"fleet": {"title": "Fleet", "target": "fleet", "required": False, "many": False}},
    }
    api.post("/v1/blueprints", json=model).raise_for_status()
    api.post("/v1/blueprints", json={"identifier": "raft", "title": "Raft", "schema": {"properties": {}}})
    api.post("/v1/blueprints/fleet/entities", json={"identifier": "north", "title": "North fleet"}).raise_for_status()
    for start in (0, 20):
        items = [_boat(number) for number in range(start, start + 20)]
        api.post(f"/v1/blueprints/{BLUEPRINT}/entities/bulk", json={"entities": items}).raise_for_status()


def _boat(number: int) -> dict[str, object]:
    properties = {"kind": "sail" if number % 4 else "motor", "length": number, "afloat": number % 2 == 0,
                  "ports": ["Kiel", "Oslo"] if number % 10 == 0 else ["Kiel"]}  # fmt: skip
    relations = {"fleet": "north"} if number % 20 == 0 else {}
    return {"identifier": f"boat-{number:02}", "title": f"Boat {number:02}", "properties": properties,
            "relations": relations}  # fmt: skip


def open_boats(page: Page, **search: object) -> Locator:
    """The page of the boats, with these in its address."""
    spelled = {key: value if isinstance(value, str) else json.dumps(value) for key, value in search.items()}
    page.goto(f"/pages/{BLUEPRINT}s?" + "&".join(f"{key}={quote(value)}" for key, value in spelled.items()))
    grid = page.get_by_role("grid", name="Boats")
    grid.wait_for()
    return grid


def count_of(page: Page) -> Locator:
    """How many of how many are shown."""
    return page.get_by_role("status", name="Count")
