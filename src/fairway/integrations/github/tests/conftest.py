"""The server of the tests."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from fairway.integrations.github.tests.server import GitHubServer


@pytest.fixture
async def server() -> AsyncIterator[GitHubServer]:
    async with GitHubServer() as running:
        yield running
