"""Log lines on their way to the portal: bounded, in one task, never in the way of a sync (contract section 14.5)."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from fairway.integration.portal_api.masking import Masking

_BATCH = 120
_WAIT_SECONDS = 5.0
_MOST = 10_000
"""Lines kept while the portal is away; then the oldest go."""
_LONGEST = 4096
_OUR_KEYS = frozenset({"event", "level", "timestamp"})

Send = Callable[[Sequence[Mapping[str, Any]]], Awaitable[bool]]


class LogShipper(logging.Handler):
    """A handler for the root logger, and the task that sends what it gets: :meth:`run` until cancelled."""

    def __init__(self, send: Send, masking: Masking, *, level: int = logging.INFO) -> None:
        super().__init__(level)
        self._send = send
        self._masking = masking
        self._lines: deque[dict[str, Any]] = deque(maxlen=_MOST)
        self._full = asyncio.Event()
        self._loop = asyncio.get_running_loop()
        self.dropped = 0
        self.run_id: str | None = None
        """Of the sync that is on; lines carry it."""

    def emit(self, record: logging.LogRecord) -> None:
        line = self._line(record)
        if line is None:
            return
        if len(self._lines) == _MOST:
            self.dropped += 1
        self._lines.append(line)
        if len(self._lines) >= _BATCH and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._full.set)

    def _line(self, record: logging.LogRecord) -> dict[str, Any] | None:
        fields: Mapping[str, Any] = record.msg if isinstance(record.msg, dict) else {"event": record.getMessage()}
        if fields.get("local_only"):
            return None
        extra = {key: value for key, value in fields.items() if key not in _OUR_KEYS}
        if self.run_id is not None:
            extra.setdefault("eventId", self.run_id)
        return {
            "message": self._masking.text(str(fields.get("event", ""))[:_LONGEST]),
            "level": record.levelname,
            "timestamp": datetime.fromtimestamp(record.created, UTC).isoformat().replace("+00:00", "Z"),
            "extra": self._masking.clean({key: _short(value) for key, value in extra.items()}),
        }

    async def run(self) -> None:
        """Sends every few seconds, or as soon as there are many; to be cancelled."""
        while True:
            try:
                async with asyncio.timeout(_WAIT_SECONDS):
                    await self._full.wait()
            except TimeoutError:
                pass
            self._full.clear()
            await self.ship()

    async def ship(self) -> None:
        """Sends what there is; stops at the first failure, and what failed is kept for later."""
        while self._lines:
            batch = [self._lines.popleft() for _ in range(min(_BATCH, len(self._lines)))]
            if not await self._send(batch):
                room = min(len(batch), _MOST - len(self._lines))
                self.dropped += len(batch) - room
                self._lines.extendleft(reversed(batch[len(batch) - room :]))
                return


def _short(value: Any) -> Any:
    return value[:_LONGEST] if isinstance(value, str) else value
