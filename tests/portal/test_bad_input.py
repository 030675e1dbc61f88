"""Hostile and broken input: a contract-shaped refusal, nothing half written, and the server stays up."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx
import pytest

BLUEPRINT: dict[str, Any] = {
    "identifier": "thing",
    "title": "Thing",
    "schema": {
        "properties": {
            "name": {"type": "string", "pattern": "^(a+)+$"},
            "count": {"type": "number", "minimum": 0},
            "free": {"type": "object"},
            "site": {"type": "string", "format": "url"},
            "when": {"type": "string", "format": "date-time"},
            "labels": {"type": "array", "items": {"type": "string"}},
        }
    },
    "calculationProperties": {"fine": {"title": "F", "type": "string", "calculation": ".title"}},
}
RUNAWAY: dict[str, Any] = {
    "identifier": "runaway",
    "title": "Runaway",
    "schema": {"properties": {}},
    "calculationProperties": {
        "endless": {
            "title": "E",
            "type": "string",
            "calculation": "[limit(1000000000; repeat(1))] | length | tostring",
        },
        "huge": {"title": "H", "type": "string", "calculation": '"x" * 1000000000'},
        "fine": {"title": "F", "type": "string", "calculation": ".title"},
    },
}
ENTITIES = "/v1/blueprints/thing/entities"


@pytest.fixture
async def thing(client: httpx.AsyncClient) -> httpx.AsyncClient:
    answer = await client.post("/v1/blueprints", json=BLUEPRINT)
    assert answer.status_code == 201, answer.text
    return client


async def _refused(client: httpx.AsyncClient, status: int, **request: Any) -> str:
    answer = await client.request("POST", request.pop("url", ENTITIES), **request)
    assert answer.status_code == status, answer.text
    assert answer.json()["ok"] is False
    return str(answer.json()["message"])


@pytest.mark.parametrize(
    ("properties", "told"),
    [
        ({"count": "5"}, "count"),
        ({"count": -1}, "count"),
        ({"count": True}, "count"),
        ({"name": 5}, "name"),
        ({"name": "a" * 5000 + "b"}, "name"),
        ({"site": "not a url"}, "site"),
        ({"when": "yesterday"}, "when"),
        ({"labels": "x"}, "labels"),
        ({"labels": [1]}, "labels"),
        ({"free": []}, "free"),
        ({"unknown": 1}, "unknown"),
        ({"fine": "computed"}, "fine"),
    ],
)
async def test_values_that_do_not_fit(thing: httpx.AsyncClient, properties: dict[str, Any], told: str) -> None:
    message = await _refused(thing, 422, json={"identifier": "x", "properties": properties})
    assert f'"{told}"' in message
    assert (await thing.get(f"{ENTITIES}/x")).status_code == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"{", 400),
        (b"nul", 400),
        (b"\xff\xfe{}", 400),
        (b'{"identifier": "\xff"}', 400),
        (b'{"identifier": "a\\u0000b"}', 400),
        (b'{"identifier": "\\ud800"}', 400),
        (b"[]", 422),
        (b'"x"', 422),
        (b'{"identifier": 5}', 422),
        (b'{"identifier": "has space"}', 422),
        (b'{"identifier": ".."}', 422),
        (b'{"identifier": ""}', 422),
        (b'{"identifier": "x", "team": 5}', 422),
        (b'{"identifier": "x", "properties": []}', 422),
        (b'{"identifier": "x", "relations": {"r": 5}}', 422),
        (b'{"identifier": "x", "relations": {"r": "y"}}', 422),
        (b'{"identifier": "' + b"x" * 1001 + b'"}', 422),
        (b'{"a":' * 200 + b"1" + b"}" * 200, 400),
        (b"[" * 100_000, 400),
        (b'{"identifier": "x", "title": ' + b"9" * 400 + b"}", 400),
    ],
)
async def test_bodies_that_are_no_entity(thing: httpx.AsyncClient, body: bytes, status: int) -> None:
    await _refused(thing, status, content=body, headers={"Content-Type": "application/json"})


async def test_fifty_levels_are_data(thing: httpx.AsyncClient) -> None:
    deep: Any = 1
    for _ in range(50):
        deep = {"level": deep}
    answer = await thing.post(ENTITIES, json={"identifier": "deep", "properties": {"free": deep}})
    assert answer.status_code == 201
    assert answer.json()["entity"]["properties"]["free"] == deep


async def test_large_bodies(thing: httpx.AsyncClient) -> None:
    body = json.dumps({"identifier": "x", "title": "y" * (1024 * 1024)}).encode()
    assert "1048576" in await _refused(thing, 413, content=body)
    assert (await thing.get(f"{ENTITIES}/x")).status_code == 404

    async def chunks() -> Any:
        for _ in range(40):
            yield b" " * 65536

    await _refused(thing, 413, content=chunks())


async def test_expressions_that_never_end_are_null(thing: httpx.AsyncClient) -> None:
    assert (await thing.post("/v1/blueprints", json=RUNAWAY)).status_code == 201
    answer = await thing.post("/v1/blueprints/runaway/entities", json={"identifier": "x", "title": "T"})
    assert answer.status_code == 201
    properties = answer.json()["entity"]["properties"]
    assert properties["endless"] is None
    assert properties["huge"] is None
    assert properties["fine"] == "T"


@pytest.mark.parametrize(
    "text", ["'; DROP TABLE entity; --", '" OR 1=1 --', "{{ .secrets.x }}", "%_\\", "$1 ? :x %(y)s"]
)
async def test_text_is_only_text(thing: httpx.AsyncClient, text: str) -> None:
    body = {"identifier": "x", "title": text, "properties": {"free": {text: text}, "labels": [text]}, "team": text}
    answer = await thing.post(ENTITIES, json=body)
    assert answer.status_code == 201
    entity = (await thing.get(f"{ENTITIES}/x")).json()["entity"]
    assert (entity["title"], entity["team"]) == (text, [text])
    assert entity["properties"]["free"] == {text: text}
    query = {"combinator": "and", "rules": [{"property": "$title", "operator": "=", "value": text}]}
    found = (await thing.post("/v1/entities/search", json=query)).json()["entities"]
    assert [each["identifier"] for each in found] == ["x"]


async def test_concurrent_upserts_of_one_entity(thing: httpx.AsyncClient) -> None:
    async def upsert(number: int) -> int:
        body = {"identifier": "same", "properties": {"free": {"n": number}}}
        return (await thing.post(f"{ENTITIES}?upsert=true&merge=true", json=body)).status_code

    codes = await asyncio.gather(*(upsert(number) for number in range(24)))
    assert sorted(set(codes)) == [200, 201]
    assert codes.count(201) == 1


async def test_cycles_of_relations_are_fine(thing: httpx.AsyncClient) -> None:
    relations = {"next": {"target": "thing", "required": False, "many": False}}
    mirrors = {"nextName": {"title": "N", "path": "next.next.next.$title"}}
    patched = await thing.patch("/v1/blueprints/thing", json={"relations": relations, "mirrorProperties": mirrors})
    assert patched.status_code == 200, patched.text
    for name in ("a", "b"):
        await thing.post(ENTITIES, json={"identifier": name})
    for name, target in (("a", "b"), ("b", "a")):
        answer = await thing.patch(f"{ENTITIES}/{name}", json={"relations": {"next": target}})
        assert answer.json()["entity"]["relations"]["next"] == target
    assert answer.json()["entity"]["properties"]["nextName"] == "a"
    related = {"combinator": "and", "rules": [{"operator": "relatedTo", "blueprint": "thing", "value": "a"}]}
    found = (await thing.post("/v1/entities/search", json=related)).json()["entities"]
    assert {each["identifier"] for each in found} == {"b"}


@pytest.mark.parametrize(
    "path", ["/v1/blueprints/%FF/entities", "/v1/blueprints/a%00b", "/v1/nothing", "//v1//blueprints/"]
)
async def test_paths(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(f"http://portal{path}")
    assert answer.status_code in (200, 400, 404)
    assert isinstance(answer.json()["ok"], bool)
