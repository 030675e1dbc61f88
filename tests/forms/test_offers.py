"""What callers are offered, what waits for them, and the forms of workflows."""

from __future__ import annotations

from typing import Any

import httpx

from fairway.portal.worker import Background
from support.actions import self_service
from support.people import Login

ANN, BOB = "ann@example.com", "bob@example.com"


async def _create(client: httpx.AsyncClient, body: dict[str, Any], **permissions: Any) -> None:
    answer = await client.post("/v1/actions", json=body)
    assert answer.status_code == 201, answer.text
    answer = await client.patch(f"/v1/actions/{body['identifier']}/permissions", json=permissions)
    assert answer.status_code == 200, answer.text


def _on_services(identifier: str, condition: dict[str, Any] | None = None) -> dict[str, Any]:
    body = self_service(identifier)
    body["trigger"] = {**body["trigger"], "operation": "DAY-2", "blueprintIdentifier": "service"}
    if condition is not None:
        body["trigger"]["condition"] = condition
    return body


async def _offers(client: httpx.AsyncClient, **query: str) -> dict[str, bool]:
    answer = await client.get("/v1/fairway/offers", params=query)
    assert answer.status_code == 200, answer.text
    return {each["action"]: each["allowed"] for each in answer.json()["offers"]}


async def test_everybody_is_told_what_they_may_run_and_why_not(client: httpx.AsyncClient, login: Login) -> None:
    ann = await login(ANN)
    await _create(client, self_service("open"), execute={"roles": ["Member"]})
    await _create(client, self_service("closed"), execute={"roles": [], "users": [], "teams": []})
    await _create(client, {**self_service("hidden"), "publish": False})
    assert await _offers(client) == {"open": True, "closed": True}
    assert await _offers(ann) == {"open": True, "closed": False}
    closed = (await ann.get("/v1/fairway/offers")).json()["offers"][1]
    assert ANN in closed["reason"]


async def test_an_entity_is_offered_what_applies_to_it(client: httpx.AsyncClient, catalog: None) -> None:
    rules = [{"property": "$identifier", "operator": "=", "value": "another"}]
    await _create(client, _on_services("any"))
    await _create(client, _on_services("one", {"type": "SEARCH", "combinator": "and", "rules": rules}))
    await _create(client, self_service("none"))
    found = (await client.post("/v1/blueprints/service/entities/search", json={"limit": 1})).json()["entities"]
    about = {"blueprint": "service", "entity": found[0]["identifier"]}
    assert await _offers(client, **about) == {"any": True}
    assert await _offers(client, blueprint="service") == {"any": True, "one": True}
    assert (await client.get("/v1/fairway/offers", params={"entity": "x"})).status_code == 422
    assert (await client.get("/v1/fairway/offers", params={**about, "entity": "gone"})).status_code == 404


async def test_runs_that_wait_for_somebody_are_listed_for_them_until_they_decide(
    client: httpx.AsyncClient, login: Login, background: Background
) -> None:
    ann, bob = await login(ANN), await login(BOB)
    body = {**self_service("ask"), "requiredApproval": {"type": "ANY", "quorum": 2}}
    await _create(client, body, approve={"users": [ANN, BOB, "carl@example.com"], "roles": []})
    await login("carl@example.com")
    run = (await client.post("/v1/actions/ask/runs", json={"properties": {}})).json()["run"]["id"]

    async def waiting(caller: httpx.AsyncClient) -> list[str]:
        answer = await caller.get("/v1/fairway/runs", params={"awaiting_me": "true"})
        return [each["id"] for each in answer.json()["runs"]]

    assert await waiting(ann) == await waiting(bob) == [run]
    assert await waiting(client) == []
    answer = await ann.patch(f"/v1/actions/runs/{run}/approval", json={"status": "APPROVE"})
    assert answer.status_code == 201, answer.text
    assert await waiting(ann) == []
    assert await waiting(bob) == [run]


_FLOW: dict[str, Any] = {
    "identifier": "party",
    "title": "Party",
    "nodes": [
        {
            "identifier": "start",
            "config": {
                "type": "SELF_SERVE_TRIGGER",
                "permissions": {"users": [ANN]},
                "userInputs": {"properties": {"guests": {"type": "number", "minimum": 2}}, "required": ["guests"]},
            },
        },
        {
            "identifier": "ask",
            "config": {
                "type": "INPUT",
                "userInputs": {"properties": {"song": {"type": "string", "default": "La mer"}}},
                "outlets": [{"identifier": "go", "title": "Go"}],
            },
        },
    ],
    "connections": [{"sourceIdentifier": "start", "targetIdentifier": "ask"}],
}


async def test_forms_of_workflows_are_resolved_for_who_may_use_them(
    client: httpx.AsyncClient, login: Login, background: Background
) -> None:
    ann, bob = await login(ANN), await login(BOB)
    assert (await client.post("/v1/workflows", json=_FLOW)).status_code == 201
    for caller, allowed in ((ann, True), (bob, False)):
        (offer,) = (await caller.get("/v1/fairway/workflows/offers")).json()["offers"]
        assert (offer["workflow"], offer["trigger"], offer["allowed"]) == ("party", "start", allowed)
    form = (await ann.post("/v1/fairway/workflows/party/form", json={"form": {"guests": 1}})).json()["form"]
    assert "guests" in form["errors"]
    assert (await bob.post("/v1/fairway/workflows/party/form", json={})).status_code == 403
    started = await ann.post("/v1/fairway/workflows/party/runs", json={"inputs": {"guests": 2}})
    assert started.status_code == 202, started.text
    await background.settle()
    run = (await ann.get(f"/v1/fairway/workflows/runs/{started.json()['run']['id']}")).json()["run"]
    (node,) = [each["identifier"] for each in run["nodeRuns"] if each["node"]["identifier"] == "ask"]
    answer = await ann.post(f"/v1/fairway/workflows/nodes/runs/{node}/form", json={})
    assert answer.json()["form"]["inputs"]["song"]["value"] == "La mer"
    assert (await bob.post(f"/v1/fairway/workflows/nodes/runs/{node}/form", json={})).status_code in (403, 404)
