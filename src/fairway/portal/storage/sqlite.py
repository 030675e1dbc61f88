"""SQLite: one writer thread with group commit, and reader threads with their own snapshots.

All waiting units of work share one transaction, each inside its own SAVEPOINT, so that a durable commit (an fsync) is
paid once for the group and a failing unit undoes only itself. An answer is given after the commit.
"""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pysqlite3
from sqlalchemy import Connection, Engine, Executable, Row, Table, create_engine
from sqlalchemy.dialects.sqlite import insert
from sqlalchemy.pool import NullPool

from fairway.kit.errors import Unavailable
from fairway.kit.jsonio import dumps_text, loads
from fairway.kit.logs import get_logger
from fairway.portal.storage.tx import Params, Savepoint, Tx

T = TypeVar("T")
Work = Callable[[Tx], Coroutine[Any, Any, T]]

_GROUP = 256
"""Units of work in one transaction at the most; bounds the wait of the first."""
_CHUNKS = (64, 16, 4, 1)
"""Rows of one set-wise statement."""
_SOUND = (3, 51, 3)
"""Before it, two processes that write one file could damage it when its write-ahead log starts anew
(https://sqlite.org/wal.html#walresetbug). Our wheels have a later one; a build from source may not."""
_QUEUE = 4096
"""Units of work that may wait; more answer 503 rather than grow memory."""

log = get_logger(__name__)


def drive(work: Coroutine[Any, Any, T]) -> T:
    """Runs a coroutine that awaits nothing but a SQLite ``Tx`` to its end, in this thread."""
    try:
        work.send(None)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]
    work.close()
    raise RuntimeError("A database unit of work awaited something other than its Tx")


def connect(path: str, synchronous: str) -> Engine:
    """An engine whose connections leave transactions to us."""

    def creator() -> Any:
        connection = pysqlite3.connect(
            path, isolation_level=None, check_same_thread=False, timeout=30, cached_statements=512
        )
        for pragma in (
            f"synchronous={synchronous}",
            "foreign_keys=ON",
            "busy_timeout=30000",
            "cache_size=-65536",
            "mmap_size=67108864",
            "temp_store=MEMORY",
            "journal_size_limit=67108864",
            "trusted_schema=OFF",
        ):
            connection.execute(f"PRAGMA {pragma}")
        return connection

    return create_engine(
        "sqlite://",
        creator=creator,
        module=pysqlite3,
        poolclass=NullPool,
        json_serializer=dumps_text,
        json_deserializer=loads,
    )


