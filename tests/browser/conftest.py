"""One portal in a process of its own and one browser for all screens; every test gets a page of its own."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page
from pydantic import SecretStr

from fairway.kit.clock import SystemClock
from fairway.kit.settings import Settings
from support.boats import make_boats
from support.browser import Driving, Watched, launched, sign_in
from support.gitops_connected import BASE, BLUEPRINT, World
from support.gitops_gitea import FakeGitea
from support.gitops_threads import served
from support.live import LivePortal

EMAIL = "admin@example.com"
PASSWORD = "correct horse battery staple"


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LivePortal]:
    """A portal with the demo organisation, on SQLite: what is tested here is in front of the API."""
    folder = tmp_path_factory.mktemp("site")
    settings = Settings(
        data_dir=folder,
        client_id="testclient",
        client_secret=SecretStr("s" * 64),
        admin_email=EMAIL,
        admin_password=SecretStr(PASSWORD),
        secret_key=SecretStr("k" * 48),
        outgoing_private_networks=True,
    )
    portal = LivePortal(settings)
    os.environ.pop("FAIRWAY_DATABASE_URL", None)
    portal.start(FAIRWAY_DEMO="true")
    portal.wait_for("The demo organisation is ready")
    yield portal
    portal.stop()


@pytest.fixture(scope="session")
def driving() -> Iterator[Driving]:
    """Chromium, between its turns."""
    with launched() as found:
        driving = Driving(found)
        yield driving
        driving.take()


@pytest.fixture(autouse=True)
def browser(driving: Driving) -> Iterator[Browser]:
    """Chromium."""
    with driving.turn() as found:
        yield found


@pytest.fixture(scope="session")
def api(site: LivePortal) -> Iterator[httpx.Client]:
    """The API with the organisation's credentials: to prepare what a screen shows, and to see what it did."""
    with site.login() as client:
        yield client


@pytest.fixture(scope="session")
def signed_in(driving: Driving, site: LivePortal, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The cookies of an administrator."""
    path = tmp_path_factory.mktemp("session") / "state.json"
    with driving.turn() as browser:
        context = browser.new_context()
        page = context.new_page()
        sign_in(page, site.url, EMAIL, PASSWORD)
        context.storage_state(path=path)
        context.close()
    return path


@pytest.fixture
def page(browser: Browser, site: LivePortal, signed_in: Path) -> Iterator[Page]:
    """A page of an administrator that must not complain: no script errors, no breach of the security policy."""
    context = browser.new_context(base_url=site.url, storage_state=signed_in, viewport={"width": 1400, "height": 900})
    context.set_default_timeout(10_000)
    watched = Watched(context)
    yield watched.page
    context.close()
    assert watched.complaints == []


@pytest.fixture
def anonymous_page(browser: Browser, site: LivePortal) -> Iterator[Page]:
    """A page of nobody yet."""
    context = browser.new_context(base_url=site.url, viewport={"width": 1400, "height": 900})
    context.set_default_timeout(10_000)
    watched = Watched(context)
    yield watched.page
    context.close()
    assert watched.complaints == []


@pytest.fixture
def member_page(browser: Browser, site: LivePortal, api: httpx.Client) -> Iterator[Page]:
    """A page of somebody without rights of their own."""
    email = f"member-{secrets.token_hex(3)}@example.com"
    api.post("/v1/users/invite", json={"invitee": {"email": email, "roles": ["Member"]}}).raise_for_status()
    api.put(f"/v1/fairway/users/{email}/password", json={"password": PASSWORD}).raise_for_status()
    context = browser.new_context(base_url=site.url, viewport={"width": 1400, "height": 900})
    context.set_default_timeout(10_000)
    watched = Watched(context)
    sign_in(watched.page, site.url, email, PASSWORD)
    yield watched.page
    context.close()
    assert watched.complaints == []


@pytest.fixture(scope="session")
def boats(api: httpx.Client) -> None:
    """Forty boats; see :mod:`support.boats`."""
    make_boats(api)


_SCHEMA = {
    "properties": {"tier": {"type": "number"}, "stage": {"type": "string", "enum": ["live", "retired"]}},
    "required": [],
}


@pytest.fixture(scope="session")
def forge() -> Iterator[FakeGitea]:
    """A Gitea on a socket."""
    with served(FakeGitea(SystemClock())) as server:
        yield server


@pytest.fixture(scope="session")
def blueprint(api: httpx.Client) -> str:
    """What spec files define here."""
    body = {"identifier": BLUEPRINT, "title": "Work", "schema": _SCHEMA}
    assert api.post("/v1/blueprints", json=body).status_code == 201
    return BLUEPRINT


@pytest.fixture
def world(api: httpx.Client, forge: FakeGitea, blueprint: str) -> Iterator[World]:
    """An organisation without repositories yet; its sources and their entities go with the test."""
    found = World(api, forge, f"o{secrets.token_hex(3)}")
    yield found
    forge.delay = 0
    for source in found.made:
        api.delete(f"{BASE}/sources/{source}", params={"entities": "delete"})
