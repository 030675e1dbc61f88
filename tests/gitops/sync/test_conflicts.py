"""Several definitions of one entity. Section 8."""

from __future__ import annotations

import random

import pytest

from fairway.gitops.diagnostics import Severity
from fairway.gitops.ledger.model import ClaimState
from fairway.gitops.model import EntityKey
from support.gitops_world import World, spec, world

KEY = EntityKey("service", "same")


async def claimed(one: World) -> dict[str, ClaimState]:
    return {each.location.repository: each.state for each in await one.store.claims([KEY])}


@pytest.mark.parametrize("seed", range(20))
async def test_the_winner_does_not_depend_on_the_order(seed: int) -> None:
    async with world() as one:
        labels = [f"a/r{number}" for number in range(6)]
        for number, label in enumerate(labels):
            one.push(label, spec("same", tier=number))
        one.forge.order = random.Random(seed).sample(labels, len(labels))
        one.forge.page = seed % 6 + 1
        one.restart(concurrency=seed % 5 + 1)
        report = await one.reconcile()
        assert one.value("same", "tier") == 0
        assert report.entities.shadowed == 5
        assert await claimed(one) == {"1": ClaimState.ACTIVE} | {str(n): ClaimState.SHADOWED for n in range(2, 7)}


async def test_both_sides_are_told_where_the_other_is(one: World) -> None:
    one.push("a/one", spec("same", tier=1))
    await one.reconcile()
    one.push("a/two", "# a comment\n" + spec("same", tier=2))
    report = await one.reconcile()
    told = {each.severity: each for each in report.findings.shown if each.code == "E_CONFLICT"}
    assert told[Severity.ERROR].repository == "a/two"
    assert "a/one:port.yml:1" in told[Severity.ERROR].message
    assert told[Severity.NOTICE].repository == "a/one"
    assert "a/two:port.yml:2" in told[Severity.NOTICE].message


async def test_the_earlier_claim_stays_and_the_shadowed_one_is_promoted(one: World) -> None:
    one.push("a/two", spec("same", tier=2))
    await one.reconcile()
    one.push("a/one", spec("same", tier=1))
    await one.reconcile()
    assert one.value("same", "tier") == 2
    one.push("a/two", None)
    await one.reconcile()
    assert one.value("same", "tier") == 1
    assert one.catalog.deleted == []
    assert await claimed(one) == {"2": ClaimState.ACTIVE}
    one.push("a/one", None)
    await one.reconcile()
    assert [str(each) for each in one.catalog.deleted] == ["service/same"], "git created it, whoever defines it now"


@pytest.mark.parametrize("first", ["add", "remove", "same pass"])
async def test_a_definition_moves_between_repositories_in_every_order(one: World, first: str) -> None:
    one.restart(deletion_grace_seconds=120)
    one.push("b/old", spec("same", tier=1, language="go"))
    one.push("a/new", "")
    await one.reconcile()
    one.catalog.entities[KEY].icon = "Kept"  # data that git does not have
    steps = {"add": lambda: one.push("a/new", spec("same", tier=2)), "remove": lambda: one.push("b/old", None)}
    if first != "same pass":
        steps[first]()
        await one.delta("a/new" if first == "add" else "b/old")
    for step in steps.values():
        step()
    await one.reconcile(minutes=1)
    assert one.catalog.deleted == []
    assert one.catalog.shown()["service/same"] == {"tier": 2}
    assert one.catalog.entities[KEY].icon == "Kept"
    assert await one.state("same") is ClaimState.ACTIVE


async def test_a_definition_moves_between_files(one: World) -> None:
    one.push("a/one", {"x/port.yml": spec("same", tier=1)})
    await one.reconcile()
    one.push("a/one", {"x/port.yml": None, "y/port.yml": spec("same", tier=1)})
    one.catalog.writes.clear()
    await one.reconcile()
    assert one.catalog.deleted == []
    (claim,) = await one.store.claims([KEY])
    assert claim.location.path == "y/port.yml"


async def test_the_same_key_twice_in_a_repository(one: World) -> None:
    one.push("a/one", {"b/port.yml": spec("same", tier=2), "a/port.yml": spec("same", tier=1)})
    report = await one.reconcile()
    assert one.value("same", "tier") == 1
    assert [each.code for each in report.findings.shown] == ["E_DUPLICATE_ENTITY"]
    one.push("a/one", {"a/port.yml": ""})
    await one.reconcile()
    assert one.value("same", "tier") == 2
    one.push("a/one", {"a/port.yml": spec("same", tier=3)})
    await one.reconcile()
    assert one.value("same", "tier") == 3


async def test_priority_counts_before_age_and_a_pin_before_that(one: World) -> None:
    one.push("a/one", spec("same", tier=1))
    one.push("a/two", spec("same", tier=2))
    await one.reconcile()
    await one.engine.pin(KEY, "2")
    assert one.value("same", "tier") == 2
    await one.reconcile()
    assert one.value("same", "tier") == 2
    await one.engine.pin(KEY, "2", pinned=False)
    assert one.value("same", "tier") == 1


async def test_a_source_of_higher_priority_takes_over(one: World) -> None:
    from fairway.gitops.sync import Engine
    from support.gitops_memory_forge import MemoryForge

    one.push("a/one", spec("same", tier=1))
    await one.reconcile()
    other = MemoryForge()
    other.repositories.add("z/other", {"port.yml": spec("same", tier=9)})
    from dataclasses import replace

    engine = Engine("prior", other, one.catalog, one.store, replace(one.options, priority=5), one.clock)
    await engine.reconcile()
    assert one.value("same", "tier") == 9
    await one.reconcile()
    assert one.value("same", "tier") == 9


async def test_rules_keep_a_source_to_its_entities(one: World) -> None:
    one.restart(blueprints=frozenset({"service"}), identifier_prefix="team-")
    one.push("a/one", spec("team-a", "other", {"identifier": "team-d", "blueprint": "domain"}))
    report = await one.reconcile()
    assert list(one.catalog.shown()) == ["service/team-a"]
    assert [each.code for each in report.findings.shown] == ["E_NOT_ALLOWED", "E_NOT_ALLOWED"]


async def test_system_blueprints_are_not_defined_by_default(one: World) -> None:
    one.push("a/one", spec({"identifier": "kim", "blueprint": "_user"}))
    report = await one.reconcile()
    assert "E_NOT_ALLOWED" in {each.code for each in report.findings.shown}
