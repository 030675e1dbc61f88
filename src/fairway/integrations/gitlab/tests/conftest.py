"""The server of the tests."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from fairway.integrations.gitlab.tests.server import GitLabServer


@pytest.fixture
async def server() -> AsyncIterator[GitLabServer]:
    async with GitLabServer() as running:
        yield running
