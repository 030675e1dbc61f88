"""The state file: per entity and resource a hash of the body that the portal has, and the run that saw it last.

It is a cache. A missing, foreign or broken file is made anew, and costs one listing with contents.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import orjson
import pysqlite3

from fairway.kit.errors import Unavailable
from fairway.kit.logs import get_logger

log = get_logger(__name__)

T = TypeVar("T")
_VERSION = 1
_BUSY_SECONDS = 30.0
_CHUNK = 500
_TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE resource (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, kind TEXT NOT NULL);
CREATE TABLE entity (
    key BLOB NOT NULL, resource INTEGER NOT NULL, body BLOB, run INTEGER NOT NULL, PRIMARY KEY (key, resource)
) WITHOUT ROWID;
CREATE TABLE listed (key BLOB PRIMARY KEY, document BLOB) WITHOUT ROWID;
CREATE TABLE deferred (id INTEGER PRIMARY KEY, resource TEXT NOT NULL, blueprint TEXT NOT NULL, body BLOB NOT NULL);
"""
_SEEN = """INSERT INTO entity VALUES (?, ?, ?, ?)
ON CONFLICT (key, resource) DO UPDATE SET body = excluded.body, run = excluded.run"""


class StateUnusable(Unavailable):
    """The file cannot be used: the disk is full, or another process holds it."""

    code = "state_unusable"


@dataclass(frozen=True, slots=True)
class Fate:
    """What is known of a key."""

    seen: bool = False
    """By any resource, in this run."""
    kinds: frozenset[str] = frozenset()
    """Whose resources wrote it; empty when nobody remembers."""


