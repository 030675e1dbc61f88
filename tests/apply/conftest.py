"""Our own client against the app, over a socket."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from fastapi import FastAPI

from fairway.client import PortalClient
from fairway.kit.settings import Settings
from support.relay import portal_client


@pytest.fixture
async def connected(app: FastAPI, settings: Settings) -> AsyncIterator[PortalClient]:
    async with portal_client(app, settings) as client:
        yield client
