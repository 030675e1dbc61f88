"""What starts a workflow: people with a form, events with a condition, and what keeps it from starting."""

from __future__ import annotations

from typing import Any

import pytest

from support.catalog import SERVICE
from support.flow import START, Document, Flow, call, node, on_event, workflow
from support.forges.server import Forge
from support.people import Login

ENTITIES = "/v1/blueprints/service/entities"


def _form(**config: Any) -> Document:
    properties = {"env": {"type": "string", "enum": ["dev", "prod"]}, "count": {"type": "number", "default": 3}}
    return node("start", "SELF_SERVE_TRIGGER", userInputs={"properties": properties, "required": ["env"]}, **config)


def _tell(target: Forge, **body: Any) -> Document:
    return call("tell", f"{target.url}/tell", body=body)


async def _put_entity(flow: Flow, identifier: str, **fields: Any) -> None:
    await flow.done("POST", ENTITIES, {"identifier": identifier, **fields}, status=201)
    await flow.background.settle()


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({}, '"env"'),
        ({"env": "moon"}, '"env"'),
        ({"env": "dev", "count": "x"}, '"count"'),
        ({"env": "dev", "a": 1}, '"a"'),
    ],
)
async def test_the_form_is_checked(flow: Flow, target: Forge, inputs: dict[str, Any], said: str) -> None:
    await flow.define(_tell(target), arrows=[("start", "tell")], start=_form())
    refused = await flow.client.post("/v1/fairway/workflows/flow/runs", json={"inputs": inputs})
    assert refused.status_code == 422
    assert said in refused.json()["message"]
    assert await flow.runs() == []


async def test_inputs_and_defaults_reach_the_nodes(flow: Flow, target: Forge) -> None:
    body = {"in": "{{ .inputs }}", "of": "{{ .outputs.start }}", "same": "{{ .outputs.trigger.env }}",
            "by": "{{ .trigger.by.userId }}", "origin": "{{ .trigger.origin }}"}  # fmt: skip
    await flow.define(_tell(target, **body), arrows=[("start", "tell")], start=_form())
    run = await flow.start(env="dev")
    told = target.requests[0].json
    assert told["in"] == told["of"] == {"env": "dev", "count": 3}
    assert (told["same"], told["origin"]) == ("dev", "API")
    shown = await flow.run(run)
    assert (shown["inputs"], shown["source"]) == ({"env": "dev", "count": 3}, "API")
    assert shown["createdBy"] == told["by"]


async def test_a_trigger_about_an_entity(flow: Flow, target: Forge, services: None) -> None:
    await _put_entity(flow, "svc", title="Service", properties={"tier": "gold"})
    body = {"who": "{{ .entity.identifier }}", "tier": "{{ .entity.properties.tier }}"}
    start = node("start", "SELF_SERVE_TRIGGER", blueprintIdentifier="service")
    await flow.define(_tell(target, **body), arrows=[("start", "tell")], start=start)
    path = "/v1/fairway/workflows/flow/runs"
    run = (await flow.done("POST", path, {"entity": "svc"}, status=202))["run"]
    assert (run["blueprint"], run["entity"]) == ("service", "svc")
    await flow.background.settle()
    assert target.requests[0].json == {"who": "svc", "tier": "gold"}
    missing = await flow.client.post(path, json={"entity": "none"})
    assert (missing.status_code, '"none"' in missing.json()["message"]) == (404, True)


async def test_which_trigger_is_pressed(flow: Flow, target: Forge) -> None:
    other = node("other", "SELF_SERVE_TRIGGER")
    hidden = node("hidden", "SELF_SERVE_TRIGGER", published=False)
    await flow.define(other, hidden, _tell(target), arrows=[("other", "tell")], start=START)
    path = "/v1/fairway/workflows/flow/runs"
    for body, said in (
        ({}, 'must be one of "start", "other"'),
        ({"trigger": "tell"}, 'no trigger "tell"'),
        ({"trigger": "hidden"}, "is not published"),
    ):
        refused = await flow.client.post(path, json=body)
        assert refused.status_code == 422
        assert said in refused.json()["message"]
    await flow.done("POST", path, {"trigger": "other"}, status=202)
    await flow.background.settle()
    assert len(target.requests) == 1
    assert (await flow.client.post("/v1/fairway/workflows/none/runs", json={})).status_code == 404
    offers = (await flow.done("GET", "/v1/fairway/workflows/offers"))["offers"]
    assert [each["trigger"] for each in offers] == ["start", "other"]


