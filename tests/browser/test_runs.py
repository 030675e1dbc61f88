"""Runs: their list, and the page of one that is asked for, approved, executed and followed live."""

from __future__ import annotations

import re
import secrets
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from support.browser import settled, violations

BAKE: dict[str, Any] = {
    "identifier": "cake_bake",
    "title": "Bake a cake",
    "trigger": {
        "type": "self-service",
        "operation": "CREATE",
        "userInputs": {
            "properties": {
                "flavour": {"type": "string", "title": "Flavour"},
                "recipe": {"type": "string", "title": "Secret recipe", "encryption": "aes256-gcm"},
            },
            "required": ["flavour"],
            "order": ["flavour", "recipe"],
        },
    },
    "invocationMethod": {
        "type": "WEBHOOK", "url": "https://bakery.example.com/ovens", "agent": True,
        "agentLabels": {"kitchen": "cakes"}, "body": {"flavour": "{{ .inputs.flavour }}"},
    },
    "publish": True,
}  # fmt: skip
ASK: dict[str, Any] = {**BAKE, "identifier": "cake_ask", "title": "Bake a large cake", "requiredApproval": True}
SEND: dict[str, Any] = {
    **BAKE,
    "identifier": "cake_send",
    "title": "Send a cake",
    "invocationMethod": {"type": "WEBHOOK", "url": "https://cake.invalid/", "agent": False, "body": {}},
}
FLOW: dict[str, Any] = {
    "identifier": "cake_party",
    "title": "Have a party",
    "category": "Parties",
    "allowAnyoneToViewRuns": True,
    "nodes": [
        {
            "identifier": "start",
            "title": "Invite",
            "config": {
                "type": "SELF_SERVE_TRIGGER",
                "userInputs": {
                    "properties": {"guests": {"type": "number", "title": "Guests", "minimum": 2}},
                    "required": ["guests"],
                },
            },
        },
        {
            "identifier": "ask",
            "title": "Dance or dine",
            "config": {
                "type": "INPUT",
                "userInputs": {"properties": {"song": {"type": "string", "title": "First song"}}},
                "outlets": [{"identifier": "dance", "title": "Dance"}, {"identifier": "dine", "title": "Dine"}],
            },
        },
        {
            "identifier": "check",
            "title": "Enough chairs",
            "config": {
                "type": "CONDITION",
                "outlets": [{"identifier": "always", "title": "Always", "expression": "true"}],
            },
        },
    ],
    "connections": [
        {"sourceIdentifier": "start", "targetIdentifier": "ask"},
        {"sourceIdentifier": "ask", "targetIdentifier": "check", "sourceOutletIdentifier": "dine"},
    ],
}


@pytest.fixture(scope="module", autouse=True)
def actions(api: httpx.Client) -> None:
    cake = {"identifier": "cake", "title": "Cake", "schema": {"properties": {}, "required": []}, "relations": {}}
    api.post("/v1/blueprints", json=cake).raise_for_status()
    for document in (BAKE, ASK, SEND):
        api.post("/v1/actions", json=document).raise_for_status()
    api.patch("/v1/actions/cake_ask/permissions", json={"approve": {"users": ["admin@example.com"], "roles": []}})
    api.post("/v1/workflows", json=FLOW).raise_for_status()


def _start(api: httpx.Client, action: str = "cake_bake", **properties: str) -> str:
    body = {"properties": {"flavour": "lemon", **properties}}
    return str(api.post(f"/v1/actions/{action}/runs", json=body).raise_for_status().json()["run"]["id"])


class Agent:
    """Claims and reports as an execution agent does."""

    def __init__(self, api: httpx.Client) -> None:
        self._api = api

    def claim(self, run: str) -> dict[str, Any]:
        body = {"installationId": "_PORT_EXEC_AGENT", "limit": 100, "waitMs": 5000, "labels": {"kitchen": "cakes"}}
        for _ in range(5):
            found = self._api.post("/v1/actions/runs/claim-pending", json=body).raise_for_status().json()["runs"]
            for each in found:
                if each["id"] == run:
                    self._api.patch("/v1/actions/runs/ack", json={"runIds": [run]}).raise_for_status()
                    return dict(each)
        raise AssertionError(f"run {run} was never there to be claimed")

    def log(self, run: str, message: str, level: str = "INFO") -> None:
        body = {"message": message, "level": level}
        self._api.post(f"/v1/actions/runs/{run}/logs", json=body).raise_for_status()

    def end(self, run: str, status: str, **more: Any) -> None:
        self._api.patch(f"/v1/actions/runs/{run}", json={"status": status, **more}).raise_for_status()


@pytest.fixture
def agent(api: httpx.Client) -> Agent:
    return Agent(api)


