"""Ends of claims. Section 7."""

from __future__ import annotations

from pathlib import Path

import pytest

from fairway.gitops.forges.errors import NotPermitted
from fairway.gitops.ledger.model import ClaimState
from fairway.gitops.model import EntityKey
from fairway.gitops.options import OrphanPolicy, RepositoryFilter
from fairway.gitops.patterns import Patterns
from fairway.gitops.sync import Hint, Status
from fairway.gitops.sync.running import exit_code
from fairway.kit.errors import Conflict, NotFound
from support.gitops_world import World, spec, world


async def test_a_definition_that_is_removed_takes_its_entity_along(one: World) -> None:
    one.push("a/one", spec("keep", "gone"))
    await one.reconcile()
    one.push("a/one", spec("keep"))
    report = await one.reconcile()
    assert report.entities.deleted == 1
    assert list(one.catalog.shown()) == ["service/keep"]
    assert await one.claims("service", "gone") == []


@pytest.mark.parametrize("content", ["", "# nothing\n", "null\n", "[]\n", None])
async def test_empty_and_deleted_files_define_nothing(one: World, content: str | None) -> None:
    one.push("a/one", spec("gone"))
    await one.reconcile()
    one.push("a/one", content)
    await one.reconcile()
    assert one.catalog.shown() == {}


@pytest.mark.parametrize(
    "content", ["a: [", "- just text\n", "identifier: x\nidentifier: y\n", b"\xff\xfe", "x: !!python/name:os 1\n"]
)
async def test_a_file_that_cannot_be_read_changes_nothing(one: World, content: str | bytes) -> None:
    one.push("a/one", spec("stays", tier=1))
    await one.reconcile()
    one.push("a/one", {"port.yml": content})
    report = await one.reconcile()
    assert one.catalog.shown() == {"service/stays": {"tier": 1}}
    assert report.findings.errors == 1
    (claim,) = await one.claims("service", "stays")
    assert claim.stale
    one.push("a/one", spec("stays", tier=2))
    await one.reconcile()
    assert one.value("stays", "tier") == 2


async def test_a_bad_definition_keeps_its_last_good_version_and_its_siblings_go_on(one: World) -> None:
    one.push("a/one", spec("good", "bad", tier=1))
    await one.reconcile()
    bad = {"identifier": "bad", "blueprint": "service", "properties": {"tier": "high"}}
    one.push("a/one", spec({"identifier": "good", "blueprint": "service", "properties": {"tier": 2}}, bad))
    await one.reconcile()
    assert one.value("good", "tier") == 2
    assert one.value("bad", "tier") == 1


async def test_a_definition_without_a_name_keeps_the_whole_file(one: World) -> None:
    one.push("a/one", spec("one", "two"))
    await one.reconcile()
    one.push("a/one", "- blueprint: service\n- identifier: one\n  blueprint: service\n")
    await one.reconcile()
    assert one.has("two")


async def test_what_moved_into_a_broken_file_is_not_deleted(one: World) -> None:
    one.push("a/one", {"a/port.yml": spec("moved", tier=1)})
    await one.reconcile()
    one.push("a/one", {"a/port.yml": None, "b/port.yml": "- identifier: moved\n  blueprint: [service\n"})
    await one.reconcile()
    await one.reconcile()
    assert one.has("moved")
    one.push("a/one", {"b/port.yml": spec("moved", tier=2)})
    await one.reconcile()
    assert one.value("moved", "tier") == 2
    assert EntityKey("service", "moved") not in one.catalog.deleted


@pytest.mark.parametrize("content", [spec(), spec("other"), None])
async def test_what_a_broken_file_held_goes_when_that_is_mended_without_it(one: World, content: str | None) -> None:
    one.push("a/one", {"a/port.yml": spec("gone"), "b/port.yml": spec("other")})
    await one.reconcile()
    one.push("a/one", {"a/port.yml": spec(), "b/port.yml": "a: ["})
    await one.reconcile()
    assert sorted(one.catalog.shown()) == ["service/gone", "service/other"], "it may have moved"
    await one.reconcile()
    assert sorted(one.catalog.shown()) == ["service/gone", "service/other"]
    one.push("a/one", {"b/port.yml": content})
    report = await one.reconcile()
    assert "service/gone" not in one.catalog.shown()
    assert report.entities.deleted == (1 if content == spec("other") else 2)


