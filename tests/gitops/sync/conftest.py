"""The world of the tests of the synchronisation."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from support.gitops_world import World, world


@pytest.fixture
async def one() -> AsyncIterator[World]:
    """A world without grace, as the one-shot command has it."""
    async with world() as made:
        yield made
