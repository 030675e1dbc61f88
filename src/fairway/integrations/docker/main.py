"""Docker: what is fetched, and which events are heard."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from fairway.integration.background import BackgroundContext
from fairway.integration.definition import Context, Integration, Page
from fairway.integrations.docker.client import DockerClient
from fairway.integrations.docker.listening import Listening
from fairway.integrations.docker.live import STREAM, Happened
from fairway.integrations.docker.selectors import SELECTORS
from fairway.integrations.docker.source import DockerSource

integration = Integration("docker", selectors=SELECTORS, check=DockerClient)


@integration.on_resync("engine")
async def engines(context: Context) -> Page:
    """One."""
    return await DockerSource(context).engine()


@integration.on_resync("container")
async def containers(context: Context) -> AsyncIterator[Page]:
    """Containers, whether they run or not."""
    async for page in DockerSource(context).containers():
        yield page


@integration.on_resync("image")
async def images(context: Context) -> Page:
    """Images."""
    return await DockerSource(context).images()


@integration.on_resync("volume")
async def volumes(context: Context) -> AsyncIterator[Page]:
    """Volumes."""
    async for page in DockerSource(context).volumes():
        yield page


@integration.on_resync("network")
async def networks(context: Context) -> Page:
    """Networks."""
    return await DockerSource(context).networks()


@integration.on_resync("service")
async def services(context: Context) -> Page:
    """Services of a swarm."""
    return await DockerSource(context).services()


@integration.on_resync("node")
async def nodes(context: Context) -> Page:
    """Nodes of a swarm."""
    return await DockerSource(context).nodes()


@integration.on_resync("stack")
async def stacks(context: Context) -> Page:
    """Stacks and compose projects."""
    return await DockerSource(context).stacks()


@integration.background()
async def listen(context: BackgroundContext) -> None:
    """Hears the engine's events, unless that is turned off."""
    if context.config.watch:
        await Listening(context).run()


integration.stream(STREAM, Happened)


@integration.on_start()
@integration.on_probe()
async def probe(context: Context) -> Any:
    """Whether the engine answers."""
    return await DockerClient(context).version()
