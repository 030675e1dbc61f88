"""Dashboards: drawn from the catalog, edited by drag and by keyboard."""

from __future__ import annotations

import re
import secrets
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from support.browser import settled, violations

OVERVIEW = "/dashboards?dashboard=platform_overview"


def _board(api: httpx.Client, *widgets: dict[str, Any]) -> str:
    name = f"board_{secrets.token_hex(3)}"
    layout = [{"height": 260, "columns": [{"id": each["id"], "size": 12 // len(widgets)} for each in widgets]}]
    dashboard = {"id": "d", "type": "dashboard-widget", "layout": layout, "widgets": list(widgets)}
    body = {"identifier": name, "title": f"Board {name}", "type": "dashboard", "widgets": [dashboard]}
    api.post("/v1/pages", json=body).raise_for_status()
    return name


def _text(name: str) -> dict[str, Any]:
    return {"id": name, "type": "markdown", "title": f"Text {name}", "markdown": f"*{name}*"}


def _rows(api: httpx.Client, name: str) -> list[list[str]]:
    page = api.get(f"/v1/pages/{name}").json()["page"]
    return [[column["id"] for column in row["columns"]] for row in page["widgets"][0]["layout"]]


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_overview_is_drawn(page: Page, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme)
    page.goto(OVERVIEW)
    expect(page.get_by_role("region", name="Services", exact=True)).to_contain_text("45")
    expect(page.get_by_role("table", name="Services by tier")).to_contain_text("gold")
    expect(page.get_by_role("table", name="Services in production").get_by_role("link").first).to_be_visible()
    settled(page)
    assert violations(page) == []
    page.goto("/dashboards")
    expect(page.get_by_role("link", name=re.compile("Platform overview")).last).to_be_visible()
    assert violations(page) == []


def test_a_page_of_the_sidebar_shows_its_dashboard(page: Page) -> None:
    page.goto("/pages/platform_overview")
    expect(page.get_by_role("region", name="Services", exact=True)).to_contain_text("45")


def test_a_dashboard_is_made_and_gets_a_widget(page: Page, api: httpx.Client) -> None:
    title = f"Mine {secrets.token_hex(3)}"
    page.goto("/dashboards")
    page.get_by_role("button", name="New dashboard").first.click()
    page.get_by_label("Title").fill(title)
    page.get_by_role("dialog").get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", name="This dashboard is empty")).to_be_visible()
    page.get_by_role("button", name="Edit").click()
    page.get_by_role("button", name="Add a widget").click()
    page.get_by_role("dialog").get_by_label("Title").fill("How many")
    page.get_by_role("combobox", name="Blueprint").click()
    page.get_by_role("option", name="Service", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Add").click()
    expect(page.get_by_role("region", name="How many")).to_contain_text("45")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    assert violations(page) == []
    saved = api.get(f"/v1/pages/{title.lower().replace(' ', '_')}").json()["page"]["widgets"][0]
    assert [each["title"] for each in saved["widgets"]] == ["How many"]


def test_widgets_are_moved_by_keyboard(page: Page, api: httpx.Client) -> None:
    name = _board(api, _text("a"), _text("b"))
    page.goto(f"/dashboards?dashboard={name}")
    page.get_by_role("button", name="Edit").focus()
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Actions of Text a").focus()
    page.keyboard.press("Enter")
    page.get_by_role("menuitem", name="Move right").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Save").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    assert _rows(api, name) == [["b", "a"]]


def test_widgets_are_moved_by_drag(page: Page, api: httpx.Client) -> None:
    name = _board(api, _text("a"), _text("b"), _text("c"))
    page.goto(f"/dashboards?dashboard={name}")
    page.get_by_role("button", name="Edit").click()
    grip = page.get_by_role("region", name="Text c").locator("[draggable=true]")
    grip.drag_to(page.get_by_role("region", name="Text a"))
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    assert _rows(api, name) == [["c", "a", "b"]]


def test_hostile_widgets_do_no_harm(page: Page, api: httpx.Client) -> None:
    script = "<img src=x onerror=\"document.title='broken'\"><script>document.title='broken'</script>"
    name = _board(
        api,
        {
            "id": "a",
            "type": "markdown",
            "title": script,
            "markdown": f"{script}\n[x](javascript:document.title='broken')",
        },
        {"id": "b", "type": "iframe-widget", "title": "Frame", "url": "javascript:parent.document.title='broken'"},
        {"id": "c", "type": "links-widget", "links": [{"title": script, "url": "javascript:document.title='broken'"}]},
        {"id": "d", "type": "no-such-widget", "title": "Other"},
    )
    page.goto(f"/dashboards?dashboard={name}")
    expect(page.get_by_text("This address cannot be shown")).to_be_visible()
    expect(page.get_by_text("Not drawn here")).to_be_visible()
    assert page.locator("a[href^='javascript:']").count() == 0
    assert page.title() != "broken"


def test_an_unknown_dashboard(page: Page) -> None:
    page.goto("/dashboards?dashboard=none")
    expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()
