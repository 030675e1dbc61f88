"""Signing in, and the frame of every screen."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from support.browser import settled, sign_in, violations

EMAIL, PASSWORD = "admin@example.com", "correct horse battery staple"


@pytest.mark.slow
def test_a_wrong_password_is_told_and_the_right_one_opens(anonymous_page: Page) -> None:
    page = anonymous_page
    page.goto("/pages/services")
    page.get_by_label("E-mail").fill(EMAIL)
    page.locator("input[autocomplete=current-password]").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.locator("input[autocomplete=current-password]").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("navigation", name="Main")).to_be_visible()
    assert page.url.endswith("/pages/services")


def test_signing_out_leads_to_the_login(anonymous_page: Page, site: object) -> None:
    page = anonymous_page
    sign_in(page, "/", EMAIL, PASSWORD)
    page.get_by_role("button", name="Account").click()
    page.get_by_role("menuitem", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


@pytest.mark.slow
def test_login_and_shell_are_accessible(anonymous_page: Page) -> None:
    page = anonymous_page
    page.goto("/")
    page.get_by_label("E-mail").wait_for()
    assert violations(page) == []
    sign_in(page, "/", EMAIL, PASSWORD)
    page.get_by_role("link", name="Services").wait_for()
    assert violations(page) == []


def test_the_palette_finds_entities_and_pages(page: Page) -> None:
    page.goto("/")
    page.get_by_role("navigation", name="Main").wait_for()
    page.keyboard.press("Control+k")
    page.get_by_placeholder("Search entities").fill("checkout")
    page.get_by_text("checkout-api").first.wait_for()
    page.get_by_placeholder("Search entities").fill("services")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).not_to_have_url("/")


def test_dark_mode_stays_over_a_reload_without_a_flash(page: Page) -> None:
    page.goto("/")
    page.get_by_role("button", name="Dark mode").click()
    page.reload(wait_until="domcontentloaded")
    scheme = page.evaluate("document.documentElement.dataset.mantineColorScheme")
    assert scheme == "dark"
    page.get_by_role("button", name="Light mode").click()


@pytest.mark.slow
def test_a_narrow_window_keeps_everything_in_reach(page: Page) -> None:
    page.set_viewport_size({"width": 320, "height": 640})
    page.goto("/")
    page.get_by_role("button", name="Navigation").click()
    page.get_by_role("link", name="Services").click()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_an_address_that_is_none_says_so(page: Page) -> None:
    page.goto("/nowhere")
    expect(page.get_by_text("There is no such page")).to_be_visible()


def test_the_palette_finds_actions(page: Page) -> None:
    page.goto("/")
    settled(page)
    page.keyboard.press("Control+k")
    page.get_by_placeholder("Search entities").fill("create service")
    page.get_by_role("dialog").get_by_text("Create service", exact=True).click()
    expect(page).to_have_url("/self-service/create_service")


def test_the_sidebar_lights_one_place(page: Page) -> None:
    page.goto("/builder/scorecards/service/production_readiness")
    main = page.get_by_role("navigation", name="Main")
    expect(main.locator("a[data-active]")).to_have_text(["Scorecards"])
    expect(main.locator("a[aria-current]")).to_have_count(0)
    page.goto("/builder/scorecards")
    expect(main.locator("a[aria-current=page]")).to_have_text(["Scorecards"])
