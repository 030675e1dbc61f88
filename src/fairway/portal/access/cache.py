"""Callers of verified tokens and sessions, for a moment."""

from __future__ import annotations

from collections.abc import Callable

from fairway.portal.caller import Caller

TTL_SECONDS = 2.0
"""How long a change of principals made by another process may go unnoticed here."""

_MAX = 10_000


class CallerCache:
    """Remembers callers by what they presented. A change made by this process empties it at once."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._entries: dict[str, tuple[float, Caller]] = {}
        self.generation = 0
        """Changes with every :meth:`clear`: what was read before must not be stored after."""

    def get(self, key: str) -> Caller | None:
        """The caller, unless it is too old to trust."""
        found = self._entries.get(key)
        return found[1] if found is not None and found[0] > self._monotonic() else None

    def put(self, key: str, caller: Caller, generation: int, seconds_left: float) -> None:
        """Remembers what was read under ``generation``, at most as long as the token lives."""
        if generation != self.generation:
            return
        if len(self._entries) >= _MAX:
            self._entries.clear()
        self._entries[key] = (self._monotonic() + min(TTL_SECONDS, seconds_left), caller)

    def clear(self) -> None:
        """Forgets everything; safe to call from the database's writer thread."""
        self.generation += 1
        self._entries = {}
