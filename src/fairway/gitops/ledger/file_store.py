"""The ledger in a SQLite file: write-ahead log, one thread, one transaction for each change."""

# ruff: noqa: S608 statements are made of names of columns and of placeholders

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import pysqlite3

from fairway.gitops.ledger import file_rows as rows
from fairway.gitops.ledger import records
from fairway.gitops.ledger.file_schema import TABLES, VERSION
from fairway.gitops.ledger.model import (
    Claim,
    ClaimState,
    HeldPlan,
    JournalEntry,
    Listed,
    RepositoryState,
    SourceState,
)
from fairway.gitops.ledger.store import Changes, ClaimFigures, LedgerUnusable
from fairway.gitops.model import EntityKey

T = TypeVar("T")
_BUSY_SECONDS = 30.0
_EMPTY = records.repository_data(RepositoryState("", "", ""))


class FileLedger:
    """A :class:`~fairway.gitops.ledger.store.LedgerStore`. Several processes may share the file."""

    def __init__(self, path: Path | None) -> None:
        """``path`` None keeps everything in memory."""
        self._path = path
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ledger")
        self._connection: Any = None
        self._closed = False

    async def open(self) -> None:
        """Opens the file, and makes it when there is none; nobody else may read a new one.

        Raises:
            LedgerUnusable: it is no ledger, or the folder cannot be written.
        """
        try:
            await self._run(self._open)
        except LedgerUnusable:
            await self.close()
            raise

    def _open(self, _: Any) -> None:
        if self._path is not None and not self._path.exists():
            self._path.touch(mode=0o600)
        connection = pysqlite3.connect(
            str(self._path or ":memory:"), timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=True
        )
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("BEGIN IMMEDIATE")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > VERSION:
            raise pysqlite3.DatabaseError(f"it has version {version}, this program knows {VERSION}")
        if version == 0:
            for statement in filter(str.strip, TABLES.split(";")):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
        self._connection = connection

    async def copy(self) -> FileLedger:
        """A ledger in memory with the same content, for dry runs."""
        twin = FileLedger(None)
        memory = pysqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
        await self._run(lambda connection: connection.backup(memory))
        twin._connection = memory
        return twin

    async def close(self) -> None:
        """Closes the file; again does nothing."""
        if self._closed:
            return
        self._closed = True
        await self._run(lambda connection: connection.close() if connection is not None else None)
        self._thread.shutdown()

    async def _run(self, work: Callable[[Any], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: work(self._connection))
        except (pysqlite3.Error, OSError) as error:
            raise LedgerUnusable(f'The ledger "{self._path}" cannot be used: {error}') from None

    async def _write(self, work: Callable[[Any], Any]) -> Any:
        return await self._run(lambda connection: _transaction(connection, work))

    async def lease(self, name: str, holder: str, now: int, until: int) -> bool:
        statement = (
            "INSERT INTO lease VALUES (?, ?, ?) ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, "
            "until = excluded.until WHERE lease.holder = excluded.holder OR lease.until <= ?"
        )
        taken = await self._run(lambda connection: connection.execute(statement, (name, holder, until, now)).rowcount)
        return bool(taken)

    async def release(self, name: str, holder: str) -> None:
        statement = "DELETE FROM lease WHERE name = ? AND holder = ?"
        await self._run(lambda connection: connection.execute(statement, (name, holder)).rowcount)

    async def source(self, source: str) -> SourceState:
        found = await self._rows("SELECT data, report FROM source WHERE source = ?", [source])
        return records.source_of(*found[0]) if found else SourceState(source)

    async def save_source(self, state: SourceState) -> None:
        values = (state.source, records.source_data(state), state.report)
        await self._run(lambda connection: connection.execute("INSERT OR REPLACE INTO source VALUES (?, ?, ?)", values))

    async def repositories(self, source: str, ids: Collection[str]) -> Mapping[str, RepositoryState]:
        def work(connection: Any) -> list[RepositoryState]:
            found: list[RepositoryState] = []
            for part in rows.chunks(list(ids)):
                where = f"WHERE source = ? AND id IN ({rows.marks(len(part))})"
                statement = f"SELECT {rows.REPOSITORY} FROM repository {where}"
                found += [rows.repository_of(row) for row in connection.execute(statement, [source, *part])]
            return found

        return {each.id: each for each in await self._run(work)}

    async def named(self, source: str, label: str) -> RepositoryState | None:
        statement = f"SELECT {rows.REPOSITORY} FROM repository WHERE source = ? AND label = ? COLLATE NOCASE"
        found = await self._rows(statement, [source, label])
        return rows.repository_of(found[0]) if found else None

    async def listed(self, source: str, generation: int, found: Sequence[Listed]) -> None:
        statement = (
            f"INSERT INTO repository ({rows.REPOSITORY}) VALUES (?, ?, ?, ?, 0, ?, 0, ?, NULL, 0, NULL, 0, 0, ?) "
            "ON CONFLICT (source, id) DO UPDATE SET label = excluded.label, url = excluded.url, "
            "listed = excluded.listed, excluded = excluded.excluded, missing_since = NULL, missed = 0"
        )
        values = [(source, each.id, each.label, each.url, generation, each.excluded, _EMPTY) for each in found]
        await self._write(lambda connection: connection.executemany(statement, values))

    async def checked(self, source: str, generation: int, ids: Collection[str], now: int) -> None:
        statement = (
            "UPDATE repository SET checked = max(checked, ?), problem = NULL, last_attempt = ?, last_success = ? "
            "WHERE source = ? AND id = ?"
        )
        values = [(generation, now, now, source, each) for each in ids]
        await self._write(lambda connection: connection.executemany(statement, values))

    async def failed(self, source: str, repository: str, problem: str, now: int) -> None:
        statement = "UPDATE repository SET problem = ?, last_attempt = ? WHERE source = ? AND id = ?"
        await self._write(lambda connection: connection.execute(statement, (problem, now, source, repository)))

    async def unlisted(self, source: str, generation: int, after: str, limit: int) -> Sequence[RepositoryState]:
        statement = (
            f"SELECT {rows.REPOSITORY} FROM repository "
            "WHERE source = ? AND id > ? AND (listed < ? OR excluded) ORDER BY id LIMIT ?"
        )
        found = await self._rows(statement, [source, after, generation, limit])
        return [rows.repository_of(row) for row in found]

    async def missed(self, source: str, repository: str, since: int | None, count: int) -> None:
        statement = "UPDATE repository SET missing_since = ?, missed = ? WHERE source = ? AND id = ?"
        await self._write(lambda connection: connection.execute(statement, (since, count, source, repository)))

    async def claims_of(self, source: str, repositories: Collection[str]) -> Sequence[Claim]:
        where = "source = ? AND repository IN ({})"
        return await self._claims(where, "?", [[each] for each in repositories], [source])

    async def claims(self, keys: Collection[EntityKey]) -> Sequence[Claim]:
        return await self._claims("(blueprint, identifier) IN (VALUES {})", "(?, ?)", [list(each) for each in keys], [])

    async def _claims(
        self, where: str, group: str, values: Sequence[Sequence[str]], before: Sequence[str]
    ) -> list[Claim]:
        def work(connection: Any) -> list[Claim]:
            found: list[Claim] = []
            for part in rows.chunks(values):
                condition = where.format(rows.marks(len(part), group))
                statement = f"SELECT {rows.CLAIM} FROM claim WHERE {condition}"
                flat = [value for each in part for value in each]
                found += [rows.claim_of(row) for row in connection.execute(statement, [*before, *flat])]
            return found

        return await self._run(work)

    async def page(
        self, source: str, states: Collection[ClaimState], after: EntityKey | None, limit: int
    ) -> Sequence[Claim]:
        statement = (
            f"SELECT {rows.CLAIM} FROM claim WHERE source = ? AND state IN ({rows.marks(len(states))}) "
            "AND (blueprint, identifier) > (?, ?) ORDER BY blueprint, identifier, repository LIMIT ?"
        )
        values = [source, *(each.value for each in states), *(after or ("", "")), limit + 1]
        found = [rows.claim_of(row) for row in await self._rows(statement, values)]
        if len(found) <= limit:
            return found
        whole = [each for each in found if each.key != found[-1].key]
        return whole or await self._claims("(blueprint, identifier) IN (VALUES {})", "(?, ?)", [found[-1].key], [])

    async def waiting(self, keys: Collection[EntityKey]) -> Sequence[Claim]:
        where = (
            "(blueprint, identifier, source, repository) IN (SELECT blueprint, identifier, source, repository "
            "FROM waiting WHERE (target_blueprint, target) IN (VALUES {}))"
        )
        found = await self._claims(where, "(?, ?)", [list(each) for each in keys], [])
        return list({each.owner: each for each in found}.values())

    async def figures(self, source: str) -> ClaimFigures:
        states = await self._rows("SELECT state, count(*) FROM claim WHERE source = ? GROUP BY state", [source])
        counted = dict(states)
        statement = (
            "SELECT blueprint, count(*) FROM claim WHERE source = ? AND created AND state <> ? GROUP BY blueprint"
        )
        created = await self._rows(statement, [source, ClaimState.SHADOWED.value])
        active = sum(number for state, number in counted.items() if state != ClaimState.SHADOWED)
        return ClaimFigures(active, dict(created), counted)

    async def commit(self, changes: Changes) -> None:
        await self._write(lambda connection: rows.write(connection, changes))

    async def plans(self, source: str) -> Sequence[HeldPlan]:
        found = await self._rows("SELECT data FROM plan WHERE source = ? ORDER BY id", [source])
        return [records.plan_of(data) for (data,) in found]

    async def journal(self, source: str, before: str | None, limit: int) -> Sequence[JournalEntry]:
        older = "" if before is None else "AND number < (SELECT number FROM journal WHERE id = ?)"
        statement = f"SELECT {rows.JOURNAL} FROM journal WHERE source = ? {older} ORDER BY number DESC LIMIT ?"
        values = [source, *([] if before is None else [before]), limit]
        return [rows.entry_of(row) for row in await self._rows(statement, values)]

    async def journal_entry(self, entry: str) -> JournalEntry | None:
        found = await self._rows(f"SELECT {rows.JOURNAL} FROM journal WHERE id = ?", [entry])
        return rows.entry_of(found[0]) if found else None

    async def purge(self, source: str, before: int) -> int:
        statement = "DELETE FROM journal WHERE source = ? AND at < ?"
        return int(await self._run(lambda connection: connection.execute(statement, (source, before)).rowcount))

    async def _rows(self, statement: str, values: Sequence[Any]) -> list[Any]:
        return await self._run(lambda connection: connection.execute(statement, values).fetchall())


def _transaction(connection: Any, work: Callable[[Any], Any]) -> Any:
    connection.execute("BEGIN IMMEDIATE")
    try:
        found = work(connection)
        connection.execute("COMMIT")
    except BaseException:  # whatever it was, nothing of it stays; raised again
        connection.execute("ROLLBACK")
        raise
    return found
