"""No node stays in progress for ever, old workflow runs go, and logs are bounded, by the settings of runs."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from fairway.kit.clock import ManualClock
from fairway.kit.settings import Settings
from fairway.portal.services import Portal
from fairway.portal.storage.jobs import Job, enqueue
from fairway.portal.storage.tables import job
from fairway.portal.worker import Background
from support.flow import Flow, call, node
from support.forges.server import Forge
from support.http import access_token

HOURS = 2


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Small limits."""
    limits = {"run_timeout_hours": HOURS, "run_retention_days": 30, "run_log_lines_max": 3}
    return settings.model_copy(update=limits)


async def _pass(flow: Flow, clock: ManualClock, settings: Settings, hours: float) -> None:
    """Time passes, the portal works, and the client logs in again."""
    for _ in range(int(hours * 4)):
        clock.advance(minutes=15)
        await flow.background.settle()
    assert settings.client_secret is not None
    del flow.client.headers["authorization"]
    token = await access_token(flow.client, settings.client_id, settings.client_secret.get_secret_value())
    flow.client.headers["authorization"] = f"Bearer {token}"


async def test_what_nobody_claims_ends(flow: Flow, clock: ManualClock, settings: Settings) -> None:
    execution = {"repo": "r", "workflow": "w"}
    await flow.define(
        call("agent", "http://x", agent=True, onFailure="continue", agentLabels={"zone": "eu"}),
        node("dispatch", "INTEGRATION_ACTION", installationId="my-github", onFailure="continue",
             integrationActionExecutionProperties=execution),
        call("lost", "http://x", agent=True, onFailure="continue"),
        arrows=[("start", "agent"), ("start", "dispatch"), ("start", "lost")],
    )  # fmt: skip
    run = await flow.start(env="x")
    [lost] = await flow.claim(agentId="agent-7")
    assert lost["node"]["identifier"] == "lost"
    await _pass(flow, clock, settings, HOURS - 0.25)
    assert (await flow.run(run))["status"] == "IN_PROGRESS"
    await _pass(flow, clock, settings, 1)
    assert (await flow.run(run))["status"] == "COMPLETED"
    nodes = await flow.nodes(run)
    for name, said in (
        ("agent", "it waits for an execution agent with the labels zone=eu"),
        ("dispatch", 'it waits for integration "my-github"'),
        ("lost", 'Agent "agent-7" claimed this node and was lost'),
    ):
        assert (nodes[name]["result"], nodes[name]["statusLabel"]) == ("FAILED", {"text": "Timed out"})
        assert said in nodes[name]["output"]["error"]["message"]
        assert said in (await flow.lines(nodes[name]["identifier"]))[-1]
    assert await flow.claim(labels={"zone": "eu"}) == []


async def test_what_nobody_reports_on_ends_and_what_is_heard_of_goes_on(
    flow: Flow, target: Forge, clock: ManualClock, settings: Settings
) -> None:
    await flow.define(call("one", f"{target.url}/one", synchronized=False), arrows=[("start", "one")])
    silent, heard = await flow.start(env="x"), await flow.start(env="x")
    going = (await flow.nodes(heard))["one"]["identifier"]
    await _pass(flow, clock, settings, HOURS - 0.25)
    logs = {"logs": [{"message": "still here"}]}
    await flow.done("POST", f"/v1/workflows/nodes/runs/{going}/logs", logs)
    await _pass(flow, clock, settings, 1)
    assert (await flow.run(heard))["status"] == "IN_PROGRESS"
    ended = await flow.run(silent)
    assert (ended["status"], ended["result"]) == ("COMPLETED", "FAILED")
    assert "Nothing was heard of this node for 2 h" in ended["summary"]
    late = await flow.report((await flow.nodes(silent))["one"]["identifier"], status="COMPLETED", result="SUCCESS")
    assert late.status_code == 409


