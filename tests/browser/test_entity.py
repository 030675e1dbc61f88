"""The page of an entity: values, relations, scorecards, runs, history; what can be done with it; live changes."""

from __future__ import annotations

import json
import re
import secrets

import httpx
import pytest
from playwright.sync_api import Page, expect

from support.browser import violations
from support.live import LivePortal

_API = {
    "openapi": "3.1.0",
    "info": {"title": "Harbour", "version": "3"},
    "paths": {"/berths": {"get": {"summary": "All berths"}, "post": {"summary": "Book one"}}},
}
_PROPERTIES = {
    "size": {"type": "string", "title": "Size", "enum": ["small", "large"]},
    "depth": {"type": "number", "title": "Depth"},
    "site": {"type": "string", "title": "Site", "format": "url"},
    "guide": {"type": "string", "title": "Guide", "format": "markdown"},
    "api": {"type": "string", "title": "API", "spec": "open-api"},
    "board": {"type": "string", "title": "Board", "spec": "embedded-url", "format": "url"},
    "config": {"type": "string", "title": "Configuration", "format": "yaml"},
    "facts": {"type": "object", "title": "Facts"},
}
TABS = ["Overview", "Related", "Graph", "Guide", "API", "Board", "Configuration", "Scorecards", "Runs", "Audit", "JSON"]


@pytest.fixture(scope="module", autouse=True)
def model(api: httpx.Client, site: LivePortal) -> None:
    """A harbour with everything, a pier that needs it, a scorecard and an action."""
    harbour = {"identifier": "harbour", "title": "Harbour", "schema": {"properties": _PROPERTIES, "required": []}}
    pier = {
        "identifier": "pier",
        "title": "Pier",
        "schema": {"properties": {}},
        "relations": {"harbour": {"title": "Harbour", "target": "harbour", "required": True, "many": False}},
    }
    api.post("/v1/blueprints", json=harbour).raise_for_status()
    api.post("/v1/blueprints", json=pier).raise_for_status()
    card = {
        "identifier": "depth",
        "title": "Depth",
        "levels": [{"title": "Basic", "color": "paleBlue"}, {"title": "Deep", "color": "gold"}],
        "rules": [
            {
                "identifier": "deep",
                "title": "Ships of any draught may enter",
                "level": "Deep",
                "query": {"combinator": "and", "conditions": [{"property": "depth", "operator": ">=", "value": 20}]},
            }
        ],
    }
    api.post("/v1/blueprints/harbour/scorecards", json=card).raise_for_status()
    action = {
        "identifier": "dredge",
        "title": "Dredge",
        "trigger": {
            "type": "self-service",
            "operation": "DAY-2",
            "blueprintIdentifier": "harbour",
            "userInputs": {"properties": {}, "required": []},
        },
        "invocationMethod": {"type": "WEBHOOK", "url": f"{site.url}/v1/nowhere"},
    }
    api.post("/v1/actions", json=action).raise_for_status()


@pytest.fixture
def harbour(api: httpx.Client, site: LivePortal) -> str:
    """A harbour of the test's own."""
    name = f"kiel-{secrets.token_hex(3)}"
    properties = {
        "size": "large",
        "depth": 12,
        "site": "https://harbour.example/",
        "guide": "# Welcome\n\n<script>alert(1)</script> [out](https://example.com)",
        "api": json.dumps(_API),
        "board": f"{site.url}/v1/fairway/auth/options",
        "config": "berths: 12\n",
        "facts": {"cranes": 4},
    }
    body = {"identifier": name, "title": f"Harbour {name}", "properties": properties}
    api.post("/v1/blueprints/harbour/entities", json=body).raise_for_status()
    pier = {"identifier": f"{name}-pier", "title": "Long pier", "relations": {"harbour": name}}
    api.post("/v1/blueprints/pier/entities", json=pier).raise_for_status()
    return name


def _open(page: Page, harbour: str, tab: str | None = None) -> None:
    page.goto(f"/entities/harbour/{harbour}" + (f"?tab={tab}" if tab else ""))
    page.get_by_role("heading", name=f"Harbour {harbour}", level=1).wait_for()


