"""The hub of self-service and the forms of actions: finding one, filling it in, what is said against it."""

from __future__ import annotations

import json
import re
from typing import Any

import httpx
import pytest
from playwright.sync_api import Locator, Page, expect

from support.browser import settled, violations

AGENT: dict[str, Any] = {
    "type": "WEBHOOK", "url": "https://ci.example.com/boats", "agent": True, "method": "POST",
    "body": {"name": "{{ .inputs.name }}", "key": "{{ .inputs.key }}"},
}  # fmt: skip
BUILD: dict[str, Any] = {
    "identifier": "boat_build",
    "title": "Build a boat",
    "description": "Lays the keel.",
    "trigger": {
        "type": "self-service",
        "operation": "CREATE",
        "executeActionButtonText": "Build it",
        "userInputs": {
            "properties": {
                "name": {"type": "string", "title": "Boat name", "pattern": "^[a-z-]+$"},
                "hull": {"type": "string", "title": "Hull", "enum": ["wood", "steel"], "default": "wood"},
                "finish": {
                    "type": "string",
                    "title": "Finish",
                    "dependsOn": ["hull"],
                    "enum": {"jqQuery": 'if .form.hull == "wood" then ["tar", "oil"] else ["paint", "zinc"] end'},
                },
                "crewed": {"type": "boolean", "title": "Has a crew"},
                "captain": {
                    "type": "string",
                    "format": "user",
                    "title": "Captain",
                    "visible": {"jqQuery": ".form.crewed == true"},
                },
                "key": {"type": "string", "title": "Ignition key", "encryption": "aes256-gcm"},
            },
            "required": ["name", "finish"],
            "order": ["name", "hull", "finish", "crewed", "captain", "key"],
        },
    },
    "invocationMethod": AGENT,
    "publish": True,
}
EQUIP: dict[str, Any] = {
    **BUILD,
    "identifier": "boat_equip",
    "title": "Equip a boat",
    "trigger": {
        "type": "self-service",
        "operation": "CREATE",
        "userInputs": {
            "properties": {
                "sails": {"type": "number", "title": "Sails", "minimum": 1},
                "motor": {"type": "string", "title": "Motor"},
                "papers": {"type": "object", "title": "Papers"},
            },
            "required": ["sails", "motor"],
            "steps": [{"title": "Rig", "order": ["sails"]}, {"title": "Engine", "order": ["motor", "papers"]}],
        },
    },
    "requiredApproval": {"type": "ANY"},
}
SINK: dict[str, Any] = {
    **BUILD,
    "identifier": "boat_sink",
    "title": "Sink a service",
    "description": "It does not come up again.",
    "trigger": {
        "type": "self-service",
        "operation": "DELETE",
        "blueprintIdentifier": "service",
        "condition": {
            "type": "SEARCH",
            "combinator": "and",
            "rules": [{"property": "$identifier", "operator": "beginsWith", "value": "checkout"}],
        },
        "userInputs": {
            "properties": {
                "again": {
                    "type": "string",
                    "title": "Its identifier, once more",
                    "pattern": {"jqQuery": '"^" + .entity.identifier + "$"'},
                }
            },
            "required": ["again"],
        },
    },
    "invocationMethod": {**AGENT, "body": {}},
}


@pytest.fixture(scope="module", autouse=True)
def actions(api: httpx.Client) -> None:
    """Three actions; nobody but Admins may run the last one."""
    for document in (BUILD, EQUIP, SINK):
        api.post("/v1/actions", json=document).raise_for_status()
    for name in ("boat_build", "boat_equip"):
        grants = {"execute": {"roles": ["Member"]}, "approve": {"users": ["admin@example.com"]}}
        api.patch(f"/v1/actions/{name}/permissions", json=grants).raise_for_status()
    nobody = {"execute": {"roles": ["Admin"], "users": [], "teams": []}}
    api.patch("/v1/actions/boat_sink/permissions", json=nobody).raise_for_status()


