"""Every kind of node: what it does, what it hands on, and how it fails."""

from __future__ import annotations

import pytest

from fairway.kit.clock import ManualClock
from support.flow import Flow, call, node
from support.forges.server import Forge, Reply


async def test_a_webhook_that_was_not_taken_is_sent_again_under_the_same_key(
    flow: Flow, target: Forge, clock: ManualClock
) -> None:
    target.first = [Reply(503, headers={"retry-after": "2"}), Reply(200, {"ok": 1})]
    await flow.define(call("one", f"{target.url}/one"), arrows=[("start", "one")])
    run = await flow.start(env="x")
    assert (await flow.run(run))["status"] == "IN_PROGRESS"
    clock.advance(minutes=2)
    await flow.background.settle()
    assert (await flow.run(run))["result"] == "SUCCESS"
    one = (await flow.nodes(run))["one"]
    assert [seen.headers["idempotency-key"] for seen in target.requests] == [one["identifier"]] * 2
    assert any("Attempt 1" in line for line in await flow.lines(one["identifier"]))


async def test_what_nobody_takes_is_given_up(flow: Flow, target: Forge, clock: ManualClock) -> None:
    target.first = [Reply(503)] * 100
    await flow.define(call("one", f"{target.url}/one"), arrows=[("start", "one")])
    run = await flow.start(env="x")
    for _ in range(16):  # within the three hours that a token is good for
        clock.advance(minutes=10)
        await flow.background.settle()
    ended = await flow.run(run)
    assert (ended["status"], ended["result"]) == ("COMPLETED", "FAILED")
    one = (await flow.nodes(run))["one"]
    assert one["statusLabel"] == {"text": "Not delivered"}
    assert "Given up after" in ended["summary"]
    assert "503" in ended["summary"]


async def test_who_gets_an_asynchronous_webhook_reports(flow: Flow, target: Forge) -> None:
    body = {"id": "{{ .run.id }}", "node": "{{ .workflowNodeRun.identifier }}"}
    second = call("two", f"{target.url}/two", body={"got": "{{ .outputs.one.artifact }}"})
    await flow.define(
        call("one", f"{target.url}/one", synchronized=False, body=body),
        second,
        arrows=[("start", "one"), ("one", "two")],
    )
    run = await flow.start(env="x")
    [seen] = target.requests
    assert seen.json["id"] == seen.json["node"]
    one = seen.json["id"]
    assert (await flow.run(run))["status"] == "IN_PROGRESS"
    going = await flow.report(one, status="IN_PROGRESS", statusLabel={"text": "Half"}, links=["https://ci/1"])
    assert going.status_code == 200
    shown = (await flow.nodes(run))["one"]
    assert (shown["statusLabel"], shown["links"], shown["status"]) == (
        {"text": "Half"},
        ["https://ci/1"],
        "IN_PROGRESS",
    )
    await flow.report(one, status="COMPLETED", result="SUCCESS", output={"artifact": "a-1"})
    assert target.requests[1].json == {"got": "a-1"}
    assert (await flow.run(run))["result"] == "SUCCESS"


async def test_variables_reshape_what_a_node_hands_on(flow: Flow, target: Forge) -> None:
    target.first = [Reply(200, {"items": [1, 2, 3], "noise": "x"})]
    variables = {"count": "{{ .result.response.data.items | length }}", "env": "{{ .inputs.env }}"}
    links = ["https://ci/{{ .inputs.env }}", "{{ null }}"]
    one = call("one", f"{target.url}/one", variables=variables, links=links)
    await flow.define(one, arrows=[("start", "one")])
    done = (await flow.nodes(await flow.start(env="prod")))["one"]
    assert done["output"] == {"count": 3, "env": "prod"}
    assert done["links"] == ["https://ci/prod"]


@pytest.mark.parametrize("broken", ["{{ [range(1e15)] }}", '{{ error("x") }}', "{{ .result | keys | .[0] | keys }}"])
async def test_variables_that_fail_are_null(flow: Flow, target: Forge, broken: str) -> None:
    await flow.define(call("one", f"{target.url}/one", variables={"a": broken, "b": 1}), arrows=[("start", "one")])
    run = await flow.start(env="prod")
    assert (await flow.run(run))["result"] == "SUCCESS"
    assert (await flow.nodes(run))["one"]["output"] == {"a": None, "b": 1}


async def test_a_failure_may_be_caught(flow: Flow, target: Forge) -> None:
    target.first = [Reply(400, {"why": "no"})]
    rescue = call("rescue", f"{target.url}/rescue", body={"why": "{{ .outputs.one.error.message }}"})
    await flow.define(
        call("one", f"{target.url}/one"), call("two", f"{target.url}/two"), rescue,
        arrows=[("start", "one"), ("one", "two"), ("one", "rescue", {"fallback": True})],
    )  # fmt: skip
    run = await flow.start(env="x")
    assert [seen.path for seen in target.requests] == ["/one", "/rescue"]
    assert "400" in target.requests[1].json["why"]
    assert (await flow.run(run))["result"] == "SUCCESS"


