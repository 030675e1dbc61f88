"""When a request is sent again, and after how long."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from fairway.agent.mapping.model import Policy, RetryOn

DEFAULT_ON: RetryOn = frozenset({"connect", 429, 502, 503, 504})
"""Nothing arrived, or a server says that it did not take it. A time-out is not here: the target may have acted."""


@dataclass(frozen=True, slots=True)
class Retry:
    """Further attempts, with pauses that double from ``first_seconds`` up to ``max_seconds``."""

    retries: int = 3
    on: RetryOn = DEFAULT_ON
    first_seconds: float = 0.5
    max_seconds: float = 30.0
    """Bounds what a target asks for with ``Retry-After``, too."""

    def under(self, policy: Policy) -> Retry:
        """With what a mapping says about it."""
        return Retry(
            self.retries if policy.retries is None else policy.retries,
            self.on if policy.retry_on is None else policy.retry_on,
            self.first_seconds,
            self.max_seconds,
        )

    def pause(self, attempt: int, headers: Mapping[str, str], now: datetime) -> float:
        """Seconds after ``attempt`` (from 1), with jitter; what the target asks for is kept to, within the bound."""
        pause = min(self.first_seconds * 2.0 ** (attempt - 1), self.max_seconds) * random.uniform(0.5, 1.0)  # noqa: S311 jitter
        return max(pause, min(asked_pause(headers.get("retry-after"), now), self.max_seconds))


def asked_pause(text: str | None, now: datetime) -> float:
    """Seconds of a ``Retry-After`` header: a number of them, or a date."""
    if not text:
        return 0.0
    if text.isascii() and text.strip().isdigit():
        return float(text[:9])
    try:
        instant = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    return max(0.0, ((instant if instant.tzinfo else instant.replace(tzinfo=UTC)) - now).total_seconds())
