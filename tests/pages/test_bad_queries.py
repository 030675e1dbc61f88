"""Query parameters that no database can take."""

from __future__ import annotations

import httpx
import pytest


@pytest.mark.parametrize(
    "path",
    [
        "/v1/fairway/views?page=a%00",
        "/v1/audit-log?entity=%00",
        "/v1/fairway/events?entity=%00",
    ],
)
async def test_nul_is_refused(client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(path)
    assert (response.status_code, response.json()["error"]) == (422, "invalid_request")


@pytest.mark.parametrize("text", ["%ff%fe", "%ED%A0%80", "%F0%9F%98%80", "'%20OR%201=1", "%25"])
async def test_odd_text_is_just_text(client: httpx.AsyncClient, text: str) -> None:
    assert (await client.get(f"/v1/fairway/views?page={text}")).json()["views"] == []
    assert (await client.get(f"/v1/audit-log?entity={text}&origin={text}&webhookId={text}")).json()["audits"] == []
