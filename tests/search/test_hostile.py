"""Names and values that try to become SQL, and pages read while others write."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx

NASTY = (
    "' OR 1=1 --", '"; DROP TABLE entity; --', "$.\"a\"')", "%", "_", "*", "[a-z]", "\\", "a\\'b", "${x}", "{{x}}",
    "?", ":1", "$1", "'||(SELECT value FROM marker)||'", "é\u202e", "\U0001f4a3",
)  # fmt: skip


async def _search(client: httpx.AsyncClient, *rules: dict[str, Any]) -> list[str]:
    answer = await client.post("/v1/entities/search", json={"combinator": "and", "rules": list(rules)})
    assert answer.status_code == 200, answer.text
    return [entity["identifier"] for entity in answer.json()["entities"]]


async def test_nothing_of_a_query_becomes_sql(client: httpx.AsyncClient) -> None:
    blueprint = {"identifier": "thing", "title": "T", "schema": {"properties": {"text": {"type": "string"}}}}
    await client.post("/v1/blueprints", json=blueprint)
    for number, text in enumerate(NASTY):
        body = {"identifier": f"n{number}", "properties": {"text": text}}
        assert (await client.post("/v1/blueprints/thing/entities", json=body)).status_code == 201
    inside = {"property": "$blueprint", "operator": "=", "value": "thing"}
    for number, text in enumerate(NASTY):
        for operator in ("=", "in", "beginsWith", "endsWith"):
            value = [text] if operator == "in" else text
            found = await _search(client, inside, {"property": "text", "operator": operator, "value": value})
            assert f"n{number}" in found
            assert operator != "=" or found == [f"n{number}"]
        assert await _search(client, inside, {"property": text, "operator": "=", "value": "x"}) == []
        assert await _search(client, inside, {"relation": text, "operator": "=", "value": "x"}) == []
        assert await _search(client, {"property": "$blueprint", "operator": "=", "value": text}) == []
        related = {"operator": "relatedTo", "blueprint": text, "value": text}
        assert await _search(client, related) == []
    assert len(await _search(client, inside)) == len(NASTY)


async def test_pages_while_others_write(client: httpx.AsyncClient) -> None:
    await client.post("/v1/blueprints", json={"identifier": "row", "title": "R", "schema": {"properties": {}}})
    for start in range(0, 60, 20):
        entities = [{"identifier": f"r{number}"} for number in range(start, start + 20)]
        await client.post("/v1/blueprints/row/entities/bulk", json={"entities": entities})
    done = False

    async def write() -> None:
        number = 0
        while not done:
            await client.post("/v1/blueprints/row/entities", json={"identifier": f"new{number}"})
            number += 1

    writer = asyncio.create_task(write())
    seen: list[str] = []
    body: dict[str, Any] = {"limit": 7}
    while True:
        page = (await client.post("/v1/blueprints/row/entities/search", json=body)).json()
        seen += [entity["identifier"] for entity in page["entities"]]
        if "next" not in page:
            break
        body["from"] = page["next"]
    done = True
    await writer
    assert seen[:60] == [f"r{number}" for number in range(60)]
    assert len(set(seen)) == len(seen)
