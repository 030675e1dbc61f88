"""Where a declaration ends: below the base URL, and with the whole listing."""

from __future__ import annotations

from typing import Any

import pytest

from fairway.integration.folder import load_integration
from fairway.integration.http import ThirdPartyMissing
from fairway.integration.testing import Collected, FakeThirdParty, Reply, run_resync
from fairway.integrations.rest.tests.test_rest import FOLDER, resource
from fairway.kit.errors import InvalidRequest

LOADED = load_integration(FOLDER)


async def resync(server: FakeThirdParty, kind: str = "item", **endpoints: Any) -> Collected:
    config = LOADED.config_model.model_validate({"baseUrl": f"{server.url}/api", "endpoints": endpoints})
    return await run_resync(LOADED.integration, {"resources": [resource(kind)]}, config=config)


@pytest.mark.parametrize("path", ["/../secret", "/a/./b", "/a/..", "/%2e%2e/secret", "/a%2f..%2f..%2fb", "/..\\secret"])
async def test_paths_stay_below_the_base_url(path: str) -> None:
    async with FakeThirdParty() as server:
        with pytest.raises(InvalidRequest, match="must stay below the base URL"):
            await resync(server, item={"path": path})
        assert server.asked == []


@pytest.mark.parametrize("value", ["../../secret", "a/../../b", ".."])
async def test_values_do_not_lead_elsewhere(value: str) -> None:
    async with FakeThirdParty() as server:
        server.on("GET", "/api/repos", [{"id": value}])
        tags = {"path": "/repos/{repo}/tags", "pathParameters": {"repo": {"kind": "repo"}}}
        with pytest.raises(InvalidRequest, match=r'kind "tag" \(/repos/\{repo\}/tags\): '):
            await resync(server, "tag", repo={"path": "/repos"}, tag=tags)
        assert [asked.path for asked in server.asked] == ["/api/repos"]


async def test_a_listing_that_ends_with_an_error_is_not_whole(declared: dict[str, Any]) -> None:
    async with FakeThirdParty() as server:
        server.on("GET", "/api/items", [{"id": 1}], Reply({"message": "gone"}, 404))
        with pytest.raises(ThirdPartyMissing, match=r'kind "item" \(/items\): '):
            await resync(server, item=declared)


async def test_one_that_begins_with_it_is_empty(declared: dict[str, Any]) -> None:
    async with FakeThirdParty() as server:
        server.on("GET", "/api/items", Reply({"message": "not here"}, 404))
        assert (await resync(server, item=declared)).raw == {"item-0": []}


@pytest.fixture
def declared() -> dict[str, Any]:
    """An endpoint that may be missing."""
    return {"path": "/items", "emptyOn": [404], "pagination": {"type": "offset"}}