async def test_questions_to_people_are_not_silent(flow: Flow, clock: ManualClock, settings: Settings) -> None:
    await flow.define(node("ask", "INPUT", userInputs={"properties": {}}), arrows=[("start", "ask")])
    run = await flow.start(env="x")
    await _pass(flow, clock, settings, HOURS + 1)
    assert (await flow.run(run))["status"] == "IN_PROGRESS"


async def test_a_node_whose_job_died_ends(flow: Flow, portal: Portal) -> None:
    """A step that breaks at every attempt leaves no node in progress."""
    await flow.define(call("one", "http://x", agent=True), arrows=[("start", "one")])
    run = await flow.start(env="x")
    one = (await flow.nodes(run))["one"]["identifier"]
    dead = Job("j_1", "workflow.step", one, {"nodeRun": one}, 12)
    [step] = [each for each in portal.job_handlers if each.kind == dead.kind]
    assert step.given_up is not None
    given_up = step.given_up
    await portal.db.write(lambda tx: given_up(tx, dead, "RuntimeError('hush')"))
    ended = await flow.run(run)
    assert ended["result"] == "FAILED"
    assert "Given up after 12 attempts" in ended["summary"]
    assert "hush" not in ended["summary"]


async def test_a_delivery_that_kills_the_portal_each_time_ends(
    flow: Flow, target: Forge, portal: Portal, clock: ManualClock, settings: Settings
) -> None:
    """Nothing is recorded of an attempt at which the process died, but that it was begun."""
    await flow.define(call("one", f"{target.url}/one", synchronized=False), arrows=[("start", "one")])
    run = await flow.start(env="x")
    one = (await flow.nodes(run))["one"]["identifier"]
    now = int(clock.now().timestamp() * 1000)
    await portal.db.write(lambda tx: enqueue(tx, "workflow.deliver", one, {"nodeRun": one}, now=now))
    [handler] = [each for each in portal.job_handlers if each.kind == "workflow.deliver"]
    begun = len(target.requests)
    worn = update(job).where(job.c.key == one).values(attempts=handler.max_attempts)
    await portal.db.write(lambda tx: tx.run(worn))
    await Background(portal).settle()
    assert len(target.requests) == begun
    ended = await flow.run(run)
    assert "The portal stopped during every attempt" in ended["summary"]


async def test_old_runs_go(flow: Flow, target: Forge, clock: ManualClock, settings: Settings) -> None:
    await flow.define(call("one", f"{target.url}/one"), arrows=[("start", "one")])
    old = await flow.start(env="x")
    node_run = (await flow.nodes(old))["one"]["identifier"]
    clock.advance(days=20)
    await _pass(flow, clock, settings, 0.25)
    young = await flow.start(env="x")
    for _ in range(12):
        clock.advance(days=1)
        await flow.background.settle()
    await _pass(flow, clock, settings, 0.25)
    assert [each["id"] for each in await flow.runs()] == [young]
    for path in (f"/v1/fairway/workflows/runs/{old}", f"/v1/workflows/nodes/runs/{node_run}/logs"):
        assert (await flow.client.get(path)).status_code == 404


async def test_a_full_log(flow: Flow) -> None:
    await flow.define(call("one", "http://x", agent=True), arrows=[("start", "one")])
    run = await flow.start(env="x")
    one = (await flow.nodes(run))["one"]["identifier"]
    lines = [{"message": str(number)} for number in range(5)]
    path = f"/v1/workflows/nodes/runs/{one}/logs"
    refused = await flow.client.post(path, json={"logs": lines})
    assert refused.status_code == 422
    assert "may have 3 lines" in refused.json()["message"]
    report = {"nodeRunIdentifier": one, "logs": lines, "status": "SUCCESS"}
    await flow.done("POST", "/v1/fairway/runs/reports", {"reports": [report]})
    assert await flow.lines(one) == ["Waits to be claimed", "0", "1"]
    assert (await flow.run(run))["result"] == "SUCCESS"
