"""POLLING: a sync at the start, then whenever the portal has a newer request (contract section 10)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

from fairway.integration.model import Trigger
from fairway.integration.portal_api import PortalApi
from fairway.kit.clock import parse_instant
from fairway.kit.errors import FairwayError
from fairway.kit.logs import get_logger

log = get_logger(__name__)

Ask = Callable[[Trigger, frozenset[str] | None], Awaitable[Any]]


class Polling:
    """:meth:`run` until cancelled. The loop never waits for a run."""

    def __init__(
        self,
        api: PortalApi,
        ask: Ask,
        *,
        interval: float = 60.0,
        on_start: bool = True,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._api = api
        self._ask = ask
        self._interval = interval
        self._on_start = on_start
        self._sleep = sleep
        self._handled: datetime | None = None
        self.problem: str | None = None
        """Why the last look failed."""

    async def run(self) -> None:
        """Looks every interval."""
        if self._on_start:
            await self._begin()
        else:
            await self._resume()
        while True:
            await self._sleep(self._interval)
            await self.look()

    async def _begin(self) -> None:
        """The run of the start answers whatever was asked before it."""
        await self._read()
        await self._ask(Trigger.START, None)

    async def _resume(self) -> None:
        """Without a run at the start, a request that is newer than the last state report is still open."""
        try:
            found = await self._api.integration(polling=True)
        except FairwayError as error:
            log.warning("poll_failed", error=error.message)
            return
        state = (found or {}).get("resyncState")
        stamp = state.get("updatedAt") if isinstance(state, Mapping) else None
        self._handled = parse_instant(stamp) if isinstance(stamp, str) else None

    async def look(self) -> None:
        """One look: a request counts once, and only when it is newer than the last that counted."""
        before = self._handled
        request = await self._read()
        if request is None or self._handled == before:
            return
        kinds = request.get("kinds")
        named = isinstance(kinds, list) and kinds and all(isinstance(each, str) for each in kinds)
        log.info("resync_requested", at=str(request.get("updatedAt")))
        try:
            await self._ask(Trigger.REQUEST, frozenset(kinds) if named and isinstance(kinds, list) else None)
        except FairwayError as error:
            self._handled = before
            log.warning("request_not_taken", error=error.message)

    async def _read(self) -> Mapping[str, Any] | None:
        """The request, when there is one that is newer than the last; it is the last then."""
        try:
            request = await self._api.resync_request()
        except FairwayError as error:
            if self.problem is None:
                log.warning("poll_failed", error=error.message)
            self.problem = error.message
            return None
        self.problem = None
        stamp = request.get("updatedAt") if request is not None else None
        instant = parse_instant(stamp) if isinstance(stamp, str) else None
        if stamp is not None and instant is None:
            log.warning("request_malformed", updated_at=str(stamp)[:100])
        if instant is None or (self._handled is not None and instant <= self._handled):
            return None
        self._handled = instant
        return request
