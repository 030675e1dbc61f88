"""The engine's API."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from fairway.integration.caching import Cache, cached
from fairway.integration.definition import Context
from fairway.integration.http import Lines, ThirdPartyBroken, ThirdPartyUnavailable
from fairway.integration.model import RawItem, Trigger
from fairway.integrations.docker.access import address_of
from fairway.kit.pacing import Lane

Filters = Mapping[str, list[str]]
_NEWEST = (1, 47)
"""Of the API; engines that know newer ones are spoken to in this."""
_SWARM_OFF = ("", "inactive")


class DockerClient:
    """The engine of a context's settings."""

    def __init__(self, context: Context) -> None:
        url, tls = address_of(context.config)
        lane: Lane | None = "event" if context.trigger is Trigger.LIVE else None
        self.http = context.http.view(url, tls=tls, lane=lane)
        self._name: str | None = context.config.engine_name
        self._cache = context.cache
        self._log = context.log

    @property
    def cache(self) -> Cache:
        """Where :func:`cached` keeps results."""
        return self._cache

    @cached()
    async def version(self) -> RawItem:
        """Of the engine and its API."""
        found: RawItem = await self.http.get_json("/version")
        return found

    @cached()
    async def identity(self) -> Any:
        """``info`` of the beginning of the resync."""
        return await self.info()

    async def info(self) -> RawItem:
        """What the engine says about itself now."""
        found: RawItem = await self.get("/info")
        return found

    async def name(self) -> str:
        """What the engine is called."""
        return self._name or str((await self.identity()).get("Name") or "docker")

    async def manages_swarm(self) -> bool:
        """Whether swarm objects can be read here. They cannot where there is no swarm, and on its workers.

        Raises:
            ThirdPartyUnavailable: there is a swarm that cannot be used now.
        """
        swarm = (await self.identity()).get("Swarm") or {}
        state = str(swarm.get("LocalNodeState") or "")
        if state in _SWARM_OFF:
            return False
        if state != "active":
            raise ThirdPartyUnavailable(
                f'The swarm of the engine is "{state}": {swarm.get("Error") or "no reason given"}'
            )
        if not swarm.get("ControlAvailable"):
            self._log.info("swarm_worker", reason="the engine is a worker of its swarm; a manager can tell more")
            return False
        return True

    async def get(self, path: str, *, filters: Filters | None = None, **params: Any) -> Any:
        """A document, in a version of the API that both sides know."""
        given = {**params, **({"filters": json.dumps(filters)} if filters else {})}
        return await self.http.get_json(await self.path(path), params=given)

    async def listed(self, path: str, *, filters: Filters | None = None, **params: Any) -> list[RawItem]:
        """A listing; the engine gives all of it at once.

        Raises:
            ThirdPartyBroken: it is none.
        """
        found = await self.get(path, filters=filters, **params)
        if found is None:
            return []
        if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
            raise ThirdPartyBroken(f'GET "{path}": a list of objects is expected')
        return found

    @asynccontextmanager
    async def events(
        self, since: float, until: float, stopping: asyncio.Event, silence_seconds: float
    ) -> AsyncIterator[Lines]:
        """What happens between two instants of the engine's clock, which may be to come."""
        params = {"since": f"{since:.9f}", "until": f"{until:.9f}"}
        async with self.http.lines(
            await self.path("/events"), params=params, stopping=stopping, silence_seconds=silence_seconds
        ) as lines:
            yield lines

    async def path(self, path: str) -> str:
        """Of a route, in that version."""
        told = str((await self.version()).get("ApiVersion") or "")
        major, _, minor = told.partition(".")
        if not (major.isdigit() and minor.isdigit()):
            raise ThirdPartyBroken(f'The engine\'s API has the version "{told}", which is none')
        chosen = min((int(major), int(minor)), _NEWEST)
        return f"/v{chosen[0]}.{chosen[1]}{path}"
