"""One run at a time. Wishes that come together are one; a newer mapping supersedes a run, and a wish for the same
mapping during the first half of a run is answered by it (contract section 10 [X])."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from fairway.integration.model import State, SyncReport, Trigger
from fairway.integration.resync import Resync
from fairway.kit.errors import FairwayError, Unavailable
from fairway.kit.logs import get_logger

log = get_logger(__name__)

_ENDED = (State.COMPLETED, State.WARNINGS, State.FAILED, State.ABORTED)


@dataclass(slots=True)
class _Wish:
    trigger: Trigger
    kinds: frozenset[str] | None
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    done: asyncio.Future[SyncReport] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def covers(self, kinds: frozenset[str] | None) -> bool:
        return self.kinds is None or (kinds is not None and kinds <= self.kinds)

    def widen(self, kinds: frozenset[str] | None) -> None:
        self.kinds = None if self.kinds is None or kinds is None else self.kinds | kinds


class Scheduler:
    """``mapping`` tells the digest of the mapping that the portal has now; ``ended`` hears of every run."""

    def __init__(
        self,
        resync: Resync,
        mapping: Callable[[], Awaitable[str | None]],
        ended: Callable[[SyncReport], None] | None = None,
    ) -> None:
        self._resync = resync
        self._mapping = mapping
        self._tell = ended
        self._running: _Wish | None = None
        self._next: _Wish | None = None
        self._wake = asyncio.Event()
        self._closed = False

    async def ask(self, trigger: Trigger, kinds: frozenset[str] | None = None) -> asyncio.Future[SyncReport]:
        """A run is wanted, of all kinds or some; the future is that of the run which answers the wish.

        Raises:
            Unavailable: the process is about to end.
        """
        newer = await self._newer() if self._running is not None else False
        if self._closed:
            raise Unavailable("The integration is shutting down")
        running = self._running
        if running is not None and newer:
            log.info("run_superseded", trigger=trigger.value)
            running.stop.set()
        elif running is not None and running.covers(kinds) and self._young() and not running.stop.is_set():
            log.info("request_absorbed", trigger=trigger.value)
            return running.done
        if self._next is None:
            self._next = _Wish(trigger, kinds)
        else:
            self._next.widen(kinds)
        self._wake.set()
        return self._next.done

    async def _newer(self) -> bool:
        """Whether the portal has another mapping than the one that is being worked on."""
        try:
            digest = await self._mapping()
        except FairwayError as error:
            log.warning("mapping_unknown", error=error.message)
            return False
        return digest is not None and self._resync.digest is not None and digest != self._resync.digest

    def _young(self) -> bool:
        """Whether less than half of the kinds have ended."""
        report = self._resync.current
        if report is None:
            return True
        return 2 * sum(each.state in _ENDED for each in report.kinds) < max(1, len(report.kinds))

    def abort(self) -> bool:
        """Gives up the run that is on; false when there is none."""
        if self._running is None:
            return False
        self._running.stop.set()
        return True

    async def run(self) -> None:
        """Works until :meth:`close`, then gives up what is on."""
        while not self._closed:
            await self._wake.wait()
            self._wake.clear()
            wish, self._next = self._next, None
            if wish is not None and not self._closed:
                await self._work(wish)
        if self._next is not None:
            self._next.done.cancel()

    async def _work(self, wish: _Wish) -> None:
        self._running = wish
        try:
            report = await self._resync.run(wish.trigger, wish.kinds, wish.stop)
        except BaseException:  # whoever waits is let go, whatever ended the run
            wish.done.cancel()
            raise
        finally:
            self._running = None
        if self._tell is not None:
            self._tell(report)
        if not wish.done.done():
            wish.done.set_result(report)
        if self._next is not None:
            self._wake.set()

    def close(self) -> None:
        """No further runs; the one that is on is given up."""
        self._closed = True
        self.abort()
        self._wake.set()

    def document(self) -> dict[str, Any]:
        """For ``/status``."""
        waiting = self._next
        return {
            "running": self._running is not None,
            "waiting": None if waiting is None else {"trigger": waiting.trigger.value, "kinds": _kinds(waiting.kinds)},
        }


def _kinds(kinds: frozenset[str] | None) -> list[str] | None:
    return None if kinds is None else sorted(kinds)
