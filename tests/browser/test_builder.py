"""The builder: a model is drawn, changed with a plan, and permissions explain themselves."""

from __future__ import annotations

import json
import re
import secrets
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from support.browser import settled, violations

SCREENS = (
    "/builder", "/builder?view=list", "/builder/service", "/builder/service?tab=json",
    "/builder/service?tab=permissions", "/builder/service?tab=scorecards", "/builder/actions", "/builder/actions/new",
    "/builder/workflows/new", "/builder/scorecards", "/builder/scorecards/service/new",
)  # fmt: skip


@pytest.fixture
def blueprint(api: httpx.Client) -> str:
    """One with a number in it, and two entities."""
    name = f"gadget_{secrets.token_hex(3)}"
    schema = {"properties": {"size": {"type": "number", "title": "Size"}}}
    api.post(
        "/v1/blueprints", json={"identifier": name, "title": f"Gadget {name}", "schema": schema}
    ).raise_for_status()
    for size in (1, 50):
        body = {"identifier": f"g{size}", "properties": {"size": size}}
        api.post(f"/v1/blueprints/{name}/entities", json=body).raise_for_status()
    return name


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_screens_are_accessible(page: Page, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme)
    for path in SCREENS:
        page.goto(path)
        settled(page)
        assert violations(page) == [], path


@pytest.mark.slow
def test_a_narrow_window_does_not_scroll_sideways(page: Page) -> None:
    page.set_viewport_size({"width": 320, "height": 700})
    for path in SCREENS:
        page.goto(path)
        settled(page)
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth"), path


def test_a_blueprint_is_made_and_gets_a_property(page: Page, api: httpx.Client) -> None:
    title = f"Widget {secrets.token_hex(3)}"
    name = title.lower().replace(" ", "_")
    page.goto("/builder")
    page.get_by_role("button", name="New blueprint").click()
    page.get_by_label("Title").fill(title)
    expect(page.get_by_label("Identifier")).to_have_value(name)
    page.get_by_role("dialog").get_by_role("button", name="Create").click()
    expect(page).to_have_url(f"/builder/{name}")
    page.get_by_role("button", name="Add a property").click()
    page.get_by_label("Title").last.fill("Tech lead")
    page.get_by_role("combobox", name="Kind").click()
    page.get_by_role("option", name="User").click()
    page.get_by_label("Required").check()
    page.get_by_role("dialog").get_by_role("button", name="Add").click()
    expect(page.get_by_role("table", name="Properties")).to_contain_text("tech_lead")
    page.get_by_role("button", name="Review and save").click()
    expect(page.get_by_role("dialog")).to_contain_text("added: tech_lead")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved", exact=True)).to_be_visible()
    saved = api.get(f"/v1/blueprints/{name}").json()["blueprint"]["schema"]
    assert saved["properties"]["tech_lead"] == {"type": "string", "format": "user", "title": "Tech lead"}
    assert saved["required"] == ["tech_lead"]


def test_form_and_json_are_one_draft_and_the_plan_names_who_would_not_fit(
    page: Page, api: httpx.Client, blueprint: str
) -> None:
    page.goto(f"/builder/{blueprint}?tab=json")
    document = api.get(f"/v1/blueprints/{blueprint}").json()["blueprint"]
    document["schema"]["properties"]["size"]["maximum"] = 10
    document["schema"]["properties"]["colour"] = {"type": "string", "title": "Colour"}
    page.get_by_role("textbox", name="Blueprint").fill(json.dumps(document))
    page.get_by_role("tab", name="Properties and relations").click()
    expect(page.get_by_role("table", name="Properties")).to_contain_text("colour")
    page.get_by_role("button", name="Review and save").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("1 entities fit, 1 do not")
    expect(dialog.get_by_role("table")).to_contain_text("g50")
    assert violations(page) == []
    dialog.get_by_role("button", name="Back").click()
    assert "maximum" not in json.dumps(api.get(f"/v1/blueprints/{blueprint}").json())


def test_a_refused_change_is_told_in_the_portals_words(page: Page, api: httpx.Client, blueprint: str) -> None:
    page.goto(f"/builder/{blueprint}?tab=json")
    document = api.get(f"/v1/blueprints/{blueprint}").json()["blueprint"]
    document["schema"]["properties"]["size"] = {"type": "string"}
    page.get_by_role("textbox", name="Blueprint").fill(json.dumps(document))
    page.get_by_role("button", name="Review and save").click()
    expect(page.get_by_role("alert")).to_contain_text("size")


