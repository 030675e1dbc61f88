"""Actions that an integration carries out, at the real portal (contract section 12; row 24 of section 24)."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from fairway.integration.actions import ActionRun, ExecutionFailed, Runs
from fairway.integration.actions.claims import Claims
from fairway.integration.actions.journal import ActionJournal
from fairway.integration.actions.model import parse_run
from fairway.kit.errors import InvalidRequest
from fairway.portal.worker import Background
from support.flow import Flow, node

from .conftest import FIGURES, INSTALLATION, NAME, PROPERTIES, ActionWorld, Lasting, action


async def succeeds(run: ActionRun, runs: Runs) -> None:
    await runs.succeed(run)


async def test_a_run_is_claimed_executed_and_reported(world: ActionWorld) -> None:
    async def act(run: ActionRun, runs: Runs) -> None:
        await runs.started(run, link="https://forge/1", external_id="forge-1", label="Building")
        await runs.log(run, "it builds")
        found = await runs.find("nobody")
        assert found is None
        await runs.succeed(run, label="Built")

    run_id = (await world.desk.start("deploy"))["id"]
    async with world.running(act) as actions:
        run = await world.ended(run_id)
        await world.until(lambda: actions.document()["executed"] == 1)
    assert (run["status"], run["statusLabel"], run["link"]) == ("SUCCESS", "Built", ["https://forge/1"])
    assert await world.desk.lines(run_id) == ["it builds"]
    assert (world.seen[0].executor, world.seen[0].source) == (NAME, "deploy")
    assert world.seen[0].properties == PROPERTIES
    assert await world.desk.claim(installationId=INSTALLATION) == []


async def test_a_node_run_of_a_workflow_is_executed_too(world: ActionWorld, background: Background) -> None:
    async def act(run: ActionRun, runs: Runs) -> None:
        await runs.started(run, link="https://forge/2", external_id="forge-2", output={"workflowRunUrl": "u"})
        await runs.log(run, "it builds", level="WARN", label="Building")
        await runs.succeed(run, output={"version": 7})

    flow = Flow(world.client, background)
    what = {"installationId": INSTALLATION, "integrationActionType": NAME}
    dispatch = node("dispatch", "INTEGRATION_ACTION", **what, integrationActionExecutionProperties=PROPERTIES)
    await flow.define(dispatch, arrows=[("start", "dispatch")])
    run_id = await flow.start(env="prod")
    async with world.running(act), asyncio.timeout(10):
        while (found := (await flow.nodes(run_id))["dispatch"])["status"] != "COMPLETED":  # noqa: ASYNC110 nobody tells
            await asyncio.sleep(0.01)
    assert (found["result"], found["output"], found["links"]) == ("SUCCESS", {"version": 7}, ["https://forge/2"])
    assert "it builds" in await flow.lines(found["identifier"])


@pytest.mark.parametrize(
    ("error", "label", "line"),
    [
        (ExecutionFailed("The branch is not there", label="No branch"), "No branch", "The branch is not there"),
        (KeyError("ref"), "Execution failed", "KeyError: 'ref'"),
    ],
)
async def test_what_an_executor_raises_is_the_failure_of_the_run(
    world: ActionWorld, error: Exception, label: str, line: str
) -> None:
    async def act(run: ActionRun, runs: Runs) -> None:
        raise error

    run_id = (await world.desk.start("deploy"))["id"]
    async with world.running(act):
        run = await world.ended(run_id)
    assert (run["status"], run["statusLabel"]) == ("FAILURE", label)
    assert await world.desk.lines(run_id) == [line]


async def test_a_run_of_which_somebody_else_was_quicker_is_dropped(world: ActionWorld) -> None:
    world.watched.trouble("PATCH /v1/actions/runs/ack", 409)
    first, second = await world.desk.many("deploy", 2)
    async with world.running(succeeds, figures=replace(FIGURES, workers=1)):
        await world.ended(second)
    assert [run.id for run in world.seen] == [second]
    assert (await world.desk.get(first))["status"] == "IN_PROGRESS"


async def test_an_acknowledgement_whose_answer_was_lost_counts(world: ActionWorld) -> None:
    async def acknowledged() -> int:
        await world.desk.ack(run_id)
        return 503

    world.watched.trouble("PATCH /v1/actions/runs/ack", acknowledged)
    run_id = (await world.desk.start("deploy"))["id"]
    async with world.running(succeeds):
        assert (await world.ended(run_id))["status"] == "SUCCESS"


async def test_a_run_for_which_there_is_no_executor_fails_and_says_so(world: ActionWorld) -> None:
    run_id = (await world.desk.start("deploy"))["id"]
    async with world.running(succeeds, name="something_else"):
        run = await world.ended(run_id)
    assert run["status"] == "FAILURE"
    (line,) = await world.desk.lines(run_id)
    assert line == 'The integration has no executor for "dispatch_workflow"; it has: something_else'


async def test_runs_of_a_partition_keep_their_order_and_others_do_not_wait(world: ActionWorld) -> None:
    gate, order, under_way, most = asyncio.Event(), list[str](), list[str](), list[int]()

    async def act(run: ActionRun, runs: Runs) -> None:
        if run.source == "deploy":
            await gate.wait()
        elif run.source == "ordered":
            under_way.append(run.id)
            most.append(len(under_way))
            await asyncio.sleep(0.002)
            under_way.remove(run.id)
            order.append(run.id)
        await runs.succeed(run)

    await world.desk.put(action("ordered", key="repository"))
    blocked = (await world.desk.start("deploy"))["id"]
    ids = await world.desk.many("ordered", 4)
    async with world.running(act):
        for run_id in ids:
            await world.ended(run_id)
        gate.set()
        await world.ended(blocked)
    assert (order, max(most)) == (ids, 1)


async def test_a_run_waits_for_the_rate_limit_while_its_claim_is_kept(world: ActionWorld) -> None:
    world.limited = 8
    run_id = (await world.desk.start("deploy"))["id"]
    async with world.running(succeeds, figures=replace(FIGURES, visibility_ms=150)):
        run = await world.ended(run_id)
    assert run["status"] == "SUCCESS"
    assert (await world.desk.lines(run_id))[0].startswith("Delayed by the rate limit")
    assert "POST /v1/fairway/runs/heartbeat" in world.watched.paths()
    assert len(world.watched.paths("PATCH /v1/actions/runs/ack")) == 1


async def _crash(world: ActionWorld, *, keep: bool) -> str:
    """A run that was acknowledged by a process that is no more."""
    run_id: str = (await world.desk.start("deploy"))["id"]
    journal = ActionJournal(world.path, world.clock)
    await journal.open()
    claims = Claims(world.portal, INSTALLATION, 60_000)
    (document,) = await claims.claim("run", 1, [], 0)
    await journal.begin(parse_run("run", document), keep=keep)
    assert await claims.acknowledge("run", run_id)
    await journal.aclose()
    return run_id


async def test_a_crash_after_the_acknowledgement_is_reported_at_the_restart(world: ActionWorld) -> None:
    run_id = await _crash(world, keep=False)
    async with world.running(succeeds):
        run = await world.ended(run_id)
    assert (run["status"], run["statusLabel"], world.seen) == ("FAILURE", "Agent restarted", [])
    assert "restarted while it executed" in (await world.desk.lines(run_id))[0]
    async with world.running(succeeds):
        pass
    assert len(await world.desk.lines(run_id)) == 1


async def test_an_executor_that_can_goes_on_after_a_crash(world: ActionWorld) -> None:
    run_id = await _crash(world, keep=True)
    async with world.running(succeeds, executor=Lasting):
        assert (await world.ended(run_id))["status"] == "SUCCESS"
    assert [run.resumed for run in world.seen] == [True]


async def test_reports_wait_for_a_portal_that_is_away_and_keep_their_order(world: ActionWorld) -> None:
    async def act(run: ActionRun, runs: Runs) -> None:
        world.watched.trouble(f"/v1/actions/runs/{run.id}", 500)
        await runs.log(run, "first")
        await runs.log(run, "second")
        await runs.succeed(run)

    run_id = (await world.desk.start("deploy"))["id"]
    async with world.running(act) as actions:
        await world.until(lambda: not world.watched.troubles and world.seen)
        await world.until(lambda: actions.document()["reportsWaiting"] == 3)
        await world.ended(run_id)
    assert await world.desk.lines(run_id) == ["first", "second"]


async def test_reports_survive_the_process(world: ActionWorld) -> None:
    run_id = (await world.desk.start("deploy"))["id"]
    world.watched.trouble(f"PATCH /v1/actions/runs/{run_id}", 500)
    async with world.running(succeeds) as actions:
        await world.until(lambda: not world.watched.troubles and actions.document()["executed"] == 1)
    assert (await world.desk.get(run_id))["status"] == "IN_PROGRESS"
    world.clock.advance(seconds=2)
    async with world.running(succeeds):
        assert (await world.ended(run_id))["status"] == "SUCCESS"


async def test_a_report_that_the_portal_refuses_is_not_repeated(world: ActionWorld) -> None:
    async def act(run: ActionRun, runs: Runs) -> None:
        await runs.succeed(run)
        await runs.fail(run, "and yet it failed")

    run_id = (await world.desk.start("deploy"))["id"]
    async with world.running(act) as actions:
        await world.until(lambda: actions.document()["executed"] == 1 and actions.document()["reportsWaiting"] == 0)
    assert (await world.desk.get(run_id))["status"] == "SUCCESS"


async def test_a_stop_gives_back_what_was_not_begun_and_waits_for_the_rest(world: ActionWorld) -> None:
    begun = asyncio.Event()

    async def act(run: ActionRun, runs: Runs) -> None:
        begun.set()
        await asyncio.sleep(0.05)
        await runs.succeed(run)

    first, second = await world.desk.many("deploy", 2)
    async with world.running(act, figures=replace(FIGURES, workers=1)) as actions:
        await begun.wait()
        await world.until(lambda: actions.document()["waiting"] == 1)
    assert (await world.desk.get(first))["status"] == "SUCCESS"
    assert await world.desk.claim(installationId=INSTALLATION) == [second]


async def test_a_run_that_does_not_end_in_time_is_reported_as_stopped(world: ActionWorld) -> None:
    begun = asyncio.Event()

    async def act(run: ActionRun, runs: Runs) -> None:
        begun.set()
        await asyncio.Event().wait()

    run_id = (await world.desk.start("deploy"))["id"]
    async with world.running(act, figures=replace(FIGURES, drain_seconds=0.01)):
        await begun.wait()
    await asyncio.sleep(0)
    run = await world.ended(run_id)
    assert (run["status"], run["statusLabel"]) == ("FAILURE", "Agent stopped")


async def test_the_end_that_an_event_tells_of_finds_its_run(world: ActionWorld) -> None:
    async def act(run: ActionRun, runs: Runs) -> None:
        await runs.started(run, external_id="forge-77")

    run_id = (await world.desk.start("deploy"))["id"]
    async with world.running(act) as actions:
        await world.until(lambda: actions.document()["executed"] == 1 and actions.document()["reportsWaiting"] == 0)
        assert world.runs is not None
        found = await world.runs.find("forge-77")
        assert found is not None
        assert found.id == run_id
        await world.runs.fail(found, "the build broke", label="Build failed")
        run = await world.ended(run_id)
    assert run["statusLabel"] == "Build failed"


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"id": "r", "payload": {}}, "names no action"),
        (
            {"id": "r", "payload": {"integrationActionType": "x", "integrationActionExecutionProperties": 1}},
            "no object",
        ),
        ({"payload": {"integrationActionType": "x"}}, "no identifier"),
    ],
)
def test_runs_that_make_no_sense(document: Any, said: str) -> None:
    with pytest.raises(InvalidRequest, match=said):
        parse_run("run", document)
