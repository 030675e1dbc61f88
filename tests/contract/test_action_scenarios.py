"""Conformance of actions as the published clients use them (contract 6, 7.5, 12): definitions, permissions, approvals,
inputs. Delivery, claims and automations are in ``test_run_scenarios``."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from fairway.kit.settings import Settings
from fairway.portal.worker import Background
from support.actions import ENRICH, automation, self_service
from support.catalog import DOMAIN, SERVICE, TO_DOMAIN, Put
from support.forges.server import Forge
from support.http import access_token
from support.people import Login

ACTION = f"/v1/actions/{ENRICH['identifier']}"
INPUTS = {"domain": "payments", "type": "backend", "lifecycle": "Production"}
STAMPS = {"id", "createdAt", "createdBy", "updatedAt", "updatedBy"}


@pytest.fixture
async def target() -> AsyncIterator[Forge]:
    """Whoever receives the invocations."""
    async with Forge.running() as running:
        yield running


@pytest.fixture
async def enrich(client: httpx.AsyncClient, put_blueprint: Put, put_entity: Put, target: Forge) -> dict[str, Any]:
    """The action of contract 6.2, stored, with somebody who listens, and what it runs on."""
    await put_blueprint(DOMAIN)
    await put_blueprint(SERVICE, relations=TO_DOMAIN)
    await put_entity("domain", "payments", title="Payments")
    await put_entity("service", "svc-a", title="Service A")
    document = {**ENRICH, "invocationMethod": {**ENRICH["invocationMethod"], "url": f"{target.url}/hook"}}
    response = await client.post("/v1/actions", json=document)
    assert response.status_code == 201, response.text
    return document


async def _start(client: httpx.AsyncClient, **params: str) -> dict[str, Any]:
    response = await client.post(f"{ACTION}/runs", json={"properties": INPUTS, "entity": "svc-a"}, params=params)
    assert response.status_code == 202, response.text
    run: dict[str, Any] = response.json()["run"]
    return run


async def test_scenario_14_the_definition_is_echoed_key_by_key(
    client: httpx.AsyncClient, enrich: dict[str, Any]
) -> None:
    """Terraform compares what it sent with what it reads, and counts on ``publish``, ``operation`` and the inputs."""
    action = (await client.get(ACTION)).json()["action"]
    assert {key: value for key, value in action.items() if key not in STAMPS} == enrich
    assert list(action["trigger"]["userInputs"]["properties"]) == ["domain", "type", "lifecycle"]
    assert all(action[stamp] for stamp in STAMPS)
    listed = (
        await client.get("/v1/actions", params={"version": "v2", "action_identifier": ENRICH["identifier"]})
    ).json()
    assert listed == {"ok": True, "actions": [action]}
    changed = {**enrich, "requiredApproval": {"type": "ALL"}, "publish": False, "allowAnyoneToViewRuns": True}
    for document in (changed, enrich):
        answer = (await client.put(ACTION, json=document)).json()
        assert answer["ok"] is True
        assert {key: value for key, value in answer["action"].items() if key not in STAMPS} == document
    assert (await client.delete(ACTION)).json() == {"ok": True}
    gone = await client.get(ACTION)
    assert (gone.status_code, gone.json()["ok"], gone.json()["error"]) == (404, False, "not_found")


async def test_scenario_15_nothing_runs_with_inputs_that_do_not_fit(
    client: httpx.AsyncClient, enrich: dict[str, Any], login: Login, target: Forge, background: Background
) -> None:
    await login("dev@example.com")
    path = f"{ACTION}/runs"
    for properties, entity, run_as, status, told in (
        ({}, "svc-a", None, 422, '"domain"'),
        ({**INPUTS, "domain": "nowhere"}, "svc-a", None, 422, '"nowhere"'),
        ({**INPUTS, "domain": {"identifier": "payments"}}, "svc-a", None, 422, '"domain"'),
        ({**INPUTS, "type": "mainframe"}, "svc-a", None, 422, '"mainframe"'),
        ({**INPUTS, "more": 1}, "svc-a", None, 422, '"more"'),
        (INPUTS, None, None, 422, '"entity"'),
        (INPUTS, "nowhere", None, 404, '"nowhere"'),
        (INPUTS, "svc-a", "nobody@example.com", 404, '"nobody@example.com"'),
    ):
        body = {"properties": properties, **({"entity": entity} if entity else {})}
        answer = await client.post(path, json=body, params={"run_as": run_as} if run_as else {})
        assert (answer.status_code, answer.json()["ok"], told in answer.json()["message"]) == (status, False, True), (
            answer.text
        )
    assert (await client.get("/v1/actions/runs")).json()["runs"] == []
    unpublished = {**enrich, "publish": False}
    assert (await client.put(ACTION, json=unpublished)).status_code == 200
    hidden = await (await login("dev@example.com")).post(path, json={"properties": INPUTS, "entity": "svc-a"})
    assert hidden.status_code == 404
    await background.settle()
    assert target.requests == []


async def test_scenario_15_a_run_on_behalf_of_somebody(
    client: httpx.AsyncClient, enrich: dict[str, Any], login: Login
) -> None:
    person = await login("dev@example.com")
    run = await _start(client, run_as="dev@example.com")
    own = await _start(person)
    assert run["createdBy"] == own["createdBy"] != run["impersonatedBy"]
    assert own["impersonatedBy"] is None
    refused = await person.post(
        f"{ACTION}/runs", json={"properties": INPUTS, "entity": "svc-a"}, params={"run_as": "admin@example.com"}
    )
    assert refused.status_code == 403


@pytest.mark.parametrize("required", [True, {"type": "ANY"}, {"type": "ALL"}])
async def test_scenario_17_approvers_are_listed_and_decide(
    client: httpx.AsyncClient,
    enrich: dict[str, Any],
    login: Login,
    background: Background,
    target: Forge,
    required: Any,
) -> None:
    first, second = await login("a@example.com"), await login("b@example.com")
    assert (await client.put(ACTION, json={**enrich, "requiredApproval": required})).status_code == 200
    block = {"users": ["a@example.com", "b@example.com"], "roles": None, "teams": None, "policy": None}
    permissions = await client.patch(f"{ACTION}/permissions", json={"approve": block})
    assert permissions.json()["permissions"]["approve"] == {**block, "roles": [], "teams": []}
    run = await _start(client)
    path = f"/v1/actions/runs/{run['id']}"
    await background.settle()
    assert (run["status"], run["payload"], target.requests) == ("WAITING_FOR_APPROVAL", None, [])
    asked = (await client.get(f"{path}/approvers?include_pending_approvers=true")).json()["approvers"]
    assert [(each["state"], each["description"]) for each in asked] == [("PENDING", None)] * 2
    assert all(each["userId"] for each in asked)
    assert (await client.get(f"{path}/approvers")).json()["approvers"] == []
    answer = await first.patch(f"{path}/approval", json={"status": "APPROVE", "description": "fine"})
    assert answer.status_code == 201
    if required == {"type": "ALL"}:
        assert answer.json()["run"]["status"] == "WAITING_FOR_APPROVAL"
        answer = await second.patch(f"{path}/approval", json={"status": "APPROVE"})
    assert answer.json()["run"]["status"] == "IN_PROGRESS"
    await background.settle()
    assert len(target.requests) == 1
    twice = await second.patch(f"{path}/approval", json={"status": "DECLINE"})
    assert (twice.status_code, twice.json()["error"]) == (409, "conflict")


async def test_scenario_17_a_request_is_withdrawn_by_a_failure(
    client: httpx.AsyncClient, enrich: dict[str, Any], login: Login, background: Background, target: Forge
) -> None:
    approver = await login("a@example.com")
    await client.put(ACTION, json={**enrich, "requiredApproval": True})
    await client.patch(f"{ACTION}/permissions", json={"approve": {"users": ["a@example.com"]}})
    run = await _start(client)
    path = f"/v1/actions/runs/{run['id']}"
    assert (await client.patch(path, json={"status": "SUCCESS"})).status_code == 422
    assert (await client.patch(path, json={"status": "FAILURE"})).json()["run"]["status"] == "FAILURE"
    assert (await approver.patch(f"{path}/approval", json={"status": "APPROVE"})).status_code == 409
    await background.settle()
    assert target.requests == []


async def test_scenario_25_permissions_answer_at_once_and_take_nulls(
    client: httpx.AsyncClient, enrich: dict[str, Any]
) -> None:
    """Terraform applies them right after creating the action, with null for what is not configured."""
    path = f"{ACTION}/permissions"
    found = (await client.get(path)).json()
    assert (found["ok"], found["permissions"].keys()) == (True, {"execute", "approve"})
    nothing = {"users": None, "roles": None, "teams": None, "ownedByTeam": None, "policy": None}
    approve = dict.fromkeys(("users", "roles", "teams", "policy"))
    answer = await client.patch(path, json={"execute": {**nothing, "roles": ["Admin"]}, "approve": approve})
    assert answer.status_code == 200
    assert answer.json() == {
        "ok": True,
        "permissions": {
            "execute": {"users": [], "roles": ["Admin"], "teams": [], "ownedByTeam": False, "policy": None},
            "approve": {"users": [], "roles": [], "teams": [], "policy": None},
        },
    }
    policy = {
        "queries": {
            "mine": {"combinator": "and", "rules": [{"property": "$blueprint", "operator": "=", "value": "x"}]}
        },
        "conditions": [".results.mine.entities | length < 5"],
    }
    kept = await client.patch(path, json={"execute": {"policy": policy}})
    assert kept.json()["permissions"]["execute"]["policy"] == policy
    assert (await client.patch(path, json={"execute": {"nonsense": 1}})).status_code == 422


async def test_a_list_for_each_caller(client: httpx.AsyncClient, enrich: dict[str, Any], login: Login) -> None:
    """The MCP server lists only the actions that ``GET /v1/auth/permissions`` names."""
    for document in (self_service("open"), automation("listens"), {**self_service("later"), "publish": False}):
        assert (await client.post("/v1/actions", json=document)).status_code == 201
    await client.patch("/v1/actions/open/permissions", json={"execute": {"roles": ["Admin"]}})
    path = "/v1/auth/permissions"
    everything = (await client.get(path, params={"action_version": "v2"})).json()["permissions"]
    named = {f"execute:actions:{each['identifier']}" for each in (await client.get("/v1/actions")).json()["actions"]}
    assert named == set(everything)
    person = await login("dev@example.com")
    mine = (await person.get(path, params={"action_version": "v2"})).json()["permissions"]
    assert mine == [f"execute:actions:{ENRICH['identifier']}"]
    refused = await person.post("/v1/actions/open/runs", json={"properties": {}})
    assert (refused.status_code, refused.json()["error"]) == (403, "forbidden")
    assert "dev@example.com" in refused.json()["message"]


async def test_export_and_import(client: httpx.AsyncClient, enrich: dict[str, Any]) -> None:
    """The command-line tool posts what it read without stamps, and updates on ``409``/``Conflict``; it skips routes
    that are gone."""
    action = (await client.get("/v1/actions")).json()["actions"][0]
    body = {key: value for key, value in action.items() if key not in STAMPS}
    taken = await client.post("/v1/actions", json=body)
    assert (taken.status_code, taken.json()["error"].lower()) == (409, "conflict")
    assert (await client.put(ACTION, json=body)).status_code == 200
    legacy = await client.get("/v1/blueprints/service/actions")
    assert (legacy.status_code, legacy.reason_phrase) == (410, "Gone")
    assert "deprecated" in legacy.json()["message"]
    assert legacy.json()["ok"] is False


async def test_the_guide_reports_with_a_bare_token(
    anonymous: httpx.AsyncClient, client: httpx.AsyncClient, enrich: dict[str, Any], settings: Settings
) -> None:
    """The seed guide's script sends the token without its scheme."""
    assert settings.client_secret is not None
    token = await access_token(anonymous, settings.client_id, settings.client_secret.get_secret_value())
    run = await _start(client)
    path, headers = f"/v1/actions/runs/{run['id']}", {"authorization": token}
    linked = await anonymous.patch(path, json={"link": ["https://ci/1"]}, headers=headers)
    assert linked.json()["run"]["link"] == ["https://ci/1"]
    logged = await anonymous.post(f"{path}/logs", json={"message": "opened a merge request"}, headers=headers)
    assert (logged.status_code, logged.json()["runLog"]["message"]) == (201, "opened a merge request")
    ended = await anonymous.patch(
        path, json={"status": "SUCCESS", "message": {"run_status": "merged"}}, headers=headers
    )
    assert ended.json()["run"]["status"] == "SUCCESS"
    assert "merged" in json.dumps(ended.json()["run"])
