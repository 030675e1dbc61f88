"""Conformance scenarios 3, 4, 5 and 26: blueprints as clients model them."""

from __future__ import annotations

from typing import Any

import httpx

from support.catalog import DOMAIN, SERVICE, TO_DOMAIN, Put


async def test_scenario_3_a_missing_target_is_named(client: httpx.AsyncClient, put_blueprint: Put) -> None:
    body = {**SERVICE, "relations": TO_DOMAIN}
    refused = await client.post("/v1/blueprints", json=body)
    assert (refused.status_code, refused.json()["error"]) == (404, "not_found")
    assert '"domain"' in refused.json()["message"]
    await put_blueprint(DOMAIN)
    assert (await client.post("/v1/blueprints", json=body)).status_code == 201
    assert (await client.post("/v1/blueprints", json=body)).status_code == 409


async def test_scenario_4_what_was_put_comes_back(client: httpx.AsyncClient, put_blueprint: Put) -> None:
    await put_blueprint(DOMAIN)
    await put_blueprint(SERVICE)
    properties = {
        "tier": {"type": "string", "enum": ["gold"], "enumColors": {"gold": "yellow"}, "x-mine": {"b": 1, "a": None}},
        "size": {"type": "number", "minimum": 10, "title": "Größe"},
        "many": {"type": "array", "items": {"type": "string"}, "minItems": 0},
        "blob": {"type": "object", "anything": [3, 1, 2]},
    }
    body: dict[str, Any] = {
        **SERVICE,
        "schema": {"properties": properties, "required": ["tier"]},
        "relations": {"domain": {"target": "domain"}},
        "calculationProperties": {"label": {"title": "L", "type": "string", "calculation": ".title"}},
        "mirrorProperties": {"domainName": {"title": "D", "path": "domain.$title"}},
        "includeInGlobalSearch": True,
    }
    put = await client.put("/v1/blueprints/service", json=body)
    assert put.status_code == 200
    blueprint = (await client.get("/v1/blueprints/service")).json()["blueprint"]
    assert blueprint == put.json()["blueprint"]
    assert blueprint["schema"]["properties"] == properties
    assert list(blueprint["schema"]["properties"]) == list(properties)
    assert blueprint["schema"]["required"] == ["tier"]
    relation = blueprint["relations"]["domain"]
    assert (relation["target"], relation["required"], relation["many"]) == ("domain", False, False)
    assert blueprint["mirrorProperties"] == body["mirrorProperties"]
    assert blueprint["calculationProperties"] == body["calculationProperties"]
    assert blueprint["includeInGlobalSearch"] is True
    assert type(blueprint["schema"]["properties"]["size"]["minimum"]) is int
    assert {"createdAt", "createdBy", "updatedAt", "updatedBy"} <= set(blueprint)


async def test_scenario_5_a_missing_map_is_cleared(client: httpx.AsyncClient, put_blueprint: Put) -> None:
    await put_blueprint(DOMAIN)
    await put_blueprint(SERVICE, relations=TO_DOMAIN)
    count = {"title": "Services", "type": "number", "target": "service"}
    aggregation = {"services": {**count, "calculationSpec": {"func": "count", "calculationBy": "entities"}}}
    await client.put("/v1/blueprints/domain", json={**DOMAIN, "aggregationProperties": aggregation})
    read = (await client.get("/v1/blueprints/domain")).json()["blueprint"]
    assert read["aggregationProperties"] == aggregation
    del read["aggregationProperties"]
    assert (await client.put("/v1/blueprints/domain", json=read)).status_code == 200
    assert not (await client.get("/v1/blueprints/domain")).json()["blueprint"].get("aggregationProperties")


async def test_a_patched_map_replaces_that_map_alone(client: httpx.AsyncClient, put_blueprint: Put) -> None:
    await put_blueprint(DOMAIN)
    await put_blueprint(SERVICE, relations=TO_DOMAIN)
    patched = await client.patch("/v1/blueprints/service", json={"title": "Dienst", "relations": {}})
    assert patched.json()["blueprint"]["relations"] == {}
    assert patched.json()["blueprint"]["schema"]["properties"].keys() == SERVICE["schema"]["properties"].keys()
    assert patched.json()["blueprint"]["title"] == "Dienst"


