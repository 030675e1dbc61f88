"""From an empty portal to a catalog that people act on, in one walk through the browser."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from pydantic import SecretStr

from fairway.client import Credentials, PortalClient
from fairway.kit.settings import Settings
from support.browser import settled, sign_in
from support.live import LivePortal

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
EXAMPLE = Path(__file__).parents[2] / "examples" / "enrich-service"
ADMIN, PASSWORD = "admin@example.com", "correct horse battery staple"
APPROVER = "approver@example.com"
CLIENT, SECRET = "walk", "s" * 64


def _apart(work: Coroutine[Any, Any, Any]) -> Any:
    """Runs asynchronous work in a thread: the browser's driver holds this one's loop."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


@pytest.fixture
def portal(tmp_path: Path) -> Iterator[LivePortal]:
    """A portal that was started for the first time."""
    settings = Settings(
        data_dir=tmp_path / "data", client_id=CLIENT, client_secret=SecretStr(SECRET), admin_email=ADMIN,
        admin_password=SecretStr(PASSWORD), secret_key=SecretStr("k" * 48),
    )  # fmt: skip
    running = LivePortal(settings)
    running.start()
    yield running
    running.kill()


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The modules of the example."""
    monkeypatch.syspath_prepend(str(EXAMPLE))
    monkeypatch.delitem(sys.modules, "demo", raising=False)
    import demo

    return demo


@contextmanager
def _person(browser: Browser, portal: LivePortal, email: str) -> Iterator[Page]:
    context: BrowserContext = browser.new_context(base_url=portal.url, viewport={"width": 1400, "height": 900})
    context.set_default_timeout(20_000)
    page = context.new_page()
    sign_in(page, portal.url, email, PASSWORD)
    yield page
    context.close()


@contextmanager
def _program(*command: str, **environment: str) -> Iterator[None]:
    process = subprocess.Popen([sys.executable, *command], env={**os.environ, **environment}, stdout=subprocess.DEVNULL)
    yield
    process.terminate()
    process.wait(20)


def _model(page: Page) -> None:
    """The first blueprint, by hand."""
    expect(page.get_by_role("region", name="First steps")).to_be_visible()
    page.get_by_role("link", name="Describe what you have").click()
    page.get_by_role("button", name="New blueprint").click()
    page.get_by_label("Title").fill("Squad")
    page.get_by_role("dialog").get_by_role("button", name="Create").click()
    page.get_by_role("button", name="Add a property").click()
    page.get_by_label("Title").last.fill("Mission")
    page.get_by_role("dialog").get_by_role("button", name="Add").click()
    page.get_by_role("button", name="Review and save").click()
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()


def _ingest(portal: LivePortal, demo: Any, backend_port: int, repository: str) -> str:
    """The example's catalog and one service; the organisation's id."""
    with portal.login() as api:
        api.post("/v1/blueprints/squad/entities", json={"identifier": "core", "title": "Core squad"}).raise_for_status()
        invitee = {"email": APPROVER, "roles": ["Member"]}
        api.post("/v1/users/invite", json={"invitee": invitee}).raise_for_status()
        api.put(f"/v1/fairway/users/{APPROVER}/password", json={"password": PASSWORD}).raise_for_status()

    async def fill() -> str:
        async with PortalClient(portal.url, Credentials(CLIENT, SECRET)) as client:
            await demo.fill(client, backend_port, repository)
            action = (await client.get("/actions/service_enrich_service"))["action"]
            kept = {key: value for key, value in action.items() if not key.startswith(("created", "updated", "id"))}
            changed = {**kept, "identifier": action["identifier"], "requiredApproval": {"type": "ANY"}}
            await client.put("/actions/service_enrich_service", changed)
            approvers = {"approve": {"users": [APPROVER], "roles": []}}
            await client.patch("/actions/service_enrich_service/permissions", approvers)
            return str((await client.get("/organization"))["organization"]["id"])

    return str(_apart(fill()))


def _find(page: Page) -> None:
    page.goto("/")
    settled(page)
    page.keyboard.press("Control+k")
    page.get_by_placeholder("Search entities").fill("Checkout")
    page.get_by_role("dialog").get_by_text("Checkout", exact=True).first.click()
    expect(page).to_have_url("/entities/service/checkout")


def _build_dashboard(page: Page) -> None:
    page.goto("/dashboards")
    page.get_by_role("button", name="New dashboard").first.click()
    page.get_by_label("Title").fill("Overview")
    page.get_by_role("dialog").get_by_role("button", name="Create").click()
    page.get_by_role("button", name="Edit").click()
    page.get_by_role("button", name="Add a widget").click()
    page.get_by_role("dialog").get_by_label("Title").fill("Services")
    page.get_by_role("combobox", name="Blueprint").click()
    page.get_by_role("option", name="Service", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Add").click()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("region", name="Services")).to_contain_text("1")


def _ask(page: Page) -> str:
    """Fills the form of the action; the address of the run."""
    page.goto("/self-service/service_enrich_service?entity=checkout")
    page.get_by_role("combobox", name="Domain").click()
    page.get_by_role("option", name="Payments").click()
    page.get_by_role("radio", name="backend").or_(page.get_by_role("combobox", name="Type")).first.click()
    if page.get_by_role("option", name="backend").count():
        page.get_by_role("option", name="backend").click()
    page.get_by_role("radio", name="Production").or_(page.get_by_role("combobox", name="Lifecycle")).first.click()
    if page.get_by_role("option", name="Production").count():
        page.get_by_role("option", name="Production").click()
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_text("Waiting for approval").first).to_be_visible()
    return page.url


def test_the_whole_walk(browser: Browser, portal: LivePortal, example: Any, tmp_path: Path) -> None:
    served = tmp_path / "repositories"
    repository = _apart(example.make_repository(served))
    backend_port = example.free_port()
    with ExitStack() as stack:
        page = stack.enter_context(_person(browser, portal, ADMIN))
        _model(page)
        organization = _ingest(portal, example, backend_port, repository)
        access = {"PORT_CLIENT_ID": CLIENT, "PORT_CLIENT_SECRET": SECRET}
        stack.enter_context(
            _program(str(EXAMPLE / "backend.py"), PORT_API_URL=portal.url, ENRICH_PORT=str(backend_port),
                     ENRICH_FORGE="git", ENRICH_FORGE_URL=str(served), **access)
        )  # fmt: skip
        stack.enter_context(
            _program("-m", "fairway", "agent", PORT_API_BASE_URL=portal.url, PORT_ORG_ID=organization,
                     STREAMER_NAME="POLLING", POLLING_INTERVAL_SECONDS="1", **access)
        )  # fmt: skip
        _find(page)
        _build_dashboard(page)
        run = _ask(page)
        with _person(browser, portal, APPROVER) as other:
            other.goto(run)
            other.get_by_role("button", name="Approve").click()
            expect(other.get_by_text("Approved").first).to_be_visible()
        log = page.get_by_role("region", name="Log")
        expect(log).to_contain_text("branch", timeout=60_000)
        expect(page.get_by_text("Success", exact=True).first).to_be_visible(timeout=60_000)
        _apart(_merged(portal, example, repository, tmp_path))
        page.goto("/entities/service/checkout")
        expect(page.get_by_role("main").get_by_text("Payments").first).to_be_visible()
        expect(page.get_by_role("main").get_by_text("Production").first).to_be_visible()


async def _merged(portal: LivePortal, demo: Any, repository: str, folder: Path) -> None:
    await demo.merge(repository, await demo.new_branch(folder), folder)
    await demo.sync(demo.Portal(portal.url, CLIENT, SECRET), folder)
