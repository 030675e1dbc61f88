"""Catalog pages: finding, arranging, changing in place and in bulk, exporting, and why a table is empty."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from playwright.sync_api import Page, expect

from support.boats import BLUEPRINT, count_of, open_boats
from support.browser import violations

pytestmark = pytest.mark.usefixtures("boats")


def _rule(key: str, operator: str, value: object = None) -> dict[str, object]:
    rule = {"property": key, "operator": operator, "value": value}
    return {"combinator": "and", "rules": [rule]}


def test_the_table_shows_what_there_is(page: Page) -> None:
    grid = open_boats(page)
    expect(count_of(page)).to_have_text("40")
    expect(grid.get_by_role("link", name="Boat 00")).to_be_visible()
    expect(grid.get_by_role("columnheader", name="Kind")).to_be_visible()
    expect(grid.get_by_role("columnheader", name="Log")).to_have_count(0)
    assert violations(page) == []


def test_a_word_narrows_it_and_stands_in_the_address(page: Page) -> None:
    grid = open_boats(page)
    page.get_by_role("searchbox", name="Search boats").fill("boat 07")
    expect(count_of(page)).to_have_text("1 of 40")
    expect(page).to_have_url(re.compile(r"q=boat"))
    expect(grid.get_by_role("link")).to_have_text(["Boat 07"])


@pytest.mark.slow
def test_sorting_is_done_by_the_portal(page: Page) -> None:
    grid = open_boats(page)
    head = grid.get_by_role("columnheader", name="Length")
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "ascending")
    head.get_by_role("button").click()
    expect(head).to_have_attribute("aria-sort", "descending")
    expect(grid.get_by_role("link").first).to_have_text("Boat 39")
    expect(page).to_have_url(re.compile(r"sort=-length"))


@pytest.mark.slow
def test_a_filter_is_built_and_taken_apart(page: Page) -> None:
    open_boats(page)
    page.get_by_role("button", name="Filter", exact=True).click()
    drawer = page.get_by_role("dialog", name="Filter")
    drawer.get_by_role("combobox", name="Value").click()
    page.get_by_role("option", name="motor").click()
    drawer.get_by_role("button", name="Condition", exact=True).click()
    drawer.get_by_role("combobox", name="Field").nth(1).click()
    page.get_by_role("option", name="Length").click()
    drawer.get_by_role("combobox", name="Operator").nth(1).click()
    page.get_by_role("option", name="is at least").click()
    drawer.get_by_role("textbox", name="Value").fill("20")
    expect(drawer.get_by_role("status")).to_have_text("5 match")
    assert violations(page) == []
    drawer.get_by_role("button", name="Apply").click()
    expect(count_of(page)).to_have_text("5 of 40")
    page.get_by_role("button", name="Remove Kind is motor").click()
    expect(count_of(page)).to_have_text("20 of 40")


@pytest.mark.slow
def test_a_filter_may_be_written_as_json(page: Page) -> None:
    open_boats(page, filter=_rule("kind", "=", "motor"))
    page.get_by_role("button", name="Filter · 1").click()
    drawer = page.get_by_role("dialog", name="Filter")
    drawer.get_by_text("JSON", exact=True).click()
    editor = drawer.get_by_role("textbox", name="Query")
    expect(editor).to_contain_text("motor")
    editor.press("Control+a")
    page.keyboard.insert_text(json.dumps(_rule("ports", "contains", "Oslo")))
    expect(drawer.get_by_role("status")).to_have_text("4 match")
    drawer.get_by_role("button", name="Apply").click()
    expect(count_of(page)).to_have_text("4 of 40")


@pytest.mark.parametrize(
    ("rule", "count"),
    [
        (_rule("afloat", "=", True), 20),
        (_rule("built", "isEmpty"), 40),
        (_rule("ports", "containsAny", ["Oslo"]), 4),
        ({"combinator": "and", "rules": [{"relation": "fleet", "operator": "=", "value": "north"}]}, 2),
        ({"combinator": "or", "rules": [*_rule("length", "<", 2)["rules"], *_rule("length", ">", 37)["rules"]]}, 4),
    ],
)
def test_filters_in_the_address_are_applied(page: Page, rule: dict[str, object], count: int) -> None:
    open_boats(page, filter=rule)
    expect(count_of(page)).to_have_text("40" if count == 40 else f"{count} of 40")
    expect(page.get_by_role("group", name="Filters")).to_be_visible()


@pytest.mark.slow
def test_rows_are_grouped(page: Page) -> None:
    grid = open_boats(page)
    page.get_by_role("button", name="Group").click()
    page.get_by_role("menuitem", name="Kind").click()
    expect(grid.get_by_role("button", name=re.compile(r"^sail 30"))).to_be_visible()
    expect(page.get_by_role("menu")).to_have_count(0)
    assert violations(page) == []
    sail = grid.get_by_role("button", name=re.compile(r"^sail"))
    sail.click()
    expect(sail).to_have_attribute("aria-expanded", "false")
    expect(grid.get_by_role("button", name=re.compile(r"^motor 10"))).to_be_visible()
    expect(grid.get_by_role("link").first).to_have_text("Boat 00")


@pytest.mark.slow
def test_columns_are_chosen_and_ordered(page: Page) -> None:
    grid = open_boats(page)
    page.get_by_role("button", name="Columns").click()
    panel = page.get_by_role("dialog", name="Columns")
    panel.get_by_role("checkbox", name="Ports").uncheck()
    expect(grid.get_by_role("columnheader", name="Ports")).to_have_count(0)
    panel.get_by_role("button", name="Move Length up").click()
    heads = grid.get_by_role("columnheader").all_inner_texts()
    assert heads.index("Length") < heads.index("Kind")
    assert violations(page) == []
    panel.get_by_role("button", name="As in the saved view").click()
    expect(grid.get_by_role("columnheader", name="Ports")).to_be_visible()


def test_views_are_saved_shared_and_changed(page: Page) -> None:
    open_boats(page, sort="-length")
    page.get_by_role("button", name="Default view · changed").click()
    page.get_by_role("menuitem", name="Save as new view").click()
    dialog = page.get_by_role("dialog", name="Save as new view")
    dialog.get_by_label("Name").fill("Longest first")
    dialog.get_by_text("Everybody").click()
    assert violations(page) == []
    dialog.get_by_role("button", name="Save").click()
    button = page.get_by_role("button", name="Longest first")
    expect(button).to_have_text("Longest first")
    expect(page).to_have_url(re.compile(r"view=vw_"))
    expect(page.get_by_role("grid").get_by_role("link").first).to_have_text("Boat 39")
    page.get_by_role("button", name="Compact rows").click()
    expect(button).to_have_text("Longest first · changed")
    button.click()
    expect(page.get_by_role("menu")).to_have_css("opacity", "1")
    assert violations(page) == []
    page.get_by_role("menuitem", name="Save changes").click()
    expect(button).to_have_text("Longest first")
    page.reload()
    expect(page.get_by_role("button", name="Compact rows")).to_have_attribute("aria-pressed", "true")
    button.click()
    page.get_by_role("menuitem", name="Delete view").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_role("button", name="Default view")).to_be_visible()


def test_keys_lead_through_the_grid(page: Page) -> None:
    grid = open_boats(page)
    grid.get_by_role("columnheader", name="Title").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("x")
    expect(page.get_by_role("region", name="Selection")).to_contain_text("1 selected")
    page.keyboard.press("x")
    page.keyboard.press("e")
    dialog = page.get_by_role("dialog", name="Title of Boat 00")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    grid.locator('[data-place="1:0"]').focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/entities/boat/boat-00$"))


@pytest.mark.slow
def test_a_value_is_changed_in_place_and_back(page: Page, api: httpx.Client) -> None:
    grid = open_boats(page, q="boat-11")
    grid.locator('[data-place="1:0"]').focus()
    page.keyboard.press("e")
    dialog = page.get_by_role("dialog", name="Title of Boat 11")
    dialog.get_by_label("Title", exact=True).fill("Renamed boat-11")
    dialog.get_by_role("button", name="Save").click()
    expect(grid.get_by_role("link")).to_have_text(["Renamed boat-11"])
    page.get_by_role("button", name="Undo").click()
    expect(grid.get_by_role("link")).to_have_text(["Boat 11"])
    assert api.get(f"/v1/blueprints/{BLUEPRINT}/entities/boat-11").json()["entity"]["title"] == "Boat 11"


@pytest.mark.slow
def test_one_is_created_with_the_portals_complaints_beside_the_fields(page: Page, api: httpx.Client) -> None:
    open_boats(page)
    page.get_by_role("button", name="New", exact=True).click()
    form = page.get_by_role("dialog", name="New Boat")
    form.get_by_label("Title").fill("Launched today")
    form.get_by_label("Identifier").fill("launched")
    form.get_by_role("button", name="Create").click()
    expect(form.get_by_role("alert")).to_contain_text("kind")
    assert violations(page) == []
    form.get_by_role("combobox", name="Kind").click()
    page.get_by_role("option", name="motor").click()
    form.get_by_role("button", name="Create").click()
    expect(page).to_have_url(re.compile(r"/entities/boat/launched$"))
    expect(page.get_by_role("heading", name="Launched today", level=1)).to_be_visible()
    api.delete(f"/v1/blueprints/{BLUEPRINT}/entities/launched").raise_for_status()


def test_the_table_is_exported(page: Page, tmp_path: Path) -> None:
    open_boats(page, filter=_rule("kind", "=", "motor"), columns="$title,length")
    for item, name in (("CSV with these columns", "boats.csv"), ("JSON of whole entities", "boats.json")):
        page.get_by_role("button", name="Export").click()
        with page.expect_download() as waiting:
            page.get_by_role("menuitem", name=item).click()
        assert waiting.value.suggested_filename == name
        waiting.value.save_as(tmp_path / name)
    rows = list(csv.reader((tmp_path / "boats.csv").read_text().splitlines()))
    assert rows[0] == ["Identifier", "Title", "Length"]
    assert len(rows) == 11
    assert len(json.loads((tmp_path / "boats.json").read_text())) == 10


def test_changes_of_others_appear_by_themselves(page: Page, api: httpx.Client) -> None:
    grid = open_boats(page, q="boat 05")
    expect(grid.get_by_role("link")).to_have_text(["Boat 05"])
    path = f"/v1/blueprints/{BLUEPRINT}/entities/boat-05"
    api.patch(path, json={"title": "Boat 05, repainted"}).raise_for_status()
    expect(grid.get_by_role("link")).to_have_text(["Boat 05, repainted"])
    api.patch(path, json={"title": "Boat 05"}).raise_for_status()


def test_nothing_matches(page: Page) -> None:
    page.goto(f"/pages/{BLUEPRINT}s?q=no-such-boat")
    expect(page.get_by_role("heading", name="Nothing matches")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Remove search and filter").click()
    expect(page.get_by_role("grid", name="Boats")).to_be_visible()


def test_there_is_nothing_yet(page: Page) -> None:
    page.goto("/pages/rafts")
    expect(page.get_by_role("heading", name="There is no Raft yet")).to_be_visible()
    expect(page.get_by_role("button", name="Create one")).to_be_enabled()
    assert violations(page) == []


def test_a_sort_that_the_portal_refuses_is_told(page: Page) -> None:
    rule = {"combinator": "and", "rules": [{"scorecard": "production_readiness", "operator": "=", "value": "Gold"}]}
    page.goto(f"/pages/services?sort=tier&filter={quote(json.dumps(rule))}")
    expect(page.get_by_role("alert")).to_contain_text("sorted search")
    assert violations(page) == []


def test_a_page_that_does_not_exist(page: Page) -> None:
    page.goto("/pages/no-such-page")
    expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()


@pytest.mark.slow
def test_pages_are_renamed_and_moved(page: Page, api: httpx.Client) -> None:
    open_boats(page)
    page.get_by_role("button", name="Page", exact=True).click()
    page.get_by_role("menuitem", name="New page").click()
    dialog = page.get_by_role("dialog", name="New page")
    dialog.get_by_label("Title").fill("Long boats")
    dialog.get_by_role("button", name="Create").click()
    expect(page).to_have_url(re.compile(r"/pages/long_boats"))
    expect(page.get_by_role("navigation", name="Main").get_by_role("link", name="Long boats")).to_be_visible()
    page.get_by_role("button", name="Page", exact=True).click()
    page.get_by_role("menuitem", name="Delete page").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_role("navigation", name="Main").get_by_role("link", name="Long boats")).to_have_count(0)
    assert api.get("/v1/pages/long_boats").status_code == 404


@pytest.mark.slow
@pytest.mark.parametrize("width", [320, 768])
def test_narrow_windows_do_not_scroll_sideways(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    open_boats(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert violations(page) == []


@pytest.mark.slow
def test_in_the_dark(page: Page) -> None:
    page.emulate_media(color_scheme="dark")
    grid = open_boats(page, group="kind", filter=_rule("length", ">", 3))
    grid.get_by_role("checkbox", name="Select all").check()
    assert violations(page) == []


@pytest.mark.slow
def test_whoever_may_not_create_is_told_why(member_page: Page) -> None:
    open_boats(member_page)
    button = member_page.get_by_role("button", name="New", exact=True)
    expect(button).to_be_disabled()
    expect(button).to_have_attribute("title", re.compile("boat"))
    expect(member_page.get_by_role("button", name="Page", exact=True)).to_have_count(0)
    assert violations(member_page) == []


@pytest.mark.slow
def test_whoever_may_see_nothing_is_told_so(member_page: Page, api: httpx.Client) -> None:
    api.post("/v1/blueprints", json={"identifier": "submarine", "title": "Submarine", "schema": {"properties": {}}})
    api.post("/v1/blueprints/submarine/entities", json={"identifier": "deep", "title": "Deep"})
    nobody = {"entities": {"read": {"roles": ["Admin"], "users": [], "teams": [], "ownedByTeam": False}}}
    api.patch("/v1/blueprints/submarine/permissions", json=nobody).raise_for_status()
    member_page.goto("/pages/submarines")
    expect(member_page.get_by_role("heading", name="Nothing here is visible to you")).to_be_visible()
    assert violations(member_page) == []
