"""Claims work of one kind from the portal, over and over; runs and node runs have a loop each, so that trouble with one
does not slow the other (contract 6)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from fairway.agent.portal_api.errors import PortalTrouble
from fairway.agent.portal_api.portal import Claim, Claimed, Ids, Portal, Work
from fairway.agent.runtime.pace import Backoff, Pace
from fairway.agent.runtime.streamer import GaveUp
from fairway.kit.logs import get_logger

_ABSENT = (404, 405, 501)
_ABSENT_SECONDS = 300.0
"""How often a route that a portal does not have is asked for again."""
_MARGIN_SECONDS = 60.0
WAIT_MS = 25_000

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a claim may ask for now."""

    limit: int
    exclude: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ClaimSettings:
    """How a loop claims."""

    interval: float = 10.0
    backoff: Backoff = field(default_factory=Backoff)
    max_failure_seconds: float = 3600.0
    visibility_ms: Callable[[], int] = lambda: 60_000


class ClaimLoop:
    """``terms`` waits until there is room; ``take`` gets the documents of what was claimed."""

    def __init__(
        self,
        kind: Work,
        portal: Portal,
        settings: ClaimSettings,
        terms: Callable[[], Awaitable[Terms]],
        take: Callable[[Work, list[dict[str, Any]]], Awaitable[None]],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.kind = kind
        self._portal = portal
        self._settings = settings
        self._terms = terms
        self._take = take
        self._monotonic = monotonic
        self._pace = Pace(settings.interval)
        self._woken = asyncio.Event()
        self._failures = 0
        self._failing_since: float | None = None
        self.due = monotonic() + _MARGIN_SECONDS
        """When the loop is stalled unless it turned."""
        self.problem = ""
        """Why the last claim failed."""

    async def run(self) -> None:
        """Claims until cancelled.

        Raises:
            GaveUp: claims have failed for too long.
        """
        while True:
            pause = await self._turn()
            self.due = self._monotonic() + pause + WAIT_MS / 1000 + _MARGIN_SECONDS
            if pause > 0:
                await self._sleep(pause)
            else:
                await asyncio.sleep(0)

    def wake(self) -> None:
        """Ends the present pause."""
        self._woken.set()

    async def _sleep(self, seconds: float) -> None:
        self._woken.clear()
        try:
            await asyncio.wait_for(self._woken.wait(), seconds)
        except TimeoutError:
            return

    async def _turn(self) -> float:
        self.due = float("inf")  # waiting for room is no stall
        terms = await self._terms()
        long_poll = self._portal.fairway
        wait_ms = WAIT_MS if long_poll and not terms.exclude else 0
        self.due = self._monotonic() + wait_ms / 1000 + _MARGIN_SECONDS
        asked_at = self._monotonic()
        claim = Claim(terms.limit, self._settings.visibility_ms(), terms.exclude, wait_ms)
        try:
            claimed = await self._portal.claim(self.kind, claim)
        except PortalTrouble as trouble:
            return self._after_failure(trouble)
        self._recovered()
        if self._portal.fairway and not long_poll:
            return await self._claim_again(claimed)
        waited = self._monotonic() - asked_at
        self.due = float("inf")  # the pool may be full
        await self._take(self.kind, claimed.items)
        return self._after(claimed, terms, waited, wait_ms)

    async def _claim_again(self, claimed: Claimed) -> float:
        """The portal turned out to be ours: leases are in the agent's name there, and these are not."""
        found = [str(item.get("id" if self.kind == "run" else "identifier")) for item in claimed.items]
        if found:
            ids = Ids(runs=found) if self.kind == "run" else Ids(nodes=found)
            try:
                await self._portal.release(ids)
            except PortalTrouble as trouble:
                log.warning("release_failed", count=len(found), problem=trouble.message)
        return 0.0

    def _after(self, claimed: Claimed, terms: Terms, waited: float, wait_ms: int) -> float:
        found = len(claimed.items)
        full = found >= terms.limit
        instant = wait_ms > 0 and not found and waited < 1.0
        # a portal that answers a long poll at once, empty, does not hold requests: ask at a measured pace then
        long_poll = wait_ms > 0 and not instant
        pause = self._pace.after(found, full, waited, claimed.allowance, long_poll=long_poll)
        return min(pause, 0.05) if terms.exclude and not long_poll else pause

    def _after_failure(self, trouble: PortalTrouble) -> float:
        if self.kind == "node" and trouble.answered in _ABSENT:
            if self.problem != trouble.message:
                log.info("no_workflows_at_portal", problem=trouble.message)
            self.problem = trouble.message
            return _ABSENT_SECONDS
        now = self._monotonic()
        self._failures += 1
        self._failing_since = now if self._failing_since is None else self._failing_since
        lasted = now - self._failing_since
        self.problem = trouble.message
        if self.kind == "run" and lasted >= self._settings.max_failure_seconds:
            raise GaveUp(f"Claims have failed for {lasted:.0f} s; the last answer: {trouble.message}")
        pause = max(self._settings.backoff.pause(self._failures), trouble.pause or 0.0)
        log.warning(
            "claim_failed", kind=self.kind, failures=self._failures, pause=round(pause, 2), problem=trouble.message
        )
        if self.kind == "run":
            pause = min(pause, max(0.0, self._settings.max_failure_seconds - lasted))
        return pause

    def _recovered(self) -> None:
        if self._failures:
            log.info("claims_work_again", kind=self.kind, failures=self._failures)
        self._failures = 0
        self._failing_since = None
        self.problem = ""
