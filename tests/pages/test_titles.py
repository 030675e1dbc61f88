"""Titles of the pages that blueprints get by themselves."""

from __future__ import annotations

import httpx
import pytest


@pytest.mark.parametrize(
    ("title", "many"),
    [
        ("Service", "Services"), ("GitHub Repository", "GitHub Repositories"), ("Day", "Days"),
        ("Process", "Processes"), ("Branch", "Branches"), ("Box", "Boxes"), ("Analysis", "Analyses"),
        ("Y", "Ys"), ("News", "News"),
    ],
)  # fmt: skip
async def test_pages_speak_of_many(client: httpx.AsyncClient, title: str, many: str) -> None:
    body = {"identifier": "thing", "title": title, "schema": {"properties": {}}}
    assert (await client.post("/v1/blueprints", json=body)).status_code == 201
    assert (await client.get("/v1/pages/things")).json()["page"]["title"] == many
