"""How fast to ask: without delay while work arrives, slower the longer nothing does; backing off after failures."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from fairway.agent.portal_api.waiting import Allowance

FLOOR_SECONDS = 0.05
"""Shortest pause between claims: with it one claim brings several runs while many arrive."""
_GROWTH = 1.4
_SEEMS_IDLE = 0.1


@dataclass(frozen=True, slots=True)
class Backoff:
    """Pauses after failed claims (contract 3, ``POLLING_*``)."""

    initial: float = 1.0
    factor: float = 2.0
    longest: float = 300.0
    jitter: float = 0.1
    uniform: Callable[[float, float], float] = random.uniform

    def pause(self, failures: int) -> float:
        """Seconds after so many failures in a row."""
        exponent = min(failures - 1, 64)
        pause = min(self.initial * self.factor**exponent, self.longest)
        return pause * (1.0 + self.uniform(0.0, self.jitter))


class Pace:
    """The pause after each claim. ``longest`` is the interval that was set."""

    def __init__(self, longest: float) -> None:
        self._longest = longest
        self._floor = min(FLOOR_SECONDS, longest) or 0.01
        self._pause = self._floor

    def after(self, found: int, full: bool, waited: float, allowance: Allowance | None, *, long_poll: bool) -> float:
        """Seconds to wait. ``waited`` is how long the portal held the claim: work that arrives seldom is not kept
        waiting for more of it."""
        polite = allowance.pause if allowance is not None else 0.0
        if full:
            return polite
        if long_poll:
            seldom = not found or waited >= _SEEMS_IDLE
            return max(polite, 0.0 if seldom else self._floor)
        self._pause = self._floor if found else min(self._pause * _GROWTH, max(self._longest, self._floor))
        return max(polite, self._pause)
