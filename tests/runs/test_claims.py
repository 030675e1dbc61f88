"""Claim, acknowledge, keep, give back (contract 7.6 and ours)."""

from __future__ import annotations

from typing import Any

import pytest

from fairway.kit.clock import ManualClock
from support.people import Login
from support.run_desk import Desk, agent_action

CLAIM = "/v1/actions/runs/claim-pending"
ACK = "/v1/actions/runs/ack"
INTEGRATION = {
    "type": "INTEGRATION_ACTION",
    "installationId": "my-github",
    "integrationActionType": "dispatch_workflow",
    "integrationActionExecutionProperties": {"repo": "cart", "workflow": "deploy.yml"},
}


@pytest.fixture
async def deploy(desk: Desk) -> dict[str, Any]:
    """An action that agents execute."""
    return await desk.put(agent_action())


async def test_what_a_claimer_gets(desk: Desk, deploy: dict[str, Any], clock: ManualClock) -> None:
    started = await desk.start("deploy")
    [run] = await desk.claimed(limit=100, invocationMethod="WEBHOOK")
    assert run["id"] == started["id"]
    assert run["payload"] == started["payload"]
    assert (run["payload"]["type"], run["payload"]["agent"]) == ("WEBHOOK", True)
    assert run["claimedUntil"] > started["createdAt"]
    shown = await desk.get(run["id"])
    assert (shown["pendingExecution"], shown["claimedUntil"]) == (True, run["claimedUntil"])
    assert await desk.claim() == []


async def test_the_body_of_a_claimed_run_is_an_object(desk: Desk) -> None:
    method = agent_action()["invocationMethod"]
    del method["body"]
    await desk.put({**agent_action(), "invocationMethod": method})
    await desk.start("deploy")
    [run] = await desk.claimed()
    assert run["payload"]["body"] == {}


async def test_runs_that_are_not_acknowledged_come_again(
    desk: Desk, deploy: dict[str, Any], clock: ManualClock
) -> None:
    [first, second] = await desk.many("deploy", 2)
    assert await desk.claim(limit=1, visibilityTimeoutMs=5_000) == [first]
    assert await desk.claim() == [second], "for a minute, unless told otherwise"
    clock.advance(seconds=4)
    assert await desk.claim() == []
    clock.advance(seconds=1)
    assert await desk.claim() == [first]
    clock.advance(seconds=56)
    assert await desk.claim() == [second]
    assert await desk.ack(first) == 1
    clock.advance(hours=1)
    assert await desk.claim() == [second]


_HOLDS: list[tuple[float | None, float]] = [(None, 60), (1, 0.001), (10**9, 600), (-5, 0.001), (1500.7, 1.5)]


async def test_how_long_a_claim_holds(desk: Desk, deploy: dict[str, Any], clock: ManualClock) -> None:
    for asked, seconds in _HOLDS:
        run_ids = await desk.many("deploy", 1)
        assert await desk.claim(visibilityTimeoutMs=asked) == run_ids
        clock.advance(seconds=seconds - 0.001)
        assert await desk.claim(visibilityTimeoutMs=1) == []
        clock.advance(seconds=0.001)
        assert await desk.claim() == run_ids
        await desk.ack(*run_ids)


async def test_how_many_a_claim_gets(desk: Desk, deploy: dict[str, Any]) -> None:
    run_ids = await desk.many("deploy", 5)
    assert await desk.claim(limit=2) == run_ids[:2]
    assert await desk.claim(limit=0) == run_ids[2:3], "out of its range it is clamped"
    assert await desk.claim(limit=100_000) == run_ids[3:]


async def test_an_action_may_be_left_out(desk: Desk, deploy: dict[str, Any]) -> None:
    await desk.put(agent_action("other"))
    [busy], [quiet] = await desk.many("deploy", 1), await desk.many("other", 1)
    assert await desk.claim(exclude=["deploy"]) == [quiet]
    assert await desk.claim(exclude=["deploy", "unknown"]) == []
    assert await desk.claim(exclude=[]) == [busy]


async def test_labels_route_runs(desk: Desk) -> None:
    inputs = {"properties": {"zone": {"type": "string"}}}
    trigger = {"type": "self-service", "operation": "CREATE", "userInputs": inputs}
    labels = {"env": "prod", "zone": "{{ .inputs.zone }}"}
    await desk.put({**agent_action(agentLabels=labels), "trigger": trigger})
    await desk.put(agent_action("anywhere"))
    run_id = (await desk.start("deploy", properties={"zone": "eu"}))["id"]
    [free] = await desk.many("anywhere", 1)
    assert await desk.claim(limit=1, labels={"env": "prod", "zone": "us"}) == [free]
    for too_few in (None, {}, {"env": "prod"}, {"zone": "eu"}, {"env": "prod", "zone": "EU"}, {"env": 1, "zone": "eu"}):
        assert await desk.claim(labels=too_few) == [], too_few
    [run] = await desk.claimed(labels={"env": "prod", "zone": "eu", "more": "x"})
    assert (run["id"], run["labels"]) == (run_id, {"env": "prod", "zone": "eu"})


