"""Reading over HTTP: lists, one entity, counts, permissions, problems."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import httpx
import pytest

from reading.estate import Estate

SERVICE: dict[str, Any] = {
    "identifier": "service",
    "title": "Service",
    "schema": {"properties": {"tier": {"type": "string"}}},
    "calculationProperties": {"label": {"type": "string", "calculation": '.title + "!"'}},
}
ENTITIES = "/v1/blueprints/service/entities"


@pytest.fixture
async def estate(estate: Estate) -> Estate:
    await estate.model(SERVICE)
    return estate


@pytest.mark.parametrize("identifier", ["a/b@c+d:e", "größe", "x+y", "a%2Fb".replace("%2F", "/")])
async def test_one_entity_by_encoded_identifier(estate: Estate, client: httpx.AsyncClient, identifier: str) -> None:
    await estate.put("service", identifier, properties={"tier": "gold"})
    answer = await client.get(f"{ENTITIES}/{quote(identifier, safe='')}")
    assert answer.status_code == 200
    entity = answer.json()["entity"]
    assert entity["identifier"] == identifier
    assert entity["properties"] == {"tier": "gold", "label": f"{identifier}!"}
    assert entity["scorecards"] == {}


async def test_missing_things(estate: Estate, client: httpx.AsyncClient) -> None:
    missing = await client.get(f"{ENTITIES}/no+where")
    assert (missing.status_code, missing.json()["error"]) == (404, "not_found")
    assert '"no+where"' in missing.json()["message"]
    for path in (
        "/v1/blueprints/none/entities",
        "/v1/blueprints/none/entities/a",
        "/v1/blueprints/none/entities-count",
    ):
        assert (await client.get(path)).status_code == 404


async def test_list_and_count(estate: Estate, client: httpx.AsyncClient) -> None:
    assert (await client.get(ENTITIES)).json() == {"ok": True, "entities": []}
    for number in range(3):
        await estate.put("service", f"s{number}")
    found = (await client.get(f"{ENTITIES}?include=identifier,blueprint&include=title")).json()
    assert found == {
        "ok": True,
        "entities": [{"identifier": f"s{n}", "title": f"s{n}", "blueprint": "service"} for n in range(3)],
    }
    assert (await client.get("/v1/blueprints/service/entities-count")).json() == {"ok": True, "count": 3}
    partial = (await client.get(f"{ENTITIES}?allow_partial_results=true&attach_title_to_relation=0xc0001")).json()
    assert [each["properties"]["label"] for each in partial["entities"]] == ["s0!", "s1!", "s2!"]


async def test_a_long_list_comes_whole(estate: Estate, client: httpx.AsyncClient) -> None:
    body = [{"identifier": f"s{number}"} for number in range(1203)]
    from fairway.portal.catalog.entities.model import WriteOptions

    await estate.portal.catalog.entities.write(estate.caller, "service", body, WriteOptions())
    found = (await client.get(f"{ENTITIES}?exclude_calculated_properties=true")).json()["entities"]
    assert [each["identifier"] for each in found] == [each["identifier"] for each in body]


async def test_runaway_calculations_are_null_and_shown(estate: Estate, client: httpx.AsyncClient) -> None:
    endless = {"type": "string", "calculation": 'if .identifier == "bad" then [range(1e9)] | tostring else .title end'}
    await estate.model({**SERVICE, "calculationProperties": {"label": endless}})
    await estate.put("service", "bad")
    await estate.put("service", "good")
    found = (await client.get(ENTITIES)).json()["entities"]
    assert {each["identifier"]: each["properties"]["label"] for each in found} == {"bad": None, "good": "good"}
    path = "/v1/fairway/blueprints/service/problems"
    (problem,) = (await client.get(path)).json()["problems"]
    assert (problem["property"], problem["entity"]) == ("label", "bad")
    assert problem["message"]
    await estate.model(SERVICE)
    assert (await client.get(path)).json() == {"ok": True, "problems": []}
    assert (await client.get("/v1/fairway/blueprints/none/problems")).status_code == 404


async def test_deep_results_of_calculations_are_null(estate: Estate, client: httpx.AsyncClient) -> None:
    deep = {"type": "array", "calculation": "reduce range(300) as $i ([]; [.])"}
    huge = {"type": "number", "calculation": "1e300 * 1e300"}
    await estate.model({**SERVICE, "calculationProperties": {"deep": deep, "huge": huge}})
    await estate.put("service", "a")
    answer = await client.get(f"{ENTITIES}/a")
    assert answer.status_code == 200
    assert answer.json()["entity"]["properties"]["deep"] is None
