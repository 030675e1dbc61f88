"""Attempts to get round approvals, permissions and secrets: none may succeed, and each is told why."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from fairway.kit.settings import Settings
from fairway.portal.services import Portal
from fairway.portal.worker import Background
from support.actions import automation, self_service
from support.forges.server import Forge, Reply
from support.people import Login
from support.relay import served

ANN, BOB, EVE = "ann@example.com", "bob@example.com", "eve@example.com"
HIDDEN = "hush-9d21"


@pytest.fixture
async def target() -> AsyncIterator[Forge]:
    """Whoever receives the invocations."""
    async with Forge.running() as running:
        yield running


@pytest.fixture
def listener() -> socket.socket:
    """Where the portal is served."""
    return socket.create_server(("127.0.0.1", 0))


@pytest.fixture
def settings(settings: Settings, listener: socket.socket) -> Settings:
    """The portal knows where it is reached."""
    return settings.model_copy(update={"base_url": f"http://127.0.0.1:{listener.getsockname()[1]}"})


@pytest.fixture
async def action(client: httpx.AsyncClient, target: Forge, login: Login) -> str:
    """Members may run it; Ann approves it, and Bob too. All three are known to the portal."""
    for person in (ANN, BOB, EVE):
        await login(person)
    hook = {"type": "WEBHOOK", "url": f"{target.url}/hook", "body": {"who": "{{ .trigger.by.user.email }}"}}
    body = {**self_service("deploy"), "invocationMethod": hook, "requiredApproval": {"type": "ANY"}}
    assert (await client.post("/v1/actions", json=body)).status_code == 201
    await _permit(client, approve={"users": [ANN, BOB], "roles": []})
    return "deploy"


async def _permit(client: httpx.AsyncClient, **permissions: Any) -> None:
    answer = await client.patch("/v1/actions/deploy/permissions", json=permissions)
    assert answer.status_code == 200, answer.text


async def _start(client: httpx.AsyncClient, **body: Any) -> str:
    answer = await client.post("/v1/actions/deploy/runs", json={"properties": {}, **body})
    assert answer.status_code == 202, answer.text
    run_id: str = answer.json()["run"]["id"]
    return run_id


async def _decide(client: httpx.AsyncClient, run_id: str, status: str = "APPROVE") -> httpx.Response:
    return await client.patch(f"/v1/actions/runs/{run_id}/approval", json={"status": status})


async def _status(client: httpx.AsyncClient, run_id: str) -> str:
    status: str = (await client.get(f"/v1/actions/runs/{run_id}")).json()["run"]["status"]
    return status


async def test_nobody_approves_what_they_started(client: httpx.AsyncClient, login: Login, action: str) -> None:
    bob = await login(BOB)
    run_id = await _start(bob)
    refused = await _decide(bob, run_id)
    assert refused.status_code == 403
    assert "somebody else has to approve" in refused.json()["message"]
    assert await _status(client, run_id) == "WAITING_FOR_APPROVAL"


async def test_starting_it_as_somebody_else_does_not_help(client: httpx.AsyncClient, login: Login, action: str) -> None:
    ann = await login(ANN, "Admin")
    await login(EVE)
    answer = await ann.post("/v1/actions/deploy/runs", params={"run_as": EVE}, json={"properties": {}})
    run_id = answer.json()["run"]["id"]
    assert (await _decide(ann, run_id)).status_code == 403
    eve = await login(EVE)
    assert (
        await eve.post("/v1/actions/deploy/runs", params={"run_as": ANN}, json={"properties": {}})
    ).status_code == 403


async def test_having_it_started_by_another_run_does_not_help(
    client: httpx.AsyncClient,
    login: Login,
    action: str,
    background: Background,
    app: FastAPI,
    listener: socket.socket,
) -> None:
    """A run of Bob's calls the portal with the organisation's credentials: what that starts is Bob's as well."""
    bob, ann = await login(BOB), await login(ANN)
    async with served(app, listener) as url:
        path = f"{url}/v1/actions/deploy/runs"
        hook = {"type": "WEBHOOK", "url": path, "synchronized": True, "body": {"properties": {}}}
        assert (await client.post("/v1/actions", json={**self_service("relay"), "invocationMethod": hook})).is_success
        relayed = await bob.post("/v1/actions/relay/runs", json={"properties": {}})
        await background.settle()
    assert await _status(client, relayed.json()["run"]["id"]) == "SUCCESS"
    [run] = (await client.get("/v1/actions/runs?action=deploy")).json()["runs"]
    assert run["status"] == "WAITING_FOR_APPROVAL"
    refused = await _decide(bob, run["id"])
    assert (refused.status_code, "somebody else has to approve" in refused.json()["message"]) == (403, True)
    assert (await _decide(ann, run["id"])).status_code == 201


