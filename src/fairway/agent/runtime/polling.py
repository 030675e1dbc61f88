"""Work from the portal's claim routes: claimed while there is room, leased while in hand, given back at a stop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from fairway.agent.model import Invocation, Report
from fairway.agent.operations.metrics import AgentMetrics
from fairway.agent.portal_api.errors import PortalTrouble
from fairway.agent.portal_api.portal import Ids, Portal, Work
from fairway.agent.runtime.claims import ClaimLoop, ClaimSettings, Terms
from fairway.agent.runtime.pool import Pool
from fairway.agent.runtime.streamer import StreamerHealth, Submit
from fairway.kit.logs import get_logger
from fairway.wire.runs import MAX_VISIBILITY_MS

_PLAIN_VISIBILITY_MS = 60_000
"""Without heartbeat; runs that wait longer may be offered to others too, and the acknowledgement decides."""
_COOL_SECONDS = 30.0
"""How long an action is not claimed after a run of it was given back for want of a mapping."""
_HEARTBEATS = 3
"""Heartbeats within a lease."""

log = get_logger(__name__)
Read = Callable[[Work, Mapping[str, Any]], Awaitable[Invocation | None]]


@dataclass(frozen=True, slots=True)
class PollingSettings:
    """How the portal is polled."""

    batch: int = 100
    visibility_ms: int = 30_000
    claims: ClaimSettings = field(default_factory=ClaimSettings)


class PollingStreamer:
    """``read`` makes an invocation of a claimed document; none when it cannot be one."""

    def __init__(
        self,
        portal: Portal,
        pool: Pool,
        read: Read,
        metrics: AgentMetrics,
        settings: PollingSettings,
        *,
        holds_report: Callable[[str], bool] = lambda _run_id: False,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._portal = portal
        self._pool = pool
        self._read = read
        self._metrics = metrics
        self._settings = settings
        self._holds_report = holds_report
        self._monotonic = monotonic
        self._in_hand: dict[str, Invocation] = {}
        self._cooling: dict[str, float] = {}
        self._unmatched: list[Invocation] = []
        self._stopped = asyncio.Event()
        self._release_now = asyncio.Event()
        claims = settings.claims
        loop_settings = ClaimSettings(claims.interval, claims.backoff, claims.max_failure_seconds, self._visibility_ms)
        self._loops = [
            ClaimLoop(kind, portal, loop_settings, self._terms, self._take, monotonic) for kind in ("run", "node")
        ]
        self._submit: Submit | None = None

    async def run(self, submit: Submit) -> None:
        """See :class:`fairway.agent.runtime.streamer.Streamer`."""
        self._submit = submit
        works = [*(loop.run() for loop in self._loops), self._beat(), self._give_back(), self._stopped.wait()]
        tasks = [asyncio.create_task(work) for work in works]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def stop(self) -> None:
        """No claims from now on."""
        self._stopped.set()

    def wake(self) -> None:
        """Claims at once."""
        for loop in self._loops:
            loop.wake()

    async def release(self, invocations: Sequence[Invocation]) -> None:
        """Gives back what was not begun; without our additions, the portal does that when the lease ends."""
        ids = [each for each in invocations if each.id is not None]
        for each in ids:
            self._in_hand.pop(each.id or "", None)
        if not ids:
            return
        self._metrics.released.inc(len(ids))
        if not self._portal.fairway:
            return
        try:
            await self._portal.release(_by_kind(ids))
        except PortalTrouble as trouble:
            log.warning("release_failed", count=len(ids), problem=trouble.message)

    async def aclose(self) -> None:
        """Nothing to do: the portal's connection is the agent's."""

    async def keep_leases(self) -> None:
        """Heartbeats during a drain, until cancelled: what is still being executed must not be given to others."""
        await self._beat()

    def health(self) -> StreamerHealth:
        """How the claims of runs are."""
        runs = self._loops[0]
        return StreamerHealth(min(loop.due for loop in self._loops), not runs.problem, runs.problem)

    def _visibility_ms(self) -> int:
        return self._settings.visibility_ms if self._portal.fairway else self._plain_visibility_ms

    @property
    def _plain_visibility_ms(self) -> int:
        return min(max(2 * self._settings.visibility_ms, _PLAIN_VISIBILITY_MS), MAX_VISIBILITY_MS)

    async def _terms(self) -> Terms:
        await self._pool.room_for_one()
        now = self._monotonic()
        self._cooling = {action: until for action, until in self._cooling.items() if until > now}
        exclude = self._pool.crowded().union(self._cooling)
        return Terms(max(1, min(self._settings.batch, self._pool.room)), tuple(sorted(exclude)))

    async def _take(self, kind: Work, documents: list[dict[str, Any]]) -> None:
        if self._submit is None:
            raise RuntimeError("run() comes first")
        self._pool.widen(1 if self._portal.fairway else 2)
        for document in documents:
            run_id = document.get("id" if kind == "run" else "identifier")
            if isinstance(run_id, str) and (run_id in self._in_hand or self._holds_report(run_id)):
                self._metrics.duplicates.inc()
                continue
            invocation = await self._read(kind, document)
            if invocation is None or invocation.id is None:
                continue
            self._metrics.claimed.inc()
            self._in_hand[invocation.id] = invocation
            future = await self._submit(invocation)
            future.add_done_callback(partial(self._ended, invocation))

    def _ended(self, invocation: Invocation, future: asyncio.Future[Report]) -> None:
        if self._in_hand.get(invocation.id or "") is invocation:
            del self._in_hand[invocation.id or ""]
        if not future.cancelled() and not future.result().matched:
            if invocation.action:
                self._cooling[invocation.action] = self._monotonic() + _COOL_SECONDS
            self._unmatched.append(invocation)
            self._release_now.set()

    async def _give_back(self) -> None:
        """Work that no mapping applies to is for other agents. Without a name of its action it is not handed back at
        once, because the next claim would bring it again: its lease ends soon."""
        while True:
            await self._release_now.wait()
            self._release_now.clear()
            named = [each for each in self._unmatched if each.action]
            self._unmatched.clear()
            await self.release(named)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self._settings.visibility_ms / 1000 / _HEARTBEATS)
            held = list(self._in_hand.values())
            if not held or not self._portal.fairway:
                continue
            try:
                extended = await self._portal.heartbeat(_by_kind(held), self._settings.visibility_ms)
            except PortalTrouble as trouble:
                log.warning("heartbeat_failed", count=len(held), problem=trouble.message)
                continue
            lost = frozenset(each.id for each in held if each.id in self._in_hand) - extended
            if lost:
                log.warning("leases_lost", count=len(lost), run_ids=sorted(filter(None, lost))[:5])
                self._pool.withdraw(frozenset(filter(None, lost)))


def _by_kind(invocations: Sequence[Invocation]) -> Ids:
    ids = Ids()
    for each in invocations:
        if each.id is not None:
            (ids.nodes if each.kind == "node" else ids.runs).append(each.id)
    return ids
