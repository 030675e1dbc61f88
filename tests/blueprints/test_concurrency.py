"""Changes of the model at the same time, as the defaults of an integration are installed."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest


@pytest.mark.slow
async def test_blueprints_are_related_at_the_same_time(client: httpx.AsyncClient) -> None:
    names = [f"part{number}" for number in range(16)]
    bare = {"schema": {"properties": {"size": {"type": "number"}}, "required": []}}

    async def created(name: str) -> httpx.Response:
        return await client.post("/v1/blueprints", json={"identifier": name, "title": name, **bare})

    async def related(name: str, target: str) -> httpx.Response:
        relations: dict[str, Any] = {f"to_{target}": {"title": target, "target": target}}
        return await client.patch(f"/v1/blueprints/{name}", json={"relations": relations})

    answers = await asyncio.gather(*(created(name) for name in names))
    assert {answer.status_code for answer in answers} == {201}
    for shift in (1, 2, 3):
        pairs = [(name, names[(place + shift) % len(names)]) for place, name in enumerate(names)]
        answers = await asyncio.gather(*(related(*pair) for pair in pairs))
        assert [answer.text for answer in answers if answer.status_code != 200] == []
    found = (await client.get("/v1/blueprints")).json()["blueprints"]
    targets = {each["identifier"]: sorted(each["relations"]) for each in found if each["identifier"] in names}
    assert targets == {name: [f"to_{names[(place + 3) % len(names)]}"] for place, name in enumerate(names)}
