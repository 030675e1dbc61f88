"""Sources of a running portal, from the outside: an organisation of a forge, and what passes made of it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import httpx
from playwright.sync_api import Locator, Page

from support.gitops_gitea import FakeGitea

BASE = "/v1/fairway/gitops"
TOKEN = "gitea-good"
BLUEPRINT = "gitwork"
_PASS_SECONDS = 20


def spec(*identifiers: str, **properties: Any) -> str:
    """A spec file that defines these."""
    given = "".join(f"    {key}: {value}\n" for key, value in properties.items())
    tail = f"  properties:\n{given}" if given else ""
    return "".join(f"- identifier: {each}\n  blueprint: {BLUEPRINT}\n{tail}" for each in identifiers)


@dataclass
class World:
    """An organisation of the forge, and the sources of a test."""

    api: httpx.Client
    forge: FakeGitea
    name: str
    made: list[str] = field(default_factory=list)

    def repository(self, slug: str, files: dict[str, str]) -> str:
        """A new repository; its label."""
        label = f"{self.name}/{slug}"
        self.forge.add_repository(label, files)
        return label

    def connect(self, title: str | None = None, *, token: str = TOKEN, **options: Any) -> str:
        """A source of the organisation; the first pass is over."""
        body = {
            "title": title or f"Forge {self.name}", "kind": "gitea", "url": self.forge.url,
            "settings": {"organisation": self.name}, "secrets": {"token": token, "webhookSecret": "hook"},
            "options": {"deletionGrace": 0, **options},
        }  # fmt: skip
        source = str(self.api.post(f"{BASE}/sources", json=body).raise_for_status().json()["source"]["id"])
        self.made.append(source)
        self.over(source)
        return source

    def sync(self, source: str) -> dict[str, Any]:
        """One more pass, to its end."""
        known = len(self.passes(source))
        self.api.post(f"{BASE}/sources/{source}/sync").raise_for_status()
        return self.over(source, known + 1)

    def passes(self, source: str) -> list[dict[str, Any]]:
        """Those that have ended."""
        found = self.api.get(f"{BASE}/sources/{source}/passes", params={"limit": 50}).raise_for_status()
        return [each for each in found.json()["passes"] if each["endedAt"]]

    def over(self, source: str, count: int = 1) -> dict[str, Any]:
        """Waits for the end of so many passes; the source then."""
        until = time.monotonic() + _PASS_SECONDS
        while len(self.passes(source)) < count:
            assert time.monotonic() < until, "the pass did not end"
            time.sleep(0.05)
        return self.source(source)

    def source(self, source: str) -> dict[str, Any]:
        """A source as it is."""
        found: dict[str, Any] = self.api.get(f"{BASE}/sources/{source}").raise_for_status().json()["source"]
        return found

    def entity(self, identifier: str) -> bool:
        """Whether the catalog has it."""
        return self.api.get(f"/v1/blueprints/{BLUEPRINT}/entities/{identifier}").status_code == 200


def figure(page: Page, name: str) -> Locator:
    """A figure of the last pass on the page of a source."""
    return page.get_by_role("region", name="Last pass").locator("div", has=page.get_by_text(name, exact=True)).last