def test_the_graph_is_walked_by_keyboard(page: Page) -> None:
    page.goto("/builder")
    node = page.get_by_role("button", name=re.compile("^Domain")).or_(page.locator('[data-id="domain"]')).first
    node.focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url("/builder/domain")


def test_suggestions_come_from_the_api(page: Page) -> None:
    page.goto("/builder/actions/new")
    editor = page.get_by_role("textbox", name="Definition")
    editor.fill("{}")
    editor.press("ArrowLeft")
    settled(page)
    editor.press("Control+Space")
    expect(page.get_by_role("option", name='"invocationMethod"')).to_be_visible()


def test_suggestions_that_come_late_disturb_nobody_who_types(page: Page) -> None:
    held: list[Route] = []
    page.route("**/openapi.json", lambda route: held.append(route))  # noqa: PLW0108 Playwright looks at its signature
    page.goto("/builder/actions/new")
    editor = page.get_by_role("textbox", name="Definition")
    editor.fill("{}")
    editor.press("ArrowLeft")
    with page.expect_response("**/openapi.json"):
        held[0].continue_()
    option = page.get_by_role("option", name='"invocationMethod"')
    for _ in range(50):  # the cursor is where it was, and some time the suggestions are there
        page.keyboard.press("Control+Space")
        page.wait_for_timeout(100)
        if option.is_visible():
            break
    expect(option).to_be_visible()
    page.keyboard.press("Escape")
    expect(editor).to_have_text("{}")
    page.keyboard.press("Control+z")
    expect(editor).to_contain_text("invocationMethod")


@pytest.mark.slow
def test_an_action_from_definition_to_permissions(page: Page, api: httpx.Client) -> None:
    name = f"act_{secrets.token_hex(3)}"
    page.goto("/builder/actions/new")
    action = {
        "identifier": name, "title": "Do", "invocationMethod": {"type": "WEBHOOK", "url": "https://ci"},
        "trigger": {"type": "self-service", "operation": "CREATE", "userInputs": {"properties": {}}},
    }  # fmt: skip
    editor = page.get_by_role("textbox", name="Definition")
    editor.fill(json.dumps({**action, "trigger": {}}))
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("trigger")
    editor.fill(json.dumps(action))
    page.get_by_role("button", name="Save").click()
    expect(page).to_have_url(f"/builder/actions/{name}")
    page.get_by_role("tab", name="Permissions").click()
    page.get_by_label("Person or program").fill("admin@example.com")
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_role("status").filter(has_text="Allowed")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(page).to_have_url("/builder/actions")
    assert api.get(f"/v1/actions/{name}").status_code == 404


def test_a_scorecard_and_how_entities_stand(page: Page, api: httpx.Client, blueprint: str) -> None:
    page.goto(f"/builder/scorecards/{blueprint}/new")
    card = {
        "identifier": "ready", "title": "Ready",
        "levels": [{"title": "Basic", "color": "paleBlue"}, {"title": "Gold", "color": "gold"}],
        "rules": [{"identifier": "big", "title": "Big", "level": "Gold", "query": {
            "combinator": "and", "conditions": [{"property": "size", "operator": ">", "value": 10}]}}],
    }  # fmt: skip
    page.get_by_role("textbox", name="Scorecard").fill(json.dumps(card))
    page.get_by_role("button", name="Save").click()
    expect(page).to_have_url(f"/builder/scorecards/{blueprint}/ready")
    expect(page.get_by_role("row", name=re.compile("g50"))).to_contain_text("Gold", timeout=15_000)
    assert violations(page) == []


def test_a_workflow_is_drawn_while_it_is_written(page: Page, api: httpx.Client) -> None:
    name = f"wf_{secrets.token_hex(3)}"
    page.goto("/builder/workflows/new")
    workflow = {
        "identifier": name, "title": "Two steps",
        "nodes": [
            {"identifier": "start", "title": "Asked", "config": {
                "type": "SELF_SERVE_TRIGGER", "userInputs": {"properties": {}}}},
            {"identifier": "call", "title": "Called", "config": {"type": "WEBHOOK", "url": "https://ci"}},
        ],
        "connections": [{"sourceIdentifier": "start", "targetIdentifier": "call"}],
    }  # fmt: skip
    page.get_by_role("textbox", name="Definition").fill(json.dumps(workflow))
    expect(page.get_by_text("Called", exact=True)).to_be_visible()
    page.get_by_role("button", name="Save").click()
    expect(page).to_have_url(f"/builder/workflows/{name}")
    page.goto("/builder/actions")
    expect(page.get_by_role("link", name="Two steps").first).to_be_visible()
    assert api.delete(f"/v1/workflows/{name}").is_success
