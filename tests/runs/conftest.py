"""A portal whose clock tests move, its runs, and people."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import httpx
import pytest
from fastapi import FastAPI

from fairway.kit.clock import ManualClock, to_millis
from fairway.portal.access.directory import Person
from fairway.portal.services import Portal
from support.catalog import DOMAIN, SERVICE, TO_DOMAIN
from support.http import access_token, connect
from support.people import Login
from support.run_desk import Desk


@pytest.fixture
def clock() -> ManualClock:
    """Leases and time-outs end when a test says so."""
    return ManualClock(datetime.now(UTC))


@pytest.fixture
def desk(client: httpx.AsyncClient) -> Desk:
    """Runs as credentials of the organisation handle them."""
    return Desk(client)


@pytest.fixture
async def catalog(client: httpx.AsyncClient) -> None:
    """A service in a domain."""
    for blueprint in (DOMAIN, {**SERVICE, "relations": TO_DOMAIN}):
        assert (await client.post("/v1/blueprints", json=blueprint)).status_code == 201
    for blueprint_id, identifier, title in (("domain", "payments", "Payments"), ("service", "svc-a", "Service A")):
        body = {"identifier": identifier, "title": title}
        assert (await client.post(f"/v1/blueprints/{blueprint_id}/entities", json=body)).status_code == 201


@pytest.fixture
async def login(portal: Portal, app: FastAPI, anonymous: httpx.AsyncClient) -> AsyncIterator[Login]:
    """``await login(email, *roles)``: a person's client; ``service_account=True`` for one that is a machine."""
    directory = portal.access.directory
    async with AsyncExitStack() as stack:

        async def log_in(email: str, *roles: str, service_account: bool = False) -> httpx.AsyncClient:
            now = to_millis(portal.clock.now())
            person = Person(email, "Jo Doe", service_account, roles or ("Member",), "Active", (), now, now)
            await portal.db.write(lambda tx: directory.put_person(tx, person))
            issued = await portal.db.write(lambda tx: directory.issue_credentials(tx, email, now))
            token = await access_token(anonymous, issued.client_id, issued.client_secret)
            return await stack.enter_async_context(connect(app, token))

        yield log_in
