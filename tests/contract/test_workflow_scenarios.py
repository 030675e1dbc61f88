"""Workflows, node runs and automations as the clients of the contract use them (6.5, 7.6): Terraform (`T`), the
execution agent (`A`) and the integration runner (`O`). Every answer is held against the contract's shapes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import httpx
import pytest

from fairway.kit.clock import ManualClock
from fairway.portal.worker import Background
from support.catalog import SERVICE, Put
from support.flow import Document, Flow, call, node, workflow
from support.forges.server import Forge

AGENT_CLAIM = {"installationId": "_PORT_EXEC_AGENT", "limit": 100}
RUNNER_CLAIM = {"installationId": "my-github", "limit": 10, "visibilityTimeoutMs": 60_000}
CLAIM, ACK = "/v1/workflows/runs/claim-pending", "/v1/workflows/runs/ack"
BODY = {"event": "{{ .event }}"}
EVERY_KIND = [
    node("press", "SELF_SERVE_TRIGGER", userInputs={"properties": {"env": {"type": "string"}}}),
    node("hear", "EVENT_TRIGGER", event={"type": "ENTITY_CREATED", "blueprintIdentifier": "service"}),
    node("tick", "SCHEDULE_TRIGGER", cron="0 9 * * 1-5"),
    node("post", "WEBHOOK", url="https://ci/{{ .outputs.press.env }}", agent=True, synchronized=True, method="PUT"),
    node("publish", "KAFKA", payload={"env": "{{ .outputs.press.env }}"}),
    node("dispatch", "INTEGRATION_ACTION", installationId="my-github", integrationActionType="dispatch_workflow",
         integrationActionExecutionProperties={"org": "o", "repo": "r", "workflow": "w"}),
    node("write", "UPSERT_ENTITY", blueprintIdentifier="service", mapping={"identifier": "x"}),
    node("which", "CONDITION", outlets=[{"identifier": "yes", "title": "Yes", "expression": "true"}]),
    node("ask", "INPUT", userInputs={"properties": {}}, outlets=[{"identifier": "ok", "title": "Ok"}]),
    node("think", "AI", userPrompt="?", tools=[]),
    node("act", "AI_AGENT", prompt="?", variables={"z": 1, "a": 2}, links=["https://x"]),
]  # fmt: skip


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
def flow(client: httpx.AsyncClient, background: Background) -> Flow:
    """A workflow."""
    return Flow(client, background)


def _terraform() -> Document:
    line = ["press", "post", "publish", "dispatch", "write", "which"]
    arrows: list[Any] = [*pairwise(line),
              ("which", "ask", {"sourceOutletIdentifier": "yes", "description": "When it holds"}),
              ("which", "think", {"fallback": True}), ("think", "act")]  # fmt: skip
    whole = workflow(*EVERY_KIND[1:], arrows=arrows, start=EVERY_KIND[0], identifier="everything")
    return {**whole, "title": "Everything", "icon": "Flow", "description": "Each kind once", "category": "Tests",
            "allowAnyoneToViewRuns": False}  # fmt: skip


async def test_terraform_gets_back_what_it_sent(client: httpx.AsyncClient) -> None:
    sent = _terraform()
    created = await client.post("/v1/workflows", json=sent)
    assert created.status_code == 201, created.text
    stored = created.json()["workflow"]
    assert {key: stored[key] for key in sent} == sent
    assert list(stored["nodes"][-1]["variables"]) == ["z", "a"], "in the order in which they were sent"
    assert (await client.get("/v1/workflows/everything")).json()["workflow"] == stored
    changed = {**sent, "title": "Changed", "category": None}
    put = await client.put("/v1/workflows/everything", json=changed)
    assert put.status_code == 200
    assert {key: put.json()["workflow"][key] for key in changed} == changed
    assert (await client.delete("/v1/workflows/everything")).status_code == 200
    for method in ("GET", "DELETE"):
        gone = await client.request(method, "/v1/workflows/everything")
        assert (gone.status_code, gone.json()["error"]) == (404, "not_found")
        assert '"everything"' in gone.json()["message"]


@pytest.mark.parametrize("claim", [AGENT_CLAIM, {**AGENT_CLAIM, "invocationMethod": "WEBHOOK"}, RUNNER_CLAIM])
async def test_claims_are_answered_where_nothing_waits(client: httpx.AsyncClient, claim: Document) -> None:
    """Else `A` backs off and never comes to its action runs."""
    answer = await client.post(CLAIM, json=claim, headers={"x-port-reserved-usage": "true"})
    assert (answer.status_code, answer.json()["nodeRuns"]) == (200, [])


async def test_the_agent_executes_a_node(flow: Flow, client: httpx.AsyncClient) -> None:
    body = {"env": "{{ .outputs.start.env }}"}
    after = call("after", "http://inside/after", agent=True, body={"was": "{{ .outputs.run.response.data.id }}"})
    await flow.define(
        call("run", "http://inside/run", agent=True, body=body, headers={"X-A": "1"}, method="PUT"), after,
        arrows=[("start", "run"), ("run", "after")],
    )  # fmt: skip
    run = await flow.start(env="prod")
    [claimed] = (await client.post(CLAIM, json=AGENT_CLAIM)).json()["nodeRuns"]
    config = claimed["config"]
    assert config == claimed["node"]["config"]
    assert config == {
        "type": "WEBHOOK", "agent": True, "synchronized": True, "method": "PUT", "url": "http://inside/run",
        "headers": {"X-A": "1"}, "body": {"env": "prod"},
    }  # fmt: skip
    acked = await client.patch(ACK, json={"nodeRunIdentifier": claimed["identifier"]})
    assert (acked.status_code, acked.json()) == (200, {"ok": True, "acked": True})
    path = f"/v1/workflows/nodes/runs/{claimed['identifier']}"
    for level in ("INFO", "WARN", "ERROR", "DEBUG"):
        assert (await client.post(f"{path}/logs", json={"logs": [{"level": level, "message": "x"}]})).is_success
    output = {"response": {"status": 200, "data": {"id": 7}}}
    ended = await client.patch(path, json={"status": "COMPLETED", "result": "SUCCESS", "output": output})
    assert ended.status_code == 200
    await flow.background.settle()
    [second] = (await client.post(CLAIM, json=AGENT_CLAIM)).json()["nodeRuns"]
    assert second["config"]["body"] == {"was": 7}
    failed = {"status": "COMPLETED", "result": "FAILED"}
    for _ in range(2):
        repeated = await client.patch(f"/v1/workflows/nodes/runs/{second['identifier']}", json=failed)
        assert repeated.status_code == 200, "an agent reports a failure twice"
    assert (await flow.run(run))["result"] == "FAILED"


async def test_what_nobody_acknowledged_comes_again(flow: Flow, client: httpx.AsyncClient, clock: ManualClock) -> None:
    await flow.define(call("run", "http://inside/run", agent=True), arrows=[("start", "run")])
    await flow.start(env="x")
    [first] = await flow.claim(visibilityTimeoutMs=60_000)
    assert await flow.claim() == []
    clock.advance(seconds=61)
    [again] = await flow.claim()
    assert again["identifier"] == first["identifier"]
    body = {"nodeRunIdentifier": first["identifier"]}
    assert (await client.patch(ACK, json=body)).status_code == 200
    second = await client.patch(ACK, json=body)
    assert (second.status_code, second.json()["error"]) == (409, "conflict")
    assert (await client.patch(ACK, json={"nodeRunIdentifier": "wfnr_none"})).status_code == 404
    clock.advance(hours=1)
    assert await flow.claim() == []


async def test_the_integration_runner_dispatches(flow: Flow, client: httpx.AsyncClient) -> None:
    await flow.define(
        node("dispatch", "INTEGRATION_ACTION", installationId="my-github", integrationActionType="dispatch_workflow",
             integrationActionExecutionProperties={"org": "o", "repo": "r", "workflow": "w", "workflowInputs": {}}),
        arrows=[("start", "dispatch")],
    )  # fmt: skip
    run = await flow.start(env="x")
    assert (await client.post(CLAIM, json=AGENT_CLAIM)).json()["nodeRuns"] == []
    assert (await client.post(CLAIM, json={**RUNNER_CLAIM, "exclude": ["flow:dispatch"]})).json()["nodeRuns"] == []
    [claimed] = (await client.post(CLAIM, json=RUNNER_CLAIM)).json()["nodeRuns"]
    config = claimed["node"]["config"]
    assert config.keys() >= {
        "type", "installationId", "integrationActionType", "integrationActionExecutionProperties",
    }  # fmt: skip
    path = f"/v1/workflows/nodes/runs/{claimed['identifier']}"
    report = {"status": "IN_PROGRESS", "externalRunId": "17", "links": ["https://github/17"], "reauthRequired": False,
              "statusLabel": {"text": "Queued"}}  # fmt: skip
    assert (await client.patch(path, json=report)).status_code == 200
    query = {"external_run_id": "17", "include": "nodeConfig"}
    [found] = (await client.get("/v1/workflows/nodes/runs", params=query)).json()["nodeRuns"]
    assert (found["identifier"], found["config"]["installationId"]) == (claimed["identifier"], "my-github")
    cancelled = {"status": "COMPLETED", "result": "CANCELLED"}
    assert (await client.patch(path, json=cancelled)).status_code == 200
    assert (await flow.run(run))["result"] == "CANCELLED"


@pytest.mark.parametrize(
    ("event", "actions"),
    [
        ("ENTITY_CREATED", ["CREATE"]), ("ENTITY_UPDATED", ["UPDATE"]), ("ENTITY_DELETED", ["DELETE"]),
        ("ANY_ENTITY_CHANGE", ["CREATE", "UPDATE", "DELETE"]),
    ],
)  # fmt: skip
async def test_automations_and_workflows_are_told_the_same(
    flow: Flow, put_blueprint: Put, target: Forge, event: str, actions: list[str]
) -> None:
    await put_blueprint(SERVICE)
    trigger = {"type": event, "blueprintIdentifier": "service"}
    hook = {"type": "WEBHOOK", "url": f"{target.url}/automation", "synchronized": True, "body": BODY}
    automation = {"identifier": "react", "trigger": {"type": "automation", "event": trigger}, "invocationMethod": hook}
    await flow.done("POST", "/v1/actions", automation, status=201)
    start = node("start", "EVENT_TRIGGER", event=trigger)
    tell = call("tell", f"{target.url}/workflow", body=BODY)
    await flow.define(tell, arrows=[("start", "tell")], start=start)
    path = "/v1/blueprints/service/entities"
    await flow.done("POST", path, {"identifier": "svc", "title": "A"}, status=201)
    await flow.done("PATCH", f"{path}/svc", {"title": "B"})
    await flow.done("DELETE", f"{path}/svc")
    await flow.background.settle()
    told: dict[str, list[Any]] = {"/automation": [], "/workflow": []}
    for seen in target.requests:
        told[seen.path].append(seen.json["event"])
    for events in told.values():
        events.sort(key=lambda each: ("CREATE", "UPDATE", "DELETE").index(each["action"]))
        assert [each["action"] for each in events] == actions
        for each in events:
            assert each["resourceType"] == "entity"
            assert each["context"] == {
                "blueprintIdentifier": "service", "entityIdentifier": "svc", "propertyIdentifier": None,
            }  # fmt: skip
            sides = {side: entity and entity["title"] for side, entity in each["diff"].items()}
            assert (
                sides
                == {
                    "CREATE": {"before": None, "after": "A"},
                    "UPDATE": {"before": "A", "after": "B"},
                    "DELETE": {"before": "B", "after": None},
                }[each["action"]]
            )
    assert told["/automation"] == told["/workflow"]
    query = {"trigger_type": "automation", "trigger_event[]": event}
    [listed] = (await flow.done("GET", "/v1/actions", params=query))["actions"]
    assert listed["trigger"]["event"] == trigger
