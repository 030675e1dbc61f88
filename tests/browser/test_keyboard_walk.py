"""From the login to the end of a run without a pointer: what is not reached by the keyboard is not there for some."""

from __future__ import annotations

import re
import secrets

import pytest
from playwright.sync_api import Locator, Page, expect

EMAIL, PASSWORD = "admin@example.com", "correct horse battery staple"
_FARTHEST = 80
"""Steps of Tab that are looked through for something."""


def _tab_to(page: Page, wanted: Locator, key: str = "Tab") -> None:
    """Presses Tab until something has the focus, and insists that wherever it stops can be seen."""
    wanted.first.wait_for(state="attached")
    for step in range(_FARTHEST):
        if step:
            page.keyboard.press(key)
        if wanted.count() and wanted.first.evaluate("(found) => found === document.activeElement"):
            return
        held = page.evaluate(
            "() => { const at = document.activeElement; if (at === document.body) return true;"
            " const box = at.getBoundingClientRect(); return box.width > 0 && box.height > 0 }"
        )
        assert held, f"the focus is out of sight: {page.evaluate('() => document.activeElement.outerHTML')[:200]}"
    raise AssertionError(f"{wanted} is not reached in {_FARTHEST} steps")


def _palette(page: Page, words: str, choice: str) -> None:
    page.keyboard.press("Control+k")
    box = page.get_by_placeholder("Search entities")
    expect(box).to_be_focused()
    page.keyboard.type(words)
    expect(page.get_by_role("listbox").get_by_role("option", name=re.compile(choice)).first).to_be_visible()
    for _ in range(20):
        chosen = page.locator("[role=option][aria-selected=true]")
        if chosen.count() == 1 and re.search(choice, chosen.inner_text()):
            break
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")


@pytest.mark.slow
def test_without_a_pointer(anonymous_page: Page) -> None:
    page = anonymous_page
    page.goto("/")
    _tab_to(page, page.get_by_label("E-mail"))
    page.keyboard.type(EMAIL)
    _tab_to(page, page.locator("input[autocomplete=current-password]"))
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("navigation", name="Main").wait_for()

    _palette(page, "services", "^Services")
    grid = page.get_by_role("grid", name="Services")
    grid.wait_for()
    _tab_to(page, grid.locator("[tabindex='0']"))
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/entities/service/"))

    _tab_to(page, page.get_by_role("tab", selected=True))
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    expect(page.get_by_role("tab", selected=True)).not_to_have_text("Overview")

    _palette(page, "create service", "^Create service")
    name = f"walked-{secrets.token_hex(4)}"
    _tab_to(page, page.get_by_role("textbox", name="Name"))
    page.keyboard.type(name)
    for field in ("System", "Owning team"):
        box = page.get_by_role("combobox", name=field)
        _tab_to(page, box)
        page.keyboard.press("ArrowDown")
        expect(page.get_by_role("option").locator("visible=true").first).to_be_visible()
        page.keyboard.press("ArrowDown")
        page.keyboard.press("Enter")
        expect(box).not_to_have_value("")
    _tab_to(page, page.get_by_role("button", name="Next"))
    page.keyboard.press("Enter")
    _tab_to(page, page.get_by_role("combobox", name="Language"))
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    _tab_to(page, page.locator("button[type=submit]", has_text="Create"))
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/runs/r_"))
    expect(page.get_by_role("region", name="Log")).to_contain_text(f'Created entity "{name}"')


@pytest.mark.slow
def test_a_dialog_gives_the_focus_back(page: Page) -> None:
    page.goto("/pages/services")
    page.get_by_role("grid", name="Services").wait_for()
    opener = page.get_by_role("button", name="Filter", exact=True)
    _tab_to(page, opener)
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Filter").get_by_role("button", name="Close")).to_be_focused()
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()
