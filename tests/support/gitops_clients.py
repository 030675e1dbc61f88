"""Clients of the GitOps test servers, in the server's own time: nothing waits."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from typing import Any

from fairway.gitops.forges.base import Forge, ForgeKind
from fairway.gitops.forges.bitbucket_server import BitbucketServer
from fairway.gitops.forges.github import GitHub
from fairway.gitops.forges.http import HttpOptions
from fairway.gitops.forges.settings import ForgeSettings
from fairway.gitops.model import Repository
from support.gitops_server import ForgeServer, VirtualTime


def options(forge: ForgeServer, **more: Any) -> HttpOptions:
    """How requests are made, in virtual time."""
    assert isinstance(forge.clock, VirtualTime)
    return replace(HttpOptions(clock=forge.clock, sleep=forge.clock.sleep), **more)


@asynccontextmanager
async def bitbucket(
    forge: ForgeServer, *, http: dict[str, Any] | None = None, **more: Any
) -> AsyncIterator[BitbucketServer]:
    """Logged in as kim, unless said otherwise."""
    login = {} if "token" in more or "username" in more else {"username": "kim", "password": "secret"}
    settings = ForgeSettings(ForgeKind.BITBUCKET_SERVER, forge.url, **login, **more)
    client = BitbucketServer(settings, options(forge, **(http or {})))
    try:
        yield client
    finally:
        await client.close()


@asynccontextmanager
async def github(forge: ForgeServer, *, http: dict[str, Any] | None = None, **more: Any) -> AsyncIterator[GitHub]:
    """With the token of ``robot``, unless said otherwise."""
    login = {} if "token" in more or "app_id" in more else {"token": "gh-token"}
    client = GitHub(ForgeSettings(ForgeKind.GITHUB, forge.url, **login, **more), options(forge, **(http or {})))
    try:
        yield client
    finally:
        await client.close()


async def listed(client: Forge) -> list[Repository]:
    """The whole listing."""
    return [each async for page in client.listing() for each in page]


@contextmanager
def requests_of(forge: ForgeServer) -> Iterator[list[str]]:
    """``METHOD /path`` of the requests that the block made."""
    found: list[str] = []
    start = len(forge.requests)
    yield found
    found.extend(forge.paths(start))
