"""Conformance scenarios 14 to 18, 21, 22 and 29: actions are run, delivered, claimed, approved; automations fire."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from fairway.kit.clock import ManualClock
from fairway.portal.worker import Background
from support.actions import ENRICH
from support.catalog import DOMAIN, SERVICE, TO_DOMAIN, Put
from support.forges.server import Forge, Seen

SECRET = "s" * 64
INPUTS = {"domain": "payments", "type": "backend", "lifecycle": "Production"}
AGENT = "_PORT_EXEC_AGENT"
PENDING = {"installationId": AGENT, "limit": 100, "invocationMethod": "WEBHOOK"}


@pytest.fixture
def clock() -> ManualClock:
    """Leases end when a test says so."""
    return ManualClock(datetime.now(UTC))


@pytest.fixture
async def target() -> AsyncIterator[Forge]:
    """Whoever receives the invocations."""
    async with Forge.running() as running:
        yield running


@pytest.fixture
async def enrich(client: httpx.AsyncClient, put_blueprint: Put, put_entity: Put, target: Forge) -> dict[str, Any]:
    """The action of contract 6.2, with somebody who listens, and what it runs on."""
    await put_blueprint(DOMAIN)
    await put_blueprint(SERVICE, relations=TO_DOMAIN)
    await put_entity("domain", "payments", title="Payments")
    await put_entity("service", "svc-a", title="Service A")
    return _aimed(ENRICH, f"{target.url}/hook")


def _aimed(action: dict[str, Any], url: str, **invocation: Any) -> dict[str, Any]:
    return {**action, "invocationMethod": {**action["invocationMethod"], "url": url, **invocation}}


async def _put(client: httpx.AsyncClient, action: dict[str, Any]) -> dict[str, Any]:
    response = await client.post("/v1/actions", json=action)
    assert response.status_code == 201, response.text
    found: dict[str, Any] = response.json()["action"]
    return found


async def _start(client: httpx.AsyncClient, action: str = ENRICH["identifier"], **body: Any) -> dict[str, Any]:
    body = body or {"properties": INPUTS, "entity": "svc-a"}
    response = await client.post(f"/v1/actions/{action}/runs", json=body)
    assert response.status_code == 202, response.text
    found: dict[str, Any] = response.json()["run"]
    return found


async def _run(client: httpx.AsyncClient, run_id: str) -> dict[str, Any]:
    found: dict[str, Any] = (await client.get(f"/v1/actions/runs/{run_id}")).json()["run"]
    return found


def _check_signature(seen: Seen) -> None:
    stamp = seen.headers["x-port-timestamp"]
    digest = hmac.new(SECRET.encode(), f"{stamp}.".encode() + seen.body, hashlib.sha256).digest()
    assert seen.headers["x-port-signature"] == f"v1,{base64.b64encode(digest).decode()}"
    assert seen.body == json.dumps(seen.json, separators=(",", ":"), ensure_ascii=False).encode()


async def test_scenario_14_a_webhook_gets_the_rendered_and_signed_body(
    client: httpx.AsyncClient, background: Background, enrich: dict[str, Any], target: Forge
) -> None:
    await _put(client, enrich)
    started = await _start(client)
    assert started["id"].startswith("r_")
    assert started["status"] == "IN_PROGRESS"
    assert started["rawProperties"] == INPUTS
    assert started["properties"]["domain"] == {"identifier": "payments", "title": "Payments"}
    assert started["entity"] == {"identifier": "svc-a", "title": "Service A", "icon": None, "deleted": False}
    await background.settle()
    [seen] = target.requests
    assert (seen.method, seen.path) == ("POST", "/hook")
    assert seen.json == {
        "port_context": {"entity": "svc-a", "runId": started["id"]},
        "domain": "payments",
        "type": "backend",
    }
    assert seen.headers["run_id"] == started["id"]
    _check_signature(seen)
    assert (await _run(client, started["id"]))["status"] == "IN_PROGRESS"


async def test_scenario_15_what_cannot_be_run(client: httpx.AsyncClient, enrich: dict[str, Any], target: Forge) -> None:
    await _put(client, enrich)
    path = f"/v1/actions/{ENRICH['identifier']}/runs"
    incomplete = await client.post(path, json={"properties": {"domain": "payments"}, "entity": "svc-a"})
    assert incomplete.status_code == 422
    assert '"type"' in incomplete.json()["message"]
    assert (await client.post("/v1/actions/none/runs", json={"properties": {}})).status_code == 404
    nobody = await client.post(path, params={"run_as": "nobody@example.com"}, json={"properties": INPUTS})
    assert nobody.status_code in (404, 422)
    assert (await client.post(path, json={"properties": INPUTS, "entity": "gone"})).status_code == 404
    unknown = await client.post(path, json={"properties": {**INPUTS, "colour": "red"}, "entity": "svc-a"})
    assert unknown.status_code == 422
    outside = await client.post(path, json={"properties": {**INPUTS, "type": "toaster"}, "entity": "svc-a"})
    assert outside.status_code == 422
    assert (await client.get("/v1/actions/runs")).json()["runs"] == []
    assert target.requests == []


async def test_scenario_16_reports(client: httpx.AsyncClient, enrich: dict[str, Any]) -> None:
    await _put(client, enrich)
    path = f"/v1/actions/runs/{(await _start(client))['id']}"
    linked = await client.patch(path, json={"link": ["https://ci/1"]})
    assert linked.json()["run"]["link"] == ["https://ci/1"]
    one = await client.patch(path, json={"link": "https://ci/2"})
    assert one.json()["run"]["link"] == ["https://ci/2"]
    log = await client.post(f"{path}/logs", json={"message": "cloning"})
    assert log.status_code == 201
    assert log.json()["runLog"]["message"] == "cloning"
    assert log.json()["runLog"]["runId"] == path.rsplit("/", 1)[1]
    ended = await client.patch(path, json={"status": "SUCCESS", "message": {"run_status": "ok"}})
    assert ended.json()["run"]["status"] == "SUCCESS"
    assert ended.json()["run"]["endedAt"] is not None
    assert (await client.patch(path, json={"status": "SUCCESS"})).status_code == 200
    assert (await client.patch(path, json={"status": "FAILURE"})).status_code == 422
    assert [each["message"] for each in (await client.get(f"{path}/logs")).json()["runLogs"]] == ["cloning"]


@pytest.mark.parametrize("answer", ["APPROVE", "DECLINE"])
async def test_scenario_17_approval_comes_before_delivery(
    client: httpx.AsyncClient,
    anonymous: httpx.AsyncClient,
    background: Background,
    enrich: dict[str, Any],
    target: Forge,
    answer: str,
) -> None:
    await _put(client, {**enrich, "requiredApproval": True})
    started = await _start(client)
    assert started["status"] == "WAITING_FOR_APPROVAL"
    assert started["requiredApproval"] == {"type": "ANY"}
    await background.settle()
    assert target.requests == []
    password = {"email": "admin@example.com", "password": "correct horse battery staple"}
    session = (await anonymous.post("/v1/fairway/auth/login", json=password)).json()
    headers = {"x-csrf-token": session["csrfToken"]}
    path = f"/v1/actions/runs/{started['id']}/approval"
    decided = await anonymous.patch(path, json={"status": answer, "description": "looked at"}, headers=headers)
    assert decided.status_code == 201, decided.text
    await background.settle()
    after = await _run(client, started["id"])
    if answer == "APPROVE":
        assert after["status"] == "IN_PROGRESS"
        assert len(target.requests) == 1
    else:
        assert after["status"] == "DECLINED"
        assert after["endedAt"] is not None
        assert target.requests == []
    assert after["approval"]["description"] == "looked at"


async def test_scenario_18_claims_and_acknowledgements(
    client: httpx.AsyncClient, background: Background, enrich: dict[str, Any], target: Forge, clock: ManualClock
) -> None:
    await _put(client, _aimed(enrich, "http://ci/run", agent=True))
    started = await _start(client)
    await background.settle()
    headers = {"x-port-reserved-usage": "true"}

    async def claim(**more: Any) -> list[dict[str, Any]]:
        answer = await client.post("/v1/actions/runs/claim-pending", json={**PENDING, **more}, headers=headers)
        assert answer.status_code == 200
        runs: list[dict[str, Any]] = answer.json()["runs"]
        return runs

    [run] = await claim(visibilityTimeoutMs=60_000)
    assert run["id"] == started["id"]
    assert run["payload"]["type"] == "WEBHOOK"
    assert run["payload"]["url"] == "http://ci/run"
    assert run["payload"]["agent"] is True
    assert isinstance(run["payload"]["body"], dict)
    assert run["claimedUntil"] is not None
    assert await claim() == []
    clock.advance(seconds=61)
    assert [each["id"] for each in await claim()] == [started["id"]]
    acked = await client.patch("/v1/actions/runs/ack", json={"runIds": [started["id"]]}, headers=headers)
    assert acked.json()["ackedCount"] == 1
    clock.advance(hours=1)
    assert await claim() == []
    again = await client.patch("/v1/actions/runs/ack", json={"runIds": [started["id"]]}, headers=headers)
    assert again.json()["ackedCount"] == 0
    single = await client.patch("/v1/actions/runs/ack", json={"runId": started["id"]}, headers=headers)
    assert single.status_code == 409
    nodes = await client.post("/v1/workflows/runs/claim-pending", json=PENDING, headers=headers)
    assert nodes.json()["nodeRuns"] == []
    assert target.requests == []


async def test_scenario_21_an_automation_fires_once_on_what_matches(
    client: httpx.AsyncClient, background: Background, enrich: dict[str, Any], target: Forge
) -> None:
    expression = '.diff.after.title == "Renamed"'
    await _put(
        client,
        {
            "identifier": "on_rename",
            "trigger": {
                "type": "automation",
                "event": {"type": "ENTITY_UPDATED", "blueprintIdentifier": "service"},
                "condition": {"type": "JQ", "expressions": [expression], "combinator": "and"},
            },
            "invocationMethod": {
                "type": "WEBHOOK",
                "url": f"{target.url}/renamed",
                "body": {"title": "{{ .event.diff.after.title }}", "was": "{{ .event.diff.before.title }}"},
            },
            "publish": True,
        },
    )
    await background.settle()
    path = "/v1/blueprints/service/entities/svc-a"
    for title in ("Other", "Renamed", "Renamed"):
        assert (await client.patch(path, json={"title": title})).status_code == 200
        await background.settle()
    [seen] = target.requests
    assert seen.json == {"title": "Renamed", "was": "Other"}
    [run] = (await client.get("/v1/actions/runs", params={"action": "on_rename"})).json()["runs"]
    assert run["source"] == "AUTOMATION"


@pytest.mark.parametrize("relation", ["{{ .inputs.domain }}", "{{ .inputs.domain.identifier }}"])
async def test_scenario_22_an_entity_input_fills_a_relation(
    client: httpx.AsyncClient, background: Background, enrich: dict[str, Any], relation: str
) -> None:
    action = {
        **enrich,
        "identifier": "set_domain",
        "invocationMethod": {
            "type": "UPSERT_ENTITY",
            "blueprintIdentifier": "service",
            "mapping": {"identifier": "{{ .entity.identifier }}", "relations": {"domain": relation}},
        },
    }
    await _put(client, action)
    started = await _start(client, "set_domain", properties=INPUTS, entity="svc-a")
    await background.settle()
    run = await _run(client, started["id"])
    assert run["status"] == "SUCCESS", run["summary"]
    entity = (await client.get("/v1/blueprints/service/entities/svc-a")).json()["entity"]
    assert entity["relations"]["domain"] == "payments"
    assert entity["title"] == "Service A"


async def test_scenario_29_secrets_are_rendered_at_delivery_alone(
    client: httpx.AsyncClient, background: Background, enrich: dict[str, Any], target: Forge
) -> None:
    value = "hush-7f3a"
    secret = {"secretName": "TOKEN", "secretValue": value}
    assert (await client.post("/v1/organization/secrets", json=secret)).status_code == 201
    body = {"token": "{{ .secrets.TOKEN }}", "within": "Bearer {{ .secrets.TOKEN }}"}
    await _put(client, _aimed(enrich, f"{target.url}/hook", body=body))
    started = await _start(client)
    await background.settle()
    [seen] = target.requests
    assert seen.json == {"token": value, "within": f"Bearer {value}"}
    run_path = f"/v1/actions/runs/{started['id']}"
    for path in (run_path, f"{run_path}/logs", "/v1/actions/runs", "/v1/audit-log", "/v1/organization/secrets"):
        answer = await client.get(path)
        assert answer.status_code == 200
        assert value not in answer.text, path
    assert "***" in json.dumps((await _run(client, started["id"]))["payload"])