async def test_a_broken_file_of_long_ago_does_not_keep_what_others_remove(one: World) -> None:
    one.push("a/one", {"a/port.yml": spec("gone"), "b/port.yml": "a: ["})
    await one.reconcile()
    one.push("a/one", {"a/port.yml": None})
    await one.reconcile()
    assert not one.has("gone")


async def test_an_enriched_entity_is_only_cleared(one: World) -> None:
    one.catalog.put("service", "checkout", language="go", title="Checkout")
    one.push("a/one", spec("checkout", tier=1))
    await one.reconcile()
    one.push("a/one", None)
    report = await one.reconcile()
    assert report.entities.deleted == 0
    assert one.catalog.shown() == {"service/checkout": {"language": "go"}}
    assert await one.claims("service", "checkout") == []


async def test_an_entity_that_others_wrote_since_is_only_cleared(one: World) -> None:
    one.push("a/one", spec("checkout", tier=1))
    await one.reconcile()
    one.catalog.put("service", "checkout", language="go")
    one.push("a/one", None)
    await one.reconcile()
    assert one.catalog.shown() == {"service/checkout": {"language": "go"}}


async def test_a_file_that_is_not_matched_any_more_defines_nothing(one: World) -> None:
    one.push("a/one", {"port.yml": spec("root"), "x/port.yml": spec("deep")})
    await one.reconcile()
    one.restart(patterns=Patterns(("port.yml",)))
    await one.reconcile()
    assert list(one.catalog.shown()) == ["service/root"]


async def test_a_repository_is_gone_after_two_complete_passes_an_hour_apart(one: World) -> None:
    one.push("a/one", spec("one"))
    one.push("a/two", spec("two"))
    await one.reconcile()
    one.forge.repositories.delete("a/two")
    await one.reconcile()
    assert one.has("two")
    await one.reconcile(minutes=30)
    assert one.has("two"), "not an hour yet"
    await one.reconcile(minutes=31)
    assert not one.has("two")
    assert not await one.store.repositories("git", ["2"]) or (await one.reconcile()).status is Status.COMPLETE
    assert not await one.store.repositories("git", ["2"])


async def test_a_repository_that_comes_back_in_time_keeps_its_entities(one: World) -> None:
    one.push("a/one", spec("one"))
    one.push("a/two", spec("two"))
    await one.reconcile()
    one.forge.unlisted = {"a/two"}
    await one.reconcile()
    one.forge.unlisted = set()
    await one.reconcile()
    one.forge.unlisted = {"a/two"}
    await one.reconcile()
    assert one.has("two")


async def test_a_deletion_event_counts_at_once_when_the_repository_is_not_there(one: World) -> None:
    one.push("a/one", spec("one"))
    await one.reconcile()
    await one.delta("1", Hint(deleted=True))
    assert one.has("one"), "the forge still has it"
    one.forge.repositories.delete("a/one")
    await one.delta("1", Hint())
    assert one.has("one"), "nobody said that it was deleted"
    await one.delta("1", Hint(deleted=True))
    assert not one.has("one")


async def test_a_repository_that_answers_with_an_error_keeps_its_state_and_stops_deletions(one: World) -> None:
    one.push("a/one", spec("one", "gone"))
    one.push("a/two", spec("two"))
    await one.reconcile()
    one.push("a/one", spec("one"))
    one.forge.outage("a/two")
    report = await one.reconcile()
    assert report.status is Status.PARTIAL
    assert report.ends.stops == ("the pass is not complete",)
    assert one.has("gone")
    assert one.has("two")
    one.forge.broken.clear()
    await one.reconcile()
    assert not one.has("gone")


