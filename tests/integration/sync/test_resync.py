"""Full passes against the real portal (contract section 7)."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from fairway.integration.definition import Context, Integration
from fairway.integration.model import Trigger
from support.integrations import AGENT, SyncWorld, blueprint, counts_of, items, kinds_of, mapping, numbered, resource
from support.own_portal import until


async def test_a_first_run_writes_everything_with_our_user_agent(world: SyncWorld) -> None:
    world.source.pages = {"repo": [numbered(25), numbered(5, "f")], "team": [items("a", "b", size=1)]}
    await world.set_up(mapping(resource("repo"), resource("team", "team")), blueprint("service"), blueprint("team"))
    report = await world.run()
    assert (report.state, kinds_of(report)) == ("completed", {"repo-0": "completed", "team-1": "completed"})
    assert len(await world.entities()) == 30
    assert (await world.entities("team"))["a"]["properties"]["size"] == 1
    assert {call.agent for call in world.watched.calls if "bulk" in call.path} == {AGENT}
    assert counts_of(report, "repo-0") == {"raw": 30, "mapped": 30, "loaded": 30}
    state = await world.state()
    assert (state["resyncState"]["status"], state["lastSync"]["state"]) == ("completed", "completed")
    assert state["lastSync"]["totals"]["load.loaded"] == 32


async def test_an_unchanged_run_asks_once_and_writes_nothing(world: SyncWorld) -> None:
    world.source.pages = {"repo": [numbered(45)]}
    await world.set_up(mapping(resource("repo")))
    await world.run()
    report = await world.run()
    assert counts_of(report, "repo-0") == {"raw": 45, "mapped": 45, "unchanged": 45}
    assert world.watched.paths("bulk") == world.watched.paths("search") == []
    assert len(world.watched.paths("datasource-entities")) == 1


async def test_without_the_state_file_the_portal_is_asked_what_it_has(world: SyncWorld) -> None:
    world.source.pages = {"repo": [numbered(45, size=3)]}
    await world.set_up(mapping(resource("repo")))
    await world.ours(*(each["id"] for each in numbered(45)[:40]), title="old")
    await world.ours("e00000", title="E00000", properties={"size": 3, "note": None})
    report = await world.run()
    assert counts_of(report, "repo-0") == {"raw": 45, "mapped": 45, "unchanged": 1, "loaded": 44}


async def test_without_a_listing_pages_of_more_than_ten_are_searched(world: SyncWorld) -> None:
    world.source.pages = {"repo": [numbered(11)], "few": [numbered(10, "f")]}
    await world.set_up(mapping(resource("repo"), resource("few")))
    await world.ours(*(each["id"] for each in numbered(10)), title="old")
    await world.ours("e00000", title="E00000", properties={})
    world.watched.trouble("datasource-entities", 400)
    report = await world.run()
    assert counts_of(report, "repo-0") == {"raw": 11, "mapped": 11, "unchanged": 1, "loaded": 10}
    assert len(world.watched.paths("POST /v1/entities/search")) == 1


async def test_what_somebody_deleted_at_the_portal_comes_back(world: SyncWorld) -> None:
    world.source.pages = {"repo": [items("a", "b")]}
    await world.set_up(mapping(resource("repo")))
    await world.run()
    assert (await world.client.delete("/v1/blueprints/service/entities/a")).status_code == 200
    report = await world.run()
    assert set(await world.entities()) == {"a", "b"}
    assert counts_of(report, "repo-0") == {"raw": 2, "mapped": 2, "unchanged": 1, "loaded": 1}


async def test_unseen_entities_are_deleted(world: SyncWorld) -> None:
    world.source.pages = {"repo": [items("a", "b", "c")]}
    await world.set_up(mapping(resource("repo")))
    await world.run()
    world.source.pages = {"repo": [items("a")]}
    report = await world.run()
    assert set(await world.entities()) == {"a"}
    assert (report.deleted, report.state) == (2, "completed")
    assert world.watched.bodies("bulk/entities/delete") == [{"entities": ["b", "c"]}]


@pytest.mark.slow
async def test_dependents_false_deletes_one_by_one(world: SyncWorld) -> None:
    world.source.pages = {"repo": [items("a", "b", "c")]}
    await world.set_up(mapping(resource("repo"), deleteDependentEntities=False))
    await world.run()
    world.source.pages = {"repo": [items("a")]}
    await world.run()
    assert world.watched.bodies("bulk/entities/delete") == [{"entities": ["b"]}, {"entities": ["c"]}]


async def test_entities_of_others_are_left_alone(world: SyncWorld) -> None:
    world.source.pages = {"repo": [items("a")]}
    await world.set_up(mapping(resource("repo")))
    body = {"identifier": "theirs", "title": "by hand"}
    await world.client.post("/v1/blueprints/service/entities", json=body)
    await world.run()
    assert set(await world.entities()) == {"a", "theirs"}


async def test_a_page_that_fails_keeps_its_kind_and_other_kinds_are_reconciled(world: SyncWorld) -> None:
    world.source.pages = {"repo": [items("a"), items("b")], "team": [items("t", "u")]}
    config = mapping(resource("repo"), resource("team", "team"))
    await world.set_up(config, blueprint("service"), blueprint("team"))
    await world.run()
    world.source.pages = {"repo": [items("a"), RuntimeError("page 2 broke")], "team": [items("t")]}
    report = await world.run()
    assert kinds_of(report) == {"repo-0": "failed", "team-1": "completed"}
    assert report.state == "failed"
    assert (set(await world.entities()), set(await world.entities("team"))) == ({"a", "b"}, {"t"})
    assert report.kinds[0].problems[0].message == "RuntimeError: page 2 broke"
    assert [(each.reason, each.count) for each in report.kept] == [('fetching "repo-0" failed', 1)]
    assert (await world.state())["resyncState"]["status"] == "failed"


async def test_a_plain_handler_that_raises_fails_its_kind(world: SyncWorld) -> None:
    world.source.pages, world.source.plain = {"repo": [RuntimeError("no")]}, {"repo"}
    await world.set_up(mapping(resource("repo")))
    await world.ours("a")
    report = await world.run()
    assert (kinds_of(report), set(await world.entities())) == ({"repo-0": "failed"}, {"a"})


async def test_a_selector_that_is_no_boolean_keeps_the_kind(world: SyncWorld) -> None:
    world.source.pages = {"repo": [items("a", "b")]}
    await world.set_up(mapping(resource("repo")))
    await world.run()
    await world.remap(mapping(resource("repo", query='if .id == "a" then true else "yes" end')))
    report = await world.run()
    assert (kinds_of(report), set(await world.entities())) == ({"repo-0": "failed"}, {"a", "b"})
    assert report.kinds[0].problems[0].where == "selector.query"


async def test_items_without_identifier_are_dropped_and_keep_the_kind(world: SyncWorld) -> None:
    world.source.pages = {"repo": [items("a", "b")]}
    await world.set_up(mapping(resource("repo")))
    await world.run()
    world.source.pages = {"repo": [[*items("a"), {"id": None}]]}
    report = await world.run()
    assert (kinds_of(report), set(await world.entities())) == ({"repo-0": "completed_with_warnings"}, {"a", "b"})
    assert report.kept[0].reason == '1 items of "repo-0" have no identifier or blueprint'


async def test_a_wrong_resource_fails_alone(world: SyncWorld) -> None:
    world.source.pages = {"repo": [items("a")], "team": [items("t", "u")]}
    config = mapping(resource("repo"), resource("team", "team"))
    await world.set_up(config, blueprint("service"), blueprint("team"))
    await world.run()
    world.source.pages = {"repo": [items("b")], "team": [items("t")]}
    await world.remap(mapping(resource("repo", mappings={"title": ".["}), resource("team", "team")))
    report = await world.run()
    assert kinds_of(report) == {"repo-0": "failed", "team-1": "completed"}
    assert (set(await world.entities()), set(await world.entities("team"))) == ({"a"}, {"t"})


async def test_an_unserved_kind_fails_with_those_that_are_served(world: SyncWorld) -> None:
    world.source.pages = {"repo": [items("a")]}
    await world.set_up(mapping(resource("repo"), resource("ghost")))
    report = await world.run()
    assert kinds_of(report) == {"repo-0": "completed", "ghost-1": "failed"}
    assert 'those served: "repo"' in report.kinds[1].problems[0].message


@pytest.mark.slow
async def test_a_removed_resource_takes_its_entities_along(world: SyncWorld) -> None:
    world.source.pages = {"repo": [items("a")], "team": [items("t")]}
    config = mapping(resource("repo"), resource("team", "team"))
    await world.set_up(config, blueprint("service"), blueprint("team"))
    await world.run()
    await world.remap(mapping(resource("repo")))
    await world.run()
    assert (set(await world.entities()), set(await world.entities("team"))) == ({"a"}, set())


async def test_an_empty_mapping_is_no_reason_to_delete(world: SyncWorld) -> None:
    world.source.pages = {"repo": [items("a")]}
    await world.set_up(mapping(resource("repo")))
    await world.run()
    await world.remap(mapping())
    report = await world.run()
    assert (report.state, set(await world.entities())) == ("completed_with_warnings", {"a"})


async def test_two_resources_of_a_kind_may_make_one_entity(world: SyncWorld) -> None:
    world.source.pages = {"repo": [items("a", size=1, note="n")]}
    two = mapping(
        resource("repo", mappings={"properties": {"size": ".size"}}),
        resource("repo", mappings={"properties": {"note": ".note"}}),
    )
    await world.set_up(two)
    await world.run()
    assert (await world.entities())["a"]["properties"] == {"size": 1, "note": "n"}
    report = await world.run()
    assert [each.counts.unchanged for each in report.kinds] == [1, 1]


async def test_disabled_deletion_is_honoured(world: SyncWorld) -> None:
    world.source.pages = {"repo": [items("a", "b")], "team": [items("t", "u")]}
    config = mapping(resource("repo", enableDelete=False), resource("team", "team"))
    await world.set_up(config, blueprint("service"), blueprint("team"))
    await world.run()
    world.source.pages = {"repo": [items("a")], "team": [items("t")]}
    report = await world.run()
    assert (set(await world.entities()), set(await world.entities("team"))) == ({"a", "b"}, {"t"})
    assert report.state == "completed"


async def test_a_partial_run_deletes_nothing_outside(world: SyncWorld) -> None:
    world.source.pages = {"repo": [items("a", "b")], "team": [items("t", "u")]}
    config = mapping(resource("repo"), resource("team", "team"))
    await world.set_up(config, blueprint("service"), blueprint("team"))
    await world.run()
    world.source.pages = {"repo": [items("a")], "team": [items("t")]}
    report = await world.run(frozenset({"team"}))
    assert (set(await world.entities()), set(await world.entities("team"))) == ({"a", "b"}, {"t"})
    assert (kinds_of(report), report.state) == ({"team-1": "completed"}, "completed")


async def test_what_seen_entities_relate_to_is_kept(world: SyncWorld) -> None:
    world.source.pages = {"repo": [items("a", team="platform")]}
    related = resource("repo", mappings={"relations": {"team": ".team"}})
    await world.set_up(mapping(related), blueprint("team"), blueprint("service", "team"))
    await world.run()
    report = await world.run()
    assert set(await world.entities("team")) == {"platform"}
    assert report.deleted == 0


async def test_missing_targets_are_tried_again_whole_and_in_order(world: SyncWorld) -> None:
    chain = [{"id": f"c{n}", "name": "x", "note": "kept", "up": f"c{n + 1}" if n < 3 else None} for n in range(4)]
    world.source.pages = {"repo": [[each] for each in chain]}
    related = resource("repo", mappings={"relations": {"service": ".up"}})
    shape = blueprint("service")
    shape["relations"] = {"service": {"title": "up", "target": "service", "required": False, "many": False}}
    await world.set_up(mapping(related, createMissingRelatedEntities=False), shape)
    report = await world.run()
    found = await world.entities()
    assert {name: each["relations"]["service"] for name, each in found.items()} == {
        "c0": "c1", "c1": "c2", "c2": "c3", "c3": None,
    }  # fmt: skip
    assert {each["properties"]["note"] for each in found.values()} == {"kept"}
    assert report.state == "completed"


async def test_a_target_that_stays_missing_is_named(world: SyncWorld) -> None:
    world.source.pages = {"repo": [items("a", team="ghost")]}
    related = resource("repo", mappings={"relations": {"team": ".team"}})
    config = mapping(related, createMissingRelatedEntities=False)
    await world.set_up(config, blueprint("team"), blueprint("service", "team"))
    report = await world.run()
    assert (kinds_of(report), report.state) == ({"repo-0": "completed_with_warnings"}, "completed_with_warnings")
    assert '"ghost"' in report.kinds[0].problems[0].message


async def test_refused_entities_show_and_are_not_deleted(world: SyncWorld) -> None:
    world.source.pages = {"repo": [items("a", size=1)]}
    await world.set_up(mapping(resource("repo")))
    await world.run()
    world.source.pages = {"repo": [[*items("a", size="large"), *items("b", size=2)]]}
    report = await world.run()
    assert counts_of(report, "repo-0") == {"raw": 2, "mapped": 2, "loaded": 1, "rejected": 1}
    assert (kinds_of(report), set(await world.entities())) == ({"repo-0": "completed_with_warnings"}, {"a", "b"})
    assert report.kinds[0].problems[0].item == "service/a"
    again = await world.run()
    assert counts_of(again, "repo-0") == {"raw": 2, "mapped": 2, "unchanged": 1, "rejected": 1}


async def test_an_identifier_that_cannot_be_is_a_refusal_that_shows(world: SyncWorld) -> None:
    world.source.pages = {"repo": [items("a", "not an identifier")]}
    await world.set_up(mapping(resource("repo")))
    report = await world.run()
    assert counts_of(report, "repo-0") == {"raw": 2, "mapped": 2, "loaded": 1, "rejected": 1}
    assert report.kinds[0].problems[0].item == "service/not an identifier"


async def test_large_bulks_are_halved_when_the_portal_asks(world: SyncWorld) -> None:
    world.source.pages = {"repo": [numbered(20)]}
    await world.set_up(mapping(resource("repo")))
    world.watched.trouble("entities/bulk", 413, 413)
    report = await world.run()
    assert sorted(len(each["entities"]) for each in world.watched.bodies("entities/bulk")) == [5, 5, 10, 10, 20]
    assert counts_of(report, "repo-0")["loaded"] == 20


async def test_passing_trouble_of_the_portal_is_sat_out(world: SyncWorld) -> None:
    world.source.pages = {"repo": [numbered(20)]}
    await world.set_up(mapping(resource("repo")))
    world.watched.trouble("entities/bulk", 429, 503, 401)
    report = await world.run()
    assert (report.state, len(await world.entities())) == ("completed", 20)


async def test_a_portal_that_takes_nothing_fails_the_kind(world: SyncWorld) -> None:
    world.source.pages = {"repo": [numbered(20)]}
    await world.set_up(mapping(resource("repo")))
    await world.ours("old")
    world.watched.trouble("entities/bulk", 500)
    report = await world.run()
    assert (kinds_of(report), "old" in await world.entities()) == ({"repo-0": "failed"}, True)


async def test_bulks_grow_when_an_answer_says_so(world: SyncWorld) -> None:
    world.source.pages = {"repo": [numbered(90)]}
    await world.set_up(mapping(resource("repo")))
    world.watched.headers = {"x-fairway-bulk-limit": "50"}
    await world.portal.get("/organization")
    assert world.api.entities.bulk_limit == 50
    assert [len(part) for part in world.api.entities._parts([b"{}"] * 90)] == [50, 40]


async def test_at_most_four_kinds_are_fetched_at_once(world: SyncWorld) -> None:
    world.source.pages = {f"k{n}": [items(f"a{n}"), items(f"b{n}")] for n in range(8)}
    world.source.gate = asyncio.Event()
    await world.set_up(mapping(*(resource(kind) for kind in world.source.pages)))
    running = asyncio.create_task(world.run())
    await until(lambda: world.source.under_way == 4)
    world.source.gate.set()
    await running
    assert world.source.most_under_way == 4


async def test_kinds_that_are_searched_in_come_first(world: SyncWorld) -> None:
    world.source.pages = {"repo": [items("a", team_name="T29")], "team": [items(f"t{n}") for n in range(30)]}
    by_name = {"combinator": '"and"', "rules": [{"property": '"$title"', "operator": '"="', "value": ".team_name"}]}
    config = mapping(resource("repo", mappings={"relations": {"team": by_name}}), resource("team", "team"))
    await world.set_up(config, blueprint("team"), blueprint("service", "team"))
    await world.run()
    assert (world.source.asked, world.source.most_under_way) == (["team", "repo"], 1)
    assert (await world.entities())["a"]["relations"]["team"] == "t29"


async def test_what_an_integration_caches_counts_for_one_run(world: SyncWorld) -> None:
    world.integration = Integration("fake")

    @world.integration.on_resync("repo")
    async def repos(context: Context) -> list[Any]:
        async def fetch() -> list[Any]:
            return world.source.pages["repo"][0]

        return list(await context.cache.result("repos", fetch))

    world.source.pages = {"repo": [items("a")]}
    await world.set_up(mapping(resource("repo")))
    runner = world.resync()
    await runner.run(Trigger.MANUAL)
    world.source.pages = {"repo": [items("a", "b")]}
    await runner.run(Trigger.MANUAL)
    assert set(await world.entities()) == {"a", "b"}
