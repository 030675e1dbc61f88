"""An agent at a portal of ours: leases instead of early acknowledgements, one call for many reports, labels."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from support.own_portal import OwnPortal, until
from support.targets import Received, Target, never, serving


async def test_runs_are_delivered_with_one_portal_call_for_many(own: OwnPortal, target: Target, tmp_path: Path) -> None:
    target.text = '{"id": 7}'
    await own.action(target.url)
    ids = await own.start(60)
    async with own.agent(tmp_path) as agent:
        assert set(await own.ended(ids)) == {"SUCCESS"}
        reports = agent.agent.metrics.registry.get_sample_value(
            "fairway_agent_portal_calls_total", {"purpose": "report", "result": "2xx"}
        )
        assert reports is not None
        assert reports <= 6, "sixty reports"
        acks = agent.agent.metrics.registry.get_sample_value(
            "fairway_agent_portal_calls_total", {"purpose": "ack", "result": "2xx"}
        )
        assert acks is None, "a report acknowledges"
    assert sorted(each.headers["idempotency-key"] for each in target.requests) == sorted(ids)
    run = await own.run(ids[0])
    assert run["response"] == {"id": 7}
    assert any("The target answered 200 OK" in line for line in await own.logs(ids[0]))


async def test_an_asynchronous_run_stays_open_for_its_target(own: OwnPortal, target: Target, tmp_path: Path) -> None:
    await own.action(target.url, synchronized=False)
    (run_id,) = await own.start()
    async with own.agent(tmp_path) as agent:
        await until(lambda: agent.metric("reported_total") == 1)
        assert (await own.run(run_id))["status"] == "IN_PROGRESS"
        await own.client.patch(f"/actions/runs/{run_id}", {"status": "SUCCESS"})
    assert len(target.requests) == 1


async def test_work_is_begun_at_once(own: OwnPortal, target: Target, tmp_path: Path) -> None:
    """A claim waits at the portal: nothing depends on the interval."""
    await own.action(target.url)
    async with own.agent(tmp_path, POLLING_INTERVAL_SECONDS="600") as agent:
        await until(lambda: agent.agent.condition().streamer.connected)
        await own.ended(await own.start())
        started = time.monotonic()
        await own.ended(await own.start())
        assert time.monotonic() - started < 60


async def test_the_cause_is_shown(own: OwnPortal, target: Target, tmp_path: Path) -> None:
    await own.action(target.url, "refusing")
    await own.action("http://127.0.0.1:9/", "absent")
    await own.action("http://no-such-host.invalid/", "unknown")
    target.status, target.text = 418, "short and stout"
    ids = [(await own.start(1, name))[0] for name in ("refusing", "absent", "unknown")]
    async with own.agent(tmp_path):
        assert await own.ended(ids) == ["FAILURE"] * 3
    summaries = [(await own.run(run_id))["summary"] for run_id in ids]
    assert "418" in summaries[0]
    assert "short and stout" in summaries[0]
    assert "cannot be reached" in summaries[1]
    assert "no-such-host.invalid" in summaries[2]


@pytest.mark.slow
async def test_a_hanging_target_blocks_nobody(own: OwnPortal, target: Target, tmp_path: Path) -> None:
    async with serving() as slow:
        slow.answers = [never] * 10
        await own.action(slow.url, "slow")
        await own.action(target.url, "quick")
        stuck = await own.start(5, "slow")
        quick = await own.start(20, "quick")
        async with own.agent(
            tmp_path, WEBHOOK_INVOKER_TIMEOUT="1", FAIRWAY_AGENT_PARALLEL="4", FAIRWAY_AGENT_PER_HOST="2"
        ):
            assert set(await own.ended(quick)) == {"SUCCESS"}
            assert (await own.run(stuck[-1]))["status"] == "IN_PROGRESS"
            assert set(await own.ended(stuck)) == {"FAILURE"}
        assert "did not answer within 1 s" in (await own.run(stuck[0]))["summary"]


@pytest.mark.slow
async def test_a_lease_is_kept_while_the_target_works(own: OwnPortal, target: Target, tmp_path: Path) -> None:
    """The work takes longer than a lease, and another agent stands by: it is done once."""

    async def slowly(request: web.Request, received: Received) -> web.StreamResponse:
        await asyncio.sleep(5)
        return web.Response()

    target.answers = [slowly]
    await own.action(target.url)
    ids = await own.start()
    changes = {"FAIRWAY_AGENT_VISIBILITY_SECONDS": "3", "POLLING_INTERVAL_SECONDS": "0.2"}
    async with own.agent(tmp_path / "a", **changes), own.agent(tmp_path / "b", **changes):
        assert await own.ended(ids) == ["SUCCESS"]
    assert len(target.requests) == 1


@pytest.mark.slow
async def test_replicas_share_the_queue(own: OwnPortal, target: Target, tmp_path: Path) -> None:
    await own.action(target.url)
    ids = await own.start(80)
    folders = [tmp_path / name for name in "abc"]
    async with own.agent(folders[0]), own.agent(folders[1]), own.agent(folders[2]):
        assert set(await own.ended(ids)) == {"SUCCESS"}
    assert sorted(each.headers["idempotency-key"] for each in target.requests) == sorted(ids)


async def test_labels_decide_who_may_have_a_run(own: OwnPortal, target: Target, tmp_path: Path) -> None:
    await own.action(target.url, agentLabels={"zone": "north"})
    (run_id,) = await own.start()
    async with own.agent(tmp_path / "south", FAIRWAY_AGENT_LABELS="zone=south") as south:
        await until(lambda: south.agent.condition().streamer.connected)
        await asyncio.sleep(0.3)
        assert not target.requests
        async with own.agent(tmp_path / "north", FAIRWAY_AGENT_LABELS="zone=north,tier=gold"):
            assert await own.ended([run_id]) == ["SUCCESS"]
        assert south.metric("claimed_total") == 0


async def test_what_no_mapping_wants_is_left_to_others(own: OwnPortal, target: Target, tmp_path: Path) -> None:
    await own.action(target.url)
    for name, enabled in (("a", False), ("b", True)):
        (tmp_path / name).mkdir()
        (tmp_path / name / "mapping.json").write_text(f'[{{"enabled": {str(enabled).lower()}}}]')
    async with own.agent(tmp_path / "a") as blind:
        (run_id,) = await own.start()
        await until(lambda: blind.metric("skipped_total") > 0)
        assert (await own.run(run_id))["status"] == "IN_PROGRESS"
        async with own.agent(tmp_path / "b"):
            assert await own.ended([run_id]) == ["SUCCESS"]


async def test_stopping_finishes_what_runs_and_gives_back_what_waits(
    own: OwnPortal, target: Target, tmp_path: Path
) -> None:
    going = asyncio.Event()

    async def slowly(request: web.Request, received: Received) -> web.StreamResponse:
        await asyncio.wait_for(going.wait(), 60)
        return web.Response()

    target.answers = [slowly] * 2
    await own.action(target.url)
    ids = await own.start(30)
    async with own.agent(tmp_path / "a", FAIRWAY_AGENT_PARALLEL="2") as first:
        await until(lambda: len(target.requests) == 2 and first.metric("waiting") > 0)
        stopping = asyncio.create_task(first.stop())
        await until(lambda: first.metric("released_total") == 28)
        started = [each.headers["idempotency-key"] for each in target.requests]
        async with own.agent(tmp_path / "b"):
            rest = [run_id for run_id in ids if run_id not in started]
            assert set(await own.ended(rest)) == {"SUCCESS"}, "at once: no lease has to run out"
            going.set()
            await stopping
        assert set(await own.ended(started)) == {"SUCCESS"}
    assert len(target.requests) == 30, "nothing was delivered twice"


async def test_what_exceeds_the_grace_period_is_left_to_others(own: OwnPortal, target: Target, tmp_path: Path) -> None:
    target.answers = [never]
    await own.action(target.url)
    (run_id,) = await own.start()
    async with own.agent(tmp_path / "a", FAIRWAY_AGENT_DRAIN_SECONDS="0") as first:
        await until(lambda: len(target.requests) == 1)
        await first.stop()
    async with own.agent(tmp_path / "b"):
        assert await own.ended([run_id]) == ["SUCCESS"]
    assert [each.headers["idempotency-key"] for each in target.requests] == [run_id, run_id]


async def test_nodes_of_workflows(own: OwnPortal, target: Target, tmp_path: Path) -> None:
    target.text = '{"built": 3}'
    await own.client.post("/workflows", _workflow(target.url))
    run_id = (await own.client.post("/fairway/workflows/ship/runs", {}))["run"]["id"]
    async with own.agent(tmp_path), asyncio.timeout(60):
        while (run := await _workflow_run(own, run_id))["status"] != "COMPLETED":  # noqa: ASYNC110 another server's state
            await asyncio.sleep(0.05)
    assert run["result"] == "SUCCESS", run
    (node,) = [each for each in run["nodeRuns"] if each["node"]["identifier"] == "call"]
    assert node["output"]["response"] == {"status": 200, "data": {"built": 3}}
    assert target.last.json == {"a": 1}


async def _workflow_run(own: OwnPortal, run_id: str) -> dict[str, Any]:
    return dict((await own.client.get(f"/fairway/workflows/runs/{run_id}"))["run"])


def _workflow(url: str) -> dict[str, object]:
    call = {"type": "WEBHOOK", "agent": True, "synchronized": True, "url": url, "method": "POST", "body": {"a": 1}}
    return {
        "identifier": "ship",
        "title": "Ship",
        "nodes": [
            {"identifier": "t", "config": {"type": "SELF_SERVE_TRIGGER", "userInputs": {"properties": {}}}},
            {"identifier": "call", "config": call},
        ],
        "connections": [{"sourceIdentifier": "t", "targetIdentifier": "call"}],
    }


async def test_a_gitlab_pipeline_over_polling(own: OwnPortal, target: Target, tmp_path: Path) -> None:
    target.status, target.text = 201, '{"id": 11, "web_url": "https://git/p/11"}'
    method = {"type": "GITLAB", "groupName": "grp/sub", "projectName": "proj", "defaultRef": "dev"}
    trigger = {"type": "self-service", "operation": "CREATE", "userInputs": {"properties": {"n": {"type": "string"}}}}
    await own.client.post("/actions", {"identifier": "build", "trigger": trigger, "invocationMethod": method})
    (run_id,) = await own.start(1, "build")
    async with own.agent(tmp_path, GITLAB_URL=target.url + "/", grp_sub_proj="glptt-token") as agent:
        await until(lambda: agent.metric("reported_total") == 1)
    assert target.last.path == "/api/v4/projects/grp%2Fsub%2Fproj/trigger/pipeline"
    assert target.last.json["ref"] == "dev"
    assert target.last.json["token"] == "glptt-token"
    run = await own.run(run_id)
    assert run["externalRunId"] == "11"
    assert "glptt-token" not in str(await own.logs(run_id))


async def test_a_report_that_comes_too_late_harms_nobody(own: OwnPortal, target: Target, tmp_path: Path) -> None:
    """Somebody cancelled the run while the target worked."""
    going = asyncio.Event()

    async def slowly(request: web.Request, received: Received) -> web.StreamResponse:
        await asyncio.wait_for(going.wait(), 60)
        return web.Response(text="late")

    target.answers = [slowly]
    await own.action(target.url)
    (run_id,) = await own.start()
    async with own.agent(tmp_path) as agent:
        await until(lambda: len(target.requests) == 1)
        await own.client.patch(f"/actions/runs/{run_id}", {"status": "FAILURE", "summary": "Cancelled"})
        going.set()
        await until(lambda: agent.metric("unreported") == 0 and agent.metric("in_flight") == 0)
        assert await own.ended(await own.start()) == ["SUCCESS"]
    run = await own.run(run_id)
    assert (run["status"], run["summary"]) == ("FAILURE", "Cancelled")
