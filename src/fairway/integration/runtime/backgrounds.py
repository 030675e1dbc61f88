"""Keeps background hooks going: started again after a pause when they fail, and given a little time at the end."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fairway.integration.background import Background, BackgroundContext, Surroundings, pause
from fairway.integration.definition import Context
from fairway.integration.listeners import Scheduler
from fairway.integration.live import JournalFull, LiveEvents
from fairway.integration.model import Resource, Trigger
from fairway.kit.errors import FairwayError
from fairway.kit.logs import get_logger

log = get_logger(__name__)

_LONGEST_ERROR = 500


@dataclass(frozen=True, slots=True)
class BackgroundFigures:
    """Seconds. Pauses double from the first to the longest; a hook that lasted ``healthy`` starts with the first."""

    first_pause: float = 1.0
    longest_pause: float = 60.0
    healthy: float = 60.0
    drain: float = 5.0
    """For hooks to end once the process stops."""


class LiveSurroundings(Surroundings):
    """``scheduler`` is ``None`` where this process does not resync."""

    def __init__(self, live: LiveEvents, scheduler: Scheduler | None, stopping: asyncio.Event) -> None:
        self._live = live
        self._scheduler = scheduler
        self._stopping = stopping

    async def emit(self, stream: str, payload: Any) -> None:
        """A full journal holds the stream up; it is not an error."""
        while True:
            try:
                await self._live.emit(stream, payload)
            except JournalFull:
                if self._stopping.is_set():
                    raise
                await pause(1.0, self._stopping)
            else:
                return

    async def resources(self) -> Sequence[Resource]:
        """The sound ones."""
        return [each.resource for each in (await self._live.mapping()).resources]

    async def resync(self, kinds: Collection[str] | None = None) -> None:
        """Runs here, or is logged where another process resyncs."""
        if self._scheduler is None:
            log.warning("resync_wanted", kinds=None if kinds is None else sorted(kinds))
            return
        await self._scheduler.ask(Trigger.LIVE, None if kinds is None else frozenset(kinds))


@dataclass(slots=True)
class _Duty:
    name: str
    hook: Background
    state: str = "waiting"
    since: datetime | None = None
    failures: int = 0
    error: str | None = None

    def document(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "state": self.state,
            "since": None if self.since is None else self.since.isoformat(),
            "failures": self.failures,
            "error": self.error,
        }


class Backgrounds:
    """The background hooks of a process."""

    def __init__(
        self,
        hooks: Sequence[tuple[str, Background]],
        context: Context,
        surroundings: Surroundings,
        figures: BackgroundFigures | None = None,
    ) -> None:
        self._duties = [_Duty(name, hook) for name, hook in hooks]
        self._context = BackgroundContext.of(context, surroundings)
        self._figures = figures or BackgroundFigures()

    async def run(self, stop: asyncio.Event) -> None:
        """Until ``stop``; hooks that do not end in time are cancelled."""
        tasks = {asyncio.create_task(self._keep(each, stop)) for each in self._duties}
        try:
            await stop.wait()
            if tasks:
                _, late = await asyncio.wait(tasks, timeout=self._figures.drain)
                for each in late:
                    log.warning("background_cancelled", count=len(late))
                    each.cancel()
        finally:
            for each in tasks:
                each.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def document(self) -> list[dict[str, Any]]:
        """For ``/status``."""
        return [each.document() for each in self._duties]

    async def _keep(self, duty: _Duty, stop: asyncio.Event) -> None:
        tries = 0
        while not stop.is_set():
            began = time.monotonic()
            if await self._once(duty):
                return
            if time.monotonic() - began >= self._figures.healthy:
                tries = 0
            seconds = min(self._figures.longest_pause, self._figures.first_pause * 2.0 ** min(tries, 20))
            tries += 1
            await pause(seconds * random.uniform(0.75, 1.0), stop)  # noqa: S311 no secret

    async def _once(self, duty: _Duty) -> bool:
        """Whether it has ended of its own accord."""
        self._enter(duty, "running")
        try:
            await duty.hook(self._context)
        except Exception as error:  # the integration's code may raise anything
            duty.failures += 1
            known = isinstance(error, FairwayError)
            duty.error = (error.message if isinstance(error, FairwayError) else f"{error!r}")[:_LONGEST_ERROR]
            log.warning("background_failed", name=duty.name, error=duty.error, exc_info=None if known else error)
            self._enter(duty, "failed")
            return False
        self._enter(duty, "ended")
        return True

    def _enter(self, duty: _Duty, state: str) -> None:
        duty.state, duty.since = state, self._context.clock.now()
