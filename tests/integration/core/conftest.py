"""An expression engine, as a process of the framework has one."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from fairway.jq import Engine


@pytest.fixture
async def engine() -> AsyncIterator[Engine]:
    engine = Engine()
    yield engine
    await engine.aclose()
