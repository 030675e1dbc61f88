"""Blueprints to act on, and callers who are no Admins."""

from __future__ import annotations

import httpx
import pytest

from support.catalog import DOMAIN, SERVICE, TO_DOMAIN

EXPIRES = {"type": "string", "format": "timer"}


@pytest.fixture
async def model(client: httpx.AsyncClient) -> None:
    """The blueprints ``domain`` and ``service``, the latter with a relation and a timer."""
    schema = {"properties": {**SERVICE["schema"]["properties"], "expires": EXPIRES}}
    for blueprint in (DOMAIN, {**SERVICE, "schema": schema, "relations": TO_DOMAIN}):
        response = await client.post("/v1/blueprints?create_catalog_page=false", json=blueprint)
        assert response.status_code == 201, response.text
