"""Tells the other processes on a PostgreSQL database that something is there to be looked at.

A hint, and no more: a ring may get lost while the connection is down, so whoever listens looks now and then anyway.
Nothing is sent in the transactions themselves, because PostgreSQL commits those that notify one after the other.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable

import asyncpg

from fairway.kit.logs import get_logger
from fairway.portal.storage.database import Database

_CHANNEL = "fairway_bell"
_MOST_WAITING = 1000
"""Names that wait to be sent; more are not, and whoever listens finds out by looking."""
_LONGEST_NAME = 1000
"""Characters; PostgreSQL takes 8,000 bytes."""
_CONNECT_SECONDS = 10.0
_PING_SECONDS = 30.0
_LONGEST_PAUSE = 15.0

log = get_logger(__name__)


class Bell:
    """One connection that sends and hears, opened when it is first needed."""

    def __init__(self, url: str, heard: Callable[[str], None]) -> None:
        self._url = url
        self._heard = heard
        self._waiting: set[str] = set()
        self._rung = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @classmethod
    def of(cls, db: Database, heard: Callable[[str], None]) -> Bell | None:
        """The bell of a database; none for SQLite. ``heard(name)`` is called in the event loop for each ring of another
        process."""
        url = db.store.engine.url
        if db.dialect != "postgresql":
            return None
        return cls(url.set(drivername="postgresql").render_as_string(hide_password=False), heard)

    def open(self) -> None:
        """Listens from now on."""
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    def ring(self, name: str) -> None:
        """Tells the others; those that ring the same name within a moment ring once."""
        self.open()
        if len(self._waiting) < _MOST_WAITING and len(name) <= _LONGEST_NAME:
            self._waiting.add(name)
            self._rung.set()

    async def aclose(self) -> None:
        """Closes the connection."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        failures = 0
        while True:
            try:
                connection = await asyncpg.connect(
                    self._url, timeout=_CONNECT_SECONDS, command_timeout=_CONNECT_SECONDS
                )
                failures = 0
                try:
                    await self._serve(connection)
                finally:
                    connection.terminate()
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                failures += 1
                log.warning("bell_lost", error=repr(error), failures=failures)
            await asyncio.sleep(min(_LONGEST_PAUSE, 0.2 * 2.0 ** min(failures, 10)) * random.uniform(0.5, 1.0))  # noqa: S311 jitter

    async def _serve(self, connection: asyncpg.Connection[asyncpg.Record]) -> None:
        own = connection.get_server_pid()

        def hear(_: object, sender: int, __: str, payload: object) -> None:
            if sender != own:
                self._heard(str(payload))

        connection.add_termination_listener(lambda _: self._rung.set())
        await connection.add_listener(_CHANNEL, hear)
        while not connection.is_closed():
            try:
                await asyncio.wait_for(self._rung.wait(), _PING_SECONDS)
            except TimeoutError:
                await connection.execute("SELECT 1")
            self._rung.clear()
            names, self._waiting = sorted(self._waiting), set()
            if names:
                await connection.execute("SELECT pg_notify($1, name) FROM unnest($2::text[]) AS name", _CHANNEL, names)
