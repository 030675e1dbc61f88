"""The kit for authors (contract section 17)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from fairway.integration.definition import Context, Integration
from fairway.integration.live import Processor, WebhookEvent, WebhookEventRawResults
from fairway.integration.model import Resource
from fairway.integration.testing import FakeThirdParty, Reply, deliver_event, only, recordings, run_resync
from fairway.kit.errors import Unauthorized

MAPPING = {
    "resources": [
        {
            "kind": "issue",
            "selector": {"query": ".open"},
            "port": {"entity": {"mappings": {"identifier": ".id", "blueprint": '"issue"'}}},
        },
        {"kind": "nobody", "selector": {"query": "true"}},
    ]
}


async def test_a_resync_is_collected_without_a_portal(party: FakeThirdParty, tmp_path: Path) -> None:
    integration = Integration("demo")

    @integration.on_resync("issue")
    async def issues(context: Context) -> AsyncIterator[list[dict[str, Any]]]:
        http = context.http.view(context.config["url"])
        async for page in http.pages("/issues"):
            yield page

    (tmp_path / "issues.json").write_text('[{"id": "a", "open": true}]')
    for path, body in recordings(tmp_path).items():
        party.on("GET", path, Reply(body=body))
    found = await run_resync(integration, MAPPING, config={"url": party.url})
    assert [entity.identifier for entity in found.entities] == ["a"]
    assert found.raw == {"issue-0": [{"id": "a", "open": True}]}
    assert any("nobody" in problem.message for problem in found.problems)


class Issues(Processor):
    async def authenticate(self, payload: Any, headers: Mapping[str, str]) -> bool:
        return headers.get("x-token") == "hush"

    async def should_process_event(self, event: WebhookEvent) -> bool:
        return "id" in event.payload

    async def get_matching_kinds(self, event: WebhookEvent) -> list[str]:
        return ["issue"]

    async def handle_event(self, payload: Any, resource: Resource) -> WebhookEventRawResults:
        if payload["id"] == "broken":
            raise ValueError("no such issue")
        return WebhookEventRawResults([payload])


async def test_an_event_is_delivered_without_a_portal() -> None:
    integration = Integration("demo")
    integration.on_resync("issue")(_nothing)
    integration.webhook("hook", Issues)

    async def deliver(payload: Any, token: str = "hush") -> Any:
        return await deliver_event(integration, only(MAPPING, "issue"), "hook", payload, headers={"X-Token": token})

    taken = await deliver({"id": "a", "open": True})
    assert [entity.identifier for entity in taken.upserted] == ["a"]
    assert [key.identifier for key in (await deliver({"id": "a", "open": False})).deleted] == ["a"]
    assert not (await deliver({})).wanted
    with pytest.raises(Unauthorized):
        await deliver({"id": "a"}, token="guess")
    with pytest.raises(ValueError, match="no such issue"):
        await deliver({"id": "broken"})


async def _nothing(context: Context) -> list[dict[str, Any]]:
    return []