async def test_who_may_press_it(flow: Flow, target: Forge, login: Login) -> None:
    start = {**START, "config": {**START["config"], "permissions": {"users": ["ann@example.com"], "roles": ["Pilot"]}}}
    await flow.define(_tell(target), arrows=[("start", "tell")], start=start)
    path = "/v1/fairway/workflows/flow/runs"
    for person, status in (
        (await login("ann@example.com"), 202),
        (await login("bob@example.com", "Pilot"), 202),
        (await login("eve@example.com"), 403),
    ):
        assert (await person.post(path, json={"inputs": {"env": "x"}})).status_code == status
        offers = (await person.get("/v1/fairway/workflows/offers")).json()["offers"]
        assert [each["allowed"] for each in offers] == [status == 202]


async def test_runs_of_others_are_not_shown_when_the_workflow_says_so(flow: Flow, target: Forge, login: Login) -> None:
    definition = {**workflow(_tell(target), arrows=[("start", "tell")]), "allowAnyoneToViewRuns": False}
    await flow.done("POST", "/v1/workflows", definition, status=201)
    run = await flow.start(env="x")
    one = (await flow.nodes(run))["tell"]["identifier"]
    eve = await login("eve@example.com")
    assert (await eve.get("/v1/fairway/workflows/runs")).json()["runs"] == []
    for path in (f"runs/{run}", f"nodes/runs/{one}/logs"):
        assert (await eve.get(f"/v1/fairway/workflows/{path}")).status_code == 404
    assert (await eve.post(f"/v1/fairway/workflows/runs/{run}/cancel")).status_code == 404


async def test_runs_are_listed_in_pages(flow: Flow, target: Forge) -> None:
    await flow.define(_tell(target), arrows=[("start", "tell")])
    made = [await flow.start(env=str(number)) for number in range(5)]
    path = "/v1/fairway/workflows/runs"
    first = await flow.done("GET", path, params={"limit": 3, "workflow": "flow"})
    rest = await flow.done("GET", path, params={"limit": 3, "workflow": "flow", "from": first["next"]})
    assert [each["id"] for each in [*first["runs"], *rest["runs"]]] == made[::-1]
    assert "next" not in rest
    assert await flow.runs(status="IN_PROGRESS") == []
    assert (await flow.client.get(path, params={"status": "DONE"})).status_code == 422


async def test_an_event_that_fits_starts_it(flow: Flow, target: Forge, services: None) -> None:
    condition = {"type": "JQ", "expressions": ['.diff.after.properties.tier == "gold"'], "combinator": "and"}
    body = {"who": "{{ .event.diff.after.identifier }}", "same": "{{ .outputs.trigger.context.entityIdentifier }}",
            "entity": "{{ .entity.identifier }}"}  # fmt: skip
    await flow.define(_tell(target, **body), arrows=[("start", "tell")], start=on_event(condition=condition))
    await _put_entity(flow, "plain", properties={"tier": "bronze"})
    await _put_entity(flow, "fine", properties={"tier": "gold"})
    assert [seen.json for seen in target.requests] == [{"who": "fine", "same": "fine", "entity": "fine"}]
    [run] = await flow.runs()
    assert (run["source"], run["blueprint"], run["entity"]) == ("AUTOMATION", "service", "fine")
    log = (await flow.done("GET", "/v1/fairway/workflows/flow/log"))["evaluations"]
    assert [(each["trigger"], each["outcome"], each["runId"]) for each in log] == [
        ("start", "fired", run["id"]), ("start", "condition", None),
    ]  # fmt: skip