async def test_a_property_keeps_its_type(client: httpx.AsyncClient, put_blueprint: Put) -> None:
    await put_blueprint(SERVICE)
    changed = {**SERVICE, "schema": {"properties": {"tier": {"type": "number"}}}}
    assert (await client.put("/v1/blueprints/service", json=changed)).status_code == 422
    without = {**SERVICE, "schema": {"properties": {}}}
    assert (await client.put("/v1/blueprints/service", json=without)).status_code == 200
    assert (await client.put("/v1/blueprints/service", json=changed)).status_code == 200


async def test_scenario_26_entities_keep_their_blueprint(
    client: httpx.AsyncClient, put_blueprint: Put, put_entity: Put
) -> None:
    await put_blueprint(SERVICE)
    await put_entity("service", "a")
    refused = await client.delete("/v1/blueprints/service")
    assert refused.status_code == 409
    assert "has_dependents" in refused.text
    started = await client.delete("/v1/blueprints/service/all-entities?delete_blueprint=true")
    migration = (await client.get(f"/v1/migrations/{started.json()['migrationId']}")).json()["migration"]
    assert migration["status"] == "COMPLETED"
    assert migration["sourceBlueprint"] == "service"
    assert (await client.get("/v1/blueprints/service")).status_code == 404


async def test_scenario_26_a_target_keeps_its_blueprint(
    client: httpx.AsyncClient, put_blueprint: Put, put_entity: Put
) -> None:
    """Settled point 12."""
    await put_blueprint(DOMAIN)
    await put_blueprint(SERVICE, relations=TO_DOMAIN)
    await put_entity("domain", "payments")
    refused = await client.delete("/v1/blueprints/domain/all-entities?delete_blueprint=true")
    assert refused.status_code == 409
    assert "has_dependents" in refused.text
    assert (await client.get("/v1/blueprints/domain/entities-count")).json()["count"] == 1


async def test_a_rename_is_followed_everywhere(client: httpx.AsyncClient, put_blueprint: Put, put_entity: Put) -> None:
    await put_blueprint(DOMAIN)
    await put_blueprint(SERVICE, relations=TO_DOMAIN)
    await put_entity("domain", "payments")
    await put_entity("service", "a", relations={"domain": "payments"}, properties={"tier": "gold"})
    renamed = await client.put("/v1/blueprints/domain", json={**DOMAIN, "identifier": "area"})
    assert renamed.json()["blueprint"]["identifier"] == "area"
    service = (await client.get("/v1/blueprints/service")).json()["blueprint"]
    assert service["relations"]["domain"]["target"] == "area"
    path = "/v1/blueprints/service/properties/tier/rename"
    assert (await client.patch(path, json={"newPropertyName": "level"})).status_code == 200
    assert (await client.patch(path, json={"newPropertyName": "x"})).status_code == 404
    taken = await client.patch(path.replace("tier", "level"), json={"newPropertyName": "repo"})
    assert taken.status_code == 409
    entity = (await client.get("/v1/blueprints/service/entities/a")).json()["entity"]
    assert (entity["properties"]["level"], entity["relations"]["domain"]) == ("gold", "payments")
    assert (await client.get("/v1/blueprints/area/entities/payments")).status_code == 200


async def test_system_blueprints_have_their_pristine_structure(client: httpx.AsyncClient) -> None:
    listed = {item["identifier"] for item in (await client.get("/v1/blueprints")).json()["blueprints"]}
    assert {"_user", "_team", "_scorecard", "_rule", "_rule_result"} <= listed
    for name in ("_user", "_team"):
        structure = (await client.get(f"/v1/blueprints/system/{name}/structure")).json()["blueprint"]
        current = (await client.get(f"/v1/blueprints/{name}")).json()["blueprint"]
        assert set(structure["schema"]["properties"]) <= set(current["schema"]["properties"])
        assert (await client.delete(f"/v1/blueprints/{name}")).status_code in (403, 409, 422)
