"""Cancel, run again, hand over again, and how deep runs may start each other."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from fairway.kit.clock import ManualClock
from fairway.portal.runs.model import MAX_DEPTH
from fairway.portal.services import Portal
from fairway.portal.storage.jobs import Job
from fairway.portal.worker import Background
from support.forges.server import Receiver, Reply
from support.http import connect
from support.people import Login
from support.run_desk import Desk, agent_action

SECRET_INPUT = {"type": "string", "encryption": "aes256-gcm"}


@pytest.fixture
async def deploy(desk: Desk) -> dict[str, Any]:
    """An action that agents execute."""
    return await desk.put(agent_action())


async def _post(desk: Desk, run_id: str, verb: str, status: int) -> dict[str, Any]:
    response = await desk.client.post(f"/v1/fairway/runs/{run_id}/{verb}")
    assert response.status_code == status, response.text
    found: dict[str, Any] = response.json()["run"]
    return found


async def test_cancel(desk: Desk, deploy: dict[str, Any], login: Login) -> None:
    creator = Desk(await login("jo@example.com"))
    run_id = (await creator.start("deploy"))["id"]
    run = await _post(creator, run_id, "cancel", 200)
    assert (run["status"], run["statusLabel"], run["pendingExecution"]) == ("FAILURE", "Cancelled", False)
    assert run["endedAt"] is not None
    assert await desk.lines(run_id) == ["Cancelled by jo@example.com"]
    assert await desk.claim() == [], "nobody gets a run that was cancelled"
    assert "FAILURE" in await creator.refused("POST", f"/v1/fairway/runs/{run_id}/cancel", 409)


async def test_a_cancelled_run_is_not_delivered(desk: Desk, background: Background) -> None:
    async with Receiver.running() as target:
        await desk.put(agent_action(agent=False, url=f"{target.url}/hook"))
        run_id = (await desk.start("deploy"))["id"]
        await _post(desk, run_id, "cancel", 200)
        await background.settle()
        assert target.requests == []


async def test_cancelling_what_is_claimed_ends_the_claim(desk: Desk, deploy: dict[str, Any]) -> None:
    [run_id] = await desk.many("deploy", 1)
    assert await desk.claim() == [run_id]
    await _post(desk, run_id, "cancel", 200)
    assert await desk.heartbeat(run_id) == []
    assert await desk.ack(run_id) == 0


async def test_cancelling_withdraws_what_waits_for_approval(desk: Desk) -> None:
    await desk.put({**agent_action(), "requiredApproval": True})
    run_id = (await desk.start("deploy"))["id"]
    assert (await _post(desk, run_id, "cancel", 200))["status"] == "FAILURE"
    answer = await desk.client.patch(f"/v1/actions/runs/{run_id}/approval", json={"status": "APPROVE"})
    assert answer.status_code == 409


async def test_run_again(desk: Desk, login: Login, clock: ManualClock) -> None:
    inputs = {"properties": {"n": {"type": "number"}, "word": {"type": "string", "default": "x"}, "key": SECRET_INPUT}}
    trigger = {"type": "self-service", "operation": "CREATE", "userInputs": inputs}
    await desk.put({**agent_action(), "trigger": trigger})
    first = await desk.start("deploy", properties={"n": 7, "key": "hush-hush"})
    await desk.patch(first["id"], status="FAILURE")
    clock.advance(minutes=1)
    again = await _post(desk, first["id"], "rerun", 202)
    assert again["id"] != first["id"]
    assert (again["status"], again["rawProperties"]) == ("IN_PROGRESS", first["rawProperties"])
    assert again["properties"]["n"] == 7
    assert "hush-hush" not in str(again)
    assert again["createdAt"] > first["createdAt"]
    assert await desk.claim() == [again["id"]]
    other = Desk(await login("jo@example.com"))
    assert (await _post(other, first["id"], "rerun", 202))["createdBy"] != first["createdBy"]


async def test_run_again_asks_everything_again(desk: Desk, deploy: dict[str, Any], login: Login) -> None:
    run_id = (await desk.start("deploy"))["id"]
    member = Desk(await login("jo@example.com"))
    trigger = {**deploy["trigger"], "userInputs": {"properties": {"n": {"type": "number"}}, "required": ["n"]}}
    changed = await desk.client.put("/v1/actions/deploy", json={**agent_action(), "trigger": trigger})
    assert changed.status_code == 200, changed.text
    assert '"n"' in await desk.refused("POST", f"/v1/fairway/runs/{run_id}/rerun", 422)
    await desk.client.patch("/v1/actions/deploy/permissions", json={"execute": {"roles": []}})
    await member.refused("POST", f"/v1/fairway/runs/{run_id}/rerun", 404)
    assert (await desk.client.delete("/v1/actions/deploy")).status_code == 200
    assert '"deploy"' in await desk.refused("POST", f"/v1/fairway/runs/{run_id}/rerun", 404)


async def test_only_events_start_automations_again(
    desk: Desk, catalog: None, background: Background, client: httpx.AsyncClient
) -> None:
    event = {"type": "ENTITY_UPDATED", "blueprintIdentifier": "service"}
    await desk.put({**agent_action(), "trigger": {"type": "automation", "event": event}})
    await client.patch("/v1/blueprints/service/entities/svc-a", json={"title": "Other"})
    await background.settle()
    [run_id] = await desk.listed(**{"source[]": "AUTOMATION"})
    assert "event" in await desk.refused("POST", f"/v1/fairway/runs/{run_id}/rerun", 422)


async def test_hand_over_again_what_an_agent_lost(desk: Desk, deploy: dict[str, Any]) -> None:
    [run_id] = await desk.many("deploy", 1)
    assert "waits to be claimed" in await desk.refused("POST", f"/v1/fairway/runs/{run_id}/redrive", 409)
    await desk.claim()
    await desk.ack(run_id)
    assert await desk.claim() == []
    run = await _post(desk, run_id, "redrive", 200)
    assert (run["status"], run["pendingExecution"]) == ("IN_PROGRESS", True)
    assert await desk.claim() == [run_id]
    await desk.patch(run_id, status="SUCCESS")
    assert "SUCCESS" in await desk.refused("POST", f"/v1/fairway/runs/{run_id}/redrive", 409)
    assert await desk.lines(run_id) == ["Handed over again by testclient"]


async def test_hand_over_again_what_could_not_be_delivered(
    desk: Desk, portal: Portal, background: Background, clock: ManualClock
) -> None:
    async with Receiver.running(Reply(503)) as target:
        await desk.put(agent_action(agent=False, url=f"{target.url}/hook", synchronized=True))
        [run_id] = await desk.many("deploy", 1)
        for _ in range(portal.settings.delivery_attempts + 1):
            await background.settle()
            clock.advance(minutes=10)
        failed = await desk.get(run_id)
        assert failed["status"] == "FAILURE"
        target.reply = Reply(200, {"fine": True})
        reopened = await _post(desk, run_id, "redrive", 200)
        assert (reopened["status"], reopened["endedAt"], reopened["summary"]) == ("IN_PROGRESS", None, "")
        await background.settle()
        run = await desk.get(run_id)
        assert (run["status"], run["response"]) == ("SUCCESS", {"fine": True})
        assert {seen.headers["idempotency-key"] for seen in target.requests} == {run_id}


async def test_a_run_whose_rendering_breaks_for_good_ends(desk: Desk, portal: Portal, login: Login) -> None:
    await desk.put({**agent_action(), "requiredApproval": True})
    run_id = (await Desk(await login("jo@example.com")).start("deploy"))["id"]
    approval = await desk.client.patch(f"/v1/actions/runs/{run_id}/approval", json={"status": "APPROVE"})
    assert approval.status_code == 201, approval.text
    handler = portal.runs.service.render_handler
    assert handler.given_up is not None
    given_up = handler.given_up
    for known in (run_id, "r_removed_meanwhile"):
        job = Job("j_1", handler.kind, known, {"runId": known}, handler.max_attempts)
        await portal.db.write(lambda tx, job=job: given_up(tx, job, "it broke with hush-7f3a"))  # type: ignore[misc]  # a lambda's default has no annotation
    run = await desk.get(run_id)
    assert (run["status"], run["statusLabel"]) == ("FAILURE", "Cannot be delivered")
    assert "could not be rendered" in run["summary"]
    assert "hush" not in str([run, await desk.lines(run_id)])


async def test_runs_that_start_runs_come_to_an_end(
    desk: Desk, deploy: dict[str, Any], portal: Portal, app: FastAPI
) -> None:
    parent = (await desk.start("deploy"))["id"]

    async def start(depth: int) -> httpx.Response:
        token = await portal.access.tokens.for_run(parent, depth)
        async with connect(app, token) as client:
            return await client.post("/v1/actions/deploy/runs", json={})

    assert (await start(MAX_DEPTH)).status_code == 202
    refused = await start(MAX_DEPTH + 1)
    assert (refused.status_code, f'"{parent}"' in refused.json()["message"]) == (422, True)
