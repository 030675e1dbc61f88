"""Opening a database by URL and keeping its schema current."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

from fairway.kit.errors import InvalidRequest
from fairway.kit.settings import Settings
from fairway.portal.storage.postgres import PostgresStore
from fairway.portal.storage.sqlite import SqliteStore
from fairway.portal.storage.tx import Tx

T = TypeVar("T")

_GATHER_SECONDS = 0.05
"""After the first commit a sleeper waits this long for more: while thousands of writes a second come in, it looks
twenty times a second rather than after each."""


class Database:
    """What every service holds: ``await db.write(work)`` and ``await db.read(work)``."""

    def __init__(self, store: SqliteStore | PostgresStore) -> None:
        self.store = store
        self.wake = Wake()

    @property
    def dialect(self) -> str:
        """``sqlite`` or ``postgresql``."""
        return self.store.dialect

    async def write(self, work: Callable[[Tx], Coroutine[Any, Any, T]]) -> T:
        """Runs a unit of work in a transaction and answers after its commit.

        Raises:
            Unavailable: the database does not answer, or too much waits for it.
        """
        result = await self.store.write(work)
        self.wake.ring()
        return result

    async def read(self, work: Callable[[Tx], Coroutine[Any, Any, T]]) -> T:
        """Runs a unit of work on a read snapshot that sees every write answered before."""
        return await self.store.read(work)

    async def close(self) -> None:
        """Finishes waiting work and closes."""
        await self.store.close()


class Wake:
    """Lets background consumers of this process sleep until something was committed."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Event] = set()
        self.rings = 0
        """How often it rang: whoever looked before and waits afterwards says which ring it had heard."""

    def ring(self) -> None:
        """Wakes whoever waits."""
        self.rings += 1
        for event in self._waiting:
            event.set()

    async def wait(
        self, timeout_seconds: float, gather_seconds: float = _GATHER_SECONDS, heard: int | None = None
    ) -> None:
        """Returns shortly after the next commit of this process (after the one behind ``heard``), or after the time-out
        (another process may have written)."""
        event = asyncio.Event()
        self._waiting.add(event)
        if heard is not None and heard != self.rings:
            event.set()
        try:
            await asyncio.wait_for(event.wait(), timeout_seconds)
            await asyncio.sleep(gather_seconds)
        except TimeoutError:
            pass
        finally:
            self._waiting.discard(event)


async def open_database(settings: Settings, *, migrate: bool = True) -> Database:
    """Opens the database of the settings and, unless told otherwise, brings its schema up to date under a lock.

    Raises:
        InvalidRequest: the URL is of no known kind.
    """
    url = settings.effective_database_url
    store: SqliteStore | PostgresStore
    if url.startswith("sqlite:///"):
        store = SqliteStore(
            Path(url.removeprefix("sqlite:///")),
            readers=min(settings.database_pool_size, 4),
            synchronous=settings.sqlite_synchronous,
        )
    elif url.startswith(("postgresql://", "postgres://")):
        store = PostgresStore(url, pool_size=settings.database_pool_size)
    else:
        raise InvalidRequest(f'database_url "{url}" is neither sqlite:///PATH nor postgresql://USER:PASSWORD@HOST/NAME')
    if migrate:
        from fairway.portal.storage.migrate import upgrade

        await upgrade(store)
    return Database(store)
