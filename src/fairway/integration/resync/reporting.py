"""Keeps the portal informed about a run. Reports that fail are logged; the run goes on (contract section 7.9)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from fairway.integration.model import KindReport, State, SyncReport
from fairway.integration.portal_api import PortalApi
from fairway.kit.clock import Clock, rfc3339, to_millis
from fairway.kit.errors import FairwayError
from fairway.kit.logs import get_logger

log = get_logger(__name__)

_STATUS = {State.COMPLETED: "completed", State.WARNINGS: "completed", State.ABORTED: "aborted"}
_LAST_WORDS_SECONDS = 20.0


class RunReporter:
    """Of one run. ``silent`` tells nothing (dry runs); ``abort`` is called when somebody ends the run at the portal."""

    def __init__(
        self,
        api: PortalApi,
        run: str,
        clock: Clock,
        *,
        interval_minutes: int | None,
        heartbeat: float,
        silent: bool,
        abort: Callable[[], None],
    ) -> None:
        self._api = api
        self._run = run
        self._clock = clock
        self._interval = interval_minutes
        self._heartbeat = heartbeat
        self._silent = silent
        self._abort = abort
        self._beating: asyncio.Task[None] | None = None

    async def started(self) -> None:
        """The run is on (sequence of section 8.1)."""
        if self._silent:
            return
        start = self._clock.now()
        await self._state(
            status="running", lastResyncStart=_stamp(start), lastResyncEnd=None, nextResync=self._next(start),
            intervalInMinuets=self._interval,
        )  # fmt: skip

    async def planned(self, kinds: Sequence[KindReport]) -> None:
        """What it will do."""
        if self._silent:
            return
        self._beating = asyncio.create_task(self._beat())
        await self._api.telemetry.pending(self._run, kinds)
        await self._api.telemetry.run(self._run, State.SYNCING)

    async def kind(self, report: KindReport) -> None:
        """A kind changed its state."""
        if not self._silent:
            await self._api.report_kind(self._run, report)

    async def reconciling(self) -> None:
        """Deletions begin."""
        if not self._silent:
            await self._api.telemetry.reconciling(self._run)

    async def reconciled(self, state: State, deleted: int) -> None:
        """Deletions ended."""
        if not self._silent:
            await self._api.telemetry.reconciled(self._run, state, deleted)

    async def ended(self, report: SyncReport, unfinished: Sequence[KindReport] = ()) -> None:
        """The last word; the states of an aborted run are told kind by kind (section 7.8)."""
        if self._beating is not None:
            self._beating.cancel()
        if self._silent:
            return
        state = report.state
        try:
            async with asyncio.timeout(_LAST_WORDS_SECONDS):
                await asyncio.gather(*(self.kind(each) for each in unfinished))
                if state is State.ABORTED:
                    await self._api.telemetry.reconciled(self._run, state, 0)
                end = self._clock.now()
                await self._state(
                    status=_STATUS.get(state, "failed"), lastResyncEnd=_stamp(end), nextResync=self._next(end),
                    intervalInMinuets=self._interval,
                )  # fmt: skip
                await self._api.telemetry.run(self._run, state, report)
        except TimeoutError:
            log.warning("last_report_late", state=state.value)

    async def _state(self, **fields: Any) -> None:
        try:
            await self._api.resync_state(**fields)
        except FairwayError as error:
            log.warning("state_report_failed", status=fields["status"], error=error.message)

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(self._heartbeat)
            if await self._api.telemetry.heartbeat(self._run):
                log.warning("run_ended_at_the_portal", run=self._run)
                self._abort()

    def _next(self, now: datetime) -> str | None:
        return None if self._interval is None else _stamp(now + timedelta(minutes=self._interval))


def _stamp(instant: datetime) -> str:
    return rfc3339(to_millis(instant))
