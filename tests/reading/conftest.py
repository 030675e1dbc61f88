"""Fixtures of read tests."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from fairway.kit.clock import Clock, ManualClock
from fairway.portal.services import Portal
from reading.estate import Estate

START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def clock() -> Clock:
    return ManualClock(START)


@pytest.fixture
async def estate(portal: Portal) -> Estate:
    return Estate(portal)
