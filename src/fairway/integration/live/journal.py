"""Events on disk before they are acknowledged (contract sections 9.1 and 21.8).

Events of one key are handled in the order of their arrival: the first one holds up the others until it has succeeded or
is given up. What a key is, the processors say.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import orjson
import pysqlite3

from fairway.kit.clock import Clock
from fairway.kit.errors import RateLimited

_T = TypeVar("_T")
GIVEN_UP_AFTER = 24 * 3600.0
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 3600.0
_TABLES = """
CREATE TABLE IF NOT EXISTS event (
    id INTEGER PRIMARY KEY AUTOINCREMENT, path TEXT NOT NULL, key TEXT NOT NULL, processors TEXT NOT NULL,
    headers TEXT NOT NULL, body BLOB NOT NULL, received REAL NOT NULL, due REAL NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, started REAL, dead INTEGER NOT NULL DEFAULT 0, error TEXT);
CREATE INDEX IF NOT EXISTS event_order ON event (dead, path, key, id);
"""
_COLUMNS = "id, path, key, processors, headers, body, received, attempts, error"
_DUE = f"""SELECT {_COLUMNS} FROM event WHERE id IN (SELECT min(id) FROM event WHERE dead = 0 GROUP BY path, key)
AND due <= ? ORDER BY id LIMIT ?"""  # noqa: S608 constant
_DEAD = f"SELECT {_COLUMNS} FROM event WHERE dead = 1 ORDER BY id LIMIT ?"  # noqa: S608 constant


class JournalFull(RateLimited):
    """Events arrive faster than they are handled; the sender should come back."""

    code = "journal_full"


@dataclass(frozen=True, slots=True)
class JournalledEvent:
    """One event; ``processors`` are the names of those that accepted it."""

    id: int
    path: str
    key: str
    processors: Sequence[str]
    headers: Mapping[str, str]
    body: bytes
    received: float
    attempts: int
    error: str | None


class Journal:
    """``path`` is a file of this process alone; only its owner can read it. ``most`` bounds waiting events."""

    def __init__(self, path: Path, clock: Clock, *, most: int = 100_000) -> None:
        self._path = path
        self._clock = clock
        self._most = most
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="journal")
        self._connection: Any = None
        self._waiting = 0

    @property
    def waiting(self) -> int:
        """Events that are neither handled nor given up."""
        return self._waiting

    async def open(self) -> None:
        """Finds what was left over from before."""
        self._waiting = await self._run(self._open)

    async def aclose(self) -> None:
        """Closes the file."""
        await self._run(self._connection.close)
        self._thread.shutdown(wait=False)

    async def add(self, path: str, key: str, processors: Sequence[str], headers: Mapping[str, str], body: bytes) -> int:
        """Its number, once it is safely on disk.

        Raises:
            JournalFull: too many events wait.
        """
        if self._waiting >= self._most:
            raise JournalFull(f"{self._most} events wait to be handled; this one was not taken")
        now = self._now()
        row = (path, key, orjson.dumps(list(processors)).decode(), orjson.dumps(dict(headers)).decode(), body, now, now)
        query = "INSERT INTO event (path, key, processors, headers, body, received, due) VALUES (?, ?, ?, ?, ?, ?, ?)"
        self._waiting += 1
        try:
            return await self._run(lambda: int(self._connection.execute(query, row).lastrowid))
        except BaseException:  # whatever it was, the event is not in the journal
            self._waiting -= 1
            raise

    async def due(self, busy: Collection[tuple[str, str]], limit: int) -> list[JournalledEvent]:
        """Events that may be handled now: the first of each path and key, but of those that are ``busy``."""
        found = await self._rows(_DUE, (self._now(), limit + len(busy)))
        return [event for event in found if (event.path, event.key) not in busy][:limit]

    async def done(self, event: JournalledEvent) -> None:
        """It is handled."""
        await self._run(lambda: self._connection.execute("DELETE FROM event WHERE id = ?", (event.id,)))
        self._waiting -= 1

    async def failed(self, event: JournalledEvent, error: str, *, final: bool = False) -> bool:
        """Tried again later, with growing pauses, for a day; ``final`` gives up at once. Whether it is given up."""
        now = self._now()
        pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** min(event.attempts, 20))
        query = """UPDATE event SET attempts = attempts + 1, due = ?, error = ?, started = coalesce(started, ?),
        dead = ? OR coalesce(started, ?) + ? < ? WHERE id = ? RETURNING dead"""
        values = (now + pause, error[:2000], now, int(final), now, GIVEN_UP_AFTER, now + pause, event.id)
        dead = await self._run(lambda: bool(self._connection.execute(query, values).fetchone()[0]))
        self._waiting -= dead
        return dead

    async def dead(self, limit: int = 100) -> list[JournalledEvent]:
        """Those given up, oldest first."""
        return await self._rows(_DEAD, (limit,))

    async def replay(self, events: Collection[int] | None = None) -> int:
        """Tries events that were given up again, all without ``events``; how many there were."""
        wanted = None if events is None else orjson.dumps(list(events)).decode()
        query = """UPDATE event SET dead = 0, attempts = 0, started = NULL, due = ?
        WHERE dead = 1 AND (? IS NULL OR id IN (SELECT value FROM json_each(?)))"""
        count = await self._run(lambda: int(self._connection.execute(query, (self._now(), wanted, wanted)).rowcount))
        self._waiting += count
        return count

    async def _rows(self, query: str, values: tuple[Any, ...]) -> list[JournalledEvent]:
        rows = await self._run(lambda: self._connection.execute(query, values).fetchall())
        return [
            JournalledEvent(row[0], row[1], row[2], orjson.loads(row[3]), orjson.loads(row[4]), bytes(row[5]), *row[6:])
            for row in rows
        ]

    def _open(self) -> int:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))
        self._connection = pysqlite3.connect(str(self._path), isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.executescript(_TABLES)
        return int(self._connection.execute("SELECT count(*) FROM event WHERE dead = 0").fetchone()[0])

    def _now(self) -> float:
        instant: datetime = self._clock.now()
        return instant.timestamp()

    async def _run(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)
