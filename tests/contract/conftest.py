"""Small helpers of the conformance tests: each posts something and insists that it was taken."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from support.catalog import Put


@pytest.fixture
def put_blueprint(client: httpx.AsyncClient) -> Put:
    """Creates a blueprint, with ``changes`` over its document."""

    async def put(document: dict[str, Any], **changes: Any) -> dict[str, Any]:
        response = await client.post("/v1/blueprints", json={**document, **changes})
        assert response.status_code == 201, response.text
        blueprint: dict[str, Any] = response.json()["blueprint"]
        return blueprint

    return put


@pytest.fixture
def put_entity(client: httpx.AsyncClient) -> Put:
    """Creates an entity of a blueprint."""

    async def put(blueprint: str, identifier: str, **fields: Any) -> dict[str, Any]:
        body = {"identifier": identifier, **fields}
        response = await client.post(f"/v1/blueprints/{blueprint}/entities", json=body)
        assert response.status_code == 201, response.text
        entity: dict[str, Any] = response.json()["entity"]
        return entity

    return put
