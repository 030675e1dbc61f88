"""What a mapping would make of an integration's raw examples."""

from __future__ import annotations

from typing import Any

import httpx

PROJECTS = [{"name": "core", "archived": False, "tags": ["a", "b"]}, {"name": "old", "archived": True, "tags": []}]


def _resource(query: str = ".archived | not", **mappings: Any) -> dict[str, Any]:
    entity = {"identifier": ".name", "blueprint": '"service"', **mappings}
    return {"kind": "project", "selector": {"query": query}, "port": {"entity": {"mappings": entity}}}


async def _registered(client: httpx.AsyncClient, *resources: dict[str, Any]) -> str:
    body = {"installationId": "forge", "config": {"resources": list(resources)}}
    assert (await client.post("/v1/integration", json=body)).status_code == 201
    examples = {"examples": PROJECTS}
    path = "/v1/integration/forge/kinds/project/examples"
    assert (await client.post(path, json=examples)).is_success
    return "/v1/fairway/integration/forge/preview"


async def test_items_are_kept_dropped_and_mapped(client: httpx.AsyncClient) -> None:
    path = await _registered(client, _resource(title=".name | ascii_upcase"))
    [kind] = (await client.post(path)).json()["kinds"]
    assert (kind["kept"], kind["dropped"], kind["failed"]) == (1, 1, 0)
    assert kind["items"][0]["mapped"] == {"identifier": "core", "blueprint": "service", "title": "CORE"}
    assert kind["items"][1] == {"raw": PROJECTS[1], "result": "dropped", "mapped": None, "errors": []}


async def test_an_unsaved_mapping_is_tried(client: httpx.AsyncClient) -> None:
    path = await _registered(client)
    resource = _resource(identifier=".item")
    resource["port"]["itemsToParse"] = ".tags"
    [kind] = (await client.post(path, json={"config": {"resources": [resource]}})).json()["kinds"]
    assert [item["mapped"]["identifier"] for item in kind["items"]] == ["a", "b"]
    assert (await client.get("/v1/integration/forge")).json()["integration"]["config"] == {"resources": []}


async def test_errors_name_field_and_program(client: httpx.AsyncClient) -> None:
    resources = (_resource("true", title=".name | keys"), _resource(".name"), _resource(identifier=".no"))
    path = await _registered(client, *resources)
    broken, selector, empty = (await client.post(path)).json()["kinds"]
    assert broken["kept"] == 2
    assert broken["items"][0]["errors"][0]["field"] == "title"
    assert broken["items"][0]["errors"][0]["program"] == ".name | keys"
    assert selector["failed"] == 2
    assert selector["items"][0]["errors"][0]["field"] == "selector"
    assert empty["items"][0]["errors"] == [
        {"field": "identifier", "program": "", "message": "is empty: no entity can be made"}
    ]


async def test_what_is_not_jq_is_refused_with_its_place(client: httpx.AsyncClient) -> None:
    path = await _registered(client)
    refused = await client.post(path, json={"config": {"resources": [_resource(title=".[")]}})
    assert refused.status_code == 422
    assert refused.json()["message"].startswith("resources[0].port.entity.mappings.title: ")
