"""A run and its log as they grow: server-sent events from the start until the run has ended (ours)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import suppress

from fairway.kit.errors import InvalidRequest, NotFound, Unauthorized, Unavailable
from fairway.kit.jsonio import dumps
from fairway.portal.caller import Caller
from fairway.portal.runs import log_repository
from fairway.portal.runs.documents import log_document, run_document
from fairway.portal.runs.log_repository import LogLine
from fairway.portal.runs.model import Run
from fairway.portal.runs.sight import Sight
from fairway.portal.runs.signals import Signals
from fairway.portal.runs.steps import Tools
from fairway.portal.storage import Tx

HEARTBEAT_SECONDS = 15.0
"""Below the idle time-out of common proxies (30 s and more)."""
_POLL_SECONDS = 1.0
"""Other processes write too, and only the database knows."""
_GATHER_SECONDS = 0.05
"""After a change the stream waits this long for more."""
_PAGE = 1000
_LONGEST_NUMBER = 18
_SETTLED_MS = 5_000
"""Lines younger than this may have been overtaken: another transaction holds a lower number, uncommitted."""
_MOST_STREAMS = 1000
_HELLO = b"retry: 2000\n\n"

_Framed = Callable[[Sequence[LogLine], int], bytes]
Authenticate = Callable[[], Awaitable[Caller]]


class RunStreams:
    """All streams of runs of a process."""

    def __init__(self, tools: Tools, sight: Sight, watched: Signals, stopping: asyncio.Event) -> None:
        self._tools = tools
        self._sight = sight
        self._watched = watched
        self._open = 0
        self.stopping = stopping
        """Ends every stream when it is set."""

    @property
    def count(self) -> int:
        """Streams that are open."""
        return self._open

    async def open(
        self, authenticate: Authenticate, run_id: str, last_event_id: str = "", *, together: bool = False
    ) -> AsyncIterator[bytes]:
        """The bytes of one stream; ``last_event_id`` is the last id that a broken one gave: lines before are left out.
        ``together``: lines that are there at the same time are one event, an array.

        Raises:
            NotFound: there is no run that the caller may see.
            InvalidRequest: no stream gave such an id.
            Unavailable: too many streams are open.
        """
        if self._open >= _MOST_STREAMS:
            raise Unavailable(f"This process has {_MOST_STREAMS} run streams open already; try again later")
        lines = _Tail(_number(last_event_id))
        caller = await authenticate()
        await self._tools.db.read(lambda tx: self._sight.require(tx, caller, run_id))
        return self._stream(authenticate, caller, run_id, lines, _arrays if together else _one_by_one)

    async def _stream(
        self, authenticate: Authenticate, caller: Caller, run_id: str, lines: _Tail, framed: _Framed
    ) -> AsyncIterator[bytes]:
        loop = asyncio.get_running_loop()
        beat = loop.time() + HEARTBEAT_SECONDS
        state = b""
        self._open += 1
        try:
            with self._watched.listening([run_id]) as rung:
                yield _HELLO
                while True:
                    rung.clear()
                    run, fresh, more = await self._look(caller, run_id, lines)
                    if (shown := dumps(run_document(run))) != state:
                        state = shown
                        yield _frame("run", shown, lines.floor)
                    if fresh:
                        yield framed(fresh, lines.floor)
                    if more:
                        continue
                    if run.terminal:
                        return
                    await _rest(rung)
                    if loop.time() >= beat:
                        beat = loop.time() + HEARTBEAT_SECONDS
                        caller = await authenticate()
                        yield b": still here\n\n"
        except (Unauthorized, NotFound):
            return
        finally:
            self._open -= 1

    async def _look(self, caller: Caller, run_id: str, lines: _Tail) -> tuple[Run, list[LogLine], bool]:
        """The run, lines that were not seen yet, and whether there may be more."""

        async def work(tx: Tx) -> tuple[Run, list[LogLine]]:
            run = await self._sight.require(tx, caller, run_id)
            if lines.catching_up or not lines.seen:
                return run, await log_repository.behind(tx, run_id, lines.top, _PAGE)
            there = await log_repository.numbers_behind(tx, run_id, lines.floor, _PAGE + len(lines.seen))
            return run, await log_repository.numbered(tx, [each for each in there if each not in lines.seen][:_PAGE])

        run, found = await self._tools.db.read(work)
        lines.take(found, self._tools.now())
        was, lines.catching_up = lines.catching_up, len(found) == _PAGE
        return run, found, lines.catching_up or (was and bool(lines.seen))


class _Tail:
    """How far a stream has come. Numbers are handed out before their transaction commits, so for a moment a lower one
    may still follow. ``floor`` is where a stream that breaks off goes on: it repeats what is not settled rather than
    leave a line out."""

    def __init__(self, floor: int = 0) -> None:
        self.floor = floor
        self.seen: dict[int, int] = {}
        """Numbers above the floor, and when those lines were written."""
        self.catching_up = True
        """Whether a long log is read page by page. Only at its end it is looked for numbers that were left out, so that
        until then the floor stays below lines that were young when they were read, however long the reader takes."""

    @property
    def top(self) -> int:
        """The highest number so far."""
        return max(self.seen, default=self.floor)

    def take(self, fresh: Sequence[LogLine], now: int) -> None:
        """Remembers lines that were not seen before."""
        passing_over = self.catching_up and bool(self.seen)
        self.seen.update((line.number, line.created_at) for line in fresh)
        if passing_over:
            return
        settled = [number for number, at in self.seen.items() if at < now - _SETTLED_MS]
        if settled:
            self.floor = max(settled)
            self.seen = {number: at for number, at in self.seen.items() if number > self.floor}


async def _rest(rung: asyncio.Event) -> None:
    """Until the run changes, as far as this process knows."""
    with suppress(TimeoutError):
        await asyncio.wait_for(rung.wait(), _POLL_SECONDS)
        await asyncio.sleep(_GATHER_SECONDS)


def _number(event_id: str) -> int:
    if not event_id:
        return 0
    if not (event_id.isascii() and event_id.isdigit() and len(event_id) <= _LONGEST_NUMBER):
        raise InvalidRequest(f'"{event_id[:50]}" is not the id of an event of a run\'s stream')
    return int(event_id)


def _one_by_one(lines: Sequence[LogLine], floor: int) -> bytes:
    return b"".join(_frame("log", dumps(log_document(line)), floor) for line in lines)


def _arrays(lines: Sequence[LogLine], floor: int) -> bytes:
    return _frame("logs", dumps([log_document(line) for line in lines]), floor)


def _frame(kind: str, document: bytes, floor: int) -> bytes:
    return b"id: %d\nevent: %s\ndata: %s\n\n" % (floor, kind.encode(), document)
