"""Runs that were acknowledged, and reports that are on their way, on disk: neither a crash of this process nor a portal
that is away leaves a run in progress for ever (contract section 12.1 [X])."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, cast

import orjson
import pysqlite3

from fairway.integration.actions.model import ActionRun, Work
from fairway.kit.clock import Clock

_T = TypeVar("_T")
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0
GIVEN_UP_AFTER = 24 * 3600.0
_TABLES = """
CREATE TABLE IF NOT EXISTS run (
    work TEXT NOT NULL, id TEXT NOT NULL, executor TEXT NOT NULL, document BLOB, PRIMARY KEY (work, id));
CREATE TABLE IF NOT EXISTS report (
    number INTEGER PRIMARY KEY AUTOINCREMENT, work TEXT NOT NULL, id TEXT NOT NULL, method TEXT NOT NULL,
    path TEXT NOT NULL, body BLOB NOT NULL, made REAL NOT NULL, due REAL NOT NULL, attempts INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS report_order ON report (work, id, number);
"""
_DUE = """SELECT number, work, id, method, path, body, made, attempts FROM report
WHERE number IN (SELECT min(number) FROM report GROUP BY work, id) AND due <= ? ORDER BY number LIMIT ?"""


@dataclass(frozen=True, slots=True)
class Report:
    """One call of the portal that has to be made."""

    number: int
    work: Work
    id: str
    method: Literal["PATCH", "POST"]
    path: str
    body: bytes
    made: float
    attempts: int


@dataclass(frozen=True, slots=True)
class Begun:
    """A run that was, or was about to be, acknowledged. ``document`` is kept for those that may be resumed."""

    work: Work
    id: str
    executor: str
    document: dict[str, Any] | None


class ActionJournal:
    """``path`` is a file of this process alone; only its owner can read it."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="actions")
        self._connection: Any = None
        self.reports = 0
        """Reports that were not delivered yet."""

    async def open(self) -> None:
        """Finds what was left over from before."""
        self.reports = await self._do(self._open)

    async def aclose(self) -> None:
        """Closes the file."""
        await self._do(self._connection.close)
        self._thread.shutdown(wait=False)

    async def begin(self, run: ActionRun, *, keep: bool) -> None:
        """The run is about to be acknowledged; with ``keep`` it can be executed from here."""
        document = orjson.dumps(run.document) if keep else None
        row = (run.work, run.id, run.executor, document)
        await self._execute("INSERT OR REPLACE INTO run (work, id, executor, document) VALUES (?, ?, ?, ?)", row)

    async def end(self, work: Work, identifier: str) -> None:
        """It is executed, failed, or somebody else's."""
        await self._execute("DELETE FROM run WHERE work = ? AND id = ?", (work, identifier))

    async def begun(self) -> list[Begun]:
        """Runs that did not end."""
        rows = await self._rows("SELECT work, id, executor, document FROM run ORDER BY rowid", ())
        return [Begun(row[0], row[1], row[2], orjson.loads(row[3]) if row[3] else None) for row in rows]

    async def add(
        self, work: Work, identifier: str, method: Literal["PATCH", "POST"], path: str, body: Any, *, ends: bool = False
    ) -> None:
        """A report, once it is safely on disk; with ``ends`` the run is over with it."""
        now = self._now()
        row = (work, identifier, method, path, orjson.dumps(body), now, now)

        def write() -> None:
            self._connection.execute("BEGIN")
            query = "INSERT INTO report (work, id, method, path, body, made, due) VALUES (?, ?, ?, ?, ?, ?, ?)"
            self._connection.execute(query, row)
            if ends:
                self._connection.execute("DELETE FROM run WHERE work = ? AND id = ?", (work, identifier))
            self._connection.execute("COMMIT")

        await self._do(write)
        self.reports += 1

    async def due(self, most: int) -> list[Report]:
        """The first report of each run whose pause is over."""
        return [Report(*cast(Any, row)) for row in await self._rows(_DUE, (self._now(), most))]

    async def delivered(self, report: Report) -> None:
        """The portal has it, or will never take it."""
        await self._execute("DELETE FROM report WHERE number = ?", (report.number,))
        self.reports -= 1

    async def postponed(self, report: Report) -> bool:
        """Tried again after a pause that grows; false when a day is over and it is given up."""
        now = self._now()
        if now - report.made > GIVEN_UP_AFTER:
            await self.delivered(report)
            return False
        pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** min(report.attempts, 20))
        query = "UPDATE report SET attempts = attempts + 1, due = ? WHERE number = ?"
        await self._execute(query, (now + pause, report.number))
        return True

    async def _execute(self, query: str, values: tuple[Any, ...]) -> None:
        await self._do(lambda: self._connection.execute(query, values))

    async def _rows(self, query: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        return await self._do(lambda: cast(list[tuple[Any, ...]], self._connection.execute(query, values).fetchall()))

    def _open(self) -> int:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600))
        self._connection = pysqlite3.connect(str(self._path), isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA journal_mode = WAL")
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute("PRAGMA secure_delete = ON")
        self._connection.executescript(_TABLES)
        return int(self._connection.execute("SELECT count(*) FROM report").fetchone()[0])

    def _now(self) -> float:
        return self._clock.now().timestamp()

    async def _do(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)
