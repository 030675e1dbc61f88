"""Blueprints to act on, and callers who are no Admins."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import httpx
import pytest
from fastapi import FastAPI

from fairway.kit.clock import to_millis
from fairway.portal.access.directory import Person
from fairway.portal.services import Portal
from support.catalog import DOMAIN, SERVICE, TO_DOMAIN
from support.http import access_token, connect
from support.people import Login

EXPIRES = {"type": "string", "format": "timer"}


@pytest.fixture
async def model(client: httpx.AsyncClient) -> None:
    """The blueprints ``domain`` and ``service``, the latter with a relation and a timer."""
    schema = {"properties": {**SERVICE["schema"]["properties"], "expires": EXPIRES}}
    for blueprint in (DOMAIN, {**SERVICE, "schema": schema, "relations": TO_DOMAIN}):
        response = await client.post("/v1/blueprints?create_catalog_page=false", json=blueprint)
        assert response.status_code == 201, response.text


@pytest.fixture
async def login(portal: Portal, app: FastAPI, anonymous: httpx.AsyncClient) -> AsyncIterator[Login]:
    """Logs people in who are in the directory alone."""
    async with AsyncExitStack() as stack:

        async def as_person(email: str, *roles: str) -> httpx.AsyncClient:
            now = to_millis(portal.clock.now())
            person = Person(email, "Jo Doe", False, roles or ("Member",), "Active", (), now, now)
            await portal.db.write(lambda tx: portal.access.directory.put_person(tx, person))
            issued = await portal.db.write(lambda tx: portal.access.directory.issue_credentials(tx, email, now))
            token = await access_token(anonymous, issued.client_id, issued.client_secret)
            return await stack.enter_async_context(connect(app, token))

        yield as_person
