"""Bringing a database's schema up to date: Alembic revisions, run at every start under a lock."""

from __future__ import annotations

import asyncio
from functools import cache
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from fairway.kit.errors import FairwayError
from fairway.portal.storage.postgres import PostgresStore
from fairway.portal.storage.sqlite import SqliteStore

_LOCK = 0x66616972
"""Advisory lock of PostgreSQL that one starting process holds while it migrates."""


@cache
def scripts() -> ScriptDirectory:
    """The revisions that this version of Fairway knows; they are part of the package and do not change."""
    return ScriptDirectory.from_config(_config())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config


def current_revision(connection: Connection) -> str | None:
    """The revision that a database is at; none for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def migrate(connection: Connection) -> None:
    """Upgrades the database of an open connection in the caller's transaction.

    Raises:
        FairwayError: the database was written by a newer version of Fairway.
    """
    directory = scripts()
    present = current_revision(connection)
    known = {revision.revision for revision in directory.walk_revisions()}
    if present is not None and present not in known:
        raise FairwayError(
            f'The database is at schema revision "{present}", which this version of Fairway does not know; '
            "start the version that wrote it, or restore a backup"
        )
    if present == directory.get_current_head():
        return

    def steps(revision: Any, _context: Any) -> Any:
        return directory._upgrade_revs("head", revision)  # what alembic.command.upgrade itself calls

    with EnvironmentContext(_config(), directory, fn=steps, destination_rev="head") as environment:
        environment.configure(connection=connection, transactional_ddl=False)
        environment.run_migrations()


async def upgrade(store: SqliteStore | PostgresStore) -> None:
    """Upgrades a store to the newest revision, all or nothing, while other starting processes wait."""
    if isinstance(store, PostgresStore):
        async with store.engine.connect() as connection:
            await connection.execute(text("BEGIN"))
            await connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
            await connection.run_sync(migrate)
            await connection.execute(text("COMMIT"))
        return
    await asyncio.to_thread(_upgrade_sqlite, store)


def _upgrade_sqlite(store: SqliteStore) -> None:
    with store.engine.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        migrate(connection)
        connection.exec_driver_sql("COMMIT")
