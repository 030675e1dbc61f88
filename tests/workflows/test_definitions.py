"""Definitions of workflows (contract 7.6)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from support.people import Login

WORKFLOW: dict[str, Any] = {
    "identifier": "deploy",
    "title": "Deploy",
    "category": "Delivery",
    "allowAnyoneToViewRuns": True,
    "nodes": [
        {
            "identifier": "trigger",
            "config": {"type": "SELF_SERVE_TRIGGER", "userInputs": {"properties": {"env": {"type": "string"}}}},
        },
        {
            "identifier": "check",
            "config": {
                "type": "CONDITION",
                "outlets": [{"identifier": "prod", "expression": '.outputs.trigger.env == "prod"'}],
            },
        },
        {"identifier": "ask", "title": "Ask", "config": {"type": "AI", "userPrompt": "x"}, "unknown": {"kept": [1]}},
        {"identifier": "call", "config": {"type": "WEBHOOK", "url": "https://x/{{ .outputs.trigger.env }}"}},
    ],
    "connections": [
        {"sourceIdentifier": "trigger", "targetIdentifier": "check"},
        {"sourceIdentifier": "check", "targetIdentifier": "ask", "sourceOutletIdentifier": "prod"},
        {"sourceIdentifier": "check", "targetIdentifier": "call", "fallback": True},
    ],
}


async def test_a_workflow_is_echoed_replaced_and_deleted(client: httpx.AsyncClient) -> None:
    created = await client.post("/v1/workflows", json=WORKFLOW)
    assert created.status_code == 201, created.text
    assert created.json()["workflow"].items() >= WORKFLOW.items()
    assert (await client.post("/v1/workflows", json=WORKFLOW)).status_code == 409
    assert (await client.get("/v1/workflows/deploy")).json()["workflow"] == created.json()["workflow"]
    again = await client.put("/v1/workflows/deploy", json=created.json()["workflow"])
    assert again.json()["workflow"] == created.json()["workflow"]
    renamed = await client.put("/v1/workflows/deploy", json={**WORKFLOW, "identifier": "ship", "title": "Ship"})
    assert renamed.json()["workflow"]["title"] == "Ship"
    listed = (await client.get("/v1/workflows")).json()["workflows"]
    assert [each["identifier"] for each in listed] == ["ship"]
    assert (await client.delete("/v1/workflows/ship")).json() == {"ok": True}
    assert (await client.get("/v1/workflows/ship")).status_code == 404
    audits = (await client.get("/v1/audit-log?resources=workflow")).json()["audits"]
    assert [each["action"] for each in audits] == ["DELETE", "UPDATE", "CREATE"]


def _node(identifier: str, kind: str, **config: Any) -> dict[str, Any]:
    return {"identifier": identifier, "config": {"type": kind, **config}}


_TRIGGER = _node("t", "SELF_SERVE_TRIGGER")
_A, _B = _node("a", "KAFKA", payload={}), _node("b", "KAFKA", payload={})


def _arrow(source: str, target: str, **more: Any) -> dict[str, Any]:
    return {"sourceIdentifier": source, "targetIdentifier": target, **more}


def _webhook(**config: Any) -> dict[str, Any]:
    return _node("w", "WEBHOOK", url="https://x", **config)


def _form(properties: dict[str, Any], **inputs: Any) -> dict[str, Any]:
    return _node("t", "SELF_SERVE_TRIGGER", userInputs={"properties": properties, **inputs})


@pytest.mark.parametrize(
    ("nodes", "connections", "said"),
    [
        ([], [], "1 to 200 nodes"),
        ([_A], [], "needs a trigger"),
        ([_TRIGGER, _A, _A], [], '"a" is used more than once'),
        ([_TRIGGER, _node("x", "MAGIC")], [], '"MAGIC"'),
        ([_TRIGGER, _A], [_arrow("t", "z")], '"z", which does not exist'),
        ([_TRIGGER, _A], [_arrow("a", "t")], "is a trigger"),
        ([_TRIGGER, _A], [_arrow("a", "a")], "to itself"),
        ([_TRIGGER, _A, _B], [_arrow("a", "b"), _arrow("b", "a")], "in a circle"),
        ([_TRIGGER, _A], [_arrow("t", "a", sourceOutletIdentifier="x")], 'Outlet "x"'),
        ([_TRIGGER, _node("w", "WEBHOOK")], [], '"url" is required'),
        ([_TRIGGER, _node("c", "CONDITION", outlets=[{"identifier": "x", "expression": "(("}])], [], "is not valid"),
        ([_node("s", "SCHEDULE_TRIGGER", cron="61 * * * *")], [], "between 0 and 59"),
        ([_node("s", "SCHEDULE_TRIGGER", cron="0 0 31 2 *")], [], "never due"),
        ([_node("s", "SCHEDULE_TRIGGER")], [], "needs"),
        ([_node("e", "EVENT_TRIGGER", event={"type": "ENTITY_CREATED"})], [], '"blueprintIdentifier" is required'),
        ([_node("e", "EVENT_TRIGGER", event={"type": "MOON_FULL"})], [], "MOON_FULL"),
        ([_TRIGGER, {"identifier": "a/b", "config": {"type": "KAFKA"}}], [], "no slash"),
        ([_TRIGGER, _webhook(headers={"X": "{{ (( }}"})], [], 'node "w": config.headers.X: '),
        ([_TRIGGER, _webhook(body={"a": [{"b": "{{ .x | }}"}]})], [], 'node "w": config.body.a[0].b: '),
        ([_TRIGGER, {**_A, "variables": {"v": "{{ | }}"}}], [], 'node "a": variables.v: '),
        ([_TRIGGER, {**_A, "links": ["{{ | }}"]}], [], 'node "a": links[0]: '),
        ([_TRIGGER, _webhook(method="FETCH")], [], '"method" in the config of node "w" must be one of'),
        ([_TRIGGER, _webhook(headers={"X": 1})], [], '"headers" in the config of node "w" must hold strings'),
        ([_TRIGGER, _webhook(onFailure="panic")], [], '"onFailure" in the config of node "w" must be one of'),
        ([_form({"env": {"type": "strin"}})], [], 'node "t": config.userInputs.properties.env.type'),
        (
            [_form({"env": {"type": "string", "default": {"jqQuery": "(("}}})],
            [],
            'node "t": config.userInputs.properties.env.default.jqQuery: ',
        ),
        ([_form({"env": {"type": "string"}}, required=["no"])], [], 'node "t": config.userInputs.required[0]'),
        ([_TRIGGER, _node("i", "INPUT", outlets=[{"identifier": "x", "numOfResponders": 0}])], [], '"numOfResponders"'),
        ([_TRIGGER, _node("c", "CONDITION")], [], '"outlets" is required in the config of node "c"'),
        ([_TRIGGER, _node("c", "CONDITION", outlets=[{"identifier": "x"}])], [], '"expression" is required'),
        (
            [_TRIGGER, _node("u", "UPSERT_ENTITY", mapping={})],
            [],
            '"blueprintIdentifier" is required in the config of node "u"',
        ),
        (
            [
                _node(
                    "e",
                    "EVENT_TRIGGER",
                    event={"type": "ENTITY_CREATED", "blueprintIdentifier": "s"},
                    condition={"type": "JQ", "expressions": ["true", "(("]},
                )
            ],
            [],
            'expressions[1] in the condition of the config of node "e": ',
        ),
    ],
)
async def test_what_does_not_hold_is_refused(
    client: httpx.AsyncClient, nodes: list[Any], connections: list[Any], said: str
) -> None:
    body = {"identifier": "w", "nodes": nodes, "connections": connections}
    response = await client.post("/v1/workflows", json=body)
    assert response.status_code == 422, response.text
    assert said in response.json()["message"]
    assert (await client.get("/v1/workflows")).json()["workflows"] == []


async def test_admins_write_definitions_and_everybody_reads_them(client: httpx.AsyncClient, login: Login) -> None:
    eve = await login("eve@example.com")
    assert (await eve.post("/v1/workflows", json=WORKFLOW)).status_code == 403
    assert (await client.post("/v1/workflows", json=WORKFLOW)).status_code == 201
    assert (await eve.get("/v1/workflows/deploy")).status_code == 200
    assert (await eve.put("/v1/workflows/deploy", json=WORKFLOW)).status_code == 403
    assert (await eve.delete("/v1/workflows/deploy")).status_code == 403
    other = {**WORKFLOW, "identifier": "other"}
    assert (await client.post("/v1/workflows", json=other)).status_code == 201
    assert (await client.put("/v1/workflows/other", json=WORKFLOW)).status_code == 409


async def test_without_workflows_agents_find_nothing_to_do(client: httpx.AsyncClient) -> None:
    headers = {"x-port-reserved-usage": "true"}
    body = {"installationId": "_PORT_EXEC_AGENT", "limit": 100}
    claimed = await client.post("/v1/workflows/runs/claim-pending", json=body, headers=headers)
    assert claimed.status_code == 200
    assert claimed.json() == {"ok": True, "nodeRuns": [], "fairway": {"version": 1}}
    found = await client.get("/v1/workflows/nodes/runs?external_run_id=1&include=nodeConfig")
    assert found.json() == {"ok": True, "nodeRuns": []}