async def test_having_a_workflow_start_it_does_not_help(
    client: httpx.AsyncClient,
    login: Login,
    action: str,
    background: Background,
    app: FastAPI,
    listener: socket.socket,
) -> None:
    bob, ann = await login(BOB), await login(ANN)
    async with served(app, listener) as url:
        call = {"type": "WEBHOOK", "url": f"{url}/v1/actions/deploy/runs", "synchronized": True}
        nodes = [
            {"identifier": "press", "config": {"type": "SELF_SERVE_TRIGGER", "permissions": {"roles": ["Member"]}}},
            {"identifier": "call", "config": {**call, "body": {"properties": {}}}},
        ]
        connections = [{"sourceIdentifier": "press", "targetIdentifier": "call"}]
        workflow = {"identifier": "relay", "nodes": nodes, "connections": connections}
        assert (await client.post("/v1/workflows", json=workflow)).status_code == 201
        started = await bob.post("/v1/fairway/workflows/relay/runs", json={})
        assert started.status_code == 202, started.text
        await background.settle()
    [run] = (await client.get("/v1/actions/runs?action=deploy")).json()["runs"]
    assert (await _decide(bob, run["id"])).status_code == 403
    assert (await _decide(ann, run["id"])).status_code == 201


async def test_causing_the_event_does_not_help(
    client: httpx.AsyncClient, login: Login, action: str, background: Background
) -> None:
    bob, ann = await login(BOB, "Member", "service-moderator"), await login(ANN)
    blueprint = {"identifier": "service", "title": "S", "schema": {"properties": {}}}
    assert (await client.post("/v1/blueprints", json=blueprint)).is_success
    document = {**automation("react", None, type="ENTITY_CREATED", blueprintIdentifier="service")}
    assert (await client.post("/v1/actions", json={**document, "requiredApproval": True})).is_success
    permissions = {"approve": {"users": [ANN, BOB], "roles": []}}
    assert (await client.patch("/v1/actions/react/permissions", json=permissions)).is_success
    await background.settle()
    assert (await bob.post("/v1/blueprints/service/entities", json={"identifier": "shop"})).status_code == 201
    await background.settle()
    [run] = (await client.get("/v1/actions/runs?action=react")).json()["runs"]
    assert (await _decide(bob, run["id"])).status_code == 403
    assert (await _decide(ann, run["id"])).status_code == 201


async def test_causing_an_event_whose_automation_starts_it_does_not_help(
    client: httpx.AsyncClient,
    login: Login,
    action: str,
    background: Background,
    app: FastAPI,
    listener: socket.socket,
) -> None:
    bob, ann = await login(BOB, "Member", "service-moderator"), await login(ANN)
    blueprint = {"identifier": "service", "title": "S", "schema": {"properties": {}}}
    assert (await client.post("/v1/blueprints", json=blueprint)).is_success
    async with served(app, listener) as url:
        call = {"type": "WEBHOOK", "url": f"{url}/v1/actions/deploy/runs", "synchronized": True}
        document = automation("react", None, type="ENTITY_CREATED", blueprintIdentifier="service")
        method = {**call, "body": {"properties": {}}}
        assert (await client.post("/v1/actions", json={**document, "invocationMethod": method})).is_success
        await background.settle()
        assert (await bob.post("/v1/blueprints/service/entities", json={"identifier": "shop"})).status_code == 201
        await background.settle()
    [run] = (await client.get("/v1/actions/runs?action=deploy")).json()["runs"]
    assert (await _decide(bob, run["id"])).status_code == 403
    assert (await _decide(ann, run["id"])).status_code == 201


async def test_another_spelling_of_oneself_does_not_help(client: httpx.AsyncClient, login: Login, action: str) -> None:
    tagged = "bob+approver@example.com"
    bob, again = await login(BOB), await login(tagged)
    await _permit(client, approve={"users": [ANN, tagged], "roles": []})
    run_id = await _start(bob)
    assert (await _decide(again, run_id)).status_code == 403
    assert (
        await bob.patch(f"/v1/actions/runs/{run_id}/approval?run_as={ANN}", json={"status": "APPROVE"})
    ).status_code == 403
    assert await _status(client, run_id) == "WAITING_FOR_APPROVAL"


