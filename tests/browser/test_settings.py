"""Users, teams, credentials, secrets, the organisation: each done once as an administrator does it."""

from __future__ import annotations

import re
import secrets

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from support.browser import settled, sign_in, violations
from support.live import LivePortal

SCREENS = ("/settings/users", "/settings/teams", "/settings/credentials", "/settings/secrets", "/settings/organization")


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_screens_are_accessible(page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    for path in SCREENS:
        page.goto(path)
        settled(page)
        assert violations(page) == [], path


@pytest.mark.slow
@pytest.mark.parametrize("path", SCREENS)
def test_a_narrow_window_does_not_scroll_sideways(page: Page, path: str) -> None:
    page.set_viewport_size({"width": 320, "height": 700})
    page.goto(path)
    settled(page)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_a_user_is_invited_changed_and_deleted(page: Page, api: httpx.Client) -> None:
    email = f"new-{secrets.token_hex(3)}@example.com"
    page.goto("/settings/users")
    page.get_by_role("button", name="Invite").click()
    page.get_by_label("E-mail").fill(email)
    page.get_by_role("dialog").get_by_role("button", name="Invite").click()
    row = page.get_by_role("row", name=re.compile(email))
    expect(row).to_contain_text("Member")
    assert api.get(f"/v1/users/{email}").json()["user"]["status"]
    row.get_by_role("button", name=f"Actions of {email}").click()
    page.get_by_role("menuitem", name="Delete").click()
    page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(row).to_have_count(0)
    assert api.get(f"/v1/users/{email}").status_code == 404


def test_a_refused_invitation_keeps_what_was_typed(page: Page) -> None:
    page.goto("/settings/users")
    page.get_by_role("button", name="Invite").click()
    page.get_by_label("E-mail").fill("admin@example.com")
    page.get_by_role("dialog").get_by_role("button", name="Invite").click()
    expect(page.get_by_role("dialog").get_by_role("alert")).to_contain_text("admin@example.com")
    expect(page.get_by_label("E-mail")).to_have_value("admin@example.com")


def test_a_team_with_members(page: Page, api: httpx.Client) -> None:
    name = f"Rowers {secrets.token_hex(3)}"
    page.goto("/settings/teams")
    page.get_by_role("button", name="New team").click()
    page.get_by_label("Name").fill(name)
    page.get_by_role("combobox", name="Members").fill("admin@")
    page.get_by_role("option", name="admin@example.com").click()
    page.keyboard.press("Escape")
    page.get_by_role("dialog").get_by_role("button", name="Create").click()
    expect(page.get_by_role("row", name=re.compile(name))).to_be_visible()
    assert [each["email"] for each in api.get(f"/v1/teams/{name}").json()["team"]["users"]] == ["admin@example.com"]


def test_credentials_show_their_secret_once(page: Page, site: LivePortal) -> None:
    name = f"exporter {secrets.token_hex(3)}"
    page.goto("/settings/credentials")
    page.get_by_role("button", name="New credentials").click()
    page.get_by_label("Name").fill(name)
    page.get_by_role("dialog").get_by_role("button", name="Create").click()
    given = {
        "clientId": page.get_by_role("textbox", name="Client id").input_value(),
        "clientSecret": page.get_by_role("textbox", name="Client secret").input_value(),
    }
    assert httpx.post(f"{site.url}/v1/auth/access_token", json=given).status_code == 200
    page.get_by_role("button", name="Done").click()
    page.reload()
    expect(page.get_by_role("row", name=re.compile(name))).to_be_visible()
    assert given["clientSecret"] not in page.content()


def test_a_secret_is_never_shown(page: Page, api: httpx.Client) -> None:
    name, value = f"TOKEN_{secrets.token_hex(3)}", secrets.token_hex(8)
    page.goto("/settings/secrets")
    page.get_by_role("button", name="New secret").first.click()
    page.get_by_label("Name").fill(name)
    page.get_by_role("textbox", name="Value").fill(value)
    page.get_by_role("dialog").get_by_role("button", name="Create").click()
    expect(page.get_by_role("row", name=re.compile(name))).to_be_visible()
    page.get_by_role("button", name=f"Actions of {name}").click()
    page.get_by_role("menuitem", name="Change").click()
    expect(page.get_by_role("textbox", name="Value")).to_have_value("")
    page.get_by_label("Description").fill("for the exporter")
    page.get_by_role("dialog").get_by_role("button", name="Save").click()
    expect(page.get_by_role("row", name=re.compile(name))).to_contain_text("for the exporter")
    assert value not in page.content()
    assert api.get(f"/v1/organization/secrets/{name}").json()["secret"]["description"] == "for the exporter"


@pytest.mark.slow
def test_a_member_is_told_what_is_for_admins(browser: Browser, api: httpx.Client, site: LivePortal) -> None:
    email, password = f"member-{secrets.token_hex(3)}@example.com", "a long enough password"
    api.post("/v1/users/invite", json={"invitee": {"email": email, "roles": ["Member"]}}).raise_for_status()
    api.put(f"/v1/fairway/users/{email}/password", json={"password": password}).raise_for_status()
    context = browser.new_context(base_url=site.url)
    page = context.new_page()
    sign_in(page, site.url, email, password)
    page.goto("/settings/users")
    expect(page.get_by_role("button", name="Invite")).to_be_disabled()
    page.goto("/settings/credentials")
    expect(page.get_by_role("heading", name="You may not see this")).to_be_visible()
    context.close()
