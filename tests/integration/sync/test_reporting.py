"""What a run tells the portal, and what the portal shows of it (contract sections 7.8, 7.9 and 14)."""

from __future__ import annotations

import asyncio

from fairway.integration.model import KindReport, Resource, State
from fairway.integration.resync import ResyncOptions
from support.integrations import SyncWorld, blueprint, items, kinds_of, mapping, numbered, resource
from support.own_portal import until


async def test_reports_that_fail_do_not_fail_the_run(world: SyncWorld) -> None:
    world.source.pages = {"repo": [items("a")]}
    await world.set_up(mapping(resource("repo")))
    world.watched.trouble("syncMetrics", *[500] * 20)
    world.watched.trouble("examples", 500)
    world.watched.trouble("resync-state", 500)
    report = await world.run()
    assert (report.state, set(await world.entities())) == ("completed", {"a"})


async def test_a_state_report_is_repeated(world: SyncWorld) -> None:
    world.source.pages = {"repo": [items("a")]}
    await world.set_up(mapping(resource("repo")))
    world.watched.trouble("resync-state", 503, 502)
    await world.run()
    assert [each["status"] for each in world.watched.bodies("resync-state")] == ["running"] * 3 + ["completed"]


async def test_examples_are_sent_masked(world: SyncWorld) -> None:
    world.source.pages = {"repo": [items("a", token="ghp_" + "x" * 36)]}
    await world.set_up(mapping(resource("repo")))
    await world.run()
    assert world.watched.bodies("examples") == [{"examples": [{"id": "a", "name": "A", "token": "[REDACTED]"}]}]


async def test_a_run_that_is_given_up_deletes_nothing_and_says_so(world: SyncWorld) -> None:
    world.source.pages = {"repo": [items("a"), items("b")], "team": [items("t", "u")]}
    config = mapping(resource("repo"), resource("team", "team"))
    await world.set_up(config, blueprint("service"), blueprint("team"))
    await world.run()
    world.source.pages = {"repo": [items("a"), items("c")], "team": [items("t")]}
    world.source.gate, stop = asyncio.Event(), asyncio.Event()
    world.watched.calls.clear()
    running = asyncio.create_task(world.run(stop=stop))
    await until(lambda: bool(world.watched.paths("PUT")))
    stop.set()
    report = await running
    assert (report.state, kinds_of(report)["repo-0"]) == ("aborted", "aborted")
    assert (set(await world.entities()), set(await world.entities("team"))) == ({"a", "b"}, {"t", "u"})
    state = await world.state()
    assert (state["resyncState"]["status"], state["lastSync"]["state"]) == ("aborted", "aborted")


async def test_a_run_ends_when_somebody_ends_it_at_the_portal(world: SyncWorld) -> None:
    world.source.pages = {"repo": [numbered(20), numbered(1)]}
    world.source.gate = asyncio.Event()
    world.options = ResyncOptions(heartbeat_seconds=0.05)
    await world.set_up(mapping(resource("repo")))
    running = asyncio.create_task(world.run())
    await until(lambda: bool(world.watched.paths("/heartbeat")))
    assert (await world.client.post("/v1/fairway/integration/scn/abort")).status_code == 202
    report = await running
    assert (report.state, kinds_of(report)) == ("aborted", {"repo-0": "aborted"})
    assert (await world.state())["lastSync"]["state"] == "aborted"


async def test_the_portal_shows_what_became_of_items_and_why(world: SyncWorld) -> None:
    world.source.pages = {"repo": [[*items("a", size="large"), *items("b", size=2), {"id": None, "name": "?"}]]}
    await world.set_up(mapping(resource("repo")))
    await world.run()
    last = (await world.state())["lastSync"]
    kind = last["kinds"][0]["details"]
    assert (last["details"]["state"], kind["state"]) == ("completed_with_warnings", "completed_with_warnings")
    assert kind["counts"] == {"raw": 3, "dropped": 1, "mapped": 2, "loaded": 1, "rejected": 1}
    assert {(each["where"], each["item"]) for each in kind["problems"]} >= {("portal", "service/a")}


async def test_another_portal_is_told_what_the_contract_has(world: SyncWorld) -> None:
    world.source.pages = {"repo": [items("a")]}
    await world.set_up(mapping(resource("repo")))
    world.api.telemetry.learn({"metricAttributes": {"ingestUrl": f"{world.url}/metrics/integration/x"}})
    report = KindReport(Resource(0, "repo", "true", ()))
    assert "details" not in world.api.telemetry.event("e", report, State.COMPLETED)


async def test_an_unknown_installation_fails_the_run(world: SyncWorld) -> None:
    report = await world.run()
    assert report.state == "failed"
    assert "does not know the integration" in str(report.problem)
