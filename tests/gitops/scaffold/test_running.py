"""A run learns what became of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest

from fairway.client.api import PortalClient
from fairway.client.token import Credentials
from fairway.gitops.scaffold.model import EditConflict, Outcome, ScaffoldResult
from fairway.gitops.scaffold.running import finish_run
from support.forges.server import Receiver, Reply, Seen


def answer(seen: Seen) -> Reply:
    if seen.path == "/v1/auth/access_token":
        return Reply(json={"ok": True, "accessToken": "t", "expiresIn": 3600, "tokenType": "Bearer"})
    return Reply(json={"ok": True})


@pytest.fixture
async def portal() -> AsyncIterator[Receiver]:
    async with Receiver.running(answer) as found:
        yield found


def told(portal: Receiver) -> list[tuple[str, str, Any]]:
    return [(seen.method, seen.path, seen.json) for seen in portal.requests if "runs" in seen.path]


async def test_success(portal: Receiver) -> None:
    result = ScaffoldResult(Outcome.OPENED, "port.yml", "portal/a/b-1", "https://forge/1", ("tier: 1 -> 2",))

    async def work() -> ScaffoldResult:
        return result

    async with PortalClient(portal.url, Credentials("id", "secret")) as client:
        assert await finish_run(client, "r/1", work) == result
    said = "port.yml: opened a pull request (portal/a/b-1)"
    assert told(portal) == [
        ("POST", "/v1/actions/runs/r%2F1/logs", {"message": f"{said}\ntier: 1 -> 2"}),
        ("PATCH", "/v1/actions/runs/r%2F1", {"status": "SUCCESS", "message": said, "link": ["https://forge/1"]}),
    ]


async def test_failure(portal: Receiver) -> None:
    async def work() -> ScaffoldResult:
        raise EditConflict("somebody else was faster")

    async with PortalClient(portal.url, Credentials("id", "secret")) as client:
        with pytest.raises(EditConflict):
            await finish_run(client, "r1", work)
    message = {"error": "edit_conflict", "message": "somebody else was faster"}
    assert told(portal) == [
        ("POST", "/v1/actions/runs/r1/logs", {"message": "somebody else was faster"}),
        ("PATCH", "/v1/actions/runs/r1", {"status": "FAILURE", "message": message}),
    ]
