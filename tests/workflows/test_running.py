"""Workflow runs over HTTP: nodes in their order, decisions, failures, agents, people."""

from __future__ import annotations

import asyncio

import pytest

from fairway.kit.clock import ManualClock
from fairway.portal.services import Portal
from fairway.portal.worker import Background
from support.catalog import SERVICE
from support.flow import START, Flow, call
from support.forges.server import Forge, Reply
from support.people import Login


async def test_nodes_follow_one_another_and_see_what_came_before(flow: Flow, target: Forge) -> None:
    target.first = [Reply(200, {"ticket": 7})]
    second = call(
        "two",
        f"{target.url}/two",
        body={"ticket": "{{ .outputs.one.response.data.ticket }}", "env": "{{ .inputs.env }}"},
    )
    await flow.define(call("one", f"{target.url}/one"), second, arrows=[("start", "one"), ("one", "two")])
    run = await flow.start(env="prod")
    assert [seen.path for seen in target.requests] == ["/one", "/two"]
    assert target.requests[1].json == {"ticket": 7, "env": "prod"}
    ended = await flow.run(run)
    assert (ended["status"], ended["result"]) == ("COMPLETED", "SUCCESS")
    keys = {seen.headers["idempotency-key"] for seen in target.requests}
    assert keys == {each["identifier"] for name, each in (await flow.nodes(run)).items() if name != "start"}


@pytest.mark.parametrize(("env", "path"), [("prod", "/prod"), ("dev", "/other"), ("broken", "/other")])
async def test_a_condition_chooses_the_way(flow: Flow, target: Forge, env: str, path: str) -> None:
    outlets = [
        {"identifier": "bad", "expression": 'if .inputs.env == "broken" then error("x") else false end'},
        {"identifier": "prod", "expression": '.inputs.env == "prod"'},
    ]
    await flow.define(
        {"identifier": "which", "config": {"type": "CONDITION", "outlets": outlets}},
        call("prod", f"{target.url}/prod"),
        call("other", f"{target.url}/other"),
        arrows=[
            ("start", "which"),
            ("which", "prod", {"sourceOutletIdentifier": "prod"}),
            ("which", "other", {"fallback": True}),
        ],
    )
    run = await flow.start(env=env)
    assert [seen.path for seen in target.requests] == [path]
    assert (await flow.run(run))["result"] == "SUCCESS"


async def test_parallel_nodes_join_once(flow: Flow, target: Forge) -> None:
    nodes = [call(name, f"{target.url}/{name}") for name in ("a", "b", "end")]
    await flow.define(*nodes, arrows=[("start", "a"), ("start", "b"), ("a", "end"), ("b", "end")])
    run = await flow.start(env="x")
    assert sorted(seen.path for seen in target.requests[:2]) == ["/a", "/b"]
    assert [seen.path for seen in target.requests[2:]] == ["/end"]
    assert (await flow.run(run))["result"] == "SUCCESS"


async def test_agents_that_report_together_join_once(flow: Flow, target: Forge) -> None:
    agents = [call(name, "http://inside", agent=True) for name in ("a", "b")]
    end = call("end", f"{target.url}/end")
    await flow.define(*agents, end, arrows=[("start", "a"), ("start", "b"), ("a", "end"), ("b", "end")])
    run = await flow.start(env="x")
    claimed = await flow.claim()
    assert {each["node"]["identifier"] for each in claimed} == {"a", "b"}
    ended = {"status": "COMPLETED", "result": "SUCCESS"}
    paths = [f"/v1/workflows/nodes/runs/{each['identifier']}" for each in claimed]
    answers = await asyncio.gather(*(flow.client.patch(path, json=ended) for path in [*paths, *paths]))
    assert {each.status_code for each in answers} == {200}
    await flow.background.settle()
    assert [seen.path for seen in target.requests] == ["/end"]
    assert (await flow.run(run))["result"] == "SUCCESS"


async def test_a_failed_node_ends_the_run_with_its_reason(flow: Flow, target: Forge) -> None:
    target.first = [Reply(500, text="the disk is full")]
    await flow.define(
        call("one", f"{target.url}/one"), call("two", f"{target.url}/two"), arrows=[("start", "one"), ("one", "two")]
    )
    run = await flow.start(env="x")
    ended = await flow.run(run)
    assert (ended["status"], ended["result"]) == ("COMPLETED", "FAILED")
    assert '"one" failed' in ended["summary"]
    assert [seen.path for seen in target.requests] == ["/one"]
    node = (await flow.nodes(run))["one"]["identifier"]
    lines = (await flow.client.get(f"/v1/workflows/nodes/runs/{node}/logs")).json()["runLogs"]
    assert any("the disk is full" in each["message"] for each in lines)