async def test_strangers_do_not_decide(login: Login, action: str) -> None:
    eve, bob = await login(EVE), await login(BOB)
    run_id = await _start(bob)
    assert (await _decide(eve, run_id)).status_code == 403
    assert (await _decide(eve, run_id, "DECLINE")).status_code == 403
    assert await _status(bob, run_id) == "WAITING_FOR_APPROVAL"


async def test_a_report_is_no_approval(client: httpx.AsyncClient, login: Login, action: str, target: Forge) -> None:
    eve = await login(EVE)
    run_id = await _start(eve)
    path = f"/v1/actions/runs/{run_id}"
    assert (await eve.patch(path, json={"status": "SUCCESS"})).status_code == 422
    assert (await eve.patch(path, json={"status": "IN_PROGRESS"})).status_code in (200, 422)
    ended = await eve.post(f"{path}/logs", json={"message": "done", "terminationStatus": "SUCCESS"})
    assert ended.status_code == 422
    assert (await eve.post(f"/v1/fairway/runs/{run_id}/redrive")).status_code in (403, 409)
    reports = {"reports": [{"runId": run_id, "status": "SUCCESS"}]}
    told = await client.post("/v1/fairway/runs/reports", json=reports)
    assert told.status_code == 200
    assert told.json()["results"][0]["ok"] is False
    assert await _status(client, run_id) == "WAITING_FOR_APPROVAL"
    assert target.requests == []


async def test_a_waiting_run_is_not_claimed(client: httpx.AsyncClient, login: Login, action: str) -> None:
    document = (await client.get("/v1/actions/deploy")).json()["action"]
    changed = {key: document[key] for key in ("identifier", "trigger", "requiredApproval")}
    method = {"type": "WEBHOOK", "url": "http://ci", "agent": True, "body": {}}
    answer = await client.put("/v1/actions/deploy", json={**changed, "invocationMethod": method})
    assert answer.status_code == 200, answer.text
    await _start(await login(EVE))
    claim = {"installationId": "_PORT_EXEC_AGENT", "limit": 10, "invocationMethod": "WEBHOOK"}
    assert (await client.post("/v1/actions/runs/claim-pending", json=claim)).json()["runs"] == []


async def test_two_decisions_at_once_deliver_once(
    client: httpx.AsyncClient, login: Login, action: str, background: Background, target: Forge
) -> None:
    ann, bob, eve = await login(ANN), await login(BOB), await login(EVE)
    run_id = await _start(eve)
    answers = await asyncio.gather(_decide(ann, run_id), _decide(bob, run_id), _decide(ann, run_id))
    assert sorted(each.status_code for each in answers) == [201, 409, 409]
    await background.settle()
    assert len(target.requests) == 1


async def test_a_declined_run_stays_declined(
    client: httpx.AsyncClient, login: Login, action: str, background: Background, target: Forge
) -> None:
    ann, bob, eve = await login(ANN), await login(BOB), await login(EVE)
    run_id = await _start(eve)
    assert (await _decide(bob, run_id, "DECLINE")).status_code == 201
    assert (await _decide(ann, run_id)).status_code == 409
    assert (await eve.patch(f"/v1/actions/runs/{run_id}", json={"status": "SUCCESS"})).status_code == 422
    await background.settle()
    assert await _status(client, run_id) == "DECLINED"
    assert target.requests == []


async def test_what_was_approved_is_what_is_sent(
    client: httpx.AsyncClient, login: Login, action: str, background: Background, target: Forge
) -> None:
    """Whoever changes the action between the question and the answer does not get the approval for the new one."""
    ann, eve = await login(ANN), await login(EVE)
    run_id = await _start(eve)
    document = (await client.get("/v1/actions/deploy")).json()["action"]
    changed = {key: document[key] for key in ("identifier", "trigger", "requiredApproval")}
    worse = {"type": "WEBHOOK", "url": f"{target.url}/worse", "body": {"drop": True}}
    assert (await client.put("/v1/actions/deploy", json={**changed, "invocationMethod": worse})).status_code == 200
    await _permit(client, approve={"users": [ANN, EVE], "roles": []})
    assert (await _decide(eve, run_id)).status_code == 403
    assert (await _decide(ann, run_id)).status_code == 201
    await background.settle()
    assert [seen.path for seen in target.requests] == ["/hook"]


async def test_who_has_left_does_not_decide(
    client: httpx.AsyncClient, login: Login, action: str, portal: Portal
) -> None:
    ann, eve = await login(ANN), await login(EVE)
    run_id = await _start(eve)
    await portal.db.write(lambda tx: portal.access.directory.remove_person(tx, ANN))
    assert (await _decide(ann, run_id)).status_code == 401
    assert await _status(client, run_id) == "WAITING_FOR_APPROVAL"


