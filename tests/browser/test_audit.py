"""The audit log: found by filters in the address, read as a difference."""

from __future__ import annotations

import secrets

import httpx
import pytest
from playwright.sync_api import Page, expect

from support.browser import violations


def _change(api: httpx.Client) -> str:
    blueprint = {"identifier": "audited", "title": "Audited", "schema": {"properties": {}}}
    assert api.post("/v1/blueprints", json=blueprint).status_code in (201, 409)
    name = f"audited-{secrets.token_hex(3)}"
    entity = {"identifier": name, "title": "Before"}
    api.post("/v1/blueprints/audited/entities", json=entity).raise_for_status()
    api.patch(f"/v1/blueprints/audited/entities/{name}", json={"title": "After"}).raise_for_status()
    return name


@pytest.mark.slow
def test_a_change_is_found_and_read(page: Page, api: httpx.Client) -> None:
    name = _change(api)
    page.goto(f"/audit?entity={name}&action=UPDATE")
    grid = page.get_by_role("grid", name="Audit log")
    expect(grid.get_by_role("row")).to_have_count(2)
    grid.get_by_role("gridcell", name="UPDATE").dblclick()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Change, before")).to_contain_text("Before")
    expect(dialog.get_by_label("Change, after")).to_contain_text("After")
    assert violations(page) == []


@pytest.mark.slow
def test_filters_live_in_the_address(page: Page) -> None:
    page.goto("/audit")
    page.get_by_role("grid", name="Audit log").wait_for()
    assert violations(page) == []
    page.get_by_role("combobox", name="Kind").click()
    page.get_by_role("option", name="blueprint").click()
    expect(page).to_have_url("/audit?resource=blueprint")
    page.reload()
    expect(page.get_by_role("combobox", name="Kind")).to_have_value("blueprint")
    expect(page.get_by_role("gridcell", name="blueprint", exact=True).first).to_be_visible()


def test_nothing_matches(page: Page) -> None:
    page.goto("/audit?entity=no-such-entity")
    expect(page.get_by_role("heading", name="Nothing matches these filters")).to_be_visible()
    page.get_by_role("button", name="Remove the filters").click()
    expect(page.get_by_role("grid", name="Audit log")).to_be_visible()
    expect(page).to_have_url("/audit")