async def test_queues(desk: Desk, deploy: dict[str, Any]) -> None:
    await desk.put({**agent_action("dispatch"), "invocationMethod": INTEGRATION})
    gitlab = {"type": "GITLAB", "projectName": "p", "groupName": "g"}
    await desk.put({**agent_action("pipeline"), "invocationMethod": gitlab})
    [hook], [integration], [pipeline] = [await desk.many(name, 1) for name in ("deploy", "dispatch", "pipeline")]
    assert (await desk.get(integration))["installationId"] == "my-github"
    assert (await desk.get(pipeline))["installationId"] == "_PORT_EXEC_AGENT"
    assert await desk.claim(installationId="another") == []
    [run] = await desk.claimed(installationId="my-github")
    assert run["id"] == integration
    assert run["payload"]["integrationActionExecutionProperties"] == {"repo": "cart", "workflow": "deploy.yml"}
    assert run["action"]["identifier"] == "dispatch"
    assert await desk.claim() == [hook], "agents that do not say what they can do get webhooks"
    assert await desk.claim(invocationMethod="GITLAB") == [pipeline]
    await desk.release(hook, pipeline)
    assert sorted(await desk.claim(invocationMethods=["WEBHOOK", "GITLAB"])) == sorted([hook, pipeline])
    assert await desk.claim(invocationMethods=["UNHEARD_OF"]) == []


_WRONG: list[dict[str, Any]] = [
    {"limit": "many"}, {"installationId": 7}, {"exclude": "deploy"}, {"exclude": [1]}, {"labels": ["x"]},
    {"waitMs": "long"}, {"visibilityTimeoutMs": []}, {"agentId": 7}, {"invocationMethods": "WEBHOOK"},
]  # fmt: skip


async def test_claims_of_wrong_types(desk: Desk, deploy: dict[str, Any]) -> None:
    for body in _WRONG:
        await desk.many("deploy", 1)
        assert f'"{next(iter(body))}"' in await desk.refused("POST", CLAIM, 422, body)
        assert len(await desk.claim()) == 1


async def test_who_may_claim(desk: Desk, deploy: dict[str, Any], login: Login) -> None:
    [run_id] = await desk.many("deploy", 1)
    member = Desk(await login("jo@example.com"))
    calls: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", CLAIM, {}), ("PATCH", ACK, {"runIds": [run_id]}),
        ("POST", "/v1/fairway/runs/heartbeat", {"runIds": [run_id]}),
        ("POST", "/v1/fairway/runs/release", {"runIds": [run_id]}),
    ]  # fmt: skip
    for method, path, body in calls:
        assert "credentials of the organisation" in await member.refused(method, path, 403, body)
    admin = Desk(await login("boss@example.com", "Admin"))
    assert await admin.claim() == [run_id]


async def test_only_claimers_get_secrets(desk: Desk) -> None:
    secret = {"secretName": "TOKEN", "secretValue": "hush-7f3a"}
    assert (await desk.client.post("/v1/organization/secrets", json=secret)).status_code == 201
    await desk.put(agent_action(headers={"x-token": "{{ .secrets.TOKEN }}"}))
    kept, lost = await desk.many("deploy", 2)
    [run] = await desk.claimed(limit=1)
    assert (run["id"], run["payload"]["headers"]) == (kept, {"x-token": "hush-7f3a"})
    assert (await desk.get(kept))["payload"]["headers"] == {"x-token": "***"}
    changed = {"secretValue": "new-value-1"}
    assert (await desk.client.patch("/v1/organization/secrets/TOKEN", json=changed)).status_code == 200
    [run] = await desk.claimed()
    assert (run["id"], run["payload"]["headers"]) == (lost, {"x-token": "new-value-1"}), "as it is when it is claimed"


