"""Content that wants to be more than text: on every screen that shows it, nothing of it runs or leads to code."""

from __future__ import annotations

import base64
import secrets
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from support.browser import settled

pytestmark = pytest.mark.slow

MARK = "window.__broken=1"
TITLE = f'<img src=x onerror="{MARK}"><svg onload="{MARK}">\''
"""Short enough for titles."""
TAGS = f'<img src=x onerror="{MARK}"><svg onload="{MARK}"></svg><script>{MARK}</script>"\'><b onmouseover={MARK}>'
LINKS = (
    f"javascript:{MARK}", f"JaVaScRiPt:{MARK}", f" javascript:{MARK}", f"java\tscript:{MARK}",
    "data:text/html;base64," + base64.b64encode(f"<script>parent.{MARK}</script>".encode()).decode(),
    f"vbscript:{MARK}", "//[",
)  # fmt: skip
MARKDOWN = "\n\n".join(
    [TAGS, *(f"[link {number}]({link})" for number, link in enumerate(LINKS)), f"![picture](javascript:{MARK})",
     f"<a href='javascript:{MARK}'>raw</a>", f"<iframe src='javascript:{MARK}'></iframe>",
     f"[a]: javascript:{MARK}\n[a]"]
)  # fmt: skip


def _taken(answer: httpx.Response) -> httpx.Response:
    assert answer.is_success, answer.text
    return answer


@pytest.fixture(scope="module")
def hostile(api: httpx.Client) -> dict[str, str]:
    """A blueprint, an entity, an action with a run, a page and people whose every text is hostile."""
    name = f"hostile_{secrets.token_hex(3)}"
    text = {"type": "string", "title": TITLE, "description": TAGS}
    properties: dict[str, Any] = {
        "plain": text,
        "readme": {"type": "string", "format": "markdown", "title": "Readme"},
        "url": {"type": "string", "format": "url", "title": "Link"},
        "labelled": {"type": "object", "format": "labeled-url", "title": "Labelled"},
        "spec": {"type": "string", "spec": "embedded-url", "format": "url", "title": "Embedded"},
        "choice": {"type": "string", "enum": [TAGS], "enumColors": {TAGS: "red"}, "title": "Choice"},
        "data": {"type": "object", "title": "Data"},
        "many": {"type": "array", "title": "Many", "items": {"type": "string"}},
    }
    blueprint = {"identifier": name, "title": TITLE, "description": TAGS, "schema": {"properties": properties}}
    _taken(api.post("/v1/blueprints", json=blueprint))
    entity = {
        "identifier": "bad", "title": TITLE,
        "properties": {
            "plain": TAGS, "readme": MARKDOWN, "choice": TAGS, "data": {TAGS: TAGS}, "many": [TAGS, *LINKS],
            "labelled": {"url": LINKS[0], "displayText": TAGS},
        },
    }  # fmt: skip
    _taken(api.post(f"/v1/blueprints/{name}/entities", json=entity))
    for number, link in enumerate(LINKS):
        for key in ("url", "spec"):
            body = {"identifier": f"{key}{number}", "title": link, "properties": {key: link}}
            api.post(f"/v1/blueprints/{name}/entities", json=body)
    action = {
        "identifier": name, "title": TITLE, "description": TAGS,
        "trigger": {
            "type": "self-service", "operation": "CREATE",
            "userInputs": {"properties": {"text": {"type": "string", "title": TITLE, "description": TAGS}}},
        },
        "invocationMethod": {"type": "WEBHOOK", "url": "http://ci", "agent": True, "body": {"a": TAGS}},
    }  # fmt: skip
    _taken(api.post("/v1/actions", json=action))
    run = api.post(f"/v1/actions/{name}/runs", json={"properties": {"text": TAGS}}).json()["run"]["id"]
    path = f"/v1/actions/runs/{run}"
    for line in (TAGS, f"\x1b]8;;javascript:{MARK}\x07click\x1b]8;;\x07", f"see javascript:{MARK}", "\x1b[31mred"):
        api.post(f"{path}/logs", json={"message": line})
    api.patch(path, json={"link": list(LINKS), "summary": TAGS, "statusLabel": TAGS[:50]})
    api.patch(f"{path}/response", json={"response": {"a": TAGS}})
    api.patch(path, json={"status": "FAILURE", "summary": TAGS})
    dashboard = {
        "id": "d", "type": "dashboard-widget", "layout": [],
        "widgets": [
            {"id": "a", "type": "markdown", "title": TITLE, "markdown": MARKDOWN},
            {"id": "b", "type": "links-widget", "title": TITLE, "links": [{"title": TITLE, "url": x} for x in LINKS]},
            *({"id": f"f{n}", "type": "iframe-widget", "title": TITLE, "url": link} for n, link in enumerate(LINKS)),
        ],
    }  # fmt: skip
    page = {"identifier": name, "title": TITLE, "type": "dashboard", "sidebar": "catalog", "widgets": [dashboard]}
    _taken(api.post("/v1/pages", json=page))
    _taken(api.post("/v1/integration", json={"installationId": name, "title": TITLE, "config": {TAGS: TAGS}}))
    hook = {"identifier": name[:30], "title": TITLE, "description": TAGS[:200]}
    _taken(api.post("/v1/webhooks", json=hook))
    return {"name": name, "run": run}


_SCHEMES = """[
    ...[...document.querySelectorAll('a[href]')].map((each) => each.protocol),
    ...[...document.querySelectorAll('iframe[src]')].map((each) => new URL(each.src, location).protocol),
]"""
"""Where links and frames lead; ``:`` is an address that cannot be read at all."""
SCREENS = (
    "/", "/builder", "/builder?view=list", "/builder/{name}", "/builder/{name}?tab=json", "/builder/actions",
    "/builder/actions/{name}", "/dashboards", "/dashboards?dashboard={name}", "/sources",
    "/sources/integrations/{name}", "/sources/integrations/{name}?tab=mapping", "/sources/webhooks/{name}",
    "/audit?blueprint={name}", "/entities/{name}/bad", "/pages/{name}s", "/self-service", "/self-service/{name}",
    "/runs", "/runs/{run}",
)  # fmt: skip


@pytest.mark.parametrize("screen", SCREENS)
def test_nothing_of_it_runs(page: Page, hostile: dict[str, str], screen: str) -> None:
    page.on("dialog", lambda dialog: pytest.fail(f"a dialog: {dialog.message}"))
    page.goto(screen.format(**hostile))
    settled(page)
    for element in page.get_by_role("main").get_by_role("tab").all():
        element.click()
        settled(page)
    assert page.evaluate("window.__broken") is None
    schemes = page.evaluate(_SCHEMES)
    assert set(schemes) <= {"http:", "https:", "mailto:", "about:", ":"}, schemes
    frames = page.evaluate("[...document.querySelectorAll('iframe')].map((each) => each.sandbox.value)")
    assert all("allow-same-origin" not in each or "allow-scripts" not in each for each in frames)


def test_the_palette_shows_it_as_text(page: Page, hostile: dict[str, str]) -> None:
    page.goto("/")
    page.get_by_role("navigation", name="Main").wait_for()
    page.keyboard.press("Control+k")
    page.get_by_placeholder("Search entities").fill("onerror")
    expect(page.get_by_role("dialog").get_by_text("onerror").first).to_be_visible()
    assert page.evaluate("window.__broken") is None
