"""Plans: what a change of a blueprint would do, without doing it."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from support.catalog import DOMAIN, SERVICE, TO_DOMAIN


@pytest.fixture(autouse=True)
async def catalog(client: httpx.AsyncClient) -> None:
    """Three services."""
    for blueprint in (DOMAIN, SERVICE):
        assert (await client.post("/v1/blueprints", json=blueprint)).status_code == 201
    for name, score in (("a", 1), ("b", 20), ("c", None)):
        body = {"identifier": name, "title": name.upper(), "properties": {"score": score, "tier": "gold"}}
        assert (await client.post("/v1/blueprints/service/entities", json=body)).status_code == 201


async def _plan(client: httpx.AsyncClient, properties: dict[str, Any], **more: Any) -> dict[str, Any]:
    document = {**SERVICE, **more, "schema": {"properties": properties, "required": more.pop("required", [])}}
    answer = await client.post("/v1/fairway/blueprints/service/plan", json=document)
    assert answer.status_code == 200, answer.text
    plan: dict[str, Any] = answer.json()["plan"]
    return plan


async def test_entities_that_would_not_fit_are_named(client: httpx.AsyncClient) -> None:
    properties = {**SERVICE["schema"]["properties"], "score": {"type": "number", "maximum": 10}}
    plan = await _plan(client, properties)
    assert plan["changes"] == {"properties": {"added": [], "removed": [], "changed": ["score"]}}
    assert (plan["entities"], plan["checked"], plan["failing"]) == (3, 3, 1)
    [example] = plan["examples"]
    assert (example["identifier"], example["title"]) == ("b", "B")
    assert "score" in example["message"]


async def test_values_that_would_be_lost_are_counted(client: httpx.AsyncClient) -> None:
    properties = {name: spec for name, spec in SERVICE["schema"]["properties"].items() if name != "score"}
    plan = await _plan(client, {**properties, "team": {"type": "string"}}, relations=TO_DOMAIN)
    assert plan["changes"]["properties"] == {"added": ["team"], "removed": ["score"], "changed": []}
    assert plan["changes"]["relations"]["added"] == ["domain"]
    assert plan["lost"] == [{"property": "score", "values": 2}]
    assert plan["failing"] == 0


async def test_nothing_is_written(client: httpx.AsyncClient) -> None:
    before = (await client.get("/v1/blueprints/service")).json()
    await _plan(client, {})
    assert (await client.get("/v1/blueprints/service")).json() == before


async def test_what_would_be_refused_is_refused(client: httpx.AsyncClient) -> None:
    path = "/v1/fairway/blueprints/service/plan"
    wrong = {**SERVICE, "schema": {"properties": {"score": {"type": "string"}}}}
    refused = await client.post(path, json=wrong)
    assert refused.status_code == 422
    assert "score" in refused.json()["message"]
    nowhere = {"owner": {"target": "nothing", "required": False, "many": False}}
    assert (await client.post(path, json={**SERVICE, "relations": nowhere})).status_code == 404
    assert (await client.post("/v1/fairway/blueprints/none/plan", json=SERVICE)).status_code == 404
