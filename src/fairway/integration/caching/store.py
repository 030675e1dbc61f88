"""Where cached pages lie: in memory, or in a file that goes away with the process."""

from __future__ import annotations

import asyncio
import os
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import mkstemp
from typing import Any, Protocol, TypeVar

from pysqlite3 import dbapi2 as sqlite

_T = TypeVar("_T")
_TABLE = "CREATE TABLE page (entry INTEGER, number INTEGER, data BLOB, PRIMARY KEY (entry, number)) WITHOUT ROWID"


class Store(Protocol):
    """Pages of entries, by number."""

    async def write(self, entry: int, number: int, data: bytes) -> None:
        """Adds a page."""
        ...

    async def read(self, entry: int, number: int) -> bytes:
        """A page that was added.

        Raises:
            KeyError: it was dropped.
        """
        ...

    async def drop(self, entry: int, below: int | None = None) -> None:
        """Forgets the pages of an entry; with ``below`` only those with a lower number."""
        ...

    async def aclose(self) -> None:
        """Forgets everything for good."""
        ...


class MemoryStore:
    """For small integrations, or where there is no disk."""

    def __init__(self) -> None:
        self._pages: dict[int, dict[int, bytes]] = defaultdict(dict)

    async def write(self, entry: int, number: int, data: bytes) -> None:
        self._pages[entry][number] = data

    async def read(self, entry: int, number: int) -> bytes:
        return self._pages[entry][number]

    async def drop(self, entry: int, below: int | None = None) -> None:
        if below is None:
            self._pages.pop(entry, None)
        else:
            pages = self._pages[entry]
            for number in [number for number in pages if number < below]:
                del pages[number]

    async def aclose(self) -> None:
        self._pages.clear()


class DiskStore:
    """A file of its own in ``folder``, without a name from the start: a kill leaves nothing behind, and nobody else's
    cache is ever touched."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="integration-cache")
        self._connection: Any = None

    async def write(self, entry: int, number: int, data: bytes) -> None:
        await self._run(lambda: self._open().execute("INSERT INTO page VALUES (?, ?, ?)", (entry, number, data)))

    async def read(self, entry: int, number: int) -> bytes:
        def read() -> bytes:
            query = "SELECT data FROM page WHERE entry = ? AND number = ?"
            row = self._open().execute(query, (entry, number)).fetchone()
            if row is None:
                raise KeyError(number)
            return bytes(row[0])

        return await self._run(read)

    async def drop(self, entry: int, below: int | None = None) -> None:
        last = -1 if below is None else below
        query = "DELETE FROM page WHERE entry = ? AND (? < 0 OR number < ?)"
        await self._run(lambda: self._open().execute(query, (entry, last, last)))

    async def aclose(self) -> None:
        await self._run(self._close)
        self._thread.shutdown(wait=False)

    async def _run(self, work: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    def _open(self) -> Any:
        if self._connection is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            handle, name = mkstemp(suffix=".cache", dir=self._folder)
            os.close(handle)
            path = Path(name)
            try:
                connection = sqlite.connect(name, isolation_level=None, check_same_thread=False)
                for pragma in ("journal_mode = OFF", "synchronous = OFF", "locking_mode = EXCLUSIVE"):
                    connection.execute(f"PRAGMA {pragma}")
                connection.execute(_TABLE)
            finally:
                path.unlink()
            self._connection = connection
        return self._connection

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
