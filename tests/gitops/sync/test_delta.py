"""Pushes, one at a time or many. Section 6.2."""

from __future__ import annotations

import asyncio
from typing import Any

from fairway.gitops.model import EntityKey
from fairway.gitops.sync import Hint
from support.gitops_world import World, spec


async def test_a_push_of_one_root_file_is_cheap(one: World) -> None:
    one.push("a/one", spec("checkout", tier=1))
    await one.reconcile()
    one.push("a/one", spec("checkout", tier=2))
    one.forge.figures.requests = 0
    one.catalog.batches.clear()
    report = await one.delta("a/one")
    assert report.changed
    assert one.value("checkout", "tier") == 2
    assert one.forge.figures.requests - len(one.forge.reports) <= 3
    assert len(one.catalog.batches) == 1


async def test_the_same_tip_costs_one_request(one: World) -> None:
    one.push("a/one", spec("checkout"))
    await one.reconcile()
    one.forge.figures.requests = 0
    assert not (await one.delta("a/one")).changed
    assert one.forge.figures.requests == 1
    assert one.forge.reports == []


async def test_a_commit_that_touches_no_spec_file_is_noted_only(one: World) -> None:
    one.push("a/one", spec("checkout"))
    await one.reconcile()
    one.push("a/one", {"readme.md": "x"})
    one.catalog.writes.clear()
    assert not (await one.delta("a/one")).changed
    assert one.catalog.writes == []
    one.forge.figures.requests = 0
    await one.delta("a/one")
    assert one.forge.figures.requests == 1


async def test_a_referenced_file_counts_as_a_change(one: World) -> None:
    one.push("a/one", {"port.yml": spec("checkout", readme="file://./README.md"), "README.md": "one"})
    await one.reconcile()
    assert one.value("checkout", "readme") == "one"
    one.push("a/one", {"README.md": "two"})
    await one.delta("a/one")
    assert one.value("checkout", "readme") == "two"
    one.push("a/one", {"README.md": None})
    report = await one.delta("a/one")
    assert [each.code for each in report.diagnostics] == ["E_FILE_REF_MISSING"]
    assert one.value("checkout", "readme") == "two"
    one.push("a/one", {"README.md": "three"})
    await one.delta("a/one")
    assert one.value("checkout", "readme") == "three"


async def test_a_new_repository_is_found_by_its_first_push(one: World) -> None:
    await one.reconcile()
    one.push("a/new", spec("fresh"))
    await one.delta("a/new")
    assert one.has("fresh")
    await one.reconcile()
    assert one.has("fresh")


async def test_pushes_to_other_branches_are_dropped(one: World) -> None:
    one.push("a/one", spec("checkout", tier=1))
    await one.reconcile()
    one.forge.repositories["a/one"].commit({"port.yml": spec("checkout", tier=2)}, branch="feature")
    report = await one.delta("a/one", Hint(ref="refs/heads/feature"))
    assert "is not the branch" in report.notices[0]
    assert one.value("checkout", "tier") == 1


async def test_a_deleted_default_branch_leads_to_the_new_one(one: World) -> None:
    one.push("a/one", spec("checkout", tier=1))
    await one.reconcile()
    repository = one.forge.repositories["a/one"]
    repository.rename_branch("main", "trunk")
    one.push("a/one", spec("checkout", tier=2))
    await one.delta("a/one", Hint(ref="refs/heads/main"))
    assert one.value("checkout", "tier") == 2
    assert one.catalog.deleted == []


async def test_force_pushes_and_stale_events_end_at_the_tip(one: World) -> None:
    first = one.push("a/one", spec("checkout", tier=1))
    await one.reconcile()
    one.push("a/one", spec("checkout", "extra", tier=2))
    await one.delta("a/one")
    one.forge.repositories["a/one"].branch("main", first)
    for _ in range(3):
        await one.delta("a/one")
    assert one.catalog.shown() == {"service/checkout": {"tier": 1}}


async def test_many_events_lead_to_one_look(one: World) -> None:
    one.push("a/one", spec("checkout", tier=0))
    await one.reconcile()
    one.forge.figures.requests = 0
    for number in range(1, 30):
        one.push("a/one", spec("checkout", tier=number))
        one.engine.notice("a/one", Hint(ref="refs/heads/main"))
    await one.engine.drain()
    assert one.value("checkout", "tier") == 29
    assert one.forge.figures.requests <= 4


async def test_a_push_during_a_pass_wins_when_its_tip_is_newer(one: World) -> None:
    one.push("a/one", spec("checkout", tier=1))
    await one.reconcile()
    one.push("a/one", spec("checkout", tier=2))
    reader = _SlowForge(one)
    passing = asyncio.create_task(one.engine.reconcile())
    await reader.reached.wait()  # the pass has seen the second commit, and not applied it
    one.push("a/one", spec("checkout", tier=3))
    await one.delta("a/one")
    assert one.value("checkout", "tier") == 3
    reader.release.set()
    await passing
    assert one.value("checkout", "tier") == 3
    tiers = [each.document["properties"]["tier"] for each in one.catalog.writes]
    assert tiers == [1, 3]


class _SlowForge:
    """Lets one look at a repository arrive late."""

    def __init__(self, one: World) -> None:
        self.reached = asyncio.Event()
        self.release = asyncio.Event()
        self._examine = one.forge.examine
        one.forge.examine = self.examine  # type: ignore[method-assign] # the forge is ours

    async def examine(self, *arguments: Any) -> Any:
        found = await self._examine(*arguments)
        if not self.reached.is_set():
            self.reached.set()
            await self.release.wait()
        return found


async def test_two_events_of_one_repository_at_once(one: World) -> None:
    one.push("a/one", spec("checkout", tier=1))
    await one.reconcile()
    one.push("a/one", spec("checkout", tier=2))
    await asyncio.gather(*(one.engine.delta("a/one") for _ in range(5)))
    assert one.value("checkout", "tier") == 2
    assert len([each for each in one.catalog.writes if each.key == EntityKey("service", "checkout")]) == 2


async def test_the_commit_is_told_what_became_of_it(one: World) -> None:
    one.push("a/one", spec("checkout"))
    await one.reconcile()
    assert one.forge.reports == []
    commit = one.push("a/one", spec("checkout", "refunds"))
    await one.delta("a/one")
    label, at, status = one.forge.reports[-1]
    assert (label, at, status.state, status.title) == ("a/one", commit, "success", "2 entities")
    one.push("a/one", spec("checkout", {"identifier": "refunds", "blueprint": "servise"}))
    await one.delta("a/one")
    assert one.forge.reports[-1][2].state == "failure"
    assert "E_BLUEPRINT_UNKNOWN" in one.forge.reports[-1][2].title


async def test_a_search_finds_what_the_same_push_brings(one: World) -> None:
    rule = {"combinator": "and", "rules": [{"property": "handle", "operator": "=", "value": "kim"}]}
    one.push(
        "a/one",
        spec(
            {"identifier": "s", "blueprint": "service", "relations": {"owner": rule}},
            {"identifier": "kim-1", "blueprint": "person", "properties": {"handle": "kim"}},
        ),
    )
    report = await one.delta("a/one")
    assert one.value("s", "owner") == "kim-1"
    assert report.diagnostics == []
