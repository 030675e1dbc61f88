"""A blueprint and a scorecard that suites score entities with."""

from __future__ import annotations

from typing import Any

import httpx

SERVICE: dict[str, Any] = {
    "identifier": "service",
    "title": "Service",
    "schema": {
        "properties": {
            "tier": {"type": "string"},
            "repo": {"type": "string", "format": "url"},
            "coverage": {"type": "number"},
            "expires": {"type": "string", "format": "date-time"},
        }
    },
}


def rule(identifier: str, level: str, *conditions: dict[str, Any], combinator: str = "and") -> dict[str, Any]:
    """A rule of a scorecard."""
    query = {"combinator": combinator, "conditions": list(conditions)}
    return {"identifier": identifier, "title": identifier, "level": level, "query": query}


HAS_REPO = {"property": "repo", "operator": "isNotEmpty"}
COVERED = {"property": "coverage", "operator": ">=", "value": 80}
IS_GOLD = {"property": "tier", "operator": "=", "value": "gold"}
READINESS: dict[str, Any] = {
    "identifier": "readiness",
    "title": "Readiness",
    "rules": [rule("hasRepo", "Bronze", HAS_REPO), rule("covered", "Silver", COVERED), rule("gold", "Gold", IS_GOLD)],
}


async def put_entity(client: httpx.AsyncClient, identifier: str, **properties: Any) -> None:
    """Creates or changes an entity."""
    body = {"identifier": identifier, "properties": properties}
    response = await client.post("/v1/blueprints/service/entities?upsert=true&merge=true", json=body)
    assert response.status_code in (200, 201), response.text
