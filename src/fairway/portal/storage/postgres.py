"""PostgreSQL through asyncpg: set-based statements with ``unnest()``, one round trip whatever the number of rows."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeVar

import asyncpg
from sqlalchemy import Executable, Row, Table
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from fairway.kit.errors import InvalidRequest, Unavailable
from fairway.kit.jsonio import dumps_text, loads
from fairway.portal.storage.tx import Params, Savepoint, Tx

T = TypeVar("T")
Work = Callable[[Tx], Coroutine[Any, Any, T]]

_RETRIED = ("40001", "40P01", "23505")
"""serialization_failure, deadlock_detected and unique_violation: two writers met on one key. The second run of the
unit sees what the first one wrote and gives the proper answer."""
_TOO_LARGE = "value out of int64 range"
"""How the driver refuses to bind a number; it has no SQLSTATE, because the server never sees it."""
_TOO_LONG = "54000"
"""program_limit_exceeded: a key over a third of a page."""
_ATTEMPTS = 5


class PostgresTx(Tx):
    """A unit of work on one asyncpg connection."""

    dialect = "postgresql"

    def __init__(self, connection: AsyncConnection, driver: asyncpg.Connection[Any]) -> None:
        super().__init__()
        self._connection = connection
        self._driver = driver

    async def rows(self, statement: Executable, params: Params = None) -> Sequence[Row[Any]]:
        return (await self._connection.execute(statement, params)).all()

    async def run(self, statement: Executable, params: Params = None) -> int:
        return (await self._connection.execute(statement, params)).rowcount

    async def insert_many(self, table: Table, columns: Sequence[str], values: Sequence[Sequence[Any]]) -> None:
        if not values:
            return
        names = ",".join(f'"{name}"' for name in columns)
        picks, arrays = _unnest(table, columns)
        aliases = ",".join(f"c{number}" for number in range(len(columns)))
        sql = f'INSERT INTO "{table.name}" ({names}) SELECT {picks} FROM unnest({arrays}) AS v({aliases})'  # noqa: S608
        await self._driver.execute(sql, *zip(*values, strict=True))

    async def update_many(self, table: Table, columns: Sequence[str], values: Sequence[Sequence[Any]]) -> None:
        if not values:
            return
        (key,) = table.primary_key.columns
        _, arrays = _unnest(table, [*columns, key.name])
        aliases = ",".join(f"c{number}" for number in range(len(columns) + 1))
        sets = ",".join(f'"{name}"={_from_text(table, name, f"v.c{number}")}' for number, name in enumerate(columns))
        sql = (
            f'UPDATE "{table.name}" SET {sets} FROM unnest({arrays}) AS v({aliases}) '  # noqa: S608 names are ours
            f'WHERE "{table.name}"."{key.name}"=v.c{len(columns)}'
        )
        await self._driver.execute(sql, *zip(*values, strict=True))

    async def delete_many(self, table: Table, columns: Sequence[str], values: Sequence[Sequence[Any]]) -> None:
        if not values:
            return
        _, arrays = _unnest(table, columns)
        aliases = ",".join(f"c{number}" for number in range(len(columns)))
        tests = " AND ".join(f'"{table.name}"."{name}"=v.c{number}' for number, name in enumerate(columns))
        sql = f'DELETE FROM "{table.name}" USING unnest({arrays}) AS v({aliases}) WHERE {tests}'  # noqa: S608 names are ours
        await self._driver.execute(sql, *zip(*values, strict=True))

    async def raw(self, sql: str, *args: Any) -> Sequence[Any]:
        return await self._driver.fetch(sql, *args)

    async def allocate_ids(self, name: str, count: int) -> list[int]:
        sql = "SELECT nextval($1::regclass) FROM generate_series(1, $2)"
        rows = await self._driver.fetch(sql, f"{name}_id_seq", count)
        return [row[0] for row in rows]

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
        return _PostgresSavepoint(self._driver)


class _PostgresSavepoint(Savepoint):
    def __init__(self, driver: asyncpg.Connection[Any]) -> None:
        self._driver = driver

    async def __aenter__(self) -> None:
        await self._driver.execute("SAVEPOINT inner_block")

    async def __aexit__(self, kind: Any, error: Any, trace: Any) -> None:
        if kind is not None:
            await self._driver.execute("ROLLBACK TO inner_block")
        await self._driver.execute("RELEASE inner_block")


def _unnest(table: Table, columns: Sequence[str]) -> tuple[str, str]:
    """The select list and the argument list of an ``unnest`` over one array per column."""
    picks = ",".join(_from_text(table, name, f"v.c{number}") for number, name in enumerate(columns))
    arrays = ",".join(f"${number}::{_array_type(table, name)}[]" for number, name in enumerate(columns, 1))
    return picks, arrays


def _array_type(table: Table, column: str) -> str:
    kind = table.c[column].type.python_type if not _is_json(table, column) else str
    return {int: "bigint", float: "double precision", bool: "boolean"}.get(kind, "text")


def _is_json(table: Table, column: str) -> bool:
    return type(table.c[column].type).__name__ in ("JSON", "JSONB", "Document")


def _from_text(table: Table, column: str, source: str) -> str:
    return f"{source}::jsonb" if type(table.c[column].type).__name__ in ("JSON", "JSONB") else source


class PostgresStore:
    """Runs units of work against one PostgreSQL database."""

    dialect = "postgresql"

    def __init__(self, url: str, *, pool_size: int) -> None:
        address = f"postgresql+asyncpg://{url.split('://', 1)[1]}"
        self.engine: AsyncEngine = create_async_engine(
            address,
            isolation_level="AUTOCOMMIT",
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=30,
            pool_pre_ping=False,
            json_serializer=dumps_text,
            json_deserializer=loads,
            connect_args={"timeout": 10, "command_timeout": 120, "server_settings": {"jit": "off"}},
        )

    async def write(self, work: Work[T]) -> T:
        """Commits ``work``, running it again when another writer got in its way. A caller that is cancelled meanwhile
        does not undo it."""
        return await asyncio.shield(asyncio.ensure_future(self._write(work)))

    async def read(self, work: Work[T]) -> T:
        """Runs ``work`` on a snapshot."""
        return await self._attempt(work, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")

    async def close(self) -> None:
        """Closes the pool."""
        await self.engine.dispose()

    async def _write(self, work: Work[T]) -> T:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return await self._attempt(work, "BEGIN")
            except (asyncpg.PostgresError, DBAPIError) as error:
                if _sqlstate(error) == _TOO_LONG:
                    raise InvalidRequest(
                        "An identifier or name is too long to be indexed; PostgreSQL takes about 2,600 bytes of UTF-8",
                        cause=str(error),
                    ) from error
                if _sqlstate(error) not in _RETRIED or attempt == _ATTEMPTS:
                    raise
                await asyncio.sleep(random.uniform(0, 0.01 * 2**attempt))  # noqa: S311 jitter
        raise AssertionError("unreachable")

    async def _attempt(self, work: Work[T], begin: str) -> T:
        connection = await self._connect()
        driver: Any = (await connection.get_raw_connection()).driver_connection
        try:
            tx = PostgresTx(connection, driver)
            await driver.execute(begin)
            try:
                result = await work(tx)
                await driver.execute("COMMIT")
            except BaseException:  # whatever it was, the transaction is undone and the error passes
                if not driver.is_closed():
                    await driver.execute("ROLLBACK")
                raise
            tx.committed()
            return result
        except DBAPIError as error:
            if _TOO_LARGE in str(error.orig):
                raise InvalidRequest("A number is beyond 64 bits: no key is", cause=str(error.orig)) from error
            raise
        except (asyncpg.InterfaceError, asyncpg.PostgresConnectionError, OSError) as error:
            raise Unavailable("The database went away", cause=str(error)) from error
        finally:
            if driver.is_closed():
                await connection.invalidate()
            await connection.close()

    async def _connect(self) -> AsyncConnection:
        """A connection that is alive: those that the server has closed meanwhile are replaced."""
        try:
            while True:
                connection = await self.engine.connect()
                driver: Any = (await connection.get_raw_connection()).driver_connection
                if not driver.is_closed():
                    return connection
                await connection.invalidate()
                await connection.close()
        except (OSError, TimeoutError, asyncpg.PostgresError, DBAPIError) as error:
            raise Unavailable("The database does not answer", cause=str(error)) from error


def _sqlstate(error: Exception) -> str | None:
    origin = error.orig if isinstance(error, DBAPIError) else error
    return getattr(origin, "sqlstate", None) or getattr(origin, "pgcode", None)
