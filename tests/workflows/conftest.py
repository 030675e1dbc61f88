"""A portal whose clock tests move, a workflow in it, and whoever its nodes call."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import pytest

from fairway.kit.clock import ManualClock
from fairway.portal.worker import Background
from support.catalog import SERVICE
from support.flow import Flow
from support.forges.server import Forge


@pytest.fixture
def clock() -> ManualClock:
    """Leases, pauses and schedules end when a test says so."""
    return ManualClock(datetime.now(UTC))


@pytest.fixture
async def target() -> AsyncIterator[Forge]:
    """Whoever nodes call."""
    async with Forge.running() as running:
        yield running


@pytest.fixture
def flow(client: httpx.AsyncClient, background: Background) -> Flow:
    """The workflow under test."""
    return Flow(client, background)


@pytest.fixture
async def services(client: httpx.AsyncClient) -> None:
    """A blueprint."""
    assert (await client.post("/v1/blueprints", json=SERVICE)).status_code == 201