def test_a_run_is_asked_for_approved_executed_and_followed_live(
    member_page: Page, page: Page, agent: Agent, api: httpx.Client
) -> None:
    member_page.goto("/self-service/cake_ask")
    member_page.get_by_role("textbox", name="Flavour").fill("lemon")
    member_page.get_by_role("button", name="Run", exact=True).click()
    expect(member_page).to_have_url(re.compile(r"/runs/r_"))
    run = member_page.url.rsplit("/", 1)[1]
    expect(member_page.get_by_role("region", name="Approval")).to_contain_text("You started this run")
    expect(member_page.get_by_role("button", name="Approve")).to_have_count(0)

    page.goto("/runs?view=waiting")
    page.get_by_role("grid").get_by_role("link", name="Bake a large cake").first.click()
    expect(page).to_have_url(re.compile(run))
    page.get_by_label("Comment").fill("Leave me a slice")
    assert violations(page) == []
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_role("region", name="Approval")).to_contain_text("1 of 1 approval")

    expect(member_page.get_by_text("Leave me a slice").first).to_be_visible()
    expect(member_page.get_by_role("region", name="Timeline")).to_contain_text("Waits for an execution agent")
    assert agent.claim(run)["payload"]["body"] == {"flavour": "lemon"}
    log = member_page.get_by_role("region", name="Log")
    agent.log(run, "The oven is hot")
    expect(log).to_contain_text("The oven is hot")
    agent.log(run, "A little \x1b[31mburnt\x1b[0m", "WARN")
    expect(log).to_contain_text("A little burnt")
    cake = {"identifier": f"cake-{secrets.token_hex(3)}", "title": "Lemon cake"}
    api.post("/v1/blueprints/cake/entities", params={"run_id": run}, json=cake).raise_for_status()
    agent.end(run, "SUCCESS", link=["https://bakery.example.com/cakes/1", "javascript:alert(1)"], summary="Done")
    expect(member_page.get_by_role("status").filter(has_text="The run is now: Success")).to_have_count(1)
    expect(member_page.get_by_role("main").get_by_text("Success").first).to_be_visible()
    links = member_page.get_by_role("region", name="Links")
    expect(links.get_by_role("link")).to_have_count(1)
    expect(member_page.get_by_text("Complete")).to_be_visible()
    member_page.get_by_role("tab", name="Entities").click()
    expect(member_page.get_by_role("row", name=re.compile("Lemon cake"))).to_contain_text("Created")


@pytest.mark.slow
def test_whoever_declines_says_why(page: Page, member_page: Page, api: httpx.Client) -> None:
    run = _start(api, "cake_ask")
    page.goto(f"/runs/{run}")
    page.get_by_label("Comment").fill("Too much sugar")
    page.get_by_role("button", name="Decline").click()
    expect(page.get_by_role("alert", name="This run was declined")).to_contain_text("Too much sugar")
    assert violations(page) == []
    member_page.goto(f"/runs/{run}")
    expect(member_page.get_by_role("region", name="Approval")).to_contain_text("Declined")
    expect(member_page.get_by_role("region", name="Timeline")).to_contain_text("Declined")


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_screens_are_accessible(page: Page, api: httpx.Client, agent: Agent, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    run = _start(api, recipe="butter")
    agent.claim(run)
    agent.log(run, "Careful", "WARN")
    agent.end(run, "FAILURE", summary="The cake fell", link=["https://bakery.example.com/1", "https://x.example.com"])
    views = ["", "?view=mine", "?view=waiting", "?view=workflows", "?view=undelivered"]
    tabs = [f"/{run}?tab={tab}" for tab in ("log", "inputs", "payload", "entities")]
    for path in views + tabs:
        page.goto(f"/runs{path}")
        settled(page)
        assert violations(page) == [], path


@pytest.mark.slow
def test_narrow_windows_do_not_scroll_sideways(page: Page, api: httpx.Client) -> None:
    run = _start(api)
    page.set_viewport_size({"width": 320, "height": 700})
    for path in ("", "?view=workflows", f"/{run}", f"/{run}?tab=payload"):
        page.goto(f"/runs{path}")
        settled(page)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), path


def test_the_list_follows_and_is_narrowed_in_its_address(page: Page, api: httpx.Client) -> None:
    page.goto("/runs?action=%5B%22cake_bake%22%5D")
    settled(page)
    grid = page.get_by_role("grid", name="Runs")
    run = _start(api)
    expect(grid.get_by_role("row").filter(has=page.locator(f'a[title="{run}"]'))).to_be_visible()
    page.get_by_role("combobox", name="Status").click()
    page.get_by_role("option", name="Declined").click()
    expect(page.get_by_role("heading", name="Nothing matches")).to_be_visible()
    expect(page).to_have_url(re.compile("DECLINED"))
    page.get_by_role("button", name="Clear the filters").click()
    expect(grid).to_be_visible()


def test_a_run_is_opened_by_keyboard(page: Page, api: httpx.Client) -> None:
    _start(api)
    page.goto("/runs")
    cell = page.get_by_role("grid").get_by_role("gridcell").first
    cell.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/runs/r_"))