class StateStore:
    """``path`` ``None`` keeps everything in memory. One process per file."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="state")
        self._connection: Any = None
        self._resources: dict[str, int] = {}
        self._run = 0
        self._overtaken: set[bytes] = set()
        self.complete = False
        """Whether a run has gone through, so that what is not in the file is new."""
        self.before: Mapping[str, int] = {}
        """Entities by kind before the present run."""
        self.suspicious: frozenset[str] = frozenset()
        """Kinds that the last run found empty although they were not."""

    async def open(self, target: str) -> None:
        """Opens the file; one of another ``target`` (portal and installation), or a broken one, is made anew.

        Raises:
            StateUnusable: it cannot be written.
        """
        try:
            await self._do(lambda _: self._open(target))
        except StateUnusable:
            if self._path is None:
                raise
            log.warning("state_made_anew", path=str(self._path))
            self._remove()
            await self._do(lambda _: self._open(target))

    def _remove(self) -> None:
        assert self._path is not None
        for suffix in ("", "-wal", "-shm"):
            self._path.with_name(self._path.name + suffix).unlink(missing_ok=True)

    def _open(self, target: str) -> None:
        if self._path is not None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            if not self._path.exists():
                self._path.touch(mode=0o600)
        connection = pysqlite3.connect(str(self._path or ":memory:"), timeout=_BUSY_SECONDS, isolation_level=None)
        try:
            self._prepare(connection, target)
        except pysqlite3.Error:
            connection.close()
            raise
        self._connection = connection

    def _prepare(self, connection: Any, target: str) -> None:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version == 0:
            connection.executescript(_TABLES)
            connection.execute(f"PRAGMA user_version = {_VERSION}")
            connection.execute("INSERT INTO meta VALUES ('target', ?)", (target,))
        found = dict(connection.execute("SELECT name, value FROM meta"))
        if version not in (0, _VERSION) or found.get("target") != target:
            raise pysqlite3.DatabaseError("it belongs to another installation or version")
        self._run = int(found.get("run", "0"))
        self.complete = found.get("complete") == "1"
        self.suspicious = frozenset(orjson.loads(found.get("suspicious", "[]")))
        self._resources = dict(connection.execute("SELECT name, id FROM resource"))

    async def close(self) -> None:
        """Closes the file; again does nothing."""
        if self._connection is not None:
            await self._do(lambda connection: connection.close())
            self._connection = None
        self._thread.shutdown()

    async def begin(self, resources: Mapping[str, str]) -> None:
        """A new run of resources, by name with their kinds."""

        def work(connection: Any) -> None:
            self._run += 1
            connection.execute("INSERT OR REPLACE INTO meta VALUES ('run', ?)", (str(self._run),))
            connection.execute("DELETE FROM listed")
            connection.execute("DELETE FROM deferred")
            for name, kind in resources.items():
                connection.execute("INSERT OR IGNORE INTO resource (name, kind) VALUES (?, ?)", (name, kind))
            self._resources = dict(connection.execute("SELECT name, id FROM resource"))
            self.before = dict(
                connection.execute(
                    "SELECT kind, count(DISTINCT key) FROM entity JOIN resource ON id = resource GROUP BY kind"
                )
            )

        self._overtaken.clear()
        await self._write(work)

    async def add_listed(self, rows: Iterable[tuple[bytes, bytes | None]]) -> None:
        """Keys that the portal has, with their documents when they are wanted for comparison."""
        kept = list(rows)
        await self._write(lambda c: c.executemany("INSERT OR REPLACE INTO listed VALUES (?, ?)", kept))

    async def unchanged(self, resource: str, hashes: Mapping[bytes, bytes]) -> set[bytes]:
        """The keys whose body the portal has: the hash is the same, and the portal listed it or this run wrote it."""
        number = self._resources[resource]
        statement = (
            "SELECT e.key, e.body, e.run, l.key FROM entity e LEFT JOIN listed l ON l.key = e.key "
            "WHERE e.resource = ? AND e.key IN ({})"
        )

        def work(connection: Any) -> set[bytes]:
            rows = _chunked(connection, statement, list(hashes), (number,))
            return {
                bytes(key)
                for key, body, run, listed in rows
                if body is not None and bytes(body) == hashes[bytes(key)] and (listed is not None or run == self._run)
            }

        return await self._do(work)

    async def documents(self, keys: Sequence[bytes]) -> dict[bytes, Any]:
        """The portal's documents of keys, as far as they were listed with contents."""
        statement = "SELECT key, document FROM listed WHERE document IS NOT NULL AND key IN ({})"
        rows = await self._do(lambda c: list(_chunked(c, statement, keys)))
        return {bytes(key): orjson.loads(document) for key, document in rows}

    async def see(self, resource: str, rows: Mapping[bytes, bytes | None]) -> None:
        """This run saw the keys; a hash is that of the body the portal has now, ``None`` when it has another."""
        number, run = self._resources[resource], self._run
        values = [(key, number, body, run) for key, body in rows.items()]
        await self._write(lambda c: c.executemany(_SEEN, values))

    async def fates(self, keys: Sequence[bytes]) -> list[Fate]:
        """What is known of each key; one that was overtaken counts as seen."""
        statement = "SELECT e.key, e.run, r.kind FROM entity e JOIN resource r ON r.id = e.resource WHERE e.key IN ({})"

        def work(connection: Any) -> list[Fate]:
            found: dict[bytes, Fate] = {}
            for key, run, kind in _chunked(connection, statement, keys):
                known = found.get(bytes(key), Fate())
                found[bytes(key)] = Fate(known.seen or run == self._run, known.kinds | {kind})
            return [
                replace(known, seen=known.seen or key in self._overtaken)
                for key, known in ((key, found.get(key, Fate())) for key in keys)
            ]

        return await self._do(work)

    async def unseen(self) -> int:
        """How many listed keys this run has not seen."""
        statement = (
            "SELECT count(*) FROM listed l WHERE NOT EXISTS (SELECT 1 FROM entity e WHERE e.key = l.key AND e.run = ?)"
        )
        return int(await self._do(lambda c: c.execute(statement, (self._run,)).fetchone()[0]))

    async def defer(self, resource: str, rows: Sequence[tuple[str, bytes]]) -> None:
        """Keeps blueprint and body of entities to be tried again at the end of the run."""
        values = [(resource, blueprint, body) for blueprint, body in rows]
        statement = "INSERT INTO deferred (resource, blueprint, body) VALUES (?, ?, ?)"
        await self._write(lambda c: c.executemany(statement, values))

    async def deferred(self) -> list[tuple[int, str, str, bytes]]:
        """Id, resource, blueprint and body, in order."""
        statement = "SELECT id, resource, blueprint, body FROM deferred ORDER BY id"
        return await self._do(lambda c: [(i, r, b, bytes(body)) for i, r, b, body in c.execute(statement)])

    async def forget(self, keys: Sequence[bytes]) -> None:
        """Somebody else wrote these: what the portal has of them is not known any more."""
        await self._write(
            lambda c: c.executemany("UPDATE entity SET body = NULL WHERE key = ?", [(key,) for key in keys])
        )

    async def overtake(self, keys: Sequence[bytes]) -> None:
        """A live event is about to write or delete these: what the present run fetched of them may be older, and is
        neither written nor a reason to delete them (section 9.3)."""
        self._overtaken.update(keys)
        await self.forget(keys)

    def is_overtaken(self, key: bytes) -> bool:
        """Whether a live event took over since the present run began."""
        return key in self._overtaken

    async def finish(self, reconciled: Iterable[str], suspicious: Iterable[str], *, complete: bool) -> None:
        """Ends a run: what ``reconciled`` kinds have not seen is forgotten."""
        kinds, doubted = list(reconciled), orjson.dumps(sorted(suspicious)).decode()

        def work(connection: Any) -> None:
            for kind in kinds:
                connection.execute(
                    "DELETE FROM entity WHERE run < ? AND resource IN (SELECT id FROM resource WHERE kind = ?)",
                    (self._run, kind),
                )
            connection.execute("DELETE FROM listed")
            connection.execute("DELETE FROM deferred")
            connection.execute("INSERT OR REPLACE INTO meta VALUES ('suspicious', ?)", (doubted,))
            if complete:
                connection.execute("INSERT OR REPLACE INTO meta VALUES ('complete', '1')")

        await self._write(work)
        self.suspicious = frozenset(orjson.loads(doubted))
        self.complete = self.complete or complete

    async def _write(self, work: Callable[[Any], Any]) -> None:
        def transaction(connection: Any) -> None:
            connection.execute("BEGIN IMMEDIATE")
            try:
                work(connection)
            except BaseException:  # whatever it is, a transaction must not stay open
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")

        await self._do(transaction)

    async def _do(self, work: Callable[[Any], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: work(self._connection))
        except (pysqlite3.Error, OSError) as error:
            raise StateUnusable(f'The state file "{self._path}" cannot be used: {error}') from None


def _chunked(connection: Any, statement: str, keys: Sequence[bytes], before: tuple[Any, ...] = ()) -> Iterable[Any]:
    for start in range(0, len(keys), _CHUNK):
        part = keys[start : start + _CHUNK]
        yield from connection.execute(statement.format(",".join("?" * len(part))), (*before, *part))
