"""Reconciliation, whatever happens: as a decision with everything, and against the portal (contract section 7.7)."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairway.integration.model import EntityKey
from fairway.integration.resync.guard import FLOOR, SHARE, Limits, Stale, judge
from support.integrations import SyncWorld, blueprint, items, kinds_of, mapping, numbered, resource

KINDS = ("repo", "team", "issue")
BLUEPRINTS = ("a", "b")
names = st.integers(0, 200).map(str)
keys = st.builds(EntityKey, st.sampled_from(BLUEPRINTS), names)
stale = st.lists(
    st.builds(Stale, keys, st.frozensets(st.sampled_from(KINDS)), st.booleans()), unique_by=lambda each: each.key
)
limits = st.builds(
    Limits,
    st.dictionaries(st.sampled_from(KINDS), st.just("it failed")),
    st.dictionaries(st.sampled_from(KINDS), st.none() | st.frozensets(st.sampled_from(BLUEPRINTS))),
    st.none() | st.just("nothing goes"),
    st.none() | st.floats(0, 1),
)
totals = st.dictionaries(st.sampled_from(BLUEPRINTS), st.integers(0, 400))


@given(stale, totals, limits)
def test_every_unseen_entity_is_deleted_or_kept_for_a_reason(
    unseen: list[Stale], all_of: dict[str, int], limit: Limits
) -> None:
    verdict = judge(unseen, all_of, limit)
    assert len(verdict.delete) + sum(each.count for each in verdict.kept) == len(unseen)
    assert {each.key for each in verdict.delete} <= {each.key for each in unseen}


@given(stale, totals, limits)
def test_nothing_of_a_failed_kind_is_deleted(unseen: list[Stale], all_of: dict[str, int], limit: Limits) -> None:
    for each in judge(unseen, all_of, limit).delete:
        assert limit.everything is None
        assert not each.kinds & set(limit.protected)
        assert not each.target
        if not each.kinds:
            makes = [limit.makes.get(kind) for kind in limit.protected]
            assert all(found is not None and each.key.blueprint not in found for found in makes)


@given(stale, totals, limits)
def test_no_blueprint_loses_more_than_the_guard_allows(
    unseen: list[Stale], all_of: dict[str, int], limit: Limits
) -> None:
    gone = Counter(each.key.blueprint for each in judge(unseen, all_of, limit).delete)
    if limit.threshold is not None:
        assert gone.total() <= limit.threshold * max(sum(all_of.values()), gone.total())
        return
    for name, count in gone.items():
        assert count <= max(FLOOR, SHARE * max(all_of.get(name, 0), count))


@given(stale, totals)
def test_everything_unseen_of_good_kinds_goes_within_the_limits(unseen: list[Stale], all_of: dict[str, int]) -> None:
    verdict = judge(unseen, all_of, Limits(threshold=1.0))
    assert {each.key for each in verdict.delete} == {each.key for each in unseen if not each.target}


@pytest.mark.parametrize(("threshold", "left"), [(0, 40), (0.05, 40), (0.9, 30), (1, 30), (None, 30)])
async def test_an_explicit_threshold_is_a_share_of_all(world: SyncWorld, threshold: float | None, left: int) -> None:
    world.source.pages = {"repo": [numbered(40)]}
    switches = {} if threshold is None else {"entityDeletionThreshold": threshold}
    await world.set_up(mapping(resource("repo"), **switches))
    await world.run()
    world.source.pages = {"repo": [numbered(30)]}
    report = await world.run()
    assert len(await world.entities()) == left
    assert (report.state == "completed") is (left == 30)
    assert (await world.state())["resyncState"]["status"] == "completed"


async def test_without_a_threshold_a_blueprint_keeps_most_of_its_entities(world: SyncWorld) -> None:
    world.source.pages = {"repo": [numbered(60)]}
    await world.set_up(mapping(resource("repo")))
    await world.run()
    world.source.pages = {"repo": [numbered(30)]}
    report = await world.run()
    assert (len(await world.entities()), report.state) == (60, "completed_with_warnings")
    assert "30 of 60" in report.kept[0].reason
    assert report.kinds[0].counts.kept == 30


async def test_an_empty_answer_is_believed_when_it_comes_twice(world: SyncWorld) -> None:
    world.source.pages = {"repo": [numbered(60)]}
    await world.set_up(mapping(resource("repo"), entityDeletionThreshold=1))
    await world.run()
    world.source.pages = {"repo": []}
    report = await world.run()
    assert (kinds_of(report), len(await world.entities())) == ({"repo-0": "completed_with_warnings"}, 60)
    assert "now has no items" in report.kept[0].reason
    report = await world.run()
    assert (kinds_of(report), len(await world.entities())) == ({"repo-0": "completed"}, 0)


async def test_of_a_lost_state_file_nothing_is_guessed(world: SyncWorld) -> None:
    """It is not known any more which kind made what: what the failed one can make stays, the rest may go."""
    world.source.pages = {"repo": [RuntimeError("no")], "team": [numbered(1)]}
    config = mapping(resource("repo"), resource("team", "team"))
    await world.set_up(config, blueprint("service"), blueprint("team"))
    await world.ours("x")
    await world.ours("y", name="team")
    report = await world.run()
    assert (set(await world.entities()), set(await world.entities("team"))) == ({"x"}, {"e00000"})
    assert report.kept[0].reason == 'it is not known which kind it is of, and fetching "repo-0" failed'


@pytest.mark.parametrize("breaks", [False, True])
async def test_what_a_relation_made_by_need_outlives_a_failure_of_its_kind(world: SyncWorld, breaks: bool) -> None:
    """No kind has ever seen it, and the item that relates to it is on the page that cannot be had."""
    page = [{"id": "a", "team": "by-need"}]
    config = mapping(
        resource("repo", mappings={"relations": {"team": ".team"}}), resource("team", "team"),
        createMissingRelatedEntities=True,
    )  # fmt: skip
    world.source.pages = {"repo": [page], "team": [numbered(1)]}
    await world.set_up(config, blueprint("team"), blueprint("service", "team"))
    await world.run()
    assert set(await world.entities("team")) == {"e00000", "by-need"}
    world.source.pages = {"repo": [RuntimeError("no")] if breaks else [items("a")], "team": [numbered(1)]}
    await world.run()
    assert ("by-need" in await world.entities("team")) is breaks


async def test_without_a_listing_nothing_is_deleted(world: SyncWorld) -> None:
    world.source.pages = {"repo": [numbered(3)]}
    await world.set_up(mapping(resource("repo")))
    await world.ours("x")
    world.watched.trouble("datasource-entities", 500, 500)
    report = await world.run()
    assert (report.state, "x" in await world.entities()) == ("failed", True)


async def test_a_deletion_that_the_portal_refuses_is_told(world: SyncWorld) -> None:
    world.source.pages = {"repo": [numbered(3)]}
    await world.set_up(mapping(resource("repo")))
    await world.ours("x")
    world.watched.trouble("bulk/entities/delete", 422)
    report = await world.run()
    assert (report.state, report.kept[0].reason) == ("completed_with_warnings", "the portal refused: In trouble")
