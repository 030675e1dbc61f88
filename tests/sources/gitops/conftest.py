"""A portal with a catalog, forges on sockets, and somebody who connects them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from fairway.portal.services import Portal
from fairway.portal.worker import Background
from support.gitops_desk import DOMAIN, SERVICE, Desk
from support.gitops_gitea import FakeGitea


@pytest.fixture
async def desk(client: httpx.AsyncClient, anonymous: httpx.AsyncClient, background: Background, portal: Portal) -> Desk:
    """Blueprints for services in domains."""
    for blueprint in (DOMAIN, SERVICE):
        response = await client.post("/v1/blueprints", json=blueprint)
        assert response.status_code == 201, response.text
    return Desk(client, anonymous, background, portal)


@pytest.fixture
async def gitea() -> AsyncIterator[FakeGitea]:
    """A forge."""
    async with FakeGitea() as server:
        yield server
