"""What lines that go away do to the catalog. Section 2.5."""

from __future__ import annotations

import pytest

from fairway.gitops.ledger.model import ClaimState
from fairway.gitops.options import MergeMode
from support.gitops_world import World, spec


async def test_owned_clears_what_git_had_set_and_nothing_else(one: World) -> None:
    one.catalog.put("service", "checkout", readme="by the exporter")
    one.push("a/one", spec("checkout", tier=1, language="go"))
    await one.reconcile()
    one.push("a/one", spec("checkout", language="rust"))
    await one.reconcile()
    assert one.catalog.shown()["service/checkout"] == {"readme": "by the exporter", "language": "rust"}


async def test_merge_leaves_old_values(one: World) -> None:
    one.restart(merge_mode=MergeMode.MERGE)
    one.push("a/one", spec("checkout", tier=1, language="go"))
    await one.reconcile()
    one.push("a/one", spec("checkout", language="rust"))
    await one.reconcile()
    assert one.catalog.shown()["service/checkout"] == {"tier": 1, "language": "rust"}


async def test_override_replaces_the_entity(one: World) -> None:
    one.restart(merge_mode=MergeMode.OVERRIDE)
    one.catalog.put("service", "checkout", readme="by the exporter")
    one.push("a/one", spec("checkout", tier=1))
    await one.reconcile()
    assert one.catalog.shown()["service/checkout"] == {"tier": 1}


async def test_null_clears_in_every_mode(one: World) -> None:
    one.catalog.put("service", "checkout", readme="old")
    one.push("a/one", spec("checkout", readme=None))
    await one.reconcile()
    assert one.catalog.shown()["service/checkout"] == {}


async def test_relations_title_and_icon_are_keys_too(one: World) -> None:
    one.catalog.put("domain", "payments")
    whole = {
        "identifier": "c",
        "blueprint": "service",
        "title": "C",
        "icon": "Box",
        "relations": {"domain": "payments"},
    }
    one.push("a/one", spec(whole))
    await one.reconcile()
    assert one.value("c", "domain") == "payments"
    one.push("a/one", spec({"identifier": "c", "blueprint": "service"}))
    await one.reconcile()
    assert one.value("c", "domain") is None
    assert one.catalog.entities[(await one.claims("service", "c"))[0].key].icon is None


async def test_drift_of_owned_keys_is_repaired_and_others_are_left(one: World) -> None:
    one.push("a/one", spec("checkout", tier=1))
    await one.reconcile()
    one.catalog.put("service", "checkout", tier=5, language="go")
    report = await one.reconcile()
    assert report.entities.updated == 1
    assert one.catalog.shown()["service/checkout"] == {"tier": 1, "language": "go"}
    (claim,) = await one.claims("service", "checkout")
    assert claim.contested == ("properties.tier",)
    assert (await one.reconcile()).entities.updated == 0


async def test_drift_repair_can_be_switched_off(one: World) -> None:
    one.restart(drift_repair=False)
    one.push("a/one", spec("checkout", tier=1))
    await one.reconcile()
    one.catalog.put("service", "checkout", tier=5)
    await one.reconcile()
    assert one.value("checkout", "tier") == 5


async def test_an_entity_that_others_removed_comes_back(one: World) -> None:
    one.push("a/one", spec("checkout", tier=1))
    await one.reconcile()
    one.catalog.entities.clear()
    await one.reconcile()
    assert one.value("checkout", "tier") == 1


async def test_a_yielding_source_leaves_contested_keys_to_others(one: World) -> None:
    one.restart(yields=True)
    one.catalog.put("service", "checkout", tier=5)
    one.push("a/one", spec("checkout", tier=1, language="go"))
    await one.reconcile()
    assert one.catalog.shown()["service/checkout"] == {"tier": 5, "language": "go"}
    (claim,) = await one.claims("service", "checkout")
    assert claim.contested == ("properties.tier",)
    assert claim.state is ClaimState.ACTIVE


async def test_where_it_is_defined_is_told_to_blueprints_that_ask(one: World) -> None:
    commit = one.push("a/one", {"x/port.yml": spec("checkout")})
    await one.reconcile()
    told = one.value("checkout", "gitopsMetadata")
    assert told == {"repository": "a/one", "branch": "main", "path": "x/port.yml", "commit": commit}
    one.push("a/one", {"readme.md": "more"})
    one.catalog.writes.clear()
    await one.reconcile()
    assert one.catalog.writes == []


@pytest.mark.parametrize("mode", list(MergeMode))
async def test_a_change_of_mode_is_applied_to_unchanged_files(one: World, mode: MergeMode) -> None:
    one.push("a/one", spec("checkout", tier=1))
    await one.reconcile()
    one.restart(merge_mode=mode)
    report = await one.reconcile()
    assert report.repositories.changed == (0 if mode is MergeMode.OWNED else 1)