async def test_what_runs_beside_a_failure_is_stopped(flow: Flow, target: Forge) -> None:
    target.first = [Reply(500)]
    await flow.define(
        call("slow", "http://inside", agent=True), call("bad", f"{target.url}/bad"),
        arrows=[("start", "slow"), ("start", "bad")],
    )  # fmt: skip
    run = await flow.start(env="x")
    assert (await flow.run(run))["result"] == "FAILED"
    assert (await flow.nodes(run))["slow"]["result"] == "CANCELLED"
    assert await flow.claim() == []


async def test_without_brokers_a_kafka_node_says_so(flow: Flow) -> None:
    await flow.define(node("tell", "KAFKA", payload={"a": "{{ .inputs.env }}"}), arrows=[("start", "tell")])
    ended = await flow.run(await flow.start(env="x"))
    assert ended["result"] == "FAILED"
    assert "FAIRWAY_KAFKA_BROKERS" in ended["summary"]


async def test_integrations_claim_theirs(flow: Flow) -> None:
    execution = {"org": "o", "repo": "r", "workflow": "w", "workflowInputs": {"env": "{{ .inputs.env }}"}}
    dispatch = node(
        "dispatch", "INTEGRATION_ACTION", installationId="my-github", integrationActionExecutionProperties=execution
    )
    await flow.define(dispatch, arrows=[("start", "dispatch")])
    run = await flow.start(env="prod")
    assert await flow.claim() == []
    [found] = await flow.claim(installationId="my-github", visibilityTimeoutMs=1)
    assert found["nodeUid"] == "flow:dispatch"
    config = found["node"]["config"]
    assert config["integrationActionType"] == "dispatch_workflow"
    assert config["integrationActionExecutionProperties"]["workflowInputs"] == {"env": "prod"}
    await flow.acknowledge(found["identifier"])
    external = await flow.report(found["identifier"], externalRunId="gh-17")
    assert external.status_code == 200
    [same] = (await flow.done("GET", "/v1/workflows/nodes/runs", params={"external_run_id": "gh-17"}))["nodeRuns"]
    assert same["identifier"] == found["identifier"]
    await flow.report(found["identifier"], status="COMPLETED", result="FAILED", output={"conclusion": "failure"})
    ended = await flow.run(run)
    assert ended["result"] == "FAILED"


async def test_an_entity_that_is_refused_fails_its_node(flow: Flow, services: None) -> None:
    mapping = {"identifier": "svc", "properties": {"tier": "{{ .inputs.env }}"}}
    write = node("write", "UPSERT_ENTITY", blueprintIdentifier="service", mapping=mapping)
    tell = node("tell", "UPSERT_ENTITY", blueprintIdentifier="service", mapping={
        "identifier": "{{ .outputs.write.response.data.identifier }}-2",
        "title": "{{ .outputs.write.response.data.properties.tier }}",
    })  # fmt: skip
    await flow.define(write, tell, arrows=[("start", "write"), ("write", "tell")])
    refused = await flow.run(await flow.start(env="lead"))
    assert refused["result"] == "FAILED"
    assert "tier" in refused["summary"]
    assert (await flow.run(await flow.start(env="gold")))["result"] == "SUCCESS"
    second = (await flow.done("GET", "/v1/blueprints/service/entities/svc-2"))["entity"]
    assert second["title"] == "gold"


async def test_nodes_that_are_not_offered_say_so(flow: Flow) -> None:
    await flow.define(node("think", "AI", userPrompt="?"), arrows=[("start", "think")])
    ended = await flow.run(await flow.start(env="x"))
    assert ended["result"] == "FAILED"
    assert "not offered" in ended["summary"]


async def test_a_template_without_end_fails_its_node(flow: Flow, target: Forge) -> None:
    await flow.define(call("one", f"{target.url}/{{{{ [range(1e15)] | length }}}}"), arrows=[("start", "one")])
    ended = await flow.run(await flow.start(env="x"))
    assert ended["result"] == "FAILED"
    assert '"/url"' in ended["summary"]
    assert target.requests == []


async def test_labels_of_outlets_are_shown(flow: Flow) -> None:
    outlet = {
        "identifier": "prod", "title": "Production", "expression": "{{ .inputs.env == 'prod' }}",
        "statusLabel": {"text": "To production"}, "workflowStatusLabel": {"text": "Goes live"},
    }  # fmt: skip
    await flow.define(node("which", "CONDITION", outlets=[outlet]), arrows=[("start", "which")])
    run = await flow.run(await flow.start(env="prod"))
    assert (run["result"], run["statusLabel"]) == ("SUCCESS", {"text": "Goes live"})
    [_, which] = run["nodeRuns"]
    assert which["statusLabel"] == {"text": "To production"}
    assert which["output"] == {"selectedOutlet": {"identifier": "prod", "title": "Production"}}
    other = await flow.run(await flow.start(env="dev"))
    assert (other["result"], other["statusLabel"]) == ("SUCCESS", None)


async def test_only_silence_is_left_behind(flow: Flow, target: Forge) -> None:
    """``onTimeout`` ``continue`` is about an answer that does not come; a refusal fails the node as ever."""
    target.first = [Reply(404)]
    await flow.define(call("one", f"{target.url}/one", onTimeout="continue"), arrows=[("start", "one")])
    assert (await flow.run(await flow.start(env="x")))["result"] == "FAILED"
