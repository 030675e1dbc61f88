"""Many events of one repository, one look at it. Section 6.2 of the contract."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from fairway.gitops.sync.delta import Hint
from fairway.kit.errors import FairwayError
from fairway.kit.logs import get_logger

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Patience:
    """Seconds: how long after the last event of a repository it is looked at, and how long after the first at most."""

    quiet: float = 2.0
    longest: float = 30.0


DEFAULT_PATIENCE = Patience()


class Coalescer:
    """Puts the events of a repository together, so that many pushes lead to one look."""

    def __init__(self, act: Callable[[str, Hint], Awaitable[object]], patience: Patience) -> None:
        self._act = act
        self._quiet = patience.quiet
        self._longest = patience.longest
        self._waiting: dict[str, _Event] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def notice(self, repository: str, hint: Hint) -> None:
        """An event came; returns at once."""
        now = asyncio.get_running_loop().time()
        event = self._waiting.get(repository)
        if event is not None:
            event.hint = _joined(event.hint, hint)
            event.due = min(now + self._quiet, event.first + self._longest)
            return
        self._waiting[repository] = _Event(hint, now, now + min(self._quiet, self._longest))
        task = asyncio.create_task(self._later(repository))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _later(self, repository: str) -> None:
        loop = asyncio.get_running_loop()
        event = self._waiting[repository]
        while (left := event.due - loop.time()) > 0:  # noqa: ASYNC110 another event moves the time
            await asyncio.sleep(left)
        del self._waiting[repository]
        try:
            await self._act(repository, event.hint)
        except FairwayError as error:  # the next pass looks at the repository again
            log.warning("delta_failed", repository=repository, code=error.code, problem=error.message)

    async def drain(self) -> None:
        """Until everything noticed so far was looked at."""
        while self._tasks:
            await asyncio.wait(self._tasks)


@dataclass(slots=True)
class _Event:
    hint: Hint
    first: float
    due: float


def _joined(one: Hint, other: Hint) -> Hint:
    ref = one.ref if one.ref == other.ref else None
    return Hint(ref, one.deleted or other.deleted)
