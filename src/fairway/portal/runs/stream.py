"""A run and its log as they grow: server-sent events from the start until the run has ended (ours)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

from fairway.kit.errors import NotFound, Unauthorized, Unavailable
from fairway.kit.jsonio import dumps
from fairway.portal.caller import Caller
from fairway.portal.runs import log_repository
from fairway.portal.runs.documents import log_document, run_document
from fairway.portal.runs.log_repository import LogLine
from fairway.portal.runs.model import Run
from fairway.portal.runs.sight import Sight
from fairway.portal.runs.steps import Tools
from fairway.portal.storage import Tx

HEARTBEAT_SECONDS = 15.0
"""Below the idle time-out of common proxies (30 s and more)."""
_POLL_SECONDS = 1.0
"""Other processes write too, and only the database knows."""
_PAGE = 200
_SETTLED_MS = 5_000
"""Lines younger than this may have been overtaken: another transaction holds a lower number, uncommitted."""
_MOST_STREAMS = 1000
_HELLO = b"retry: 2000\n\n"

Authenticate = Callable[[], Awaitable[Caller]]


class RunStreams:
    """All streams of runs of a process."""

    def __init__(self, tools: Tools, sight: Sight, stopping: asyncio.Event) -> None:
        self._tools = tools
        self._sight = sight
        self._open = 0
        self.stopping = stopping
        """Ends every stream when it is set."""

    async def open(self, authenticate: Authenticate, run_id: str) -> AsyncIterator[bytes]:
        """The bytes of one stream.

        Raises:
            NotFound: there is no run that the caller may see.
            Unavailable: too many streams are open.
        """
        if self._open >= _MOST_STREAMS:
            raise Unavailable(f"This process has {_MOST_STREAMS} run streams open already; try again later")
        caller = await authenticate()
        await self._tools.db.read(lambda tx: self._sight.require(tx, caller, run_id))
        return self._stream(authenticate, caller, run_id)

    async def _stream(self, authenticate: Authenticate, caller: Caller, run_id: str) -> AsyncIterator[bytes]:
        loop = asyncio.get_running_loop()
        beat = loop.time() + HEARTBEAT_SECONDS
        state, lines = b"", _Tail()
        wake = self._tools.db.wake
        self._open += 1
        try:
            yield _HELLO
            while True:
                heard = wake.rings
                run, fresh, more = await self._look(caller, run_id, lines)
                shown = _frame("run", run_document(run))
                if shown != state:
                    state = shown
                    yield shown
                if fresh:
                    yield b"".join(_frame("log", log_document(line)) for line in fresh)
                if more:
                    continue
                if run.terminal:
                    return
                await wake.wait(_POLL_SECONDS, heard=heard)
                if loop.time() >= beat:
                    beat = loop.time() + HEARTBEAT_SECONDS
                    caller = await authenticate()
                    yield b": still here\n\n"
        except (Unauthorized, NotFound):
            return
        finally:
            self._open -= 1

    async def _look(self, caller: Caller, run_id: str, lines: _Tail) -> tuple[Run, list[LogLine], bool]:
        """The run, lines that were not seen yet, and whether there are more."""

        async def work(tx: Tx) -> tuple[Run, list[LogLine]]:
            run = await self._sight.require(tx, caller, run_id)
            return run, await log_repository.behind(tx, run_id, lines.floor, _PAGE + len(lines.seen))

        run, found = await self._tools.db.read(work)
        more = len(found) == _PAGE + len(lines.seen)
        return run, lines.take(found, self._tools.now()), more


class _Tail:
    """How far a stream has come. Numbers are handed out before their transaction commits, so for a moment a lower one
    may still follow."""

    def __init__(self) -> None:
        self.floor = 0
        self.seen: set[int] = set()

    def take(self, found: Sequence[LogLine], now: int) -> list[LogLine]:
        fresh = [line for line in found if line.number not in self.seen]
        self.seen.update(line.number for line in fresh)
        settled = [line.number for line in found if line.created_at < now - _SETTLED_MS]
        if settled:
            self.floor = max(settled)
            self.seen = {number for number in self.seen if number > self.floor}
        return fresh


def _frame(kind: str, document: dict[str, Any]) -> bytes:
    return b"event: %s\ndata: %s\n\n" % (kind.encode(), dumps(document))
