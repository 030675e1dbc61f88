"""Which runs a list shows, and to whom (contract 7.1, 15.6)."""

from __future__ import annotations

from typing import Any

import pytest

from support.actions import ENRICH
from support.people import Login
from support.run_desk import Desk, agent_action

INPUTS = {"domain": "payments", "type": "backend", "lifecycle": "Production"}
ENRICHING = ENRICH["identifier"]


@pytest.fixture
async def runs(desk: Desk, catalog: None) -> dict[str, str]:
    """Four runs: of two actions, two of them on an entity, some of them ended."""
    await desk.put({**ENRICH, "invocationMethod": {**ENRICH["invocationMethod"], "agent": True}})
    await desk.put(agent_action())
    found = {
        "enrich": (await desk.start(ENRICHING, properties=INPUTS, entity="svc-a"))["id"],
        "deploy": (await desk.start("deploy"))["id"],
        "enriched": (await desk.start(ENRICHING, properties=INPUTS, entity="svc-a"))["id"],
        "failed": (await desk.start("deploy"))["id"],
    }
    await desk.patch(found["enriched"], status="SUCCESS")
    await desk.patch(found["failed"], status="FAILURE", externalRunId="build-7")
    return found


_FILTERS: list[tuple[dict[str, Any], list[str]]] = [
    ({}, ["failed", "enriched", "deploy", "enrich"]),
    ({"version": "v2"}, ["failed", "enriched", "deploy", "enrich"]),
    ({"limit": 2}, ["failed", "enriched"]),
    ({"limit": 0}, ["failed"]),
    ({"limit": 100_000}, ["failed", "enriched", "deploy", "enrich"]),
    ({"action": "deploy"}, ["failed", "deploy"]),
    ({"action_identifier": "deploy"}, ["failed", "deploy"]),
    ({"action_identifier[]": ["deploy", ENRICHING]}, ["failed", "enriched", "deploy", "enrich"]),
    ({"entity": "svc-a"}, ["enriched", "enrich"]),
    ({"blueprint": "service", "active": "true"}, ["enrich"]),
    ({"blueprint": "domain"}, []),
    ({"active": "true"}, ["deploy", "enrich"]),
    ({"active": "false"}, ["failed", "enriched"]),
    ({"status": "FAILURE"}, ["failed"]),
    ({"external_run_id": "build-7"}, ["failed"]),
    ({"external_run_id": "build-8"}, []),
    ({"user_id": "testclient", "action": "deploy"}, ["failed", "deploy"]),
    ({"user_id": "somebody"}, []),
    ({"user_email": "somebody@example.com"}, []),
    ({"source[]": "API"}, ["failed", "enriched", "deploy", "enrich"]),
    ({"source[]": ["UI", "AUTOMATION"]}, []),
    ({"exclude[]": "deploy"}, ["enriched", "enrich"]),
]


async def test_filters(desk: Desk, runs: dict[str, str]) -> None:
    for query, names in _FILTERS:
        found = {run_id: name for name, run_id in runs.items()}
        assert [found[run_id] for run_id in await desk.listed(**query)] == names


_MEANINGLESS = ["limit=many", "source=MARS"]


async def test_filters_that_mean_nothing(desk: Desk, runs: dict[str, str]) -> None:
    for query in _MEANINGLESS:
        await desk.refused("GET", f"/v1/actions/runs?{query}", 422)


async def test_fields_can_be_left_out(desk: Desk, runs: dict[str, str]) -> None:
    [run] = (await desk.client.get("/v1/actions/runs?exclude[]=payload,response&limit=1")).json()["runs"]
    assert run["id"] == runs["failed"]
    assert not {"payload", "response"} & run.keys()


async def test_pages(desk: Desk, runs: dict[str, str]) -> None:
    seen: list[str] = []
    place: str | None = ""
    while place is not None:
        query = {"limit": "3", **({"from": place} if place else {})}
        answer = (await desk.client.get("/v1/fairway/runs", params=query)).json()
        seen += [run["id"] for run in answer["runs"]]
        place = answer["next"]
    assert seen == await desk.listed()
    await desk.refused("GET", "/v1/fairway/runs?from=nonsense", 422)


async def test_who_sees_runs(desk: Desk, login: Login) -> None:
    await desk.put(agent_action("open"))
    await desk.put({**agent_action("closed"), "allowAnyoneToViewRuns": False})
    await desk.put(agent_action("admins"))
    body = {"execute": {"roles": ["Admin"]}}
    assert (await desk.client.patch("/v1/actions/admins/permissions", json=body)).status_code == 200
    creator, other = Desk(await login("creator@example.com")), Desk(await login("other@example.com"))
    admin = Desk(await login("boss@example.com", "Admin"))
    opened, closed = (await creator.start("open"))["id"], (await creator.start("closed"))["id"]
    hidden = (await desk.start("admins"))["id"]
    for whoever in (desk, admin):
        assert await whoever.listed() == [hidden, closed, opened]
    assert await creator.listed() == [closed, opened]
    assert await other.listed() == [opened]
    assert await other.listed(limit=1) == [opened]
    for unseen in (closed, hidden):
        path = f"/v1/actions/runs/{unseen}"
        assert f'"{unseen}"' in await other.refused("GET", path, 404)
        for where in (f"{path}/logs", f"/v1/fairway/runs/{unseen}/entities", f"/v1/fairway/runs/{unseen}/stream"):
            await other.refused("GET", where, 404)
        await other.refused("PATCH", path, 404, {"status": "SUCCESS"})
        await other.refused("POST", f"/v1/fairway/runs/{unseen}/rerun", 404)
    assert (await other.get(opened))["id"] == opened


async def test_who_may_report(desk: Desk, login: Login) -> None:
    await desk.put(agent_action())
    creator, other = Desk(await login("creator@example.com")), Desk(await login("other@example.com"))
    robot = Desk(await login("robot@serviceaccounts.getport.io", service_account=True))
    run_id = (await creator.start("deploy"))["id"]
    path = f"/v1/actions/runs/{run_id}"
    calls: list[tuple[str, str, Any]] = [
        ("PATCH", path, {"status": "SUCCESS"}), ("POST", f"{path}/logs", {"message": "x"}),
        ("PATCH", f"{path}/response", {"response": "x"}), ("POST", f"/v1/fairway/runs/{run_id}/cancel", None),
        ("POST", f"/v1/fairway/runs/{run_id}/redrive", None),
    ]  # fmt: skip
    for method, where, body in calls:
        assert "other@example.com" in await other.refused(method, where, 403, body)
    assert (await desk.get(run_id))["status"] == "IN_PROGRESS"
    await robot.log(run_id, "on my way")
    await creator.log(run_id, "thank you")
    assert (await robot.patch(run_id, status="SUCCESS"))["status"] == "SUCCESS"


async def test_many_hidden_runs_hide_none_that_may_be_seen(desk: Desk, login: Login) -> None:
    await desk.put(agent_action("open"))
    await desk.put({**agent_action("closed"), "allowAnyoneToViewRuns": False})
    first = (await desk.start("open"))["id"]
    await desk.many("closed", 30)
    other = Desk(await login("other@example.com"))
    assert await other.listed(limit=1) == [first]
    answer = (await other.client.get("/v1/fairway/runs?limit=1")).json()
    assert ([run["id"] for run in answer["runs"]], answer["next"]) == ([first], None)
