"""Many entities of a table at once: changed, deleted, and an action run on them."""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.sync_api import Page, expect

from support.boats import BLUEPRINT, count_of, open_boats
from support.browser import violations

pytestmark = pytest.mark.usefixtures("boats")


def test_many_are_changed_at_once(page: Page, api: httpx.Client) -> None:
    grid = open_boats(page, q="boat 3", columns="$title,length")
    expect(count_of(page)).to_have_text("10 of 40")
    for number in (30, 31):
        grid.get_by_role("row").filter(has_text=f"Boat {number}").get_by_role("checkbox").check()
    bar = page.get_by_role("region", name="Selection")
    expect(bar).to_contain_text("2 selected")
    assert violations(page) == []
    bar.get_by_role("button", name="Change a value").click()
    dialog = page.get_by_role("dialog", name="Change 2 entities")
    dialog.get_by_role("combobox", name="Value").click()
    page.get_by_role("option", name="Length").click()
    dialog.get_by_label("Length").fill("77")
    dialog.get_by_role("button", name="Change").click()
    expect(dialog).to_be_hidden()
    lengths = [
        api.get(f"/v1/blueprints/{BLUEPRINT}/entities/boat-{number}").json()["entity"]["properties"]["length"]
        for number in (30, 31, 32)
    ]
    assert lengths == [77, 77, 32]
    for number in (30, 31):
        body = {"properties": {"length": number}}
        api.patch(f"/v1/blueprints/{BLUEPRINT}/entities/boat-{number}", json=body).raise_for_status()


@pytest.mark.slow
def test_an_action_is_run_on_many(page: Page, api: httpx.Client) -> None:
    sails = {"type": "SEARCH", "combinator": "and", "rules": [{"property": "kind", "operator": "=", "value": "sail"}]}
    action = {
        "identifier": "paint_boat", "title": "Paint",
        "trigger": {
            "type": "self-service", "operation": "DAY-2", "blueprintIdentifier": BLUEPRINT, "condition": sails,
            "userInputs": {"properties": {"colour": {"type": "string", "title": "Colour"}}, "required": ["colour"]},
        },
        "invocationMethod": {"type": "WEBHOOK", "url": "http://127.0.0.1:9/", "agent": True},
    }  # fmt: skip
    api.post("/v1/actions", json=action).raise_for_status()
    grid = open_boats(page, q="boat 3")
    for number in (31, 32, 33):  # the second has a motor
        grid.get_by_role("row").filter(has_text=f"Boat {number}").get_by_role("checkbox").check()
    page.get_by_role("region", name="Selection").get_by_role("button", name="Run an action").click()
    dialog = page.get_by_role("dialog", name="Run an action on 3 entities")
    expect(dialog).to_contain_text("the same values go to all 3")
    dialog.get_by_role("button", name="Run on 3").click()
    expect(dialog).to_contain_text('Input "colour" is required')
    assert violations(page) == []
    dialog.get_by_label("Colour").fill("red")
    dialog.get_by_role("button", name="Run on 3").click()
    expect(dialog.get_by_role("status")).to_have_text("2 of 3 runs started")
    expect(dialog.get_by_role("alert")).to_contain_text("boat-32")
    assert violations(page) == []
    runs = api.get("/v1/actions/runs", params={"action": "paint_boat"}).json()["runs"]
    assert {(run["entity"]["identifier"], run["properties"]["colour"]) for run in runs} == {
        ("boat-31", "red"),
        ("boat-33", "red"),
    }
    dialog.get_by_role("link", name="Show the runs").click()
    expect(page).to_have_url(re.compile(r"/runs\?action="))
    api.delete("/v1/actions/paint_boat").raise_for_status()


def test_deleting_many_can_be_undone(page: Page, api: httpx.Client) -> None:
    for name in ("wreck-1", "wreck-2"):
        body = {"identifier": name, "title": name, "properties": {"kind": "sail"}}
        api.post(f"/v1/blueprints/{BLUEPRINT}/entities", json=body).raise_for_status()
    grid = open_boats(page, q="wreck")
    grid.get_by_role("checkbox", name="Select all").check()
    page.get_by_role("region", name="Selection").get_by_role("button", name="Delete").click()
    dialog = page.get_by_role("dialog", name="Delete 2 entities?")
    expect(dialog).to_contain_text("Nothing else depends on it")
    dialog.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_role("heading", name="Nothing matches")).to_be_visible()
    page.get_by_role("button", name="Undo").click()
    expect(grid.get_by_role("link")).to_have_count(2)
    api.post(
        f"/v1/blueprints/{BLUEPRINT}/bulk/entities/delete", json={"entities": ["wreck-1", "wreck-2"]}
    ).raise_for_status()
