"""A plain portal and a target for every test of the runtime."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from fairway.portal.services import Portal
from support.own_portal import OwnPortal, own_portal
from support.plain_portal import PlainPortal, plain_portal
from support.targets import Target, serving


@pytest.fixture
async def plain() -> AsyncIterator[PlainPortal]:
    """A portal without our additions."""
    async with plain_portal() as portal:
        yield portal


@pytest.fixture
async def target() -> AsyncIterator[Target]:
    """A service that agents call."""
    async with serving() as target:
        yield target


@pytest.fixture
async def own(portal: Portal) -> AsyncIterator[OwnPortal]:
    """A portal of ours."""
    async with own_portal(portal) as served:
        yield served
