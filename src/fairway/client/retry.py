"""When to ask again, and after how long."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

NO_ANSWER = 0
"""Stands for a connection that failed before there was a status."""
RETRIED = frozenset({NO_ANSWER, 429, 502, 503, 504})
"""Statuses of a portal or proxy that cannot answer now. 500 is a fault that asking again would only repeat."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """A budget per request."""

    attempts: int = 6
    first_seconds: float = 0.2
    longest_seconds: float = 60.0
    uniform: Callable[[float, float], float] = random.uniform

    def pause(self, attempt: int, retry_after: str | None) -> float:
        """Seconds to wait after a failed attempt: what the portal asked for, else growing; spread, so that clients that
        were refused together do not come back together."""
        spread = self.uniform(1.0, 1.25)
        if retry_after is not None and retry_after.isdigit():
            return min(float(retry_after), self.longest_seconds) * spread
        return float(min(self.first_seconds * 2.0 ** (attempt - 1), self.longest_seconds) * spread)
