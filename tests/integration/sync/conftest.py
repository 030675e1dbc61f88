"""A portal behind a socket, and a fake integration that syncs to it."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from fairway.kit.settings import Settings
from support.integrations import SyncWorld, sync_world


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    """Where the portal listens: the addresses that it names for metrics and logs lead back to it."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        yield found


@pytest.fixture
def settings(settings: Settings, listener: socket.socket) -> Settings:
    """With the address of the listener."""
    return settings.model_copy(update={"base_url": f"http://127.0.0.1:{listener.getsockname()[1]}"})


@pytest.fixture
async def world(
    app: FastAPI, client: httpx.AsyncClient, settings: Settings, tmp_path: Path, listener: socket.socket
) -> AsyncIterator[SyncWorld]:
    """One for each test."""
    async with sync_world(app, client, settings, tmp_path, listener) as found:
        yield found
