"""Too many ends at once. Section 7.3."""

from __future__ import annotations

import pytest

from fairway.gitops.options import MergeMode
from fairway.gitops.sync import Status
from fairway.kit.errors import Conflict, NotFound
from support.gitops_world import World, spec


async def filled(one: World, count: int = 20) -> None:
    for number in range(count):
        one.push(f"a/r{number}", spec(f"s{number}", tier=number))
    report = await one.reconcile()
    assert report.entities.created == count


async def empty(one: World, count: int) -> None:
    for number in range(count):
        one.push(f"a/r{number}", None)


async def test_ten_ends_are_always_allowed(one: World) -> None:
    await filled(one)
    await empty(one, 10)
    report = await one.reconcile()
    assert report.entities.deleted == 10
    assert report.ends.held is None


async def test_more_are_held_while_upserts_go_on(one: World) -> None:
    await filled(one)
    await empty(one, 11)
    one.push("a/r19", spec("s19", tier=99))
    report = await one.reconcile()
    assert report.entities.deleted == 0
    assert one.value("s19", "tier") == 99
    held = report.ends.held
    assert held is not None
    assert held.deletes == 11
    assert held.by_blueprint == {"service": 11}
    assert "11 of 20 claims" in held.reasons[0]
    assert len(held.document()["samples"]) == 11


async def test_an_approved_plan_is_computed_anew(one: World) -> None:
    await filled(one)
    await empty(one, 11)
    held = (await one.reconcile()).ends.held
    assert held is not None
    one.push("a/r0", spec("s0", tier=7))  # back again
    await one.delta("a/r0")
    one.push("a/r15", None)  # and one more than was approved
    ends = await one.engine.approve(held.id)
    assert ends.due == 10
    assert one.has("s0")
    assert one.has("s15")
    assert not one.has("s1")
    assert await one.store.plans("git") == []


async def test_a_discarded_plan_leaves_the_entities(one: World) -> None:
    await filled(one)
    await empty(one, 11)
    held = (await one.reconcile()).ends.held
    assert held is not None
    await one.engine.discard(held.id)
    report = await one.reconcile()
    assert report.ends.held is None
    assert all(one.has(f"s{number}") for number in range(20))
    (claim,) = await one.claims("service", "s3")
    assert claim.kept


async def test_plans_of_another_configuration_are_not_carried_out(one: World) -> None:
    await filled(one)
    await empty(one, 11)
    held = (await one.reconcile()).ends.held
    assert held is not None
    one.restart(merge_mode=MergeMode.MERGE)
    with pytest.raises(Conflict, match="another configuration"):
        await one.engine.approve(held.id)
    with pytest.raises(NotFound):
        await one.engine.approve("plan_none")


async def test_a_plan_stays_one_plan_and_goes_when_nothing_is_due(one: World) -> None:
    await filled(one)
    await empty(one, 11)
    first = (await one.reconcile()).ends.held
    again = (await one.reconcile()).ends.held
    assert first is not None
    assert again is not None
    assert first.id == again.id
    for number in range(11):
        one.push(f"a/r{number}", spec(f"s{number}"))
    await one.reconcile()
    assert await one.store.plans("git") == []


async def test_a_share_of_a_blueprint_is_held_too(one: World) -> None:
    await filled(one, 80)
    for number in range(20):
        one.push(f"b/d{number}", spec({"identifier": f"d{number}", "blueprint": "domain"}))
    await one.reconcile()
    for number in range(11):
        one.push(f"b/d{number}", None)
    report = await one.reconcile()
    assert report.ends.held is not None
    assert report.ends.held.reasons == ('11 of 20 entities of blueprint "domain" would go, at most 10 may',)


async def test_the_published_fraction_counts_when_it_is_stricter(one: World) -> None:
    one.restart(deletion_threshold=0.1)
    await filled(one)
    await empty(one, 3)
    assert (await one.reconcile()).ends.held is not None


async def test_an_empty_listing_deletes_nothing_however_often_it_comes(one: World) -> None:
    await filled(one, 3)
    one.forge.unlisted = {f"a/r{number}" for number in range(3)}
    for _ in range(4):
        report = await one.reconcile()
        assert "the listing is empty, and it was not before" in report.ends.stops
    assert all(one.has(f"s{number}") for number in range(3))


async def test_half_a_listing_is_not_believed_at_once(one: World) -> None:
    await filled(one, 6)
    one.forge.unlisted = {f"a/r{number}" for number in range(4)}
    report = await one.reconcile()
    assert "the listing shrank from 6 to 2 repositories" in report.ends.stops
    await one.reconcile()
    assert one.has("s0")
    await one.reconcile()
    assert not one.has("s0"), "two more complete passes said the same"


async def test_a_broken_listing_deletes_nothing(one: World) -> None:
    await filled(one, 6)
    one.push("a/r0", None)
    one.forge.listing_breaks_after = 1
    report = await one.reconcile()
    assert report.status is Status.FAILED
    assert report.failure is not None
    assert report.failure.code == "listing_incomplete"
    assert one.has("s0")


async def test_other_credentials_and_a_clock_that_goes_backwards_stop_deletions(one: World) -> None:
    await filled(one, 3)
    one.push("a/r0", None)
    one.forge.account = "somebody"
    report = await one.reconcile()
    assert report.ends.stops == ("the credentials are another account's than at the last pass",)
    one.push("a/r1", None)
    report = await one.reconcile(minutes=-500)
    assert report.ends.stops == ("the clock went backwards since the last pass",)
    assert one.has("s1")
    await one.reconcile(minutes=600)
    assert not one.has("s0")
    assert not one.has("s1")
