"""The life of blueprints: contract 2.1 to 2.9."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

SERVICE: dict[str, Any] = {
    "identifier": "service",
    "title": "Service",
    "x-own-key": {"kept": [1, None]},
    "schema": {
        "properties": {
            "tier": {"type": "string", "title": "Tier", "x-unknown": {"b": 1, "a": None}},
            "score": {"type": "number"},
        },
        "required": ["tier"],
    },
    "relations": {"domain": {"title": "Domain", "target": "domain"}},
    "mirrorProperties": {"domainName": {"title": "Domain name", "path": "domain.$title"}},
    "calculationProperties": {
        "label": {"title": "L", "type": "string", "calculation": '.properties.tier + "/" + (.relations.domain // "-")'}
    },
}
ENTITIES = "/v1/blueprints/service/entities"


@pytest.fixture
async def model(client: httpx.AsyncClient) -> httpx.AsyncClient:
    for document in ({"identifier": "domain", "title": "Domain", "schema": {"properties": {}}}, SERVICE):
        answer = await client.post("/v1/blueprints", json=document)
        assert answer.status_code == 201, answer.text
    return client


async def _blueprint(client: httpx.AsyncClient, identifier: str = "service") -> dict[str, Any]:
    found: dict[str, Any] = (await client.get(f"/v1/blueprints/{identifier}")).json()["blueprint"]
    return found


async def _entity(client: httpx.AsyncClient, identifier: str = "a", blueprint: str = "service") -> dict[str, Any]:
    answer = await client.get(f"/v1/blueprints/{blueprint}/entities/{identifier}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()["entity"]
    return found


async def _with_entity(client: httpx.AsyncClient) -> None:
    await client.post("/v1/blueprints/domain/entities", json={"identifier": "d", "title": "Payments"})
    body = {"identifier": "a", "properties": {"tier": "gold", "score": 1}, "relations": {"domain": "d"}}
    assert (await client.post(ENTITIES, json=body)).status_code == 201


async def test_documents_come_back_as_sent(model: httpx.AsyncClient) -> None:
    shown = await _blueprint(model)
    assert shown["schema"]["properties"] == SERVICE["schema"]["properties"]
    assert list(shown["schema"]["properties"]["tier"]) == list(SERVICE["schema"]["properties"]["tier"])
    assert shown["x-own-key"] == {"kept": [1, None]}
    assert shown["relations"] == {"domain": {"title": "Domain", "target": "domain", "required": False, "many": False}}
    assert shown["aggregationProperties"] == {}
    again = (await model.put("/v1/blueprints/service", json=shown)).json()["blueprint"]
    assert {**again, "updatedAt": ""} == {**shown, "updatedAt": ""}


async def test_patch_replaces_what_it_names(model: httpx.AsyncClient) -> None:
    patch = {"schema": {"properties": {"tier": {"title": "Renamed title"}}}, "mirrorProperties": {}}
    shown = (await model.patch("/v1/blueprints/service", json=patch)).json()["blueprint"]
    assert shown["schema"]["properties"] == {"tier": {"type": "string", "title": "Renamed title"}}
    assert shown["mirrorProperties"] == {}
    assert "label" in shown["calculationProperties"]


async def test_put_drops_what_it_lacks_and_its_values(model: httpx.AsyncClient) -> None:
    await _with_entity(model)
    bare = {"identifier": "service", "title": "Service", "schema": {"properties": {"tier": {"type": "string"}}}}
    shown = (await model.put("/v1/blueprints/service", json=bare)).json()["blueprint"]
    assert shown["relations"] == {}
    assert "x-own-key" not in shown
    back = {**bare, "schema": {"properties": {"tier": {"type": "string"}, "score": {"type": "string"}}}}
    assert (await model.put("/v1/blueprints/service", json=back)).status_code == 200
    assert (await _entity(model))["properties"] == {"tier": "gold", "score": None}


async def test_a_type_cannot_change(model: httpx.AsyncClient) -> None:
    changed = {"schema": {"properties": {"tier": {"type": "number"}}}}
    refused = await model.patch("/v1/blueprints/service", json=changed)
    assert refused.status_code == 422
    assert "tier" in refused.json()["message"]


async def test_a_relation_that_holds_values_keeps_its_shape(model: httpx.AsyncClient) -> None:
    await _with_entity(model)
    many = {"relations": {"domain": {"target": "domain", "many": True}}, "mirrorProperties": {}}
    assert (await model.patch("/v1/blueprints/service", json=many)).status_code == 422
    await model.patch(f"{ENTITIES}/a", json={"relations": {"domain": None}})
    assert (await model.patch("/v1/blueprints/service", json=many)).status_code == 200
    assert (await _entity(model))["relations"]["domain"] == []


async def test_property_rename_moves_values_and_references(model: httpx.AsyncClient) -> None:
    await _with_entity(model)
    path = "/v1/blueprints/service/properties/tier/rename"
    assert (await model.patch(path, json={"newPropertyName": "score"})).status_code == 409
    shown = (await model.patch(path, json={"newPropertyName": "class-of"})).json()["blueprint"]
    assert list(shown["schema"]["properties"]) == ["class-of", "score"]
    assert shown["schema"]["required"] == ["class-of"]
    entity = await _entity(model)
    assert entity["properties"]["class-of"] == "gold"
    assert entity["properties"]["label"] == "gold/d"
    missing = await model.patch("/v1/blueprints/service/properties/nope/rename", json={"newPropertyName": "x"})
    assert missing.status_code == 404


async def test_relation_and_mirror_renames(model: httpx.AsyncClient) -> None:
    await _with_entity(model)
    renamed = await model.patch(
        "/v1/blueprints/service/relations/domain/rename", json={"newRelationIdentifier": "area"}
    )
    assert renamed.status_code == 200, renamed.text
    assert renamed.json()["blueprint"]["mirrorProperties"]["domainName"]["path"] == "area.$title"
    path = "/v1/blueprints/service/mirror/domainName/rename"
    assert (await model.patch(path, json={"newMirrorName": "areaName"})).status_code == 200
    entity = await _entity(model)
    assert entity["relations"] == {"area": "d"}
    assert entity["properties"]["areaName"] == "Payments"
    assert entity["properties"]["label"] == "gold/d"


async def test_a_new_identifier_takes_everything_along(model: httpx.AsyncClient) -> None:
    await _with_entity(model)
    count = {"func": "count", "calculationBy": "entities"}
    counter = {"title": "N", "type": "number", "target": "service", "calculationSpec": count}
    await model.patch("/v1/blueprints/domain", json={"aggregationProperties": {"services": counter}})
    moved = await model.patch("/v1/blueprints/service", json={"identifier": "component"})
    assert moved.status_code == 200, moved.text
    assert (await model.get("/v1/blueprints/service")).status_code == 404
    assert (await _blueprint(model, "domain"))["aggregationProperties"]["services"]["target"] == "component"
    assert (await _entity(model, blueprint="component"))["relations"]["domain"] == "d"
    assert (await _entity(model, "d", "domain"))["properties"]["services"] == 1
    roles = (await model.get("/v1/blueprints/component/permissions")).json()["permissions"]["entities"]["update"][
        "roles"
    ]
    assert "component-moderator" in roles
    assert (await model.patch("/v1/blueprints/component", json={"identifier": "domain"})).status_code == 409


async def test_system_blueprints_keep_their_core(client: httpx.AsyncClient) -> None:
    pristine = (await client.get("/v1/blueprints/system/_user/structure")).json()["blueprint"]
    assert set(pristine["schema"]["properties"]) >= {"port_role", "port_type", "status"}
    own = {**pristine, "schema": {"properties": {"slack": {"type": "string"}}}}
    shown = (await client.put("/v1/blueprints/_user", json=own)).json()["blueprint"]
    assert set(shown["schema"]["properties"]) == {*pristine["schema"]["properties"], "slack"}
    assert (await client.delete("/v1/blueprints/_user")).status_code == 422
    renamed = await client.patch("/v1/blueprints/_team", json={"identifier": "team"})
    assert renamed.json()["error"] == "protected_resource"
    created = await client.post(
        "/v1/blueprints", json={"identifier": "_mine", "title": "M", "schema": {"properties": {}}}
    )
    assert created.status_code == 422
    back = (await client.put("/v1/blueprints/_user", json=pristine)).json()["blueprint"]
    assert "slack" not in back["schema"]["properties"]


async def test_deleting_a_target_is_refused(model: httpx.AsyncClient) -> None:
    for path in ("/v1/blueprints/domain", "/v1/blueprints/domain/all-entities?delete_blueprint=true"):
        refused = await model.delete(path)
        assert refused.status_code == 409
        assert "has_dependents" in refused.text
    assert (await model.delete("/v1/blueprints/service")).json() == {"ok": True}
    assert (await model.delete("/v1/blueprints/domain")).json() == {"ok": True}


async def test_a_migration_maps_one_blueprint_into_another(
    model: httpx.AsyncClient, background: Any, clock: Any
) -> None:
    await _with_entity(model)
    await model.post(
        "/v1/blueprints", json={"identifier": "copy", "title": "C", "schema": {"properties": {"t": {"type": "string"}}}}
    )
    mapping = {
        "blueprint": "copy",
        "filter": '.properties.tier == "gold"',
        "entity": {
            "identifier": '"copy-" + .identifier',
            "title": ".title",
            "properties": {"t": ".properties.domainName"},
        },
    }
    started = await model.post("/v1/migrations", json={"sourceBlueprint": "service", "mapping": mapping})
    assert started.status_code == 200, started.text
    identifier = started.json()["migration"]["id"]
    await background.settle()
    shown = (await model.get(f"/v1/migrations/{identifier}")).json()["migration"]
    assert (shown["status"], shown["successCount"], shown["failureCount"]) == ("COMPLETED", 1, 0)
    assert (await _entity(model, "copy-a", "copy"))["properties"]["t"] == "Payments"
    assert (await model.post(f"/v1/migrations/{identifier}/cancel", json={"reason": "late"})).status_code == 409


async def test_a_calculation_that_is_not_jq_is_refused(model: httpx.AsyncClient) -> None:
    broken = {"calculationProperties": {"bad": {"title": "B", "type": "string", "calculation": ".title | ("}}}
    refused = await model.patch("/v1/blueprints/service", json=broken)
    assert refused.status_code == 422
    assert "calculationProperties.bad" in refused.json()["message"]
