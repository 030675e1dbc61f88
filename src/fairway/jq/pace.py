"""When a long computation lets the event loop have a turn."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from time import perf_counter

PAUSE_SECONDS = 0.01
"""Half of what the framework's contract (7.3) allows, so that one slow document more stays below it."""


class Pace:
    """One per computation::

    if pace.due():
        await pace.turn()
    """

    __slots__ = ("_seconds", "_since", "_timer")

    def __init__(self, seconds: float = PAUSE_SECONDS, timer: Callable[[], float] = perf_counter) -> None:
        self._seconds = seconds
        self._timer = timer
        self._since = timer()

    def due(self) -> bool:
        """Whether the time is over."""
        return self._timer() - self._since > self._seconds

    async def turn(self) -> None:
        """Lets everything else that is ready run once."""
        await asyncio.sleep(0)
        self._since = self._timer()