@pytest.mark.slow
def test_the_overview_tells_what_it_is(page: Page, harbour: str) -> None:
    _open(page, harbour)
    assert page.get_by_role("tab").all_inner_texts() == TABS
    properties = page.get_by_role("region", name="Properties")
    expect(properties).to_contain_text("large")
    expect(properties.get_by_role("link", name="harbour.example")).to_have_attribute("rel", "noopener noreferrer")
    expect(page.get_by_role("navigation", name="Breadcrumb").get_by_role("link", name="Harbours")).to_be_visible()
    expect(page.get_by_role("region", name="Guide").get_by_role("heading", name="Welcome")).to_be_visible()
    assert violations(page) == []


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("tab", ["related", "property.api", "property.config", "scorecards", "runs", "audit", "json"])
def test_every_tab_is_for_everybody(page: Page, harbour: str, tab: str, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    _open(page, harbour, tab)
    expect(page.get_by_role("tabpanel").get_by_label("Loading")).to_have_count(0)
    assert violations(page) == []


def test_tabs_stand_in_the_address_and_follow_keys(page: Page, harbour: str) -> None:
    _open(page, harbour)
    page.get_by_role("tab", name="Overview").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Related")).to_be_focused()
    expect(page).to_have_url(re.compile(r"tab=related"))
    page.reload()
    expect(page.get_by_role("tab", name="Related")).to_have_attribute("aria-selected", "true")


def test_related_entities_are_found_in_both_directions(page: Page, harbour: str) -> None:
    _open(page, harbour, "related")
    nav = page.get_by_role("navigation", name="Related")
    nav.get_by_role("button", name="Pier · Harbour").click()
    expect(page.get_by_role("grid").get_by_role("link", name="Long pier")).to_be_visible()
    page.get_by_role("grid").get_by_role("link", name="Long pier").click()
    expect(page).to_have_url(re.compile(rf"/entities/pier/{harbour}-pier$"))
    page.get_by_role("tab", name="Related").click()
    nav.get_by_role("button", name=re.compile("^Harbour")).first.click()
    expect(page.get_by_role("grid").get_by_role("link", name=f"Harbour {harbour}").first).to_be_visible()


@pytest.mark.slow
def test_the_graph_leads_to_what_is_drawn(page: Page, harbour: str) -> None:
    _open(page, harbour, "graph")
    node = page.locator(f'[data-id="pier:{harbour}-pier"]')
    node.focus()
    assert violations(page) == []
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(rf"/entities/pier/{harbour}-pier$"))


def test_an_api_is_described(page: Page, harbour: str) -> None:
    _open(page, harbour, "property.api")
    table = page.get_by_role("table", name="Operations of API")
    expect(table.get_by_role("row")).to_have_count(2)
    expect(table).to_contain_text("/berths")
    expect(page.get_by_role("textbox", name="API, source")).to_contain_text("openapi")


def test_an_embedded_page_is_fenced_in(page: Page, harbour: str) -> None:
    _open(page, harbour, "property.board")
    frame = page.get_by_title("Board", exact=True)
    expect(frame).to_have_attribute("sandbox", "allow-scripts allow-forms allow-popups")
    expect(frame).to_have_attribute("referrerpolicy", "no-referrer")


def test_a_dangerous_address_is_no_link_and_no_frame(page: Page, harbour: str, api: httpx.Client) -> None:
    path = f"/v1/blueprints/harbour/entities/{harbour}"
    change = {"title": "<img src=x onerror=alert(1)>", "properties": {"config": "<script>alert(1)</script>"}}
    api.patch(path, json=change).raise_for_status()
    page.goto(f"/entities/harbour/{harbour}")
    expect(page.get_by_role("heading", name="<img src=x onerror=alert(1)>", level=1)).to_be_visible()
    assert page.locator("main script, main img[src=x], a[href^=javascript]").count() == 0


def test_scorecards_say_why_and_what_would_help(page: Page, harbour: str) -> None:
    _open(page, harbour, "scorecards")
    card = page.get_by_role("region", name="Depth")
    expect(card).to_contain_text("0 of 1 rules pass")
    expect(card).to_contain_text("depth >= 20")
    expect(card).to_contain_text('To pass: "depth" must be at least 20, but is 12')


@pytest.mark.slow
def test_history_shows_what_was_before(page: Page, harbour: str, api: httpx.Client) -> None:
    path = f"/v1/blueprints/harbour/entities/{harbour}"
    api.patch(path, json={"properties": {"size": "small"}}).raise_for_status()
    _open(page, harbour, "audit")
    changes = page.get_by_role("list", name="Changes").get_by_role("listitem")
    expect(changes).to_have_count(2)
    expect(changes.first.get_by_role("row")).to_contain_text("sizelargesmall")
    changes.first.get_by_role("button", name="Before and after").click()
    dialog = page.get_by_role("dialog", name="Before and after")
    expect(dialog.get_by_label("Change, before")).to_contain_text("large")
    assert violations(page) == []