@pytest.mark.slow
def test_the_log_is_searched_filtered_held_and_taken_away(page: Page, api: httpx.Client, agent: Agent) -> None:
    run = _start(api)
    agent.claim(run)
    for number in range(40):
        agent.log(run, f"stirring {number}", "ERROR" if number == 7 else "INFO")
    page.goto(f"/runs/{run}")
    log = page.get_by_role("region", name="Log")
    expect(log).to_contain_text("stirring 39")
    page.get_by_label("Search the log").fill("stirring 3")
    expect(page.get_by_text("1 of 11")).to_be_visible()
    page.get_by_role("button", name="Next match").click()
    expect(page.get_by_text("2 of 11")).to_be_visible()
    page.get_by_label("Matches only").check()
    expect(page.get_by_text("11 lines of 40")).to_be_visible()
    page.get_by_label("Search the log").fill("")
    page.get_by_role("combobox", name="Level").click()
    page.get_by_role("option", name="Errors", exact=True).click()
    expect(page.get_by_text("1 line of 40")).to_be_visible()
    page.get_by_role("button", name="Pause").click()
    agent.log(run, "stirring for ever", "ERROR")
    expect(page.get_by_text("paused, 1 more have come")).to_be_visible()
    page.get_by_role("button", name="Go on").click()
    expect(log).to_contain_text("stirring for ever")
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").click()
    assert "ERROR stirring 7" in download.value.path().read_text()


@pytest.mark.slow
def test_a_failure_says_why_and_is_run_again_with_other_inputs(page: Page, api: httpx.Client, agent: Agent) -> None:
    run = _start(api, recipe="butter")
    agent.claim(run)
    agent.end(run, "FAILURE", summary="The oven is cold")
    page.goto(f"/runs/{run}")
    expect(page.get_by_role("alert")).to_contain_text("The oven is cold")
    page.get_by_role("button", name="Change the inputs").click()
    expect(page.get_by_role("textbox", name="Flavour")).to_have_value("lemon")
    expect(page.get_by_label("Secret recipe", exact=True)).to_have_value("")
    page.get_by_role("textbox", name="Flavour").fill("orange")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page).not_to_have_url(re.compile(run))
    page.get_by_role("tab", name="Inputs").click()
    expect(page.get_by_role("table", name="Inputs")).to_contain_text("orange")


def test_a_run_again_has_the_same_inputs_and_can_be_cancelled(page: Page, api: httpx.Client) -> None:
    run = _start(api, recipe="butter")
    page.goto(f"/runs/{run}?tab=inputs")
    expect(page.get_by_role("table", name="Inputs")).to_contain_text("secret")
    page.get_by_role("button", name="Run again", exact=True).click()
    expect(page).not_to_have_url(re.compile(run))
    page.get_by_role("button", name="Cancel", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel the run").click()
    expect(page.get_by_role("alert")).to_contain_text("It was cancelled")
    expect(page.get_by_role("region", name="Log")).to_contain_text("Cancelled by admin@example.com")


@pytest.mark.slow
def test_what_cannot_be_delivered_says_what_to_do(page: Page, api: httpx.Client) -> None:
    run = _start(api, "cake_send")
    page.goto(f"/runs/{run}")
    alert = page.get_by_role("alert").filter(has_text="This run failed")
    expect(alert).to_be_visible(timeout=20_000)
    expect(alert.get_by_role("button", name=re.compile("Hand over|again")).first).to_be_visible()


def test_a_run_that_is_none_says_so(page: Page) -> None:
    page.goto("/runs/r_none")
    expect(page.get_by_role("heading", name="There is nothing here")).to_be_visible()


@pytest.mark.slow
def test_who_has_run_nothing_is_shown_the_way(member_page: Page) -> None:
    member_page.goto("/runs?view=mine")
    expect(member_page.get_by_role("heading", name="You have run nothing yet")).to_be_visible()
    member_page.goto("/runs?view=waiting")
    expect(member_page.get_by_role("heading", name="Nothing waits for you")).to_be_visible()
    assert violations(member_page) == []


def test_a_list_that_cannot_be_loaded_can_be_asked_again(page: Page) -> None:
    broken = {"ok": False, "error": "broken", "message": "The list is out"}
    page.route("**/v1/fairway/runs?**", lambda route: route.fulfill(status=422, json=broken), times=1)
    page.goto("/runs")
    expect(page.get_by_role("alert")).to_contain_text("The list is out")
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("alert")).to_have_count(0)


@pytest.mark.slow
def test_a_workflow_is_started_answered_and_seen_as_steps_and_graph(page: Page) -> None:
    page.goto("/self-service")
    page.get_by_role("link", name="Run: Have a party").click()
    page.get_by_label("Guests").fill("1")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.locator("[data-input=guests]")).to_contain_text("at least 2")
    page.get_by_label("Guests").fill("12")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page).to_have_url(re.compile(r"/runs/wfr_"))
    page.get_by_label("First song").fill("La mer")
    assert violations(page) == []
    page.get_by_role("button", name="Dine", exact=True).click()
    expect(page.get_by_role("status").filter(has_text="The run is now")).to_have_count(1)
    page.get_by_text("Graph", exact=True).click()
    expect(page.get_by_label("Dance or dine, Success")).to_be_visible()
    page.goto("/runs?view=workflows")
    expect(page.get_by_role("grid").get_by_role("link", name="Have a party").first).to_be_visible()
