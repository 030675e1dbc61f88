"""A fixed window per principal, told in the headers that clients read (contract 1.5)."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

_KEYS = 10_000
"""Principals remembered at once; the least recently seen is forgotten first."""


@dataclass(frozen=True, slots=True)
class Window:
    """Where a principal stands."""

    limit: int
    period: int
    remaining: int
    reset: int
    """Seconds until the window ends: never an epoch, which one client would sleep through."""
    exceeded: bool

    def headers(self) -> list[tuple[bytes, bytes]]:
        """The four headers, and Retry-After when refused."""
        found = [
            (b"x-ratelimit-limit", b"%d" % self.limit),
            (b"x-ratelimit-period", b"%d" % self.period),
            (b"x-ratelimit-remaining", b"%d" % self.remaining),
            (b"x-ratelimit-reset", b"%d" % self.reset),
        ]
        return [*found, (b"retry-after", b"%d" % self.reset)] if self.exceeded else found


class RateLimiter:
    """Counts requests per key; ``monotonic`` gives seconds."""

    def __init__(self, limit: int, period: int, monotonic: Callable[[], float]) -> None:
        self._limit = limit
        self._period = period
        self._monotonic = monotonic
        self._windows: OrderedDict[str, list[float]] = OrderedDict()

    def take(self, key: str) -> Window:
        """Counts one request of ``key``."""
        now = self._monotonic()
        entry = self._windows.get(key)
        if entry is None or now >= entry[0]:
            entry = [now + self._period, 0]
            self._windows[key] = entry
            if len(self._windows) > _KEYS:
                self._windows.popitem(last=False)
        self._windows.move_to_end(key)
        entry[1] += 1
        left = self._limit - int(entry[1])
        return Window(self._limit, self._period, max(0, left), max(1, int(entry[0] - now)), left < 0)
