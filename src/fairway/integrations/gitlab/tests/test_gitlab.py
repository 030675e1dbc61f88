"""GitLab against a server that has its habits: resyncs."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from fairway.integration.check.examples import items_of
from fairway.integration.http import ThirdPartyError, ThirdPartyRefused, ThirdPartyUnavailable
from fairway.integration.testing import Reply, context_for
from fairway.integrations.gitlab.tests.helpers import LOADED, MAPPING, config, names, resync
from fairway.integrations.gitlab.tests.server import API, EXAMPLES, TIDE, GitLabServer, example
from fairway.kit.clock import parse_instant
from fairway.kit.errors import InvalidRequest


async def test_every_kind_of_the_default_mapping_gives_what_the_examples_show(server: GitLabServer) -> None:
    found = await resync(server)
    assert found.problems == []
    kinds = [each["kind"] for each in MAPPING["resources"]]
    assert set(kinds) == LOADED.integration.kinds
    for index, kind in enumerate(kinds):
        expected = items_of(EXAMPLES / f"{kind}.json")
        assert sorted(map(repr, found.raw[f"{kind}-{index}"])) == sorted(map(repr, expected)), kind
    assert server.counts[f"GET {API}/projects"] == 1
    assert server.counts[f"GET {API}/groups"] == 1
    query = server.requests(f"{API}/projects")[0].query
    assert (query["min_access_level"], query["pagination"], query["per_page"]) == ("30", "keyset", "100")


async def test_identifiers_and_relations_are_those_of_other_catalogs(server: GitLabServer) -> None:
    server.lists[f"{API}/projects"][0]["path_with_namespace"] = "harbor/tide api"
    found = await resync(server, "project", "group-with-members", "merge-request")
    documents = {(each.blueprint, str(each.identifier)): each.document for each in found.entities}
    assert documents["service", "harbor/tideapi"]["properties"]["language"] == "Python"
    assert documents["gitlabGroup", "harbor"]["relations"] == {"gitlabMembers": ["ada.lind", "noor.h"]}
    assert documents["gitlabMergeRequest", "7001"]["relations"] == {"project": "harbor/tide-api"}


async def test_pages_by_keyset_are_followed_whatever_address_their_links_have(server: GitLabServer) -> None:
    server.page, server.outside = 1, "https://inner.example"
    assert names(await resync(server, "project")) == ["harbor/tide-api", "harbor/gauges/sensor"]


async def test_counted_pages_end_where_the_header_says_so(server: GitLabServer) -> None:
    server.page = 1
    assert names(await resync(server, "group", "branch")) == [
        "harbor", "harbor/gauges", "harbor/tide-api/main", "harbor/tide-api/fix/gauges"
    ]  # fmt: skip
    assert server.counts[f"GET {API}/groups"] == 2


async def test_a_page_that_fails_in_the_middle_fails_the_kind(server: GitLabServer) -> None:
    first = Reply(example("branch")[:1], headers={"x-next-page": "2"})
    server.instead[f"{TIDE}/repository/branches"] = [first, Reply({"message": "403 Forbidden"}, 403)]
    with pytest.raises(ThirdPartyRefused):
        await resync(server, "branch")


async def test_a_listing_that_shrinks_is_read_again(server: GitLabServer) -> None:
    server.page, path = 1, f"{API}/groups/11/merge_requests"
    open_ones = [{**example("merge-request")[0], "id": number} for number in (1, 2, 3)]
    server.lists[path] = open_ones[1:]
    server.instead[path] = [Reply(open_ones[:1], headers={"x-total": "3", "x-next-page": "2"})]
    assert set(names(await resync(server, "merge-request"))) == {"1", "2", "3"}
    assert [each.query.get("page") for each in server.requests(path)] == [None, "2", None, "2"]
    shrinking = [
        Reply(open_ones[:1], headers={"x-total": "3", "x-next-page": "2"}),
        Reply([{"id": 9}], headers={"x-total": "1"}),
    ]
    server.instead[path] = shrinking * 3
    with pytest.raises(ThirdPartyError, match="3 items became 1"):
        await resync(server, "merge-request")


async def test_features_that_are_off_are_not_asked_for_or_give_nothing(server: GitLabServer) -> None:
    server.instead[f"{TIDE}/pipelines"] = [Reply({"message": "403 Forbidden"}, 403)]
    assert names(await resync(server, "pipeline")) == []
    assert f"GET {API}/projects/102/pipelines" not in server.counts


@pytest.mark.parametrize(
    ("kind", "path"), [("pipeline", f"{TIDE}/pipelines"), ("project", f"{API}/projects"), ("issue", f"{API}/groups")]
)
async def test_a_token_without_the_scope_is_a_failure(server: GitLabServer, kind: str, path: str) -> None:
    said = {
        "error": "insufficient_scope",
        "error_description": "The request requires higher privileges",
        "scope": "api",
    }
    server.instead[path] = [Reply(said, 403)]
    with pytest.raises(ThirdPartyRefused):
        await resync(server, kind)


async def test_a_listing_that_is_not_there_is_a_failure(server: GitLabServer) -> None:
    del server.lists[f"{API}/groups/11/merge_requests"]
    with pytest.raises(ThirdPartyError, match="404"):
        await resync(server, "merge-request")
    with pytest.raises(ThirdPartyRefused):
        await resync(server, "project", gitlabToken="wrong")


async def test_limits_are_waited_for(server: GitLabServer) -> None:
    headers = {"retry-after": "0", "ratelimit-remaining": "0", "ratelimit-reset": "1"}
    server.instead[f"{TIDE}/repository/tags"] = [Reply({"message": "429 Too Many Requests"}, 429, headers)]
    assert names(await resync(server, "tag")) == ["harbor/tide-api/v1.4.0"]


async def test_what_is_listed_by_group_is_asked_for_once_from_the_top(server: GitLabServer) -> None:
    closed = {**example("merge-request")[0], "id": 7009, "state": "merged"}
    server.lists[f"{API}/groups/11/merge_requests"].append(closed)
    assert names(await resync(server, "merge-request")) == ["7001"]
    found = await resync(server, "merge-request", selector={"states": ["opened", "merged"], "updatedAfter": 30})
    assert names(found) == ["7001", "7009"]
    queries = [each.query for each in server.requests(f"{API}/groups/11/merge_requests")]
    assert [each.get("updated_after") is None for each in queries] == [True, True, False]
    since = parse_instant(queries[-1]["updated_after"])
    assert since is not None
    assert 29 <= (datetime.now(UTC) - since).days <= 30
    assert not server.requests(f"{API}/groups/12/merge_requests")
    await resync(server, "issue", selector={"labels": ["bug", "tide"]})
    assert server.requests(f"{API}/groups/11/issues")[0].query["labels"] == "bug,tide"


async def test_a_subgroup_counts_as_the_top_when_the_token_reaches_nothing_above(server: GitLabServer) -> None:
    server.lists[f"{API}/groups"] = example("group")[1:]
    server.lists[f"{API}/groups/12/merge_requests"] = example("merge-request")
    assert names(await resync(server, "merge-request")) == ["7001"]


async def test_groups_of_the_settings_limit_what_is_read(server: GitLabServer) -> None:
    group = f"{API}/groups/harbor/gauges"
    server.objects[group] = example("group")[1]
    server.lists[f"{group}/descendant_groups"] = []
    server.lists[f"{group}/projects"] = example("project")[1:]
    more = {"gitlabGroups": '["/harbor/gauges/"]'}
    found = await resync(server, "project", "group", **more)
    assert names(found) == ["harbor/gauges/sensor", "harbor/gauges"]
    query = server.requests(f"{group}/projects")[0].query
    assert (query["include_subgroups"], query["with_shared"]) == ("true", "false")
    with pytest.raises(ThirdPartyError, match="404"):
        await resync(server, "group", gitlabGroups=["nobody"])


async def test_access_levels(server: GitLabServer) -> None:
    await resync(server, "project", minAccessLevel=0)
    query = server.requests(f"{API}/projects")[0].query
    assert query["membership"] == "true"
    assert "min_access_level" not in query
    with pytest.raises(InvalidRequest, match="minAccessLevel"):
        await resync(server, "project", minAccessLevel=31)


async def test_archived_projects_can_be_left_out(server: GitLabServer) -> None:
    server.lists[f"{API}/projects"][0]["archived"] = True
    assert len(names(await resync(server, "project", selector={}))) == 2
    active = {"includeOnlyActiveProjects": True}
    assert names(await resync(server, "project", selector=active)) == ["harbor/gauges/sensor"]
    assert names(await resync(server, "branch", selector=active)) == []
    server.lists[f"{API}/groups"][1]["marked_for_deletion_on"] = "2026-03-01"
    assert names(await resync(server, "group", selector={"includeOnlyActiveGroups": True})) == ["harbor"]


async def test_bots_are_left_out_and_members_come_once(server: GitLabServer) -> None:
    bot = {**example("member")[0], "id": 99, "username": "group_11_bot_0a1b2c"}
    server.lists[f"{API}/groups/11/members"].append(bot)
    assert names(await resync(server, "member")) == ["ada.lind", "noor.h"]
    found = await resync(server, "member", selector={"includeBotMembers": True})
    assert names(found) == ["ada.lind", "noor.h", "group_11_bot_0a1b2c"]
    for number in (11, 12):
        server.lists[f"{API}/groups/{number}/members/all"] = example("member")
    found = await resync(server, "group-with-members", selector={"includeInheritedMembers": True})
    assert [len(each["__members"]) for each in found.raw["group-with-members-0"]] == [2, 2]


def _tree(*paths: str) -> list[dict[str, Any]]:
    return [{"id": path, "name": path, "type": "blob", "path": path, "mode": "100644"} for path in paths]


async def test_files_are_found_by_globs_and_parsed(server: GitLabServer) -> None:
    server.page = 2
    server.lists[f"{TIDE}/repository/tree"] = _tree("a/svc.yml", "b/other.txt", "b/svc.yml", "c/svc.yml")
    server.put("a/svc.yml", "name: a\n", None)
    server.put("b/svc.yml", "- 1\n- 2\n", None)
    server.put("c/svc.yml", "", {"size": 3_000_000})
    pattern = {"path": "**/svc.yml", "repos": ["Harbor/Tide-API"]}
    found = (await resync(server, "file", selector={"files": pattern})).raw["file-0"]
    assert [(each["path"], each["content"], each["branch"]) for each in found] == [
        ("a/svc.yml", {"name": "a"}, "main"),
        ("b/svc.yml", [1, 2], "main"),
    ]
    text = (await resync(server, "file", selector={"files": [{**pattern, "skipParsing": True}]})).raw["file-0"]
    assert text[0]["content"] == "name: a\n"
    other = (await resync(server, "file", selector={"files": [{**pattern, "repos": ["others/x"]}]})).raw["file-0"]
    assert other == []


async def test_the_probe_says_when_it_is_not_reached(server: GitLabServer) -> None:
    context = context_for(LOADED.integration, config=config(server))
    try:
        await LOADED.integration.probes[0](context)
        server.instead[f"{API}/user"] = [Reply({"message": "down"}, 503, {"retry-after": "7200"})]
        with pytest.raises(ThirdPartyUnavailable):
            await LOADED.integration.probes[0](context)
    finally:
        await context.http.aclose()