async def test_a_node_may_fail_without_harm(flow: Flow, target: Forge) -> None:
    target.first = [Reply(500)]
    await flow.define(
        call("one", f"{target.url}/one", onFailure="continue"), call("two", f"{target.url}/two"),
        arrows=[("start", "one"), ("one", "two")],
    )  # fmt: skip
    run = await flow.start(env="x")
    assert [seen.path for seen in target.requests] == ["/one", "/two"]
    assert (await flow.nodes(run))["one"]["result"] == "FAILED"


async def test_agents_claim_acknowledge_and_report(flow: Flow, clock: ManualClock) -> None:
    await flow.define(
        call("one", "http://inside/run", agent=True, body={"env": "{{ .inputs.env }}"}), arrows=[("start", "one")]
    )
    run = await flow.start(env="prod")
    [node] = await flow.claim(visibilityTimeoutMs=60_000)
    assert node["identifier"].startswith("wfnr_")
    assert node["config"]["type"] == "WEBHOOK"
    assert node["config"]["url"] == "http://inside/run"
    assert node["config"]["body"] == {"env": "prod"}
    assert await flow.claim() == []
    clock.advance(seconds=61)
    [again] = await flow.claim()
    assert again["identifier"] == node["identifier"]
    path = "/v1/workflows/runs/ack"
    assert (await flow.client.patch(path, json={"nodeRunIdentifier": node["identifier"]})).json()["acked"] is True
    assert (await flow.client.patch(path, json={"nodeRunIdentifier": node["identifier"]})).status_code == 409
    clock.advance(hours=1)
    assert await flow.claim() == []
    logs = {"logs": [{"level": "INFO", "message": "working"}, {"level": "ERROR", "message": "hm"}]}
    assert (await flow.client.post(f"/v1/workflows/nodes/runs/{node['identifier']}/logs", json=logs)).is_success
    output = {"response": {"status": 200, "data": {"ok": True}}}
    ended = await flow.report(
        node["identifier"], status="COMPLETED", result="SUCCESS", output=output, externalRunId="ext-1"
    )
    assert ended.status_code == 200, ended.text
    assert (await flow.run(run))["result"] == "SUCCESS"
    assert (await flow.report(node["identifier"], status="COMPLETED", result="SUCCESS")).status_code == 200
    assert (await flow.report(node["identifier"], status="COMPLETED", result="FAILED")).status_code in (409, 422)
    found = (await flow.client.get("/v1/workflows/nodes/runs", params={"external_run_id": "ext-1"})).json()["nodeRuns"]
    assert [each["identifier"] for each in found] == [node["identifier"]]


async def test_labels_decide_which_agent_may_claim(flow: Flow) -> None:
    await flow.define(
        call("one", "http://x", agent=True, agentLabels={"zone": "{{ .inputs.env }}"}), arrows=[("start", "one")]
    )
    await flow.start(env="eu")
    assert await flow.claim() == []
    assert await flow.claim(labels={"zone": "us"}) == []
    assert len(await flow.claim(labels={"zone": "eu", "more": "1"})) == 1


async def test_an_entity_is_written(flow: Flow) -> None:
    assert (await flow.client.post("/v1/blueprints", json=SERVICE)).status_code == 201
    mapping = {"identifier": "{{ .inputs.env }}", "title": "Made"}
    node = {
        "identifier": "write",
        "config": {"type": "UPSERT_ENTITY", "blueprintIdentifier": "service", "mapping": mapping},
    }
    await flow.define(node, arrows=[("start", "write")])
    run = await flow.start(env="made-1")
    assert (await flow.run(run))["result"] == "SUCCESS"
    assert (await flow.client.get("/v1/blueprints/service/entities/made-1")).json()["entity"]["title"] == "Made"


async def test_an_event_starts_it_once(flow: Flow, target: Forge) -> None:
    assert (await flow.client.post("/v1/blueprints", json=SERVICE)).status_code == 201
    event = {"type": "ENTITY_CREATED", "blueprintIdentifier": "service"}
    start = {"identifier": "start", "config": {"type": "EVENT_TRIGGER", "event": event}}
    body = {"who": "{{ .event.diff.after.identifier }}"}
    await flow.define(call("tell", f"{target.url}/tell", body=body), arrows=[("start", "tell")], start=start)
    await flow.background.settle()
    await flow.client.post("/v1/blueprints/service/entities", json={"identifier": "svc"})
    await flow.background.settle()
    await flow.background.settle()
    assert [seen.json for seen in target.requests] == [{"who": "svc"}]


