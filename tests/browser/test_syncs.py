"""How the syncs of an integration are shown: counts and reasons kind by kind, quality, and a sync's end."""

from __future__ import annotations

import re
import secrets
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect

from support.browser import settled, violations

RUNTIME = "__runtime__"
PROBLEM = {
    "where": "properties.url",
    "message": "object cannot be added to string",
    "program": '.a + "x"',
    "item": "a7",
}
QUALITY = {"tier": "silver", "broken": [{"rule": "live", "tier": "gold", "asks": "live events"}]}


class Sender:
    """An integration that reports."""

    def __init__(self, api: httpx.Client) -> None:
        self.name = f"shop-{secrets.token_hex(3)}"
        self._api = api
        made = api.post("/v1/integration", json={"installationId": self.name, "title": "Shop"}).raise_for_status()
        self._metrics = f"/metrics/integration/{made.json()['integration']['metricAttributes']['ingestId']}"

    def tell(self, kind: str, state: str, **more: Any) -> None:
        """One metric event."""
        event = {"eventId": "e", "kindIdentifier": kind, "kind": kind, "syncState": state, **more}
        body = {"syncKindsMetrics": [event]}
        self._api.post(f"{self._metrics}/syncMetrics", json=body).raise_for_status()

    def beat(self) -> dict[str, Any]:
        """The answer to a heartbeat."""
        answer: dict[str, Any] = self._api.post(f"{self._metrics}/heartbeat", json={"eventId": "e"}).json()
        return answer


@pytest.fixture
def sender(api: httpx.Client) -> Sender:
    """One that has not begun."""
    return Sender(api)


def test_it_says_what_became_of_items_and_why(page: Page, sender: Sender) -> None:
    counts = {"raw": 1200, "mapped": 1190, "filtered": 6, "dropped": 3, "failed": 1, "loaded": 4, "unchanged": 1186}
    details = {"state": "completed_with_warnings", "counts": counts, "problems": [PROBLEM]}
    sender.tell("product", "completed", details=details)
    kept = {"reason": "more than 30 % would go", "count": 40, "blueprint": "product", "sample": ["p1", "p2"]}
    whole = {"state": "completed_with_warnings", "problem": None, "kept": [kept], "quality": QUALITY}
    sender.tell(RUNTIME, "completed", details=whole)
    page.goto(f"/sources/integrations/{sender.name}")
    table = page.get_by_role("table", name="Kinds of the last sync")
    row = table.get_by_role("row", name=re.compile("product"))
    for text in ("With warnings", "1,200", "1,190", "1,186"):
        expect(row).to_contain_text(text)
    row.get_by_role("button", name="1 problem of product").click()
    expect(table.get_by_text("object cannot be added to string")).to_be_visible()
    expect(table.get_by_text("Item: a7")).to_be_visible()
    expect(page.get_by_text("40 of product: more than 30 % would go (p1, p2, …)")).to_be_visible()
    page.get_by_role("button", name="Silver").click()
    expect(page.get_by_text("live events (gold)")).to_be_visible()
    settled(page)
    assert violations(page) == []


def test_counts_of_the_contract_do_as_well(page: Page, sender: Sender) -> None:
    extract = {"extract": {"object_count_type": {"raw_extracted": {"object_count": 7}}}}
    sender.tell("product", "completed", metrics={"phase": extract})
    page.goto(f"/sources/integrations/{sender.name}")
    expect(page.get_by_role("row", name=re.compile("product"))).to_contain_text("7")
    expect(page.get_by_text("Not reported")).to_be_visible()


@pytest.mark.slow
def test_a_sync_that_is_on_is_ended(page: Page, sender: Sender) -> None:
    sender.tell(RUNTIME, "syncing")
    page.goto(f"/sources/integrations/{sender.name}")
    page.get_by_role("button", name="Abort").click()
    expect(page.get_by_role("button", name="Ending…")).to_be_disabled()
    assert sender.beat()["abort"] is True
    assert violations(page) == []
    sender.tell(RUNTIME, "aborted")
    expect(page.get_by_role("button", name="Ending…")).to_have_count(0)
    expect(page.get_by_text("Aborted").first).to_be_visible()
