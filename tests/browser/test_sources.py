"""Data sources: integrations that report, webhooks that take in, and mappings tried before they are saved."""

from __future__ import annotations

import re
import secrets

import httpx
import pytest
from playwright.sync_api import Page, expect

from support.browser import settled, violations

MAPPING = {"identifier": ".path", "title": ".name", "blueprint": '"service"', "properties": {"url": ".name | keys"}}
RESOURCE = {"kind": "project", "selector": {"query": "true"}, "port": {"entity": {"mappings": MAPPING}}}


@pytest.fixture
def integration(api: httpx.Client) -> str:
    """One that has synced, failed once and handed in examples."""
    name = f"forge-{secrets.token_hex(3)}"
    body = {"installationId": name, "installationAppType": "gitlab", "version": "1.0", "title": f"Forge {name}"}
    made = api.post("/v1/integration", json={**body, "config": {"resources": [RESOURCE]}}).raise_for_status().json()
    ingest = made["integration"]["logAttributes"]["ingestId"]
    examples = {"examples": [{"path": "core", "name": "Core"}, {"name": "No path"}]}
    api.post(f"/v1/integration/{name}/kinds/project/examples", json=examples).raise_for_status()
    line = {"timestamp": "2026-03-01T00:00:00Z", "level": "ERROR", "message": "The forge answered 502"}
    api.post(f"/logs/integration/{ingest}", json={"logs": [line]}).raise_for_status()
    api.patch(f"/v1/integration/{name}/resync-state", json={"status": "completed"}).raise_for_status()
    return name


@pytest.mark.slow
def test_the_list_says_how_sources_are(page: Page, integration: str) -> None:
    page.goto("/sources")
    row = page.get_by_role("row", name=re.compile(integration))
    expect(row).to_contain_text("Completed")
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    assert violations(page) == []
    row.get_by_role("link").click()
    expect(page).to_have_url(f"/sources/integrations/{integration}")
    expect(page.get_by_text("The forge answered 502").first).to_be_visible()
    assert violations(page) == []


def test_a_resync_is_asked_for(page: Page, api: httpx.Client, integration: str) -> None:
    page.goto(f"/sources/integrations/{integration}")
    page.get_by_role("button", name="Resync").click()
    expect(page.get_by_text("A resync is asked for")).to_be_visible()
    assert api.get(f"/v1/integration/{integration}/resync-request").json()["request"] is not None


def test_a_mapping_is_tried_before_it_is_saved(page: Page, api: httpx.Client, integration: str) -> None:
    page.goto(f"/sources/integrations/{integration}?tab=mapping")
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("1 kept")).to_be_visible()
    expect(page.get_by_text("1 failed")).to_be_visible()
    expect(page.get_by_text(".name | keys").last).to_be_visible()
    assert violations(page) == []
    editor = page.get_by_role("textbox", name="Mapping")
    editor.fill('{"resources": [')
    expect(page.get_by_text("This is no JSON yet")).to_be_visible()
    expect(page.get_by_role("button", name="Save")).to_be_disabled()
    editor.fill('{"resources": []}')
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved; a resync is asked for")).to_be_visible()
    assert api.get(f"/v1/integration/{integration}").json()["integration"]["config"] == {"resources": []}


def test_what_is_not_jq_is_refused_in_the_portals_words(page: Page, integration: str) -> None:
    page.goto(f"/sources/integrations/{integration}?tab=mapping")
    bad = '{"resources": [{"kind": "a", "selector": {"query": ".["}, "port": {"entity": {"mappings": {}}}}]}'
    page.get_by_role("textbox", name="Mapping").fill(bad)
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_role("alert").filter(has_text="resources[0].selector.query")).to_be_visible()


def test_a_webhook_from_creation_to_entity(page: Page, api: httpx.Client) -> None:
    name = f"hook-{secrets.token_hex(3)}"
    blueprint = {"identifier": "hooked", "title": "Hooked", "schema": {"properties": {}}}
    assert api.post("/v1/blueprints", json=blueprint).status_code in (201, 409)
    page.goto("/sources")
    page.get_by_role("button", name="New webhook").click()
    page.get_by_label("Title").fill("Alarms")
    page.get_by_label("Identifier").fill(name)
    page.get_by_role("dialog").get_by_role("button", name="Create").click()
    expect(page).to_have_url(f"/sources/webhooks/{name}")
    mapping = '[{"blueprint": "hooked", "entity": {"identifier": ".body.id", "title": ".body.text"}}]'
    page.get_by_role("textbox", name="Mappings").fill(mapping)
    page.get_by_role("textbox", name="Payload").fill(f'{{"id": "{name}", "text": "Fire"}}')
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text("1 created")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    assert api.get(f"/v1/blueprints/hooked/entities/{name}").status_code == 404
    address = api.get(f"/v1/webhooks/{name}").json()["webhook"]["url"]
    httpx.post(address, json={"id": name, "text": "Fire"}).raise_for_status()
    page.get_by_role("tab", name="Payloads").click()
    page.get_by_role("button", name=re.compile("Completed|completed|done|Processed", re.I)).first.click(timeout=8000)
    expect(page.get_by_text("1 created")).to_be_visible()
    assert violations(page) == []
    assert api.get(f"/v1/blueprints/hooked/entities/{name}").json()["entity"]["title"] == "Fire"


def test_an_unknown_source(page: Page) -> None:
    page.goto("/sources/webhooks/none")
    expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/sources", "/sources/webhooks/alerts"])
def test_a_narrow_window_does_not_scroll_sideways(page: Page, path: str) -> None:
    page.set_viewport_size({"width": 320, "height": 700})
    page.goto(path)
    settled(page)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert violations(page) == []
