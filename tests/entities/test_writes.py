"""Writing entities through the API: contract 3.2 to 3.6, 3.10, 3.11."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

SERVICE: dict[str, Any] = {
    "identifier": "service",
    "title": "Service",
    "schema": {
        "properties": {
            "tier": {"type": "string", "enum": ["gold", "bronze"]},
            "score": {"type": "number"},
            "labels": {"type": "object"},
            "language": {"type": "string", "default": "python"},
        },
        "required": [],
    },
    "relations": {
        "domain": {"target": "domain", "required": False, "many": False},
        "uses": {"target": "service", "required": False, "many": True},
    },
}
DOMAIN: dict[str, Any] = {"identifier": "domain", "title": "Domain", "schema": {"properties": {}}}
ENTITIES = "/v1/blueprints/service/entities"


@pytest.fixture
async def model(client: httpx.AsyncClient) -> httpx.AsyncClient:
    for blueprint in (DOMAIN, SERVICE):
        answer = await client.post("/v1/blueprints", json=blueprint)
        assert answer.status_code == 201, answer.text
    return client


async def _get(client: httpx.AsyncClient, identifier: str) -> dict[str, Any]:
    answer = await client.get(f"{ENTITIES}/{identifier}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["entity"]
    return found


async def test_create_conflict_replace_merge(model: httpx.AsyncClient) -> None:
    body = {"identifier": "a", "title": "A", "properties": {"tier": "gold", "score": 10.0}, "team": "x"}
    first = await model.post(ENTITIES, json=body)
    assert first.status_code == 201
    entity = first.json()["entity"]
    assert entity["team"] == ["x"]
    assert entity["properties"]["score"] == 10
    assert "10.0" not in first.text
    assert entity["properties"]["language"] == "python"
    again = await model.post(ENTITIES, json=body)
    assert again.status_code == 409
    assert again.json()["error"] == "conflict"
    merged = await model.post(
        f"{ENTITIES}?upsert=true&merge=true", json={"identifier": "a", "properties": {"score": 2}}
    )
    assert merged.status_code == 200
    assert merged.json()["entity"]["properties"]["tier"] == "gold"
    replaced = await model.post(f"{ENTITIES}?upsert=true", json={"identifier": "a", "properties": {"score": 3}})
    assert replaced.json()["entity"]["properties"].get("tier") is None
    assert replaced.json()["entity"]["team"] == []


async def test_missing_relation_target(model: httpx.AsyncClient) -> None:
    body = {"identifier": "a", "relations": {"domain": "payments"}}
    refused = await model.post(ENTITIES, json=body)
    assert refused.status_code == 404
    assert refused.json()["error"] == "not_found"
    assert '"payments"' in refused.json()["message"]
    made = await model.post(f"{ENTITIES}?create_missing_related_entities=true", json=body)
    assert made.status_code == 201
    target = await model.get("/v1/blueprints/domain/entities/payments")
    assert target.json()["entity"]["title"] == "payments"


async def test_bulk_items_are_independent_and_ordered(model: httpx.AsyncClient) -> None:
    items = [
        {"identifier": "a"},
        {"identifier": "b", "properties": {"tier": 5}},
        {"identifier": "c", "relations": {"uses": ["a", "c2"]}},
        {"identifier": "c2"},
        {"identifier": "d", "relations": {"uses": ["a", "c2"]}},
    ]
    answer = await model.post(f"{ENTITIES}/bulk", json={"entities": items})
    assert answer.status_code == 207
    body = answer.json()
    assert [item["identifier"] for item in body["entities"]] == ["a", "c2", "d"]
    assert [(item["index"], item["statusCode"], item["error"]) for item in body["errors"]] == [
        (1, 422, "blueprint_schema_mismatch"),
        (2, 404, "not_found"),
    ]
    again = await model.post(f"{ENTITIES}/bulk?upsert=true", json={"entities": [{"identifier": "a"}] * 2})
    assert again.status_code == 200
    assert [item["created"] for item in again.json()["entities"]] == [False, False]
    assert (await model.post(f"{ENTITIES}/bulk", json={"entities": [{}] * 21})).status_code == 422


async def test_unchanged_rewrite_is_silent(model: httpx.AsyncClient) -> None:
    body = {"identifier": "a", "properties": {"labels": {"x": 1}}}
    before = (await model.post(ENTITIES, json=body)).json()["entity"]
    after = (
        await model.post(
            f"{ENTITIES}?upsert=true",
            json={**body, "title": "a", "properties": {**body["properties"], "language": "python"}},
        )
    ).json()["entity"]
    assert after["updatedAt"] == before["updatedAt"]
    changed = (
        await model.post(
            f"{ENTITIES}?upsert=true&merge=true", json={"identifier": "a", "properties": {"labels": {"x": True}}}
        )
    ).json()
    assert changed["entity"]["properties"]["labels"] == {"x": True}


async def test_rename_keeps_relations(model: httpx.AsyncClient) -> None:
    await model.post(ENTITIES, json={"identifier": "a"})
    await model.post(ENTITIES, json={"identifier": "b", "relations": {"uses": ["a"]}})
    renamed = await model.put(f"{ENTITIES}/a", json={"identifier": "a/new+1@x:y"})
    assert renamed.status_code == 200
    assert (await _get(model, "b"))["relations"]["uses"] == ["a/new+1@x:y"]
    assert (await _get(model, "a%2Fnew%2B1%40x%3Ay"))["identifier"] == "a/new+1@x:y"
    assert (await model.get(f"{ENTITIES}/a")).status_code == 404


async def test_delete_and_dependents(model: httpx.AsyncClient) -> None:
    required = {**SERVICE, "identifier": "strict", "relations": {"domain": {"target": "domain", "required": True}}}
    assert (await model.post("/v1/blueprints", json=required)).status_code == 201
    await model.post("/v1/blueprints/domain/entities", json={"identifier": "d"})
    missing = await model.post("/v1/blueprints/strict/entities", json={"identifier": "s"})
    assert missing.json()["error"] == "required_relation"
    await model.post("/v1/blueprints/strict/entities", json={"identifier": "s", "relations": {"domain": "d"}})
    refused = await model.delete("/v1/blueprints/domain/entities/d")
    assert refused.status_code == 409
    assert "has_dependents" in refused.text
    assert (await model.delete("/v1/blueprints/domain/entities/d?delete_dependents=true")).json() == {"ok": True}
    assert (await model.get("/v1/blueprints/strict/entities/s")).status_code == 404
    assert (await model.delete("/v1/blueprints/domain/entities/d")).status_code == 404
    bulk = await model.post("/v1/blueprints/domain/bulk/entities/delete", json={"entities": ["x", "y"]})
    assert bulk.json() == {"ok": True, "deletedEntities": []}


async def test_validation_only_writes_nothing(model: httpx.AsyncClient) -> None:
    answer = await model.post(f"{ENTITIES}?validation_only=true", json={"identifier": "a"})
    assert answer.status_code == 201
    assert answer.json()["entity"]["identifier"] == "a"
    assert (await model.get(f"{ENTITIES}/a")).status_code == 404


async def test_delete_all_and_the_blueprint(model: httpx.AsyncClient) -> None:
    await model.post(ENTITIES, json={"identifier": "a"})
    refused = await model.delete("/v1/blueprints/service")
    assert "has_dependents" in refused.text
    answer = await model.delete("/v1/blueprints/service/all-entities?delete_blueprint=true")
    migration = answer.json()["migrationId"]
    shown = (await model.get(f"/v1/migrations/{migration}")).json()["migration"]
    assert shown["status"] == "COMPLETED"
    assert (await model.get("/v1/blueprints/service")).status_code == 404


@pytest.mark.parametrize("ids", [[2**70], [-(2**63)], [True], ["1"], [], [1.5], None])
async def test_keys_of_deleted_entities_are_numbers_that_a_database_knows(model: httpx.AsyncClient, ids: Any) -> None:
    answer = await model.post("/v1/fairway/deleted-entities/restore", json={"ids": ids})
    assert answer.status_code == 422


async def test_deleted_entities_can_be_restored_with_their_relations(model: httpx.AsyncClient) -> None:
    await model.post("/v1/blueprints/domain/entities", json={"identifier": "d"})
    await model.post(
        ENTITIES, json={"identifier": "a", "team": "t", "properties": {"score": 1}, "relations": {"domain": "d"}}
    )
    await model.post(ENTITIES, json={"identifier": "taken"})
    await model.post("/v1/blueprints/service/bulk/entities/delete", json={"entities": ["a", "taken"]})
    await model.delete("/v1/blueprints/domain/entities/d")
    await model.post(ENTITIES, json={"identifier": "taken"})
    listed = (await model.get("/v1/fairway/deleted-entities")).json()["deletedEntities"]
    assert {each["identifier"] for each in listed} == {"a", "taken", "d"}
    answer = (
        await model.post("/v1/fairway/deleted-entities/restore", json={"ids": [each["id"] for each in listed]})
    ).json()
    assert {each["identifier"] for each in answer["restored"]} == {"a", "d"}
    assert [each["error"] for each in answer["errors"]] == ["conflict"]
    entity = await _get(model, "a")
    assert entity["relations"]["domain"] == "d"
    assert entity["properties"]["score"] == 1
    assert entity["team"] == ["t"]
    left = (await model.get("/v1/fairway/deleted-entities")).json()["deletedEntities"]
    assert [each["identifier"] for each in left] == ["taken"]
