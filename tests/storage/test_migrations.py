"""The revisions build exactly what the tables say, on both databases."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, text

from fairway.kit.errors import FairwayError
from fairway.kit.settings import Settings
from fairway.portal.storage import open_database
from fairway.portal.storage.database import Database
from fairway.portal.storage.migrate import current_revision, scripts, upgrade
from fairway.portal.storage.sqlite import SqliteStore
from fairway.portal.tables import metadata


async def _inspect(database: Database, look: Any) -> Any:
    store = database.store
    if isinstance(store, SqliteStore):
        with store.engine.connect() as connection:
            return look(connection)
    async with store.engine.connect() as connection:
        return await connection.run_sync(look)


def _differences(connection: Connection) -> list[Any]:
    context = MigrationContext.configure(connection, opts={"compare_type": False, "target_metadata": metadata})
    found = compare_metadata(context, metadata)
    # an index of one dialect is in the metadata of both
    return [each for each in found if not (each[0] == "add_index" and each[1].name == "ix_event_txid")]


async def test_revisions_and_tables_agree(fresh_database_url: str, settings: Settings) -> None:
    database = await open_database(settings.model_copy(update={"database_url": fresh_database_url}))
    assert await _inspect(database, _differences) == []
    assert await _inspect(database, current_revision) == scripts().get_current_head()
    await database.close()


async def test_two_processes_starting_at_once(fresh_database_url: str, settings: Settings) -> None:
    fresh = settings.model_copy(update={"database_url": fresh_database_url})
    databases = await asyncio.gather(*(open_database(fresh) for _ in range(3)))
    for database in databases:
        await upgrade(database.store)
        await database.close()


async def test_a_database_of_the_future_is_refused(db: Database) -> None:
    await db.write(lambda tx: tx.run(text("UPDATE alembic_version SET version_num = '9999'")))
    with pytest.raises(FairwayError, match="9999"):
        await upgrade(db.store)
