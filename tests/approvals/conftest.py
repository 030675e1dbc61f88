"""Runs that wait for approval, with somebody to deliver them to and a mail server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import pytest

from fairway.kit.clock import ManualClock
from fairway.portal.worker import Background
from support.approvals import Court
from support.forges.server import Forge
from support.people import Login
from support.smtp import MailBox, mail_server


@pytest.fixture
async def box() -> AsyncIterator[MailBox]:
    """A mail server."""
    async with mail_server() as running:
        yield running


@pytest.fixture
async def target() -> AsyncIterator[Forge]:
    """Whoever receives the invocations, and notifications under another path."""
    async with Forge.running() as running:
        yield running


@pytest.fixture
def clock() -> ManualClock:
    """Requests expire when a test says so."""
    return ManualClock(datetime.now(UTC))


@pytest.fixture
def court(client: httpx.AsyncClient, login: Login, background: Background, target: Forge) -> Court:
    """What the suites do with approvals."""
    return Court(client, login, background, target)
