"""An engine per test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from fairway.jq import Engine


@pytest.fixture
async def engine() -> AsyncIterator[Engine]:
    engine = Engine(env={"ALLOWED": "yes"})
    yield engine
    await engine.aclose()
