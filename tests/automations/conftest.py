"""A catalog under observation: services with a timer, automations, and whoever they call."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import pytest

from fairway.kit.clock import ManualClock
from fairway.portal.worker import Background
from support.catalog import SERVICE
from support.estate import Estate
from support.forges.server import Forge

EXPIRES = {"type": "string", "format": "timer"}


@pytest.fixture
def clock() -> ManualClock:
    """Timers expire when a test says so."""
    return ManualClock(datetime.now(UTC))


@pytest.fixture
async def target() -> AsyncIterator[Forge]:
    """Whoever an automation calls."""
    async with Forge.running() as running:
        yield running


@pytest.fixture(autouse=True)
async def model(client: httpx.AsyncClient) -> None:
    """Services with a timer."""
    schema = {"properties": {**SERVICE["schema"]["properties"], "expires": EXPIRES}}
    answer = await client.post("/v1/blueprints", json={**SERVICE, "schema": schema})
    assert answer.status_code == 201, answer.text


@pytest.fixture
def estate(client: httpx.AsyncClient, background: Background, target: Forge) -> Estate:
    """The catalog under observation."""
    return Estate(client, background, target)
