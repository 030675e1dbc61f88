"""What automations are told, in the contract's shapes (6.5, 6.7, 7.2), and which changes are none."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from support.actions import self_service
from support.catalog import DOMAIN, SERVICE, TO_DOMAIN
from support.estate import PATH, Estate
from support.people import Login

SCORECARD = {
    "identifier": "ready", "title": "Ready",
    "levels": [{"title": "Basic", "color": "paleBlue"}, {"title": "Gold", "color": "gold"}],
    "rules": [{"identifier": "tiered", "title": "Tiered", "level": "Gold", "query": {
        "combinator": "and", "conditions": [{"property": "tier", "operator": "=", "value": "gold"}]}}],
}  # fmt: skip


@pytest.fixture
async def rich(client: httpx.AsyncClient) -> None:
    """Services with a domain, a mirror of it, a calculation and a scorecard."""
    assert (await client.post("/v1/blueprints", json=DOMAIN)).status_code == 201
    whole = {
        **SERVICE, "relations": TO_DOMAIN,
        "mirrorProperties": {"lead": {"title": "Lead", "path": "domain.lead"}},
        "calculationProperties": {"shout": {"type": "string", "calculation": '.title + "!"'}},
    }  # fmt: skip
    assert (await client.put("/v1/blueprints/service", json=whole)).status_code == 200
    assert (await client.post("/v1/blueprints/service/scorecards", json=SCORECARD)).status_code == 201
    domain = {"identifier": "payments", "title": "Payments", "properties": {"lead": "Ann"}}
    assert (await client.post("/v1/blueprints/domain/entities", json=domain)).status_code == 201


async def test_an_event_has_the_shape_of_the_contract(estate: Estate, rich: None) -> None:
    await estate.listen("ANY_ENTITY_CHANGE")
    await estate.write(title="A", properties={"tier": "gold"}, relations={"domain": "payments"})
    await estate.write(title="B")
    created, updated = estate.heard
    assert set(updated) == {"id", "action", "resourceType", "trigger", "context", "diff"}
    assert (updated["action"], updated["resourceType"]) == ("UPDATE", "entity")
    assert updated["context"] == {
        "blueprintIdentifier": "service", "entityIdentifier": "svc", "propertyIdentifier": None,
    }  # fmt: skip
    assert set(updated["trigger"]) == {"by", "origin", "at"}
    assert updated["trigger"]["by"].keys() >= {"orgId", "userId"}
    assert updated["trigger"]["origin"] == "API"
    before, after = updated["diff"]["before"], updated["diff"]["after"]
    assert (before["title"], after["title"]) == ("A", "B")
    for each in (before, after, created["diff"]["after"]):
        assert each["blueprint"] == "service"
        assert each["properties"]["lead"] == "Ann"
        assert each["properties"]["shout"] == f"{each['title']}!"
        assert each["properties"]["tier"] == "gold"
        assert each["relations"] == {"domain": "payments"}
        assert each["scorecards"]["ready"]["level"] == "Gold"
    read = (await estate.client.get(f"{PATH}/svc")).json()["entity"]
    assert set(after) == set(read)


async def test_a_backlog_is_told_as_it_happened(estate: Estate, rich: None) -> None:
    """Values are those of each event, however often the entity was written before it was read."""
    await estate.listen("ANY_ENTITY_CHANGE")
    for title in ("A", "B", "C"):
        body = {"identifier": "svc", "title": title}
        assert (await estate.client.post(PATH, params={"upsert": "true"}, json=body)).is_success
    assert (await estate.client.delete(f"{PATH}/svc")).is_success
    await estate.background.settle()
    told = {each["id"]: each["diff"] for each in estate.heard}
    diffs = [told[name] for name in sorted(told, key=lambda name: int("".join(filter(str.isdigit, name))))]
    assert [each["after"] and each["after"]["properties"]["shout"] for each in diffs] == ["A!", "B!", "C!", None]
    assert [each["before"] and each["before"]["title"] for each in diffs] == [None, "A", "B", "C"]


async def test_what_a_run_of_an_automation_shows(estate: Estate) -> None:
    body = {"event": "{{ .event.id }}", "entity": "{{ .entity }}", "inputs": "{{ .inputs }}", "action": "{{ .action }}",
            "run": "{{ .run.id }}", "trigger": "{{ .trigger }}"}  # fmt: skip
    hook = {"type": "WEBHOOK", "url": f"{estate.target.url}/heard", "synchronized": True, "body": body}
    await estate.listen("ENTITY_CREATED")
    action = (await estate.client.get("/v1/actions/react")).json()["action"]
    changed = {key: action[key] for key in ("identifier", "trigger", "publish") if key in action}
    assert (await estate.client.put("/v1/actions/react", json={**changed, "invocationMethod": hook})).is_success
    await estate.write(title="A")
    [run] = await estate.runs()
    assert run["id"].startswith("r_")
    assert (run["status"], run["source"]) == ("SUCCESS", "AUTOMATION")
    assert run["action"]["identifier"] == "react"
    assert run["blueprint"]["identifier"] == "service"
    assert run["entity"]["identifier"] == "svc"
    assert (run["properties"], run["rawProperties"]) == ({}, {})
    [seen] = estate.target.requests
    assert seen.json["run"] == run["id"]
    assert seen.headers["idempotency-key"] == run["id"]
    assert seen.json["action"]["identifier"] == "react"
    assert (seen.json["inputs"], seen.json["entity"]) == ({}, None)
    assert seen.json["trigger"]["origin"] == "AUTOMATION"
    assert seen.json["trigger"]["by"].keys() >= {"orgId", "userId"}
    [line] = await estate.told()
    assert (line["outcome"], line["runId"], line["event"]) == ("fired", run["id"], seen.json["event"])


async def test_what_is_computed_changes_nothing(estate: Estate, rich: None) -> None:
    """Contract 6.5: neither a mirrored value that changes, nor a relation that is cleared with its target."""
    await estate.write(title="A", relations={"domain": "payments"})
    await estate.listen("ANY_ENTITY_CHANGE")
    path = "/v1/blueprints/domain/entities/payments"
    assert (await estate.client.patch(path, json={"properties": {"lead": "Bob"}})).is_success
    assert (await estate.client.delete(path, params={"delete_dependents": "false"})).is_success
    await estate.background.settle()
    assert (await estate.client.get(f"{PATH}/svc")).json()["entity"]["relations"] == {"domain": None}
    assert estate.heard == []


@pytest.mark.parametrize(("event", "heard"), [("RUN_CREATED", ["CREATE"]), ("RUN_UPDATED", ["UPDATE", "UPDATE"])])
async def test_runs_are_told_by_kind(estate: Estate, login: Login, event: str, heard: list[str]) -> None:
    hook = {"type": "WEBHOOK", "url": "http://ci", "agent": True}
    build = {**self_service("build"), "invocationMethod": hook, "requiredApproval": True}
    assert (await estate.client.post("/v1/actions", json=build)).status_code == 201
    other = {**self_service("other"), "invocationMethod": hook}
    assert (await estate.client.post("/v1/actions", json=other)).status_code == 201
    await estate.listen("", what={"type": event, "actionIdentifier": "build"})
    admin = await login("ann@example.com", "Admin")
    assert (await estate.client.post("/v1/actions/other/runs", json={"properties": {}})).status_code == 202
    run = (await estate.client.post("/v1/actions/build/runs", json={"properties": {}})).json()["run"]["id"]
    await estate.background.settle()
    decided = await admin.patch(f"/v1/actions/runs/{run}/approval", json={"status": "APPROVE"})
    assert decided.status_code == 201, decided.text
    await estate.background.settle()
    line = {"message": "done", "terminationStatus": "SUCCESS"}
    assert (await estate.client.post(f"/v1/actions/runs/{run}/logs", json=line)).status_code == 201
    await estate.background.settle()
    assert [each["action"] for each in estate.heard] == heard
    for each in estate.heard:
        assert each["resourceType"] == "run"
        assert each["context"]["action"]["identifier"] == "build"
        after: dict[str, Any] = each["diff"]["after"]
        assert (after["id"], after["action"]["identifier"]) == (run, "build")
        assert (each["diff"]["before"] is None) is (each["action"] == "CREATE")
    if event == "RUN_UPDATED":
        assert [each["diff"]["after"]["status"] for each in estate.heard] == ["IN_PROGRESS", "SUCCESS"]


@pytest.mark.parametrize(
    ("event", "said"),
    [
        ({"type": "MOON_FULL", "blueprintIdentifier": "service"}, "MOON_FULL"),
        ({"type": "ENTITY_CREATED"}, "blueprintIdentifier"),
        ({"type": "RUN_CREATED"}, "actionIdentifier"),
        ({"type": "TIMER_PROPERTY_EXPIRED", "blueprintIdentifier": "service"}, "propertyIdentifier"),
        ({"type": "ENTITY_CREATED", "blueprintIdentifier": "none"}, '"none"'),
        ({"type": "RUN_CREATED", "actionIdentifier": "none"}, '"none"'),
    ],
)
async def test_triggers_that_cannot_be_are_refused(estate: Estate, event: dict[str, Any], said: str) -> None:
    body = {"identifier": "react", "trigger": {"type": "automation", "event": event},
            "invocationMethod": {"type": "KAFKA", "payload": {}}}  # fmt: skip
    refused = await estate.client.post("/v1/actions", json=body)
    assert refused.status_code in (404, 422)
    assert said in refused.json()["message"]
