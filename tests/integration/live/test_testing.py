"""The kit for authors (contract section 17)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from fairway.integration.definition import Context, Integration
from fairway.integration.testing import FakeThirdParty, Reply, recordings, run_resync

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