def _card(page: Page, title: str) -> Locator:
    return page.get_by_role("article").filter(has=page.get_by_role("heading", name=title)).first


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_hub_and_forms_are_accessible(page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto("/self-service")
    _card(page, "Build a boat").wait_for()
    assert violations(page) == []
    for path in ("boat_build", "boat_equip", "boat_sink"):
        page.goto(f"/self-service/{path}")
        page.get_by_role("complementary", name="What will happen").wait_for()
        settled(page)
        assert violations(page) == [], path


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/self-service", "/self-service/boat_build", "/self-service/boat_equip"])
def test_narrow_windows_do_not_scroll_sideways(page: Page, path: str) -> None:
    page.set_viewport_size({"width": 320, "height": 700})
    page.goto(path)
    settled(page)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_the_hub_is_searched_and_narrowed_and_its_address_says_so(page: Page) -> None:
    page.goto("/self-service")
    page.get_by_label("Search actions").fill("boat keel")
    expect(_card(page, "Build a boat")).to_be_visible()
    expect(_card(page, "Sink a service")).to_have_count(0)
    expect(page).to_have_url(re.compile("q=boat"))
    page.get_by_label("Search actions").fill("no such thing")
    expect(page.get_by_role("heading", name="Nothing matches")).to_be_visible()
    page.get_by_role("button", name="Show all").click()
    expect(_card(page, "Sink a service")).to_be_visible()


def test_what_is_pinned_and_used_comes_first(page: Page) -> None:
    page.goto("/self-service")
    _card(page, "Build a boat").get_by_role("button", name="Pin Build a boat").click()
    shelf = page.get_by_role("region", name="Pinned")
    expect(shelf.get_by_role("heading", name="Build a boat")).to_be_visible()
    page.reload()
    shelf.get_by_role("button", name="Unpin Build a boat").click()
    expect(shelf).to_have_count(0)


@pytest.mark.slow
def test_what_somebody_may_not_run_says_why(member_page: Page) -> None:
    member_page.goto("/self-service")
    card = _card(member_page, "Sink a service")
    expect(card).to_contain_text("boat_sink")
    expect(card.get_by_role("button", name="Run: Sink a service")).to_have_attribute("aria-disabled", "true")
    assert violations(member_page) == []
    member_page.get_by_role("switch", name="Only what I may run").check()
    expect(card).to_have_count(0)


def test_a_form_that_somebody_may_not_run_is_refused_in_the_portals_words(member_page: Page) -> None:
    member_page.goto("/self-service/boat_sink?entity=checkout-api")
    expect(member_page.get_by_role("heading", name="You may not see this")).to_be_visible()


def test_an_action_that_is_none_says_so(page: Page) -> None:
    page.goto("/self-service/boat_none")
    expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()


def test_a_portal_without_actions_offers_the_first_one(page: Page) -> None:
    page.route("**/v1/actions?**", lambda route: route.fulfill(json={"ok": True, "actions": []}))
    page.route("**/v1/fairway/workflows/offers", lambda route: route.fulfill(json={"ok": True, "offers": []}))
    page.goto("/self-service")
    expect(page.get_by_role("heading", name="There are no actions yet")).to_be_visible()
    expect(page.get_by_role("link", name="Make the first action")).to_be_visible()


def test_a_hub_that_cannot_be_loaded_can_be_asked_again(page: Page) -> None:
    page.route(
        "**/v1/fairway/offers",
        lambda route: route.fulfill(status=422, json={"ok": False, "error": "broken", "message": "The tide is out"}),
        times=1,
    )
    page.goto("/self-service")
    expect(page.get_by_role("alert")).to_contain_text("The tide is out")
    page.get_by_role("button", name="Try again").click()
    expect(_card(page, "Build a boat")).to_be_visible()


@pytest.mark.slow
def test_what_depends_on_an_input_follows_while_somebody_types(page: Page) -> None:
    page.goto("/self-service/boat_build")
    page.get_by_role("combobox", name="Finish").click()
    expect(page.get_by_role("option", name="tar")).to_be_visible()
    page.keyboard.press("Escape")
    page.get_by_role("combobox", name="Hull").click()
    page.get_by_role("option", name="steel").click()
    page.get_by_role("combobox", name="Finish").click()
    page.get_by_role("option", name="zinc").click()
    expect(page.get_by_role("combobox", name="Captain")).to_have_count(0)
    page.get_by_role("switch", name="Has a crew").check()
    expect(page.get_by_role("combobox", name="Captain")).to_be_visible()
    name = page.get_by_role("textbox", name="Boat name")
    name.press_sequentially("the-long-name-of-a-boat", delay=25)
    expect(name).to_have_value("the-long-name-of-a-boat")
    expect(name).to_be_focused()


def test_what_is_wrong_is_said_at_its_field_and_focused(page: Page) -> None:
    page.goto("/self-service/boat_build")
    page.get_by_role("textbox", name="Boat name").fill("No Good")
    page.get_by_role("button", name="Build it").click()
    expect(page.locator("[data-input=name]")).to_contain_text("pattern")
    expect(page.locator("[data-input=finish]")).to_contain_text("required")
    expect(page.get_by_role("textbox", name="Boat name")).to_be_focused()
    assert violations(page) == []
    page.get_by_role("textbox", name="Boat name").fill("good")
    expect(page.locator("[data-input=name]")).not_to_contain_text("pattern")


def test_a_form_by_keyboard_becomes_a_run_whose_secret_nobody_reads(page: Page, api: httpx.Client) -> None:
    page.goto("/self-service")
    _card(page, "Build a boat").get_by_role("button", name="Run: Build a boat").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Build a boat")
    dialog.get_by_role("textbox", name="Boat name").focus()
    page.keyboard.type("argo")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(dialog.get_by_role("combobox", name="Finish")).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    finish = dialog.get_by_role("combobox", name="Finish").input_value()
    dialog.get_by_label("Ignition key", exact=True).fill("hush-hush")
    assert violations(page) == []
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/runs/r_"))
    expect(page.get_by_role("heading", name="Build a boat", level=1)).to_be_visible()
    run = api.get(f"/v1/actions/runs/{page.url.rsplit('/', 1)[1]}").json()["run"]
    assert run["properties"] == {"name": "argo", "hull": "wood", "finish": finish, "key": "***"}
    assert "hush-hush" not in json.dumps(run)
    assert "hush-hush" not in page.evaluate("JSON.stringify(localStorage)")
    page.goto("/self-service")
    expect(page.get_by_role("region", name="Recently used").get_by_role("heading", name="Build a boat")).to_be_visible()


@pytest.mark.slow
def test_steps_are_checked_one_by_one_and_reviewed(page: Page) -> None:
    page.goto("/self-service/boat_equip")
    steps = page.get_by_role("navigation", name="Steps")
    page.get_by_role("button", name="Next").click()
    expect(page.locator("[data-input=sails]")).to_contain_text("filled in")
    page.get_by_label("Sails").fill("3")
    page.get_by_role("button", name="Next").click()
    expect(steps.get_by_role("button", name="Engine")).to_have_attribute("aria-current", "step")
    page.get_by_label("Motor").fill("diesel")
    page.get_by_role("button", name="Review").last.click()
    table = page.get_by_role("table", name="Values")
    expect(table).to_contain_text("diesel")
    expect(page.get_by_role("complementary")).to_contain_text("One approver has to approve")
    assert violations(page) == []
    page.get_by_role("button", name="Change Sails").click()
    expect(page.get_by_label("Sails")).to_have_value("3")
    for _ in range(2):
        page.locator("button[type=submit]").click()
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page).to_have_url(re.compile(r"/runs/r_"))
    # whoever starts a run does not approve it, and here nobody else may
    expect(page.get_by_role("alert").filter(has_text="This run failed")).to_contain_text("approve")


