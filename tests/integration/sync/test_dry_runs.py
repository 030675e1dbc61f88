"""Dry runs: they tell what a run would change, and change nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fairway.integration.model import EntityKey
from fairway.integration.resync import Change, ResyncOptions
from support.integrations import SyncWorld, blueprint, counts_of, items, mapping, resource


@pytest.fixture
def changes(world: SyncWorld) -> list[Change]:
    """What the run would do."""
    found: list[Change] = []
    world.options = ResyncOptions(dry_run=found.append)
    return found


def told(changes: list[Change]) -> set[tuple[str, str]]:
    return {(change.action, change.key.identifier) for change in changes}


async def test_it_tells_what_would_be_written_and_deleted(world: SyncWorld, changes: list[Change]) -> None:
    world.source.pages = {"repo": [items("a", "b", size=1)]}
    await world.set_up(mapping(resource("repo"), createMissingRelatedEntities=False))
    await world.ours("a", title="A", properties={"size": 1, "note": None})
    await world.ours("old")
    report = await world.run()
    assert report.state == "completed"
    assert told(changes) == {("write", "b"), ("delete", "old")}
    assert set(await world.entities()) == {"a", "old"}
    assert [call.method for call in world.watched.calls if call.method in ("PUT", "PATCH", "DELETE")] == []


async def test_before_the_first_start_the_default_mapping_counts(world: SyncWorld, changes: list[Change]) -> None:
    world.source.pages = {"repo": [items("a")], "team": [items("x")]}
    owned = resource("repo", mappings={"relations": {"team": ".team"}})
    world.options = replace(world.options, first_mapping=mapping(owned, resource("team", "team")))
    report = await world.run()
    assert report.state == "completed"
    assert counts_of(report, "repo-0") == {"raw": 1, "mapped": 1, "loaded": 1}
    assert {change.key for change in changes} == {EntityKey("service", "a"), EntityKey("team", "x")}
    assert (await world.client.get("/v1/integration/scn")).status_code == 404


async def test_without_a_default_mapping_it_has_to_be_registered(world: SyncWorld, changes: list[Change]) -> None:
    world.source.pages = {"repo": [items("a")]}
    report = await world.run()
    assert (report.state, changes) == ("failed", [])
    assert "start it once to register it" in str(report.problem)


async def test_only_dry_runs_do_without_registration(world: SyncWorld) -> None:
    world.source.pages = {"repo": [items("a")]}
    world.options = ResyncOptions(first_mapping=mapping(resource("repo")))
    answer = await world.client.post("/v1/blueprints", json=blueprint("service"))
    assert answer.status_code == 201
    assert (await world.run()).state == "failed"
    assert await world.entities() == {}
