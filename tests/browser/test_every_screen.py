"""Every address that the web interface has: accessible in light and dark, at 320 pixels, without a complaint."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import quote

import httpx
import pytest
from playwright.sync_api import Browser, Page

from support.browser import ROOT, Watched, settled, violations
from support.gitops_connected import BASE, World, spec
from support.gitops_gitea import FakeGitea
from support.live import LivePortal

pytestmark = pytest.mark.slow
_ROUTES = re.findall(r'at\(\s*"([^"]+)"', (ROOT / "web" / "src" / "app" / "screens.tsx").read_text())


@pytest.fixture(scope="module")
def repository(api: httpx.Client, forge: FakeGitea, blueprint: str) -> Iterator[str]:
    """The address of the one repository of a connected forge, below that of all forges."""
    world = World(api, forge, "everything")
    world.repository("app", {"port.yml": spec("app")})
    source = world.connect()
    found = api.get(f"{BASE}/sources/{source}/repositories").raise_for_status().json()["repositories"]
    yield f"{source}/repositories/{quote(found[0]['id'], safe='')}"
    api.delete(f"{BASE}/sources/{source}", params={"entities": "delete"}).raise_for_status()


@pytest.fixture(scope="module")
def examples(api: httpx.Client, repository: str) -> dict[str, str]:
    """What stands for each parameter in an address."""
    flow = {
        "identifier": "every_screen", "title": "Every screen",
        "nodes": [
            {"identifier": "start", "config": {"type": "SELF_SERVE_TRIGGER", "userInputs": {"properties": {}}}},
            {"identifier": "ask", "config": {"type": "WEBHOOK", "url": "http://127.0.0.1:9/", "agent": True}},
        ],
        "connections": [{"sourceIdentifier": "start", "targetIdentifier": "ask"}],
    }  # fmt: skip
    api.post("/v1/workflows", json=flow)
    api.post("/v1/integration", json={"installationId": "every-screen", "config": {"resources": []}})
    actions = api.get("/v1/actions", params={"trigger_type": "self-service"}).json()["actions"]
    return {
        "run": api.get("/v1/actions/runs", params={"limit": 1}).json()["runs"][0]["id"],
        "action": actions[0]["identifier"],
        "page": "services",
        "blueprint": "service",
        "identifier": "checkout-api",
        "scorecard": "production_readiness",
        "workflow": "every_screen",
        "/sources/integrations/$id": "every-screen",
        "/sources/webhooks/$id": "alerts",
        "/sources/gitops/$id": repository.partition("/")[0],
        "/sources/gitops/$id/repositories/$repository": repository,
    }


def _address(route: str, examples: dict[str, str]) -> str:
    if route == "/sources/gitops/$id/repositories/$repository":
        return f"/sources/gitops/{examples[route]}"
    return re.sub(r"\$(\w+)", lambda found: examples.get(route) or examples[found[1]], route)


@pytest.fixture(params=["light", "dark"])
def wide(request: pytest.FixtureRequest, browser: Browser, site: LivePortal, signed_in: object) -> Iterator[Page]:
    """A page of an administrator in one of the two colour schemes."""
    context = browser.new_context(
        base_url=site.url, storage_state=str(signed_in), viewport={"width": 1400, "height": 900},
        color_scheme=request.param,
    )  # fmt: skip
    watched = Watched(context)
    yield watched.page
    context.close()
    assert watched.complaints == []


@pytest.mark.parametrize("route", _ROUTES)
def test_it_is_accessible_and_fits(wide: Page, examples: dict[str, str], route: str) -> None:
    wide.goto(_address(route, examples))
    settled(wide)
    assert wide.get_by_role("heading", name="There is no such page").count() == 0
    assert wide.get_by_role("heading", level=1).count() == 1
    assert violations(wide) == []
    wide.set_viewport_size({"width": 320, "height": 700})
    for _ in range(20):  # charts follow the window in steps
        wide.wait_for_timeout(100)
        width = wide.evaluate("document.documentElement.scrollWidth")
        if width <= 320:
            break
    assert width <= 320
