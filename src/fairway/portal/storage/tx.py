"""The unit of work: what a feature's repository may ask of the database."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal

from sqlalchemy import BigInteger, Executable, Integer, Row, Table, Text, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.sql import ColumnElement
from sqlalchemy.sql.selectable import Select

from fairway.kit.jsonio import dumps_text

Params = dict[str, Any] | None


class Tx(ABC):
    """One transaction (or one read snapshot). Everything in it is committed together or not at all."""

    dialect: Literal["sqlite", "postgresql"]

    def __init__(self) -> None:
        self._after_commit: list[Callable[[], None]] = []

    @abstractmethod
    async def rows(self, statement: Executable, params: Params = None) -> Sequence[Row[Any]]:
        """All rows of a statement."""

    @abstractmethod
    async def run(self, statement: Executable, params: Params = None) -> int:
        """Executes a statement that returns nothing; answers how many rows it touched."""

    @abstractmethod
    async def insert_many(self, table: Table, columns: Sequence[str], values: Sequence[Sequence[Any]]) -> None:
        """Inserts rows set-wise. Values are what the database stores: JSON columns take JSON text."""

    @abstractmethod
    async def update_many(self, table: Table, columns: Sequence[str], values: Sequence[Sequence[Any]]) -> None:
        """Updates rows set-wise by primary key; each value row is ``(*columns, primary key)``."""

    @abstractmethod
    async def delete_many(self, table: Table, columns: Sequence[str], values: Sequence[Sequence[Any]]) -> None:
        """Deletes rows set-wise where all of ``columns`` equal the given values."""

    @abstractmethod
    async def raw(self, sql: str, *args: Any) -> Sequence[Any]:
        """Rows of SQL text of this dialect (``?`` on SQLite, ``$1`` on PostgreSQL). Only for hot paths in storage and
        repositories that keep both spellings side by side."""

    @abstractmethod
    async def allocate_ids(self, name: str, count: int) -> list[int]:
        """Fresh ascending surrogate keys for one of ``storage.tables.SEQUENCES``."""

    @abstractmethod
    async def upsert(self, table: Table, values: dict[str, Any], key: Sequence[str]) -> None:
        """Inserts a row, or updates the one with the same ``key`` columns."""

    @abstractmethod
    async def insert_ignore(self, table: Table, values: dict[str, Any]) -> bool:
        """Inserts a row unless one with the same key exists; true when it was inserted."""

    @abstractmethod
    def savepoint(self) -> Savepoint:
        """``async with tx.savepoint():`` undoes its block alone when it raises."""

    async def row(self, statement: Executable, params: Params = None) -> Row[Any] | None:
        """The first row, or none."""
        found = await self.rows(statement, params)
        return found[0] if found else None

    async def scalar(self, statement: Executable, params: Params = None) -> Any:
        """The first column of the first row, or none."""
        found = await self.row(statement, params)
        return None if found is None else found[0]

    def after_commit(self, callback: Callable[[], None]) -> None:
        """Runs ``callback`` once the transaction is durable; never when it is rolled back. On SQLite it runs in the
        writer thread: it may only set flags and drop caches."""
        self._after_commit.append(callback)

    def committed(self) -> None:
        """Called by the database after the commit."""
        for callback in self._after_commit:
            callback()

    def any_of(self, column: ColumnElement[Any], values: Iterable[Any]) -> ColumnElement[bool]:
        """``column`` is one of ``values``: one bind whatever their number, so that the statement stays cached."""
        return any_of(self.dialect, column, list(values))


class Savepoint(ABC):
    """Asynchronous context manager around a SAVEPOINT."""

    @abstractmethod
    async def __aenter__(self) -> None: ...

    @abstractmethod
    async def __aexit__(self, kind: Any, error: Any, trace: Any) -> None: ...


def any_of(dialect: str, column: ColumnElement[Any], values: list[Any]) -> ColumnElement[bool]:
    """See :meth:`Tx.any_of`; for code that only knows the dialect."""
    if dialect == "postgresql":
        kind = ARRAY(BigInteger if isinstance(column.type, Integer) else Text)
        return column == func.any(bindparam(None, values, type_=kind, unique=True))
    return column.in_(json_values(values))


def json_values(values: list[Any]) -> Select[Any]:
    """SQLite: the values of a JSON array as a sub-select."""
    table = func.json_each(bindparam(None, dumps_text(values), unique=True)).table_valued("value")
    return select(table.c.value)