async def test_a_filtered_repository_ends_at_the_next_pass(one: World) -> None:
    one.push("a/one", spec("one"))
    one.push("b/two", spec("two"))
    await one.reconcile()
    one.restart(repositories=RepositoryFilter(include=("a/*",)))
    await one.reconcile()
    assert list(one.catalog.shown()) == ["service/one"]
    one.restart(repositories=RepositoryFilter())
    await one.reconcile()
    assert one.has("two")


async def test_an_archived_repository_ends_at_the_next_pass(one: World) -> None:
    one.push("a/one", spec("one"))
    await one.reconcile()
    one.forge.repositories["a/one"].archived = True
    await one.reconcile()
    assert not one.has("one")


async def test_renames_and_transfers_end_nothing(one: World) -> None:
    one.push("a/one", spec("one"))
    await one.reconcile()
    one.forge.repositories.rename("a/one", "b/uno")
    one.forge.repositories["b/uno"].rename_branch("main", "trunk")
    report = await one.reconcile()
    assert report.entities.deleted == 0
    assert one.has("one")
    (claim,) = await one.claims("service", "one")
    assert claim.location.branch == "trunk"


async def test_a_branch_that_is_not_there_changes_nothing(one: World) -> None:
    one.restart(branch="release")
    one.push("a/one", spec("one"))
    repository = one.forge.repositories["a/one"]
    repository.branch("release")
    await one.reconcile()
    assert one.has("one")
    repository.delete_branch("release")
    report = await one.reconcile()
    assert one.has("one")
    assert 'Branch "release" is not there any more' in report.notices[0]


async def test_grace_lets_a_definition_move_between_repositories(tmp_path: Path) -> None:
    async with world(tmp_path / "ledger.db") as made:
        made.restart(deletion_grace_seconds=120)
        made.push("a/one", spec("moved", tier=1))
        made.push("a/two", spec("other"))
        await made.reconcile()
        made.push("a/one", None)
        await made.delta("a/one")
        assert await made.state("moved") is ClaimState.ORPHANED
        made.push("a/two", spec("other", {"identifier": "moved", "blueprint": "service", "properties": {"tier": 2}}))
        await made.delta("a/two")
        made.clock.advance(minutes=5)
        await made.engine.sweep()
        assert made.value("moved", "tier") == 2
        assert made.catalog.deleted == []
        made.push("a/two", spec("other"))
        await made.delta("a/two")
        assert made.has("moved")
        made.clock.advance(minutes=5)
        await made.engine.sweep()
        assert not made.has("moved")
        assert [str(key) for key in made.catalog.deleted] == ["service/moved"]


async def test_dependents_are_refused_and_marked_until_they_are_gone(one: World) -> None:
    one.push("a/one", spec({"identifier": "pay", "blueprint": "domain"}))
    await one.reconcile()
    one.catalog.put("plain", "needs", strict="pay")
    one.push("a/one", None)
    await one.reconcile()
    assert one.has("pay", "domain")
    assert await one.state("pay", "domain") is ClaimState.ORPHANED
    one.catalog.entities.pop(EntityKey("plain", "needs"))
    await one.reconcile()
    assert not one.has("pay", "domain")


async def test_dependents_go_along_when_the_source_says_so(one: World) -> None:
    one.restart(delete_dependents=True)
    one.push("a/one", spec({"identifier": "pay", "blueprint": "domain"}))
    await one.reconcile()
    one.catalog.put("plain", "needs", strict="pay")
    one.push("a/one", None)
    await one.reconcile()
    assert one.catalog.shown() == {}


async def test_dependents_of_the_same_run_go_first(one: World) -> None:
    plain = {"identifier": "needs", "blueprint": "plain", "relations": {"strict": "pay"}}
    one.push("a/one", spec({"identifier": "pay", "blueprint": "domain"}))
    one.push("a/two", spec(plain))
    await one.reconcile()
    one.push("a/one", None)
    one.push("a/two", None)
    report = await one.reconcile()
    assert report.entities.deleted == 2
    assert [key.blueprint for key in one.catalog.deleted] == ["plain", "domain"]