async def test_a_condition_that_fails_is_told(flow: Flow, target: Forge, services: None, login: Login) -> None:
    condition = {"type": "JQ", "expressions": ['error("no tier")'], "combinator": "and"}
    await flow.define(_tell(target), arrows=[("start", "tell")], start=on_event(condition=condition))
    await _put_entity(flow, "svc")
    assert target.requests == []
    path = "/v1/fairway/workflows/flow/log"
    [line] = (await flow.done("GET", path))["evaluations"]
    assert line["outcome"] == "problem"
    assert "no tier" in line["message"]
    assert (await (await login("eve@example.com")).get(path)).status_code == 403
    assert (await flow.client.get("/v1/fairway/workflows/none/log")).status_code == 404


async def test_drafts_and_deleted_workflows_hear_nothing(flow: Flow, target: Forge, services: None) -> None:
    await flow.define(_tell(target), arrows=[("start", "tell")], start=on_event(published=False))
    await _put_entity(flow, "one")
    published = workflow(_tell(target), arrows=[("start", "tell")], start=on_event())
    await flow.done("PUT", "/v1/workflows/flow", published)
    await _put_entity(flow, "two")
    await flow.done("DELETE", "/v1/workflows/flow")
    await _put_entity(flow, "three")
    assert [each["entity"] for each in await flow.runs()] == ["two"]


async def test_workflows_do_not_start_each_other_for_ever(flow: Flow, services: None) -> None:
    mapping = {"identifier": "{{ .event.diff.after.identifier }}x"}
    write = node("write", "UPSERT_ENTITY", blueprintIdentifier="service", mapping=mapping)
    await flow.define(write, arrows=[("start", "write")], start=on_event())
    await _put_entity(flow, "a")
    runs = await flow.runs(limit=100)
    assert 2 <= len(runs) <= 12
    [last, *_] = (await flow.done("GET", "/v1/fairway/workflows/flow/log"))["evaluations"]
    assert last["outcome"] == "stopped"
    assert "looks like a circle" in last["message"]
    writer = (await flow.nodes(runs[0]["id"]))["write"]["identifier"]
    assert any("looks like a circle" in line for line in await flow.lines(writer))


async def test_a_run_keeps_the_definition_it_began_with(flow: Flow, target: Forge) -> None:
    agent = call("one", "http://x", agent=True)
    await flow.define(agent, _tell(target, v=1), arrows=[("start", "one"), ("one", "tell")])
    run = await flow.start(env="x")
    one = (await flow.nodes(run))["one"]["identifier"]
    changed = workflow(_tell(target, v=2), arrows=[("start", "tell")])
    await flow.done("PUT", "/v1/workflows/flow", changed)
    await flow.report(one, status="COMPLETED", result="SUCCESS")
    await flow.done("DELETE", "/v1/workflows/flow")
    assert [seen.json for seen in target.requests] == [{"v": 1}]
    assert (await flow.run(run))["result"] == "SUCCESS"


async def test_definitions_follow_what_they_name(flow: Flow, target: Forge, services: None) -> None:
    mapping = {"identifier": "x"}
    inputs = {"properties": {"of": {"type": "string", "format": "entity", "blueprint": "service"}}}
    timer = {"type": "TIMER_PROPERTY_EXPIRED", "blueprintIdentifier": "service", "propertyIdentifier": "repo"}
    await flow.define(
        node("press", "SELF_SERVE_TRIGGER", blueprintIdentifier="service", userInputs=inputs),
        node("write", "UPSERT_ENTITY", blueprintIdentifier="service", mapping=mapping),
        arrows=[("start", "write"), ("press", "write")],
        start=node("start", "EVENT_TRIGGER", event=timer),
    )
    renamed = {**SERVICE, "identifier": "component"}
    await flow.done("PUT", "/v1/blueprints/service", renamed)
    path = "/v1/blueprints/component/properties/repo/rename"
    await flow.done("PATCH", path, {"newPropertyName": "source"})
    found = (await flow.done("GET", "/v1/workflows/flow"))["workflow"]
    start, press, write = (each["config"] for each in found["nodes"])
    assert start["event"] == {**timer, "blueprintIdentifier": "component", "propertyIdentifier": "source"}
    assert press["blueprintIdentifier"] == write["blueprintIdentifier"] == "component"
    assert press["userInputs"]["properties"]["of"]["blueprint"] == "component"
