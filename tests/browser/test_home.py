"""Home: four blocks for the person who is signed in, and first steps for a new organisation."""

from __future__ import annotations

import secrets
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from support.browser import settled, sign_in, violations
from support.live import LivePortal


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_arrives_here(page: Page, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme)
    page.goto("/")
    for name in ("My entities", "Waiting for me", "My recent runs", "Recently viewed"):
        expect(page.get_by_role("region", name=name)).to_be_visible()
    settled(page)
    assert violations(page) == []


def test_what_my_teams_own(browser: Browser, api: httpx.Client, site: LivePortal) -> None:
    email, password, team = f"own-{secrets.token_hex(3)}@example.com", "a long enough password", "Platform"
    invitee = {"email": email, "roles": ["Member"], "teams": [team]}
    api.post("/v1/users/invite", json={"invitee": invitee}).raise_for_status()
    api.put(f"/v1/fairway/users/{email}/password", json={"password": password}).raise_for_status()
    context = browser.new_context(base_url=site.url)
    page = context.new_page()
    sign_in(page, site.url, email, password)
    links = page.get_by_role("region", name="My entities").get_by_role("link")
    expect(links.first).to_be_visible()
    expect(page.get_by_role("region", name="First steps")).to_have_count(0)
    context.close()


def test_what_was_opened_is_listed(page: Page) -> None:
    page.goto("/")
    page.evaluate(
        "localStorage.setItem('fairway-recent',"
        " JSON.stringify([{blueprint: 'domain', identifier: 'x', title: 'Opened before'}]))"
    )
    page.reload()
    expect(page.get_by_role("region", name="Recently viewed").get_by_role("link")).to_have_text("Opened before")


@pytest.mark.slow
def test_a_narrow_window_does_not_scroll_sideways(page: Page) -> None:
    page.set_viewport_size({"width": 320, "height": 700})
    page.goto("/")
    settled(page)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
