"""Actions follow what they name: blueprints, their properties and relations."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from support.actions import automation, self_service

RELATED = {"operator": "relatedTo", "blueprint": "service", "value": "x"}
OF_SERVICE = {"property": "$blueprint", "operator": "=", "value": "service"}
IS_GOLD = {"property": "tier", "operator": "=", "value": "gold"}


def _action() -> dict[str, Any]:
    inputs = {
        "one": {
            "type": "string",
            "format": "entity",
            "blueprint": "service",
            "sort": {"property": "tier", "order": "ASC"},
            "dataset": {"combinator": "and", "rules": [IS_GOLD, RELATED, OF_SERVICE]},
        },
        "many": {"type": "array", "items": {"type": "string", "format": "entity", "blueprint": "service"}},
        "place": {"type": "string", "format": "entity", "blueprint": "domain"},
        "service": {"type": "string", "title": "service"},
    }
    condition = {
        "type": "SEARCH",
        "combinator": "and",
        "rules": [IS_GOLD, {"relation": "domain", "operator": "isEmpty"}],
    }
    document = self_service("act", inputs=inputs, operation="DAY-2", blueprintIdentifier="service", condition=condition)
    mapping = {"identifier": "{{ .entity.identifier }}", "properties": {"service": "service"}}
    method = {"type": "UPSERT_ENTITY", "blueprintIdentifier": "service", "mapping": mapping}
    return {**document, "invocationMethod": method}


async def _read(client: httpx.AsyncClient, identifier: str) -> dict[str, Any]:
    action: dict[str, Any] = (await client.get(f"/v1/actions/{identifier}")).json()["action"]
    return action


@pytest.fixture(autouse=True)
async def actions(client: httpx.AsyncClient, model: None) -> None:
    timer = {"type": "TIMER_PROPERTY_EXPIRED", "blueprintIdentifier": "service", "propertyIdentifier": "expires"}
    for document in (_action(), automation("listen", **timer), self_service("apart")):
        assert (await client.post("/v1/actions", json=document)).status_code == 201


async def test_a_renamed_blueprint(client: httpx.AsyncClient) -> None:
    policy = {"queries": {"q": {"combinator": "and", "rules": [OF_SERVICE, RELATED]}}, "conditions": ["true"]}
    await client.patch(
        "/v1/actions/act/permissions", json={"execute": {"roles": ["service-moderator"], "policy": policy}}
    )
    untouched = await _read(client, "apart")
    blueprint = (await client.get("/v1/blueprints/service")).json()["blueprint"]
    renamed = await client.put("/v1/blueprints/service", json={**blueprint, "identifier": "svc"})
    assert renamed.status_code == 200, renamed.text
    trigger = (act := await _read(client, "act"))["trigger"]
    inputs = trigger["userInputs"]["properties"]
    assert trigger["blueprintIdentifier"] == "svc"
    assert (inputs["one"]["blueprint"], inputs["many"]["items"]["blueprint"]) == ("svc", "svc")
    assert (inputs["place"]["blueprint"], inputs["service"]["title"]) == ("domain", "service")
    assert inputs["one"]["dataset"]["rules"][1:] == [{**RELATED, "blueprint": "svc"}, {**OF_SERVICE, "value": "svc"}]
    assert act["invocationMethod"]["blueprintIdentifier"] == "svc"
    assert act["invocationMethod"]["mapping"]["properties"] == {"service": "service"}
    assert (await _read(client, "listen"))["trigger"]["event"]["blueprintIdentifier"] == "svc"
    assert await _read(client, "apart") == untouched
    execute = (await client.get("/v1/actions/act/permissions")).json()["permissions"]["execute"]
    assert execute["roles"] == ["svc-moderator"]
    assert execute["policy"]["queries"]["q"]["rules"] == [
        {**OF_SERVICE, "value": "svc"},
        {**RELATED, "blueprint": "svc"},
    ]
    of_svc = (await client.get("/v1/actions?blueprint_identifier=svc")).json()["actions"]
    assert [each["identifier"] for each in of_svc] == ["act", "listen"]


async def test_renamed_members(client: httpx.AsyncClient) -> None:
    for path, body in (
        ("properties/tier", {"newPropertyName": "level"}),
        ("properties/expires", {"newPropertyName": "ends"}),
        ("relations/domain", {"newRelationIdentifier": "area"}),
    ):
        response = await client.patch(f"/v1/blueprints/service/{path}/rename", json=body)
        assert response.status_code == 200, response.text
    trigger = (await _read(client, "act"))["trigger"]
    assert trigger["condition"]["rules"][0]["property"] == "level"
    assert trigger["condition"]["rules"][1]["relation"] == "area"
    one = trigger["userInputs"]["properties"]["one"]
    assert (one["sort"]["property"], one["dataset"]["rules"][0]["property"]) == ("level", "level")
    assert (await _read(client, "listen"))["trigger"]["event"]["propertyIdentifier"] == "ends"


async def test_actions_go_with_their_blueprint(client: httpx.AsyncClient) -> None:
    deleted = await client.delete("/v1/blueprints/service")
    assert deleted.status_code == 200, deleted.text
    assert [each["identifier"] for each in (await client.get("/v1/actions")).json()["actions"]] == ["apart"]
    audits = (await client.get("/v1/audit-log?limit=50")).json()["audits"]
    gone = [each for each in audits if each["resourceType"] == "action" and each["action"] == "DELETE"]
    assert sorted(each["context"]["action"] for each in gone) == ["act", "listen"]