def test_a_value_is_changed_where_it_stands(page: Page, harbour: str) -> None:
    _open(page, harbour)
    page.get_by_role("button", name="Edit Depth").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Depth").fill("25")
    dialog.get_by_role("button", name="Save").click()
    expect(page.get_by_role("region", name="Properties")).to_contain_text("25")
    expect(page.get_by_role("region", name="Scorecards")).to_contain_text("1 of 1 rules pass")


@pytest.mark.slow
def test_the_form_sends_what_was_changed(page: Page, harbour: str, api: httpx.Client) -> None:
    _open(page, harbour)
    page.get_by_role("button", name="Edit", exact=True).click()
    form = page.get_by_role("dialog", name=f"Edit Harbour {harbour}")
    form.get_by_label("Title").fill("Renamed")
    form.get_by_label("Site").fill("nowhere")
    assert violations(page) == []
    form.get_by_role("button", name="Save").click()
    expect(form.get_by_role("alert")).to_contain_text("site")
    form.get_by_label("Site").fill("")
    form.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Renamed", level=1)).to_be_visible()
    entity = api.get(f"/v1/blueprints/harbour/entities/{harbour}").json()["entity"]
    assert entity["properties"]["site"] is None
    assert entity["properties"]["facts"] == {"cranes": 4}


@pytest.mark.slow
def test_deleting_shows_what_would_go_too(page: Page, harbour: str, api: httpx.Client) -> None:
    _open(page, harbour)
    page.get_by_role("button", name="More").click()
    page.get_by_role("menuitem", name="Delete").click()
    dialog = page.get_by_role("dialog", name=f"Delete Harbour {harbour}?")
    expect(dialog).to_contain_text("Long pier")
    remove = dialog.get_by_role("button", name="Delete 2")
    expect(remove).to_be_disabled()
    assert violations(page) == []
    dialog.get_by_label("Delete these too").check()
    remove.click()
    expect(page).to_have_url(re.compile(r"/pages/harbours"))
    assert api.get(f"/v1/blueprints/harbour/entities/{harbour}").status_code == 404
    assert api.get(f"/v1/blueprints/pier/entities/{harbour}-pier").status_code == 404


@pytest.mark.slow
def test_actions_lead_to_their_form_with_the_entity(page: Page, harbour: str) -> None:
    _open(page, harbour)
    page.get_by_role("button", name="Actions").click()
    expect(page.get_by_role("menu")).to_have_css("opacity", "1")
    assert violations(page) == []
    page.get_by_role("menuitem", name="Dredge").click()
    expect(page).to_have_url(re.compile(rf"/self-service/dredge\?entity={harbour}"))


def test_runs_are_listed(page: Page, harbour: str, api: httpx.Client) -> None:
    run = api.post("/v1/actions/dredge/runs", json={"entity": harbour, "properties": {}}).json()["run"]
    _open(page, harbour, "runs")
    grid = page.get_by_role("grid", name="Runs")
    expect(grid.get_by_role("link", name=run["id"])).to_have_attribute("href", f"/runs/{run['id']}")
    expect(grid).to_contain_text("Dredge")


def test_changes_of_others_appear_by_themselves(page: Page, harbour: str, api: httpx.Client) -> None:
    _open(page, harbour)
    path = f"/v1/blueprints/harbour/entities/{harbour}"
    api.patch(path, json={"title": "Seen live"}).raise_for_status()
    expect(page.get_by_role("heading", name="Seen live", level=1)).to_be_visible()
    api.delete(path, params={"delete_dependents": "true"}).raise_for_status()
    expect(page.get_by_role("alert")).to_contain_text("has just been deleted")


def test_what_does_not_exist(page: Page) -> None:
    page.goto("/entities/harbour/no-such-harbour")
    expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()
    assert violations(page) == []
    page.goto("/entities/no-such-blueprint/x")
    expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()


@pytest.mark.slow
@pytest.mark.parametrize("tab", ["overview", "related", "scorecards", "audit"])
def test_narrow_windows_do_not_scroll_sideways(page: Page, harbour: str, tab: str) -> None:
    page.set_viewport_size({"width": 320, "height": 800})
    _open(page, harbour, tab)
    expect(page.get_by_role("tabpanel").get_by_label("Loading")).to_have_count(0)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert violations(page) == []


@pytest.mark.slow
def test_whoever_may_not_change_it_is_told_why(member_page: Page, harbour: str) -> None:
    _open(member_page, harbour)
    edit = member_page.get_by_role("button", name="Edit", exact=True)
    expect(edit).to_be_disabled()
    expect(edit).to_have_attribute("title", re.compile("harbour"))
    assert violations(member_page) == []
