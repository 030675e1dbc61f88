"""Runs that wait for approval, over HTTP from the question to the delivery (contract 7.1, 7.5)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from fairway.kit.clock import ManualClock
from support.actions import automation
from support.approvals import ANN, BOB, EVE, Court
from support.people import Login

BOTH = {"users": [ANN, BOB]}


async def test_any_of_them_lets_the_run_go_on(court: Court, login: Login) -> None:
    ann, bob, eve = await login(ANN), await login(BOB), await login(EVE)
    await court.action({"type": "ANY"}, approve=BOTH)
    run = await court.start(eve)
    assert (run["status"], run["requiredApproval"], run["approval"]) == ("WAITING_FOR_APPROVAL", {"type": "ANY"}, None)
    assert run["payload"] is None
    await court.background.settle()
    assert court.delivered() == []
    assert await court.approvers(run) == {ANN: "PENDING", BOB: "PENDING"}
    assert await court.approvers(run, pending=False) == {}
    after = await court.approve(bob, run, description="looks good")
    assert after["status"] == "IN_PROGRESS"
    assert (after["approval"]["state"], after["approval"]["description"]) == ("APPROVED", "looks good")
    assert await court.approvers(run, pending=False) == {BOB: "APPROVED"}
    late = await court.decide(ann, run, "DECLINE")
    assert (late.status_code, late.json()["error"]) == (409, "conflict")
    await court.background.settle()
    assert court.delivered() == [{"run": run["id"]}]
    assert (await court.read(run))["payload"]["body"] == {"run": run["id"]}
    log = await court.log(run)
    assert f"Waits for approval by any one of {ANN}, {BOB}" in log
    assert f"Approved by {BOB} ({BOB} is named as an approver; 1 of 1): looks good" in log


async def test_all_of_them_have_to_approve(court: Court, login: Login) -> None:
    ann, bob = await login(ANN), await login(BOB)
    await court.action({"type": "ALL"}, approve=BOTH)
    run = await court.start()
    first = await court.approve(ann, run)
    assert first["status"] == "WAITING_FOR_APPROVAL"
    assert await court.approvers(run) == {ANN: "APPROVED", BOB: "PENDING"}
    assert (await court.decide(ann, run)).status_code == 409
    assert (await court.decide(ann, run, "DECLINE")).status_code == 409
    await court.background.settle()
    assert court.delivered() == []
    assert (await court.approve(bob, run))["status"] == "IN_PROGRESS"
    await court.background.settle()
    assert len(court.delivered()) == 1
    audits = (await court.client.get("/v1/audit-log?resources=run&limit=50")).json()["audits"]
    assert [each["diff"]["after"]["status"] for each in audits if each["diff"]["after"]["id"] == run["id"]][:3] == [
        "IN_PROGRESS", "WAITING_FOR_APPROVAL", "WAITING_FOR_APPROVAL",
    ]  # fmt: skip


async def test_a_quorum(court: Court, login: Login) -> None:
    people = [await login(f"p{number}@example.com", "Member", "approver") for number in range(4)]
    await court.action({"type": "ANY", "quorum": 2}, approve={"roles": ["approver"]})
    run = await court.start(people[0])
    assert "2 of p1@example.com, p2@example.com, p3@example.com" in await court.log(run)
    assert (await court.approve(people[2], run))["status"] == "WAITING_FOR_APPROVAL"
    assert (await court.decide(people[0], run)).status_code == 403
    assert (await court.approve(people[3], run))["status"] == "IN_PROGRESS"


@pytest.mark.parametrize("required", [True, {"type": "ALL"}, {"type": "ANY", "quorum": 2}])
async def test_one_refusal_ends_it(court: Court, login: Login, required: Any) -> None:
    ann, bob = await login(ANN), await login(BOB)
    await court.action(required, approve=BOTH)
    run = await court.start()
    answer = await court.decide(ann, run, "DECLINE", description="not on a Friday")
    assert answer.status_code == 201
    after = answer.json()["run"]
    assert (after["status"], after["approval"]["state"]) == ("DECLINED", "DECLINED")
    assert after["approval"]["description"] == "not on a Friday"
    assert after["endedAt"] is not None
    assert (await court.decide(bob, run)).status_code == 409
    await court.background.settle()
    assert court.delivered() == []
    assert f"Declined by {ANN}: not on a Friday" in await court.log(run)


async def test_nobody_decides_until_it_expires(court: Court, login: Login, clock: ManualClock) -> None:
    ann = await login(ANN)
    await court.action({"type": "ANY", "expiresInSeconds": 600}, approve={"users": [ANN]})
    decided, forgotten = await court.start(), await court.start()
    clock.advance(seconds=599)
    await court.background.settle()
    assert (await court.approve(ann, decided))["status"] == "IN_PROGRESS"
    clock.advance(seconds=2)
    late = await court.decide(ann, forgotten)
    assert (late.status_code, "expired at" in late.json()["message"]) == (409, True)
    await court.background.settle()
    run = await court.read(forgotten)
    assert (run["status"], run["statusLabel"]) == ("FAILURE", "Approval expired")
    assert "Nobody decided until" in run["summary"]
    assert run["endedAt"] is not None
    assert (await court.decide(ann, forgotten)).status_code == 409
    assert (await court.read(decided))["status"] == "IN_PROGRESS"
    assert court.delivered() == [{"run": decided["id"]}]


async def test_who_started_it_takes_it_back(court: Court, login: Login) -> None:
    ann, bob, eve = await login(ANN), await login(BOB), await login(EVE)
    await court.action(approve=BOTH)
    patched, cancelled = await court.start(eve), await court.start(eve)
    assert (await bob.patch(f"/v1/actions/runs/{patched['id']}", json={"status": "FAILURE"})).status_code == 403
    withdrawn = await eve.patch(
        f"/v1/actions/runs/{patched['id']}", json={"status": "FAILURE", "summary": "never mind"}
    )
    assert withdrawn.status_code == 200
    assert (await eve.post(f"/v1/fairway/runs/{cancelled['id']}/cancel")).status_code == 200
    for run in (patched, cancelled):
        assert (await court.read(run))["status"] == "FAILURE"
        assert (await court.decide(ann, run)).status_code == 409
    await court.background.settle()
    assert court.delivered() == []


async def test_nobody_is_left_to_approve(court: Court, login: Login) -> None:
    eve = await login(EVE)
    await court.action(approve={"users": [EVE, "new@example.com"]})
    run = await court.start(eve)
    assert (run["status"], run["statusLabel"]) == ("FAILURE", "Nobody can approve")
    assert "nobody has the e-mail new@example.com" in run["summary"]
    assert "Whoever starts a run cannot approve it" in run["summary"]
    few = {"type": "ANY", "quorum": 3}
    document = (await court.client.get("/v1/actions/deploy")).json()["action"]
    await court.client.put("/v1/actions/deploy", json={**document, "requiredApproval": few})
    await login(ANN)
    await court.permit(approve={"users": [ANN]})
    run = await court.start(eve)
    assert "3 must approve" in run["summary"]


async def test_one_may_approve_ones_own_where_the_action_says_so(court: Court, login: Login) -> None:
    eve = await login(EVE)
    await court.action({"type": "ANY", "allowSelfApproval": True}, approve={"users": [EVE]})
    run = await court.start(eve)
    assert await court.approvers(run) == {EVE: "PENDING"}
    assert (await court.approve(eve, run))["status"] == "IN_PROGRESS"


async def test_who_started_it_may_decline_when_asked(court: Court, login: Login) -> None:
    await login(ANN)
    eve = await login(EVE)
    await court.action(approve={"users": [ANN, EVE]})
    run = await court.start(eve)
    assert await court.approvers(run) == {ANN: "PENDING"}
    assert (await court.decide(eve, run)).status_code == 403
    assert (await court.decide(eve, run, "DECLINE")).json()["run"]["status"] == "DECLINED"


async def test_a_run_does_not_wait_for_who_has_left(court: Court, login: Login) -> None:
    ann = await login(ANN)
    invitee = {"email": BOB, "roles": ["Member"]}
    assert (await court.client.post("/v1/users/invite", json={"invitee": invitee})).is_success
    await court.action({"type": "ALL"}, approve=BOTH)
    run = await court.start()
    await court.approve(ann, run)
    await court.background.settle()
    assert (await court.read(run))["status"] == "WAITING_FOR_APPROVAL"
    answer = await court.client.delete(f"/v1/users/{BOB}")
    assert answer.status_code == 200, answer.text
    await court.background.settle()
    assert (await court.read(run))["status"] == "IN_PROGRESS"
    assert "Everybody who can still approve has approved" in await court.log(run)
    assert len(court.delivered()) == 1


async def test_roles_count_as_they_are_when_somebody_decides(court: Court, login: Login) -> None:
    ann, bob = await login(ANN, "Member", "approver"), await login(BOB, "Member", "approver")
    await court.action({"type": "ALL"}, approve={"roles": ["approver"]})
    run = await court.start()
    ann = await login(ANN, "Member")
    lost = await court.decide(ann, run)
    assert (lost.status_code, "no longer an approver" in lost.json()["message"]) == (403, True)
    joined = await login(EVE, "Member", "approver")
    assert (await court.approve(joined, run))["status"] == "WAITING_FOR_APPROVAL"
    assert (await court.approve(bob, run))["status"] == "IN_PROGRESS"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({}, '"status"'),
        ({"status": "MAYBE"}, '"APPROVE" or "DECLINE"'),
        ({"status": "approve"}, '"APPROVE" or "DECLINE"'),
        ({"status": True}, "status"),
        ({"status": "APPROVE", "description": 7}, "description"),
        ({"status": "APPROVE", "description": "x" * 4001}, "4000"),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_answers_that_make_no_sense(court: Court, login: Login, body: dict[str, Any], told: str) -> None:
    ann = await login(ANN)
    await court.action(approve={"users": [ANN]})
    run = await court.start()
    answer = await ann.patch(f"/v1/actions/runs/{run['id']}/approval", json=body)
    assert (answer.status_code, told in answer.json()["message"]) == (422, True), answer.text
    assert (await court.read(run))["status"] == "WAITING_FOR_APPROVAL"


async def test_runs_that_wait_for_nothing(court: Court, login: Login) -> None:
    ann = await login(ANN, "Admin")
    await court.action(False, approve={"users": [ANN]})
    run = await court.start()
    assert (run["requiredApproval"], await court.approvers(run)) == (False, {})
    assert (await court.decide(ann, run)).status_code == 409
    missing = {"id": "r_none"}
    assert (await court.decide(ann, missing)).status_code == 404
    assert (await ann.get("/v1/actions/runs/r_none/approvers")).status_code == 404


async def test_automations_that_ask_for_approval(court: Court, login: Login, client: httpx.AsyncClient) -> None:
    """Nobody stands behind an event, so everybody of the panel may approve; the policy sees the entity of the event."""
    ann = await login(ANN)
    await client.post("/v1/blueprints", json={"identifier": "service", "title": "S", "schema": {"properties": {}}})
    hook = {"type": "WEBHOOK", "url": f"{court.target.url}/hook", "body": {"on": "event"}}
    created = automation("deploy", None, type="ENTITY_CREATED", blueprintIdentifier="service")
    document = {**created, "invocationMethod": hook, "requiredApproval": True}
    assert (await client.post("/v1/actions", json=document)).status_code == 201
    policy = {"queries": {}, "conditions": ['if .entity.identifier == "shop" then ["ann@example.com"] else [] end']}
    await court.permit(approve={"roles": [], "policy": policy})
    await court.background.settle()
    await client.post("/v1/blueprints/service/entities", json={"identifier": "shop"})
    await court.background.settle()
    [run] = (await client.get("/v1/actions/runs?action=deploy")).json()["runs"]
    assert run["status"] == "WAITING_FOR_APPROVAL", run
    assert (await court.approve(ann, run))["status"] == "IN_PROGRESS"
    await court.background.settle()
    assert court.delivered() == [{"on": "event"}]


async def test_who_gets_the_role_later_sees_what_waits(court: Court, login: Login) -> None:
    await login(ANN, "Member", "approver")
    await court.action(approve={"roles": ["approver"]}, allowAnyoneToViewRuns=False)
    run = await court.start()
    path = f"/v1/actions/runs/{run['id']}"
    stranger = await login(BOB, "Member")
    assert (await stranger.get(path)).status_code == 404
    assert (await stranger.get("/v1/actions/runs")).json()["runs"] == []
    joined = await login(EVE, "Member", "approver")
    assert (await joined.get(path)).json()["run"]["id"] == run["id"]
    assert [each["id"] for each in (await joined.get("/v1/actions/runs")).json()["runs"]] == [run["id"]]
    await court.approve(joined, run)
    assert (await joined.get(path)).status_code == 200, "who has decided still sees it"
