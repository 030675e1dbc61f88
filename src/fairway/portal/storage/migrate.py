"""Bringing a database's schema up to date."""

from __future__ import annotations

import asyncio
import importlib
import importlib.util

from sqlalchemy import Connection

from fairway.portal.storage.postgres import PostgresStore
from fairway.portal.storage.sqlite import SqliteStore
from fairway.portal.storage.tables import metadata

FEATURES = ("access", "people", "catalog", "scorecards", "sources", "organization", "pages", "audit")


def load_tables() -> None:
    """Imports every feature's tables, so that the metadata is complete."""
    for feature in FEATURES:
        name = f"fairway.portal.{feature}.tables"
        if importlib.util.find_spec(name):
            importlib.import_module(name)


def _create(connection: Connection) -> None:
    metadata.create_all(connection)


async def upgrade(store: SqliteStore | PostgresStore) -> None:
    load_tables()
    if isinstance(store, PostgresStore):
        async with store.engine.connect() as connection:
            await connection.run_sync(_create)
        return

    def work() -> None:
        with store.engine.connect() as connection:
            _create(connection)
            connection.commit()

    await asyncio.to_thread(work)
