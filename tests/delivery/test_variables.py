"""Every variable of templates, as an action's receiver gets it (contract 6.7)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from fairway.portal.worker import Background
from support.actions import automation, self_service
from support.catalog import DOMAIN, SERVICE, TO_DOMAIN
from support.forges.server import Forge
from support.people import Login

WHOLE = {
    name: f"{{{{ .{name} }}}}" for name in ("inputs", "trigger", "event", "entity", "action", "run")
}  # fmt: skip


@pytest.fixture(autouse=True)
async def catalog(client: httpx.AsyncClient) -> None:
    for blueprint in (DOMAIN, {**SERVICE, "relations": TO_DOMAIN}):
        assert (await client.post("/v1/blueprints", json=blueprint)).status_code == 201
    entities = [
        ("domain", {"identifier": "payments", "title": "Payments"}), ("domain", {"identifier": "search", "title": "S"}),
        ("service", {"identifier": "svc-a", "title": "A", "properties": {"score": 2},
                     "relations": {"domain": "payments"}}),
    ]  # fmt: skip
    for blueprint, entity in entities:
        answer = await client.post(f"/v1/blueprints/{blueprint}/entities", json=entity)
        assert answer.status_code == 201, answer.text


def _hook(receiver: Forge, body: Any) -> dict[str, Any]:
    return {"type": "WEBHOOK", "url": f"{receiver.url}/hook", "body": body}


async def _sent(
    client: httpx.AsyncClient, receiver: Forge, background: Background, body: Any, caller: httpx.AsyncClient,
    properties: dict[str, Any],
) -> Any:  # fmt: skip
    entities = {"type": "array", "items": {"type": "string", "format": "entity", "blueprint": "domain"}}
    inputs = {
        "domain": {"type": "string", "format": "entity", "blueprint": "domain"}, "domains": entities,
        "count": {"type": "number"}, "on": {"type": "boolean"}, "more": {"type": "object"},
        "size": {"type": "string", "default": "small"},
    }  # fmt: skip
    action = {
        **self_service("operate", inputs=inputs, operation="DAY-2", blueprintIdentifier="service"),
        "invocationMethod": _hook(receiver, body),
    }
    made = await client.post("/v1/actions", json=action)
    assert made.status_code == 201, made.text
    answer = await caller.post("/v1/actions/operate/runs", json={"properties": properties, "entity": "svc-a"})
    assert answer.status_code == 202, answer.text
    await background.settle()
    [seen] = receiver.requests
    return seen.json, answer.json()["run"]


async def test_self_service(client: httpx.AsyncClient, receiver: Forge, background: Background, login: Login) -> None:
    member = await login("jo@example.com")
    properties = {"domain": "payments", "domains": ["search", "payments"], "count": 3, "on": False, "more": {"a": [1]}}
    told, run = await _sent(client, receiver, background, WHOLE, member, properties)
    inputs = told["inputs"]
    assert {key: inputs[key] for key in ("count", "on", "more", "size")} == {
        "count": 3, "on": False, "more": {"a": [1]}, "size": "small"
    }  # fmt: skip
    assert inputs["domain"]["identifier"] == "payments"
    assert {"identifier", "title", "blueprint", "team", "properties", "relations"} <= set(inputs["domain"])
    assert [each["identifier"] for each in inputs["domains"]] == ["search", "payments"]
    assert (told["entity"]["identifier"], told["entity"]["properties"]["score"]) == ("svc-a", 2)
    assert told["entity"]["relations"]["domain"] == "payments"
    assert told["event"] is None
    assert told["action"] == {"identifier": "operate", "blueprint": "service", "encryptedProperties": []}
    assert told["run"] == {"id": run["id"]}
    trigger = told["trigger"]
    assert (trigger["origin"], trigger["operation"]) == ("API", "DAY-2")
    assert trigger["at"].endswith("Z")
    assert trigger["by"]["user"]["email"] == "jo@example.com"
    assert {"id", "firstName", "lastName", "status", "createdAt", "updatedAt"} <= set(trigger["by"]["user"])


async def test_an_automation(client: httpx.AsyncClient, receiver: Forge, background: Background) -> None:
    action = {**automation("react"), "invocationMethod": _hook(receiver, WHOLE)}
    assert (await client.post("/v1/actions", json=action)).status_code == 201
    await client.patch("/v1/blueprints/service/entities/svc-a", json={"title": "B"})
    await background.settle()
    [seen] = receiver.requests
    told = seen.json
    event = told["event"]
    assert (event["action"], event["resourceType"]) == ("UPDATE", "entity")
    assert event["id"]
    assert event["context"]["entityIdentifier"] == "svc-a"
    assert (event["diff"]["before"]["title"], event["diff"]["after"]["title"]) == ("A", "B")
    assert (told["inputs"], told["entity"]) == ({}, None)
    assert told["action"]["identifier"] == "react"
    assert told["trigger"]["by"]["orgId"]


async def test_an_entity_input_fills_a_relation(client: httpx.AsyncClient, background: Background) -> None:
    """Conformance scenario 22, and the other spelling of it."""
    inputs = {"domain": {"type": "string", "format": "entity", "blueprint": "domain"}}
    for name, spelling in (("object", "{{ .inputs.domain }}"), ("text", "{{ .inputs.domain.identifier }}")):
        mapping = {
            "identifier": f"svc-{name}",
            "title": "For {{ .inputs.domain.title }}",
            "relations": {"domain": spelling},
        }
        method = {"type": "UPSERT_ENTITY", "blueprintIdentifier": "service", "mapping": mapping}
        assert (
            await client.post("/v1/actions", json={**self_service(name, inputs=inputs), "invocationMethod": method})
        ).status_code == 201
        run = (await client.post(f"/v1/actions/{name}/runs", json={"properties": {"domain": "payments"}})).json()["run"]
        await background.settle()
        assert (await client.get(f"/v1/actions/runs/{run['id']}")).json()["run"]["status"] == "SUCCESS"
        entity = (await client.get(f"/v1/blueprints/service/entities/svc-{name}")).json()["entity"]
        assert (entity["title"], entity["relations"]["domain"]) == ("For Payments", "payments")


async def test_conformance_scenario_21(client: httpx.AsyncClient, receiver: Forge, background: Background) -> None:
    """Once on a matching update, not on an identical rewrite."""
    condition = {"type": "JQ", "combinator": "and", "expressions": [".diff.after.title != .diff.before.title"]}
    method = _hook(receiver, {"title": "{{ .event.diff.after.title }}"})
    action = {**automation("react", condition), "invocationMethod": method}
    assert (await client.post("/v1/actions", json=action)).status_code == 201
    for _ in range(2):
        await client.patch("/v1/blueprints/service/entities/svc-a", json={"title": "New name"})
        await background.settle()
    assert [seen.json for seen in receiver.requests] == [{"title": "New name"}]