class SqliteTx(Tx):
    """A unit of work on one connection of one thread."""

    dialect = "sqlite"

    def __init__(self, connection: Connection) -> None:
        super().__init__()
        self._connection = connection
        self._raw: Any = connection.connection.driver_connection

    async def rows(self, statement: Executable, params: Params = None) -> Sequence[Row[Any]]:
        return self._connection.execute(statement, params).all()

    async def run(self, statement: Executable, params: Params = None) -> int:
        return self._connection.execute(statement, params).rowcount

    async def insert_many(self, table: Table, columns: Sequence[str], values: Sequence[Sequence[Any]]) -> None:
        names = ",".join(f'"{name}"' for name in columns)
        sql = f'INSERT INTO "{table.name}" ({names}) VALUES {{rows}}'  # noqa: S608 names are ours
        self._in_chunks(sql, len(columns), values)

    async def update_many(self, table: Table, columns: Sequence[str], values: Sequence[Sequence[Any]]) -> None:
        (key,) = table.primary_key.columns
        sets = ",".join(f'"{name}"=v.column{number}' for number, name in enumerate(columns, 1))
        sql = (
            f'UPDATE "{table.name}" SET {sets} FROM (VALUES {{rows}}) AS v '  # noqa: S608 names are ours
            f'WHERE "{table.name}"."{key.name}"=v.column{len(columns) + 1}'
        )
        self._in_chunks(sql, len(columns) + 1, values)

    async def delete_many(self, table: Table, columns: Sequence[str], values: Sequence[Sequence[Any]]) -> None:
        names = ",".join(f'"{name}"' for name in columns)
        sql = f'DELETE FROM "{table.name}" WHERE ({names}) IN (VALUES {{rows}})'  # noqa: S608 names are ours
        self._in_chunks(sql, len(columns), values)

    def _in_chunks(self, sql: str, width: int, values: Sequence[Sequence[Any]]) -> None:
        """Many rows in one statement. ``executemany`` gives the interpreter lock away once a row, and in a busy server
        another thread takes it each time; a few fixed numbers of rows keep the statements prepared."""
        row = f"({','.join('?' * width)})"
        start = 0
        for size in _CHUNKS:
            while len(values) - start >= size:
                chunk = values[start : start + size]
                self._raw.execute(sql.format(rows=",".join([row] * size)), [each for one in chunk for each in one])
                start += size

    async def raw(self, sql: str, *args: Any) -> Sequence[Any]:
        return self._raw.execute(sql, args).fetchall()  # type: ignore[no-any-return]

    async def allocate_ids(self, name: str, count: int) -> list[int]:
        sql = (
            "INSERT INTO id_block(name, next_id) VALUES (?1, ?2 + 1) "
            "ON CONFLICT(name) DO UPDATE SET next_id = next_id + ?2 RETURNING next_id"
        )
        (row,) = self._raw.execute(sql, (name, count)).fetchall()
        return list(range(row[0] - count, row[0]))

    async def upsert(self, table: Table, values: dict[str, Any], key: Sequence[str]) -> None:
        statement = insert(table).values(values)
        rest = {name: statement.excluded[name] for name in values if name not in key}
        if rest:
            await self.run(statement.on_conflict_do_update(index_elements=list(key), set_=rest))
        else:
            await self.run(statement.on_conflict_do_nothing())

    async def insert_ignore(self, table: Table, values: dict[str, Any]) -> bool:
        return await self.run(insert(table).values(values).on_conflict_do_nothing()) > 0

    def savepoint(self) -> Savepoint:
        return _SqliteSavepoint(self._raw)


class _SqliteSavepoint(Savepoint):
    def __init__(self, raw: Any) -> None:
        self._raw = raw

    async def __aenter__(self) -> None:
        self._raw.execute("SAVEPOINT inner")

    async def __aexit__(self, kind: Any, error: Any, trace: Any) -> None:
        if kind is not None:
            self._raw.execute("ROLLBACK TO inner")
        self._raw.execute("RELEASE inner")


class _Unit:
    __slots__ = ("error", "future", "loop", "result", "tx", "work")

    def __init__(self, work: Work[Any], loop: asyncio.AbstractEventLoop) -> None:
        self.work = work
        self.loop = loop
        self.future: asyncio.Future[Any] = loop.create_future()
        self.result: Any = None
        self.error: BaseException | None = None
        self.tx: SqliteTx | None = None

    def settle(self) -> None:
        """Gives the result to whoever waits, in its event loop; a caller that went away is not an error."""
        if self.future.done():
            return
        if self.error is not None:
            self.future.set_exception(self.error)
        else:
            self.future.set_result(self.result)


class _Lane:
    """A bounded queue and the threads that serve it."""

    def __init__(self, name: str, threads: int, serve: Callable[[_Lane], None]) -> None:
        self.queue: queue.Queue[_Unit | None] = queue.Queue(_QUEUE)
        self._threads = [
            threading.Thread(target=serve, args=(self,), name=f"sqlite-{name}-{number}", daemon=True)
            for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, work: Work[T]) -> Awaitable[T]:
        unit = _Unit(work, asyncio.get_running_loop())
        try:
            self.queue.put_nowait(unit)
        except queue.Full:
            raise Unavailable(f"The database has {_QUEUE} operations waiting; try again shortly") from None
        return unit.future

    async def close(self) -> None:
        for _ in self._threads:
            await asyncio.to_thread(self.queue.put, None)
        for thread in self._threads:
            await asyncio.to_thread(thread.join)


