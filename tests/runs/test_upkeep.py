"""Old runs go, silent runs end, and logs are bounded, each by a setting."""

from __future__ import annotations

import httpx
import pytest

from fairway.kit.clock import ManualClock
from fairway.kit.settings import Settings
from fairway.portal.worker import Background
from support.run_desk import Desk, agent_action

TIMEOUT_HOURS = 2


@pytest.fixture
def settings(settings: Settings, request: pytest.FixtureRequest) -> Settings:
    """Small limits."""
    limits = {"run_timeout_hours": TIMEOUT_HOURS, "run_retention_days": 30, "run_log_lines_max": 3}
    return settings.model_copy(update={**limits, **getattr(request, "param", {})})


async def _pass(clock: ManualClock, background: Background, hours: float) -> None:
    """Time passes and the portal works, quarter of an hour by quarter of an hour."""
    for _ in range(int(hours * 4)):
        clock.advance(minutes=15)
        await background.settle()


async def _log_in_again(client: httpx.AsyncClient, settings: Settings) -> None:
    """Tokens end before the runs do."""
    assert settings.client_secret is not None
    body = {"clientId": settings.client_id, "clientSecret": settings.client_secret.get_secret_value()}
    token = (await client.post("/v1/auth/access_token", json=body)).json()["accessToken"]
    client.headers["authorization"] = f"Bearer {token}"


async def test_what_nobody_claims_ends(
    desk: Desk, settings: Settings, clock: ManualClock, background: Background
) -> None:
    await desk.put(agent_action())
    await desk.put(agent_action("labelled", agentLabels={"zone": "eu", "env": "prod"}))
    await desk.put(
        {
            **agent_action("dispatch"),
            "invocationMethod": {
                "type": "INTEGRATION_ACTION", "installationId": "my-github",
                "integrationActionType": "dispatch_workflow",
                "integrationActionExecutionProperties": {"repo": "cart", "workflow": "x.yml"},
            },
        }
    )  # fmt: skip
    [plain], [labelled], [dispatch] = [await desk.many(name, 1) for name in ("deploy", "labelled", "dispatch")]
    await _pass(clock, background, TIMEOUT_HOURS - 0.25)
    await _log_in_again(desk.client, settings)
    assert (await desk.get(plain))["status"] == "IN_PROGRESS"
    await _pass(clock, background, 0.75)
    run = await desk.get(plain)
    assert (run["status"], run["statusLabel"], run["pendingExecution"]) == ("FAILURE", "Timed out", False)
    assert run["summary"].startswith("Nobody claimed this run within 2 h: it waits for an execution agent.")
    assert await desk.lines(plain) == [run["summary"]]
    assert "with the labels env=prod, zone=eu" in (await desk.get(labelled))["summary"]
    assert 'integration "my-github"' in (await desk.get(dispatch))["summary"]
    assert await desk.claim() == []
    again = await desk.client.post(f"/v1/fairway/runs/{plain}/rerun")
    assert again.status_code == 202


async def test_what_is_claimed_and_lost_ends(
    desk: Desk, settings: Settings, clock: ManualClock, background: Background
) -> None:
    await desk.put(agent_action())
    unacknowledged, acknowledged = await desk.many("deploy", 2)
    await desk.claim(agentId="agent-7")
    await desk.ack(acknowledged)
    await _pass(clock, background, TIMEOUT_HOURS + 0.5)
    await _log_in_again(desk.client, settings)
    lost = await desk.get(unacknowledged)
    assert (lost["status"], lost["statusLabel"]) == ("FAILURE", "Timed out")
    assert 'Agent "agent-7" claimed this run and was lost' in lost["summary"]
    silent = await desk.get(acknowledged)
    assert (silent["status"], silent["statusLabel"]) == ("FAILURE", "Timed out")
    assert "Nothing was heard of this run for 2 h" in silent["summary"]


async def test_what_is_heard_of_goes_on(
    desk: Desk, settings: Settings, clock: ManualClock, background: Background
) -> None:
    await desk.put(agent_action())
    logging, reporting, held = await desk.many("deploy", 3)
    await desk.claim()
    await desk.ack(logging, reporting)
    for number in range(3):
        await _pass(clock, background, 0.15 if number else TIMEOUT_HOURS - 0.25)
        await _log_in_again(desk.client, settings)
        if number == 0:
            await desk.log(logging, "still here")
            await desk.patch(reporting, statusLabel="Step 2")
            assert await desk.claim(visibilityTimeoutMs=600_000) == [held]
        else:
            await desk.heartbeat(held, visibilityTimeoutMs=600_000)
    await _pass(clock, background, 0.5)
    assert [(await desk.get(each))["status"] for each in (logging, reporting, held)] == ["IN_PROGRESS"] * 3


async def test_approvals_take_their_time(
    desk: Desk, settings: Settings, clock: ManualClock, background: Background
) -> None:
    await desk.put({**agent_action(), "requiredApproval": True})
    [run_id] = await desk.many("deploy", 1)
    await _pass(clock, background, TIMEOUT_HOURS + 1)
    await _log_in_again(desk.client, settings)
    assert (await desk.get(run_id))["status"] == "WAITING_FOR_APPROVAL"


@pytest.mark.slow
@pytest.mark.parametrize("settings", [{"run_timeout_hours": 0}], indirect=True)
async def test_old_runs_go(desk: Desk, settings: Settings, clock: ManualClock, background: Background) -> None:
    await desk.put(agent_action())
    old, going, late = await desk.many("deploy", 3)
    await desk.log(old, "a line")
    await desk.patch(old, status="SUCCESS")
    for day in range(32):
        clock.advance(days=1)
        await _log_in_again(desk.client, settings)
        await desk.patch(going, statusLabel=str(day))
        if day == 10:
            await desk.patch(late, status="SUCCESS")
        await background.settle()
    assert await desk.listed() == [late, going]
    await desk.refused("GET", f"/v1/actions/runs/{old}", 404)
    await desk.refused("GET", f"/v1/actions/runs/{old}/logs", 404)
    audit = (await desk.client.get("/v1/audit-log", params={"run_id": old, "resources": "run"})).json()["audits"]
    assert len(audit) == 2, "the audit log has its own retention"


async def test_a_full_log(desk: Desk) -> None:
    await desk.put(agent_action())
    single, many = await desk.many("deploy", 2)
    for number in range(3):
        await desk.log(single, str(number))
    path = f"/v1/actions/runs/{single}/logs"
    assert "may have 3 lines" in await desk.refused("POST", path, 422, {"message": "x"})
    lines = [{"message": str(number)} for number in range(5)]
    [result] = await desk.report({"runId": many, "logs": lines, "status": "SUCCESS"})
    assert (result["ok"], result["message"]) == (True, "The log is full: 2 lines were not kept")
    for run_id in (single, many):
        assert await desk.lines(run_id) == ["0", "1", "2"]
    assert (await desk.get(many))["status"] == "SUCCESS"
    await desk.log(single, "a full log keeps no run from ending", terminationStatus="SUCCESS")
    assert (await desk.get(single))["status"] == "SUCCESS"
