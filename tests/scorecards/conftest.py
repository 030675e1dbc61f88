"""A blueprint to score."""

from __future__ import annotations

import httpx
import pytest

from support.scoring import SERVICE


@pytest.fixture
async def service(client: httpx.AsyncClient) -> str:
    """The blueprint ``service``."""
    response = await client.post("/v1/blueprints?create_catalog_page=false", json=SERVICE)
    assert response.status_code == 201, response.text
    return "/v1/blueprints/service/scorecards"
