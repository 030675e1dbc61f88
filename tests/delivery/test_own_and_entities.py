"""Runs that write entities, and runs that call the portal's own API."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from fairway.portal.worker import Background
from support.actions import self_service
from support.catalog import DOMAIN, SERVICE, TO_DOMAIN
from support.people import Login
from support.runs import Runs


@pytest.fixture(autouse=True)
async def catalog(client: httpx.AsyncClient) -> None:
    """Services that belong to domains."""
    for blueprint in (DOMAIN, {**SERVICE, "relations": TO_DOMAIN}):
        assert (await client.post("/v1/blueprints", json=blueprint)).status_code == 201
    domain = {"identifier": "payments", "title": "Payments"}
    assert (await client.post("/v1/blueprints/domain/entities", json=domain)).status_code == 201


def _upsert(**mapping: Any) -> dict[str, Any]:
    return {"type": "UPSERT_ENTITY", "blueprintIdentifier": "service", "mapping": mapping}


async def test_an_entity_is_written_in_the_name_of_the_run(
    runs: Runs, background: Background, client: httpx.AsyncClient
) -> None:
    mapping = {"identifier": "{{ .inputs.name }}", "properties": {"score": "{{ .inputs.score }}"}}
    run = await runs.start(_upsert(**mapping, relations={"domain": "payments"}), name="svc", score=7)
    await background.settle()
    assert (await runs.get(run))["status"] == "SUCCESS"
    entity = (await client.get("/v1/blueprints/service/entities/svc")).json()["entity"]
    assert entity["properties"]["score"] == 7
    assert entity["relations"]["domain"] == "payments"
    touched = (await client.get(f"/v1/fairway/runs/{run['id']}/entities")).json()["entities"]
    assert [(each["identifier"], each["action"]) for each in touched] == [("svc", "CREATE")]


async def test_an_entity_that_does_not_fit_fails_the_run_with_the_reason(runs: Runs, background: Background) -> None:
    run = await runs.start(_upsert(identifier="svc", properties={"score": "{{ .inputs.score }}"}), score="many")
    await background.settle()
    ended = await runs.get(run)
    assert ended["status"] == "FAILURE"
    assert '"score"' in ended["summary"]


async def test_the_portals_own_api_takes_the_runs_credentials(
    runs: Runs, client: httpx.AsyncClient, background: Background
) -> None:
    """No Authorization header is configured; an address that only looks like the portal's gets no credentials."""
    other = {**self_service("second"), "invocationMethod": _upsert(identifier="from-second")}
    assert (await client.post("/v1/actions", json=other)).status_code == 201
    hook = {
        "type": "WEBHOOK", "synchronized": True, "url": "http://portal.evil.example/v1/actions/second/runs",
        "body": {"properties": {}},
    }  # fmt: skip
    run = await runs.start(hook)
    await background.settle()
    assert (await runs.get(run))["status"] in ("IN_PROGRESS", "FAILURE")
    assert (await client.get("/v1/actions/runs", params={"action": "second"})).json()["runs"] == []


async def test_members_write_what_the_action_lets_them(
    runs: Runs, background: Background, client: httpx.AsyncClient, login: Login
) -> None:
    member = await login("member@example.com", "Member")
    await runs.start(_upsert(identifier="{{ .inputs.name }}", properties={"score": 3}), name="first")
    direct = await member.post("/v1/blueprints/service/entities", json={"identifier": "second"})
    assert direct.status_code == 403
    started = await member.post("/v1/actions/deliver/runs", json={"properties": {"name": "second"}})
    await background.settle()
    assert (await runs.get(started.json()["run"]))["status"] == "SUCCESS"
    changes = (await client.get("/v1/audit-log?blueprint=service&entity=second")).json()
    assert changes["audits"][0]["trigger"]["by"]["user"]["email"] == "member@example.com"


async def test_nobody_makes_themselves_an_admin_through_an_action(
    runs: Runs, background: Background, client: httpx.AsyncClient, login: Login
) -> None:
    member = await login("member@example.com", "Member")
    mapping = {"identifier": "{{ .inputs.name }}", "properties": {"port_role": "Admin"}}
    invocation = {"type": "UPSERT_ENTITY", "blueprintIdentifier": "_user", "mapping": mapping}
    await runs.start(invocation, name="x@example.com")
    started = await member.post("/v1/actions/deliver/runs", json={"properties": {"name": "member@example.com"}})
    await background.settle()
    ended = await runs.get(started.json()["run"])
    assert ended["status"] == "FAILURE"
    assert "not written" in ended["summary"]
