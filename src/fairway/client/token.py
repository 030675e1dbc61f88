"""Access tokens: one request for many waiting callers, renewed before they end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

_MARGIN_SECONDS = 30.0
"""A token is not used during its last seconds: a request takes time to arrive."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """A client id with its secret."""

    client_id: str
    client_secret: str = field(repr=False)


class TokenCache:
    """Hands out ``Authorization`` values; ``fetch`` asks the portal, ``monotonic`` gives seconds."""

    def __init__(self, fetch: Callable[[], Awaitable[dict[str, Any]]], monotonic: Callable[[], float]) -> None:
        self._fetch = fetch
        self._monotonic = monotonic
        self._lock = asyncio.Lock()
        self._value = ""
        self._ends = 0.0

    async def value(self) -> str:
        """A header value that counts now; callers that come while one is being fetched wait for that one."""
        if self._monotonic() < self._ends:
            return self._value
        async with self._lock:
            if self._monotonic() >= self._ends:
                answer = await self._fetch()
                self._value = f"{answer.get('tokenType', 'Bearer')} {answer['accessToken']}"
                self._ends = self._monotonic() + float(answer.get("expiresIn", 0)) - _MARGIN_SECONDS
            return self._value

    def refused(self, value: str) -> None:
        """The portal no longer takes this value; a newer one that another caller fetched meanwhile stays."""
        if value == self._value:
            self._ends = 0.0