def test_a_draft_comes_back_without_its_secrets(page: Page) -> None:
    page.goto("/self-service/boat_build")
    page.get_by_role("textbox", name="Boat name").fill("half-built")
    page.get_by_label("Ignition key", exact=True).fill("hush-hush")
    page.wait_for_function("() => JSON.stringify(localStorage).includes('half-built')")
    page.reload()
    expect(page.get_by_role("textbox", name="Boat name")).to_have_value("half-built")
    expect(page.get_by_label("Ignition key", exact=True)).to_have_value("")
    page.get_by_role("button", name="Start over").click()
    expect(page.get_by_role("textbox", name="Boat name")).to_have_value("")


def test_the_entity_is_chosen_among_those_that_the_action_is_offered_on(page: Page) -> None:
    page.goto("/self-service/boat_sink")
    expect(page.get_by_text("first: what is asked may depend on it")).to_be_visible()
    page.get_by_role("combobox", name="Service").click()
    found = page.get_by_role("option")
    found.first.wait_for()
    assert all("checkout" in text for text in found.all_inner_texts())
    found.filter(has_text="checkout-api").first.click()
    expect(page).to_have_url(re.compile("entity=checkout-api"))
    page.get_by_role("textbox", name="once more").fill("something else")
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.locator("[data-input=again]")).to_contain_text("checkout-api")


@pytest.mark.slow
def test_an_action_that_is_not_offered_on_an_entity_cannot_be_run_on_it(page: Page) -> None:
    page.goto("/self-service/boat_sink?entity=web-shop")
    expect(page.get_by_role("button", name="Delete", exact=True)).to_be_disabled()


def test_the_same_call_of_the_api_can_be_copied(page: Page) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto("/self-service/boat_build")
    page.get_by_role("textbox", name="Boat name").fill("argo")
    page.get_by_label("Ignition key", exact=True).fill("hush-hush")
    page.get_by_role("button", name="Copy as API call").click()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "/v1/actions/boat_build/runs" in copied
    assert '"name": "argo"' in copied
    assert "hush-hush" not in copied