async def test_orphans_can_be_kept(one: World) -> None:
    one.restart(orphans=OrphanPolicy.KEEP)
    one.push("a/one", spec("one"))
    await one.reconcile()
    one.push("a/one", None)
    report = await one.reconcile()
    assert report.ends.orphaned == 1
    (claim,) = await one.claims("service", "one")
    assert claim.kept
    assert one.has("one")


async def test_deletions_are_journaled_and_can_be_restored(one: World) -> None:
    one.push("a/one", spec("one", tier=3))
    one.catalog.put("service", "rich", language="go")
    one.push("a/two", spec("rich", tier=4))
    await one.reconcile()
    one.push("a/one", None)
    one.push("a/two", None)
    await one.reconcile()
    entries = await one.store.journal("git", None, 10)
    assert {(str(each.key), each.effect.value) for each in entries} == {
        ("service/one", "delete"), ("service/rich", "clear"),
    }  # fmt: skip
    for each in entries:
        await one.engine.restore(each.id)
    assert one.value("one", "tier") == 3
    assert one.catalog.shown()["service/rich"] == {"language": "go", "tier": 4}
    with pytest.raises(Conflict):
        await one.engine.restore(entries[0].id)
    with pytest.raises(NotFound):
        await one.engine.restore("journal_none")


async def test_the_journal_ends_after_thirty_days(one: World) -> None:
    one.push("a/one", spec("one"))
    await one.reconcile()
    one.push("a/one", None)
    await one.reconcile()
    (entry,) = await one.store.journal("git", None, 10)
    await one.reconcile(minutes=31 * 24 * 60)
    with pytest.raises(NotFound):
        await one.engine.restore(entry.id)


async def test_what_a_repository_defines_again_is_not_restored(one: World) -> None:
    one.push("a/one", spec("one"))
    await one.reconcile()
    one.push("a/one", None)
    await one.reconcile()
    (entry,) = await one.store.journal("git", None, 10)
    one.push("a/one", spec("one", tier=9))
    await one.reconcile()
    with pytest.raises(Conflict, match="defined by a repository now"):
        await one.engine.restore(entry.id)


async def test_a_sweep_waits_for_a_complete_pass(tmp_path: Path) -> None:
    async with world(tmp_path / "ledger.db") as made:
        made.restart(deletion_grace_seconds=60)
        made.push("a/old", spec("moved", tier=1))
        made.push("a/new", spec("other"))
        await made.reconcile()
        made.push("a/old", None)
        made.push("a/new", spec("other", {"identifier": "moved", "blueprint": "service", "properties": {"tier": 2}}))
        made.forge.outage("a/new")
        await made.reconcile()
        made.clock.advance(minutes=5)
        await made.engine.sweep()
        assert made.has("moved"), "it may be where nobody could look"
        made.push("a/third", spec("third"))
        await made.delta("a/third")
        made.push("a/third", None)
        await made.delta("a/third")
        made.clock.advance(minutes=5)
        await made.engine.sweep()
        assert not made.has("third"), "what pushes end later is not in doubt"
        made.forge.broken.clear()
        await made.reconcile()
        assert made.value("moved", "tier") == 2
        assert [str(key) for key in made.catalog.deleted] == ["service/third"]


async def test_a_repository_that_may_not_be_read_ends_nothing_and_stops_nothing(one: World) -> None:
    one.push("a/one", spec("one", "gone"))
    one.push("a/two", spec("two"))
    await one.reconcile()
    one.push("a/one", spec("one"))
    one.forge.broken["a/two"] = NotPermitted("no")
    for _ in range(3):
        report = await one.reconcile()
        assert report.status is Status.COMPLETE
        assert exit_code(report) == 2
    assert sorted(one.catalog.shown()) == ["service/one", "service/two"]
