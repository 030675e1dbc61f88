"""The forms of a portal and a small catalog to choose from."""

from __future__ import annotations

import httpx
import pytest

from fairway.portal.actions.forms.service import build_forms
from fairway.portal.caller import system_caller
from fairway.portal.services import Portal
from support.forms import DOMAIN, ENTITIES, SERVICE, Desk


@pytest.fixture
def desk(portal: Portal) -> Desk:
    """Forms as an Admin uses them."""
    access = portal.access
    forms = build_forms(
        db=portal.db, clock=portal.clock, jq=portal.jq, catalog=portal.catalog, directory=access.directory,
        signing_secret=access.apps.signing_secret,
    )  # fmt: skip
    return Desk(forms, portal, system_caller(portal.org.id))


@pytest.fixture
async def catalog(client: httpx.AsyncClient) -> None:
    """Domains, services and a team."""
    for blueprint in (DOMAIN, SERVICE):
        response = await client.post("/v1/blueprints?create_catalog_page=false", json=blueprint)
        assert response.status_code == 201, response.text
    response = await client.post("/v1/teams", json={"name": "core", "users": []})
    assert response.status_code == 200, response.text
    for blueprint_id, entity in ENTITIES:
        response = await client.post(f"/v1/blueprints/{blueprint_id}/entities", json=entity)
        assert response.status_code == 201, response.text