async def test_acknowledgements(desk: Desk, deploy: dict[str, Any]) -> None:
    run_ids = await desk.many("deploy", 4)
    await desk.claim()
    assert await desk.ack(*run_ids[:2]) == 2
    assert await desk.ack(*run_ids[:3], "r_unknown") == 1, "what is acknowledged already does not count"
    one = await desk.client.patch(ACK, json={"runId": run_ids[3]})
    assert (one.status_code, one.json()["ackedCount"]) == (200, 1)
    assert "acknowledged" in await desk.refused("PATCH", ACK, 409, {"runId": run_ids[3]})
    assert '"r_unknown"' in await desk.refused("PATCH", ACK, 404, {"runId": "r_unknown"})
    assert await desk.ack() == 0
    for body in ({}, {"runIds": "r_1"}, {"runIds": [1]}, {"runId": 1}, {"runIds": ["x"] * 5001}):
        await desk.refused("PATCH", ACK, 422, body)
    run = await desk.get(run_ids[0])
    assert (run["status"], run["pendingExecution"], run["claimedUntil"]) == ("IN_PROGRESS", False, None)


async def test_what_has_ended_is_not_acknowledged(desk: Desk, deploy: dict[str, Any]) -> None:
    [run_id] = await desk.many("deploy", 1)
    await desk.claim()
    await desk.patch(run_id, status="SUCCESS")
    assert await desk.ack(run_id) == 0
    await desk.refused("PATCH", ACK, 409, {"runId": run_id})


async def test_heartbeats_keep_claims(desk: Desk, deploy: dict[str, Any], clock: ManualClock) -> None:
    [first, second] = await desk.many("deploy", 2)
    await desk.claim(agentId="a", visibilityTimeoutMs=10_000)
    for _ in range(5):
        clock.advance(seconds=9)
        assert await desk.heartbeat(first, visibilityTimeoutMs=10_000) == [first]
    assert await desk.claim(agentId="b") == [second], "of the second one nothing was heard"
    assert await desk.heartbeat(first, second, agentId="a") == [first]
    clock.advance(minutes=2)
    assert await desk.heartbeat(first, second) == [], "a claim that ran out is nobody's, even while nobody has it yet"
    assert await desk.ack(first) == 1
    assert await desk.heartbeat(first, "r_unknown") == []


async def test_runs_can_be_given_back(desk: Desk, deploy: dict[str, Any]) -> None:
    run_ids = await desk.many("deploy", 3)
    await desk.claim(agentId="a")
    assert await desk.release(*run_ids, agentId="b") == []
    assert sorted(await desk.release(run_ids[2], run_ids[0], "r_unknown", agentId="a")) == sorted(run_ids[::2])
    assert await desk.release(run_ids[0]) == [], "nobody has it"
    assert await desk.claim(agentId="b") == run_ids[::2], "at once, and in their old order"
    assert await desk.ack(run_ids[1]) == 1
    assert await desk.release(run_ids[1]) == [], "what was acknowledged is not given back"


async def test_a_busy_action_keeps_no_other_waiting(desk: Desk, deploy: dict[str, Any]) -> None:
    for name in ("second", "third"):
        await desk.put(agent_action(name))
    busy = await desk.many("deploy", 40)
    second, third = await desk.many("second", 3), await desk.many("third", 2)
    found = [run_id for _ in range(10) for run_id in await desk.claim(limit=1)]
    assert set(second + third) <= set(found)
    assert [each for each in found if each in busy] == busy[:5], "those of one action keep their order"
    late = await desk.many("third", 1)
    assert set(late) <= set(await desk.claim(limit=2))
    assert await desk.claim(limit=100) == busy[6:]


async def test_runs_that_kill_their_agent_keep_no_other_waiting(
    desk: Desk, deploy: dict[str, Any], clock: ManualClock
) -> None:
    await desk.put(agent_action("quiet"))
    deadly = await desk.many("deploy", 12)
    for _ in range(2):
        assert len(await desk.claim(limit=12)) == 12
        clock.advance(minutes=2)
    quiet = await desk.many("quiet", 2)
    assert set(quiet[:1]) <= {run_id for _ in range(2) for run_id in await desk.claim(limit=1)}
    assert set(quiet) <= set(await desk.claim(limit=4)) | set(quiet[:1])
    clock.advance(minutes=2)
    assert set(await desk.claim(limit=100)) == {*deadly, *quiet}, "what is left of either half goes to the other"


async def test_a_run_that_cannot_be_rendered_any_more_ends(desk: Desk) -> None:
    secret = {"secretName": "HOST", "secretValue": "http://ci"}
    assert (await desk.client.post("/v1/organization/secrets", json=secret)).status_code == 201
    await desk.put(agent_action(url="{{ .secrets.HOST }}"))
    await desk.put(agent_action("fine"))
    [broken], [fine] = await desk.many("deploy", 1), await desk.many("fine", 1)
    assert (await desk.client.delete("/v1/organization/secrets/HOST")).status_code == 200
    assert await desk.claim() == [fine]
    run = await desk.get(broken)
    assert (run["status"], run["statusLabel"]) == ("FAILURE", "Cannot be delivered")
    assert "url" in run["summary"]
    assert await desk.lines(broken) == [run["summary"]]