async def test_somebody_has_to_answer(flow: Flow, target: Forge, login: Login) -> None:
    await login("ann@example.com")
    ask = {
        "identifier": "ask",
        "config": {
            "type": "INPUT", "userInputs": {"properties": {"why": {"type": "string"}}, "required": ["why"]},
            "responders": {"users": ["ann@example.com"]},
            "outlets": [{"identifier": "yes", "title": "Yes"}, {"identifier": "no", "title": "No"}],
        },
    }  # fmt: skip
    tell = call(
        "tell", f"{target.url}/tell", body={"why": "{{ .outputs.ask.responses[0].inputs.why // .outputs.ask }}"}
    )
    await flow.define(ask, tell, arrows=[("start", "ask"), ("ask", "tell", {"sourceOutletIdentifier": "yes"})])
    run = await flow.start(env="x")
    node = (await flow.nodes(run))["ask"]["identifier"]
    assert target.requests == []
    path = f"/v1/fairway/workflows/nodes/runs/{node}/input"
    bob, ann = await login("bob@example.com"), await login("ann@example.com")
    answer = {"inputs": {"why": "because"}, "button": "yes"}
    assert (await bob.post(path, json=answer)).status_code in (403, 404)
    assert (await ann.post(path, json={"inputs": {}, "button": "yes"})).status_code == 422
    taken = await ann.post(path, json=answer)
    assert taken.status_code == 200, taken.text
    await flow.background.settle()
    assert [seen.path for seen in target.requests] == ["/tell"]
    assert "because" in str(target.requests[0].json)


async def test_cancelled_is_cancelled(flow: Flow) -> None:
    await flow.define(call("one", "http://x", agent=True), arrows=[("start", "one")])
    run = await flow.start(env="x")
    [node] = await flow.claim()
    cancelled = await flow.client.post(f"/v1/fairway/workflows/runs/{run}/cancel")
    assert cancelled.json()["run"]["result"] == "CANCELLED"
    assert (await flow.client.post(f"/v1/fairway/workflows/runs/{run}/cancel")).status_code == 409
    assert await flow.claim() == []
    assert (await flow.report(node["identifier"], status="COMPLETED", result="SUCCESS")).status_code in (200, 409, 422)
    assert (await flow.run(run))["result"] == "CANCELLED"


async def test_secrets_stay_secret(flow: Flow, target: Forge) -> None:
    secret = {"secretName": "TOKEN", "secretValue": "hush-55"}
    assert (await flow.client.post("/v1/organization/secrets", json=secret)).status_code == 201
    target.first = [Reply(200, {"echo": "hush-55"})]
    await flow.define(
        call("one", f"{target.url}/one", headers={"X-Token": "{{ .secrets.TOKEN }}"}), arrows=[("start", "one")]
    )
    run = await flow.start(env="x")
    assert target.requests[0].headers["x-token"] == "hush-55"
    node = (await flow.nodes(run))["one"]["identifier"]
    for path in (f"/v1/fairway/workflows/runs/{run}", f"/v1/workflows/nodes/runs/{node}",
                 f"/v1/workflows/nodes/runs/{node}/logs", "/v1/audit-log"):  # fmt: skip
        assert "hush-55" not in (await flow.client.get(path)).text, path


async def test_a_worker_that_dies_between_nodes_loses_nothing(flow: Flow, target: Forge, portal: Portal) -> None:
    """Each step is a job that was committed with what led to it: another worker goes on."""
    await flow.define(
        call("one", f"{target.url}/one"), call("two", f"{target.url}/two"), arrows=[("start", "one"), ("one", "two")]
    )
    answer = await flow.client.post("/v1/fairway/workflows/flow/runs", json={"inputs": {"env": "x"}})
    run = answer.json()["run"]["id"]
    for _ in range(12):
        fresh = Background(portal)
        for loop in fresh._loops:
            if await loop.step():
                break
    await Background(portal).settle()
    assert [seen.path for seen in target.requests] == ["/one", "/two"]
    assert (await flow.run(run))["result"] == "SUCCESS"


async def test_who_may_not_start_it_is_told(flow: Flow, login: Login) -> None:
    permissions = {"users": ["ann@example.com"], "roles": [], "teams": []}
    start = {**START, "config": {**START["config"], "permissions": {"execute": permissions}}}
    await flow.define(call("one", "http://x", agent=True), arrows=[("start", "one")], start=start)
    eve = await login("eve@example.com")
    refused = await eve.post("/v1/fairway/workflows/flow/runs", json={"inputs": {"env": "x"}})
    assert refused.status_code in (403, 404)