async def test_who_may_not_execute_finds_no_other_way(client: httpx.AsyncClient, login: Login, action: str) -> None:
    bob, eve = await login(BOB), await login(EVE)
    started = await _start(bob)
    await _permit(client, execute={"users": [BOB], "roles": []})
    refused = await eve.post("/v1/actions/deploy/runs", json={"properties": {}})
    assert refused.status_code in (403, 404)
    assert (await eve.post(f"/v1/fairway/runs/{started}/rerun")).status_code in (403, 404)
    assert (await eve.post(f"/v1/fairway/runs/{started}/cancel")).status_code in (403, 404)
    assert (await eve.patch(f"/v1/actions/runs/{started}", json={"summary": "mine"})).status_code in (403, 404)
    assert (await eve.post(f"/v1/actions/runs/{started}/logs", json={"message": "mine"})).status_code in (403, 404)
    assert (
        await eve.post("/v1/actions/runs/claim-pending", json={"installationId": "x", "limit": 1})
    ).status_code == 403
    assert (await eve.patch("/v1/actions/runs/ack", json={"runIds": [started]})).status_code == 403
    assert (await eve.patch("/v1/actions/deploy/permissions", json={"execute": {"users": [EVE]}})).status_code == 403
    assert "deploy" not in (await eve.get("/v1/auth/permissions?action_version=v2")).text


async def test_a_form_does_not_show_what_the_caller_may_not_run(
    client: httpx.AsyncClient, login: Login, action: str
) -> None:
    await _permit(client, execute={"users": [BOB], "roles": []})
    eve = await login(EVE)
    assert (await eve.post("/v1/fairway/actions/deploy/form", json={"form": {}})).status_code in (403, 404)


async def _everything(client: httpx.AsyncClient, run_id: str) -> str:
    """All that the portal tells about a run, in one text."""
    run = f"/v1/actions/runs/{run_id}"
    paths = (
        run, f"{run}/logs", f"{run}/approvers", "/v1/actions/runs", "/v1/fairway/runs", "/v1/audit-log",
        f"/v1/fairway/runs/{run_id}/entities", "/v1/actions", "/v1/organization/secrets", "/v1/fairway/dead-letters",
    )  # fmt: skip
    texts = []
    for path in paths:
        answer = await client.get(path)
        assert answer.status_code == 200, path
        texts.append(answer.text)
    return "\n".join(texts)


@pytest.mark.parametrize("answer", [Reply(), Reply(500, text=f"no {HIDDEN}"), Reply(200, {"echo": HIDDEN})])
async def test_secrets_come_back_nowhere(
    client: httpx.AsyncClient, background: Background, target: Forge, answer: Reply, portal: Portal
) -> None:
    secret = {"secretName": "TOKEN", "secretValue": HIDDEN}
    assert (await client.post("/v1/organization/secrets", json=secret)).status_code == 201
    hook = {
        "type": "WEBHOOK", "url": f"{target.url}/hook?key={{{{ .secrets.TOKEN }}}}", "synchronized": True,
        "headers": {"X-Token": "{{ .secrets.TOKEN }}"}, "body": {"split": "{{ .secrets.TOKEN | split(\"-\") }}"},
    }  # fmt: skip
    target.first = [answer] * 12
    assert (await client.post("/v1/actions", json={**self_service("deploy"), "invocationMethod": hook})).is_success
    run_id = await _start(client)
    await background.settle()
    assert target.requests[0].headers["x-token"] == HIDDEN
    assert HIDDEN not in await _everything(client, run_id)


async def test_encrypted_inputs_come_back_nowhere(
    client: httpx.AsyncClient, background: Background, target: Forge, login: Login
) -> None:
    hook = {"type": "WEBHOOK", "url": f"{target.url}/hook", "body": {"password": "{{ .inputs.password }}"}}
    inputs = {"password": {"type": "string", "encryption": "aes256-gcm"}}
    body = {**self_service("deploy", inputs=inputs), "invocationMethod": hook}
    assert (await client.post("/v1/actions", json=body)).is_success
    run_id = await _start(client, properties={"password": HIDDEN})
    await background.settle()
    [seen] = target.requests
    assert HIDDEN not in seen.body.decode()
    assert seen.json["password"] != ""
    assert HIDDEN not in await _everything(client, run_id)
    again = await client.post(f"/v1/fairway/runs/{run_id}/rerun")
    assert again.status_code == 202, again.text
    assert HIDDEN not in json.dumps(again.json())