class SqliteStore:
    """Runs units of work against one SQLite file."""

    dialect = "sqlite"

    def __init__(self, path: Path, *, readers: int, synchronous: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.path = path
        if pysqlite3.sqlite_version_info < _SOUND:
            log.warning("sqlite_too_old", version=pysqlite3.sqlite_version, needed=".".join(map(str, _SOUND)))
        self.engine = connect(str(path), synchronous)
        with self.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA journal_mode=WAL")  # kept in the file; changing it takes a lock
        self._writer = _Lane("writer", 1, self._serve_writes)
        self._readers = _Lane("reader", readers, self._serve_reads)

    async def write(self, work: Work[T]) -> T:
        """Commits ``work``; a caller that is cancelled meanwhile does not undo it."""
        return await self._writer.submit(work)

    async def read(self, work: Work[T]) -> T:
        """Runs ``work`` on a snapshot."""
        return await self._readers.submit(work)

    async def close(self) -> None:
        """Finishes what waits, then closes the file."""
        await self._writer.close()
        await self._readers.close()
        self.engine.dispose()

    def _serve_writes(self, lane: _Lane) -> None:
        with self.engine.connect() as connection:
            raw: Any = connection.connection.driver_connection
            while (first := lane.queue.get()) is not None:
                units, last = _take_group(first, lane.queue)
                _commit_group(connection, raw, units)
                if last:
                    return

    def _serve_reads(self, lane: _Lane) -> None:
        with self.engine.connect() as connection:
            raw: Any = connection.connection.driver_connection
            while (unit := lane.queue.get()) is not None:
                if unit.future.cancelled():
                    continue
                raw.execute("BEGIN")
                try:
                    unit.result = drive(unit.work(SqliteTx(connection)))
                except BaseException as error:  # noqa: BLE001 handed to the waiting caller, whatever it is
                    unit.error = error
                raw.execute("ROLLBACK")
                _hand_over([unit])


def _take_group(first: _Unit, waiting: queue.Queue[_Unit | None]) -> tuple[list[_Unit], bool]:
    units = [first]
    while len(units) < _GROUP:
        try:
            unit = waiting.get_nowait()
        except queue.Empty:
            return units, False
        if unit is None:
            return units, True
        units.append(unit)
    return units, False


def _commit_group(connection: Connection, raw: Any, units: list[_Unit]) -> None:
    live = [unit for unit in units if not unit.future.cancelled()]
    try:
        raw.execute("BEGIN IMMEDIATE")
        for unit in live:
            _run_unit(connection, raw, unit)
        raw.execute("COMMIT")
    except BaseException as error:  # noqa: BLE001 the whole group fails: disk full, file locked; every caller is told
        log.error("sqlite_commit_failed", error=str(error))
        if raw.in_transaction:
            raw.execute("ROLLBACK")
        for unit in live:
            unit.error = unit.error or Unavailable("The database could not commit", cause=str(error))
    for unit in live:
        if unit.error is None and unit.tx is not None:
            unit.tx.committed()
    _hand_over(live)


def _hand_over(units: list[_Unit]) -> None:
    """Wakes each waiting event loop once, whatever the number of units."""
    for loop in {unit.loop for unit in units}:
        if not loop.is_closed():
            loop.call_soon_threadsafe(_settle_all, [unit for unit in units if unit.loop is loop])


def _settle_all(units: list[_Unit]) -> None:
    for unit in units:
        unit.settle()


def _run_unit(connection: Connection, raw: Any, unit: _Unit) -> None:
    raw.execute("SAVEPOINT unit")
    tx = SqliteTx(connection)
    try:
        unit.result = drive(unit.work(tx))
        unit.tx = tx
        raw.execute("RELEASE unit")
    except BaseException as error:  # noqa: BLE001 undone here and handed to the waiting caller
        unit.error = error
        raw.execute("ROLLBACK TO unit")
        raw.execute("RELEASE unit")
