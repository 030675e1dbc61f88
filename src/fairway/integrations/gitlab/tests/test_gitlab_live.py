"""Live events of GitLab, and the hooks they come from."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fairway.integration.testing import Reply, context_for
from fairway.integrations.gitlab.tests.helpers import LOADED, SECRET, config, deliver, gone, names, resync
from fairway.integrations.gitlab.tests.server import API, TIDE, GitLabServer, example
from fairway.kit.errors import MalformedBody, Unauthorized

BEFORE, AFTER, NOWHERE = "1" * 40, "2" * 40, "0" * 40
PROJECT = {"id": 101, "path_with_namespace": "harbor/tide-api"}


def about(kind: str, **more: Any) -> dict[str, Any]:
    return {"object_kind": kind, "project": PROJECT, **more}


def numbered(kind: str, action: str = "update") -> dict[str, Any]:
    item = example(kind.replace("_", "-"))[0]
    attributes = {"id": item["id"], "iid": item["iid"], "title": "old", "action": action}
    return about(kind, object_attributes=attributes)


PIPELINE = about("pipeline", object_attributes={"id": 8801})
JOB = {"object_kind": "build", "project_id": 101, "build_id": 9901, "build_name": "unit"}
DEPLOYMENT = about("deployment", deployment_id=2101)
RELEASE = about("release", tag="v1.4.0", action="update")


async def test_an_event_that_is_not_gitlabs_is_refused(server: GitLabServer) -> None:
    for secret in ("wrong", ""):
        with pytest.raises(Unauthorized):
            await deliver(server, numbered("issue"), "issue", secret=secret)
    with pytest.raises(Unauthorized):
        await deliver(server, numbered("issue"), "issue", webhookSecret=None)
    assert server.asked == []


@pytest.mark.parametrize(
    ("payload", "kind"),
    [
        ({"object_kind": "issue"}, "issue"),
        (about("issue"), "issue"),
        (about("push"), "branch"),
        (about("build"), "job"),
    ],
)
async def test_a_payload_that_says_too_little_is_refused(server: GitLabServer, payload: Any, kind: str) -> None:
    with pytest.raises(MalformedBody):
        await deliver(server, payload, kind)


@pytest.mark.parametrize(
    ("payload", "kind"),
    [
        (numbered("merge_request"), "merge-request"),
        (numbered("issue"), "issue"),
        (PIPELINE, "pipeline"),
        (JOB, "job"),
        (DEPLOYMENT, "deployment"),
        (RELEASE, "release"),
    ],
)
async def test_what_changed_is_fetched_again(server: GitLabServer, payload: Any, kind: str) -> None:
    live = await deliver(server, payload, kind)
    whole = await resync(server, kind)
    assert [each.document for each in live.upserted] == [each.document for each in whole.entities]
    assert live.deleted == []


async def test_what_leaves_the_selector_or_is_deleted_goes(server: GitLabServer) -> None:
    server.objects[f"{TIDE}/merge_requests/12"]["state"] = "merged"
    assert gone(await deliver(server, numbered("merge_request"), "merge-request")) == ["7001"]
    live = await deliver(server, numbered("merge_request"), "merge-request", selector={"states": ["merged"]})
    assert names(live) == ["7001"]
    assert gone(await deliver(server, numbered("issue"), "issue", selector={"labels": ["urgent"]})) == ["6007"]
    for path, payload, kind, name in (
        ("issues/7", numbered("issue"), "issue", "6007"), ("pipelines/8801", PIPELINE, "pipeline", "8801"),
        ("jobs/9901", JOB, "job", "9901"), ("deployments/2101", DEPLOYMENT, "deployment", "2101"),
    ):  # fmt: skip
        del server.objects[f"{TIDE}/{path}"]
        assert gone(await deliver(server, payload, kind)) == [name]
    assert gone(await deliver(server, {**RELEASE, "action": "delete"}, "release")) == ["harbor/tide-api/v1.4.0"]


async def test_projects_that_resyncs_leave_out_change_nothing(server: GitLabServer) -> None:
    for more in ({"minAccessLevel": 50}, {"gitlabGroups": ["others"]}):
        live = await deliver(server, PIPELINE, "pipeline", **more)
        assert (live.upserted, live.deleted) == ([], [])
    server.objects[TIDE]["archived"] = True
    live = await deliver(server, PIPELINE, "pipeline", selector={"includeOnlyActiveProjects": True})
    assert live.upserted == []


async def test_projects_come_go_and_move(server: GitLabServer) -> None:
    payload = {"event_name": "project_create", "project_id": 101, "path_with_namespace": "harbor/tide-api", "name": "T"}
    assert names(await deliver(server, payload, "project")) == ["harbor/tide-api"]
    moved = {**payload, "event_name": "project_transfer", "old_path_with_namespace": "old/tide-api"}
    live = await deliver(server, moved, "project")
    assert (names(live), gone(live)) == (["harbor/tide-api"], ["old/tide-api"])
    renamed = {**server.objects[TIDE], "path_with_namespace": "harbor/tides"}
    server.instead[TIDE] = [Reply(server.objects[TIDE]), Reply(renamed)]
    await deliver(server, PIPELINE, "pipeline")
    live = await deliver(server, {**moved, "path_with_namespace": "harbor/tides"}, "project")
    assert names(live) == ["harbor/tides"]
    destroyed = {**payload, "event_name": "project_destroy"}
    assert gone(await deliver(server, destroyed, "project")) == ["harbor/tide-api"]


async def test_groups_and_members_come_and_go(server: GitLabServer) -> None:
    group = {"event_name": "subgroup_create", "group_id": 12, "full_path": "harbor/gauges"}
    live = await deliver(server, group, "group", "group-with-members")
    assert names(live) == ["harbor/gauges", "harbor/gauges"]
    assert live.upserted[1].document["relations"] == {"gitlabMembers": ["noor.h"]}
    destroyed = {**group, "event_name": "subgroup_destroy"}
    assert gone(await deliver(server, destroyed, "group")) == ["harbor/gauges"]
    server.objects[f"{API}/groups/12"]["archived"] = True
    active = {"includeOnlyActiveGroups": True}
    assert gone(await deliver(server, group, "group", selector=active)) == ["harbor/gauges"]
    live = await deliver(server, group, "group", gitlabGroups=["others"])
    assert (live.upserted, live.deleted) == ([], [])
    server.objects[f"{API}/groups/11/members/31"] = example("member")[0]
    member = {"event_name": "user_add_to_group", "group_id": 11, "user_id": 31}
    assert names(await deliver(server, member, "group-with-members", "member")) == ["ada.lind", "harbor"]
    live = await deliver(server, {**member, "event_name": "user_remove_from_group"}, "group-with-members", "member")
    assert (names(live), gone(live)) == (["harbor"], [])


def push(ref: str = "refs/heads/main", **more: Any) -> dict[str, Any]:
    return about("push", project_id=101, ref=ref, before=BEFORE, after=AFTER, commits=[], **more)


async def test_branches_and_tags_follow_pushes(server: GitLabServer) -> None:
    assert names(await deliver(server, push("refs/heads/fix/gauges"), "branch")) == ["harbor/tide-api/fix/gauges"]
    removed = {**push("refs/heads/fix/gauges"), "after": NOWHERE}
    assert gone(await deliver(server, removed, "branch")) == ["harbor/tide-api/fix/gauges"]
    tagged = {**push("refs/tags/v1.4.0"), "object_kind": "tag_push"}
    assert names(await deliver(server, tagged, "tag", "branch")) == ["harbor/tide-api/v1.4.0"]
    assert gone(await deliver(server, {**tagged, "after": NOWHERE}, "tag")) == ["harbor/tide-api/v1.4.0"]


async def test_files_follow_pushes_with_what_was_in_them(server: GitLabServer) -> None:
    selector = {"files": [{"path": "**/svc.json"}]}
    renamed = {"old_path": "old/svc.json", "new_path": "new/svc.json", "renamed_file": True}
    server.objects[f"{TIDE}/repository/compare"] = {"diffs": [renamed, {"old_path": "x", "new_path": "x"}]}
    server.put("new/svc.json", "{}", None)
    files = f"{TIDE}/repository/files"
    old = Reply({"file_path": "old/svc.json", "size": 2, "content": "e30="})
    server.instead[f"{files}/old/svc.json"] = [Reply({"message": "404 File Not Found"}, 404), old]
    server.instead[f"{files}/new/svc.json"] = [
        Reply(server.objects[f"{files}/new/svc.json"]), Reply({"message": "404 File Not Found"}, 404)
    ]  # fmt: skip
    live = await deliver(server, push(), "file", selector=selector)
    assert (names(live), gone(live)) == (["harbor/tide-api/new/svc.json"], ["harbor/tide-api/old/svc.json"])
    assert server.requests(f"{TIDE}/repository/compare")[0].query["straight"] == "true"
    live = await deliver(server, push("refs/heads/other"), "file", selector=selector)
    assert (live.upserted, live.deleted) == ([], [])
    server.lists[f"{TIDE}/repository/tree"] = [{"type": "blob", "path": "new/svc.json"}]
    cut = [{"old_path": str(number), "new_path": str(number)} for number in range(1000)]
    for answer in ({"diffs": [], "compare_timeout": True}, {"diffs": cut}):
        server.objects[f"{TIDE}/repository/compare"] = answer
        assert names(await deliver(server, push(), "file", selector=selector)) == ["harbor/tide-api/new/svc.json"]


async def test_projects_follow_the_files_they_include(server: GitLabServer) -> None:
    server.objects[f"{TIDE}/repository/compare"] = {"diffs": [{"old_path": "x", "new_path": "x"}]}
    assert names(await deliver(server, push(), "project")) == []
    server.objects[f"{TIDE}/repository/compare"]["diffs"][0]["new_path"] = "README.md"
    assert names(await deliver(server, push(), "project")) == ["harbor/tide-api"]


async def start(server: GitLabServer, **more: Any) -> None:
    context = context_for(LOADED.integration, config=config(server, **more))
    try:
        for hook in LOADED.integration.start_hooks:
            await hook(replace(context, base_url="https://fairway.example/"))
    finally:
        await context.http.aclose()


async def test_hooks_are_made_once_at_the_top_and_mended(server: GitLabServer) -> None:
    await start(server)
    await start(server)
    assert [hook["group"] for hook in server.hooks] == [f"{API}/groups/11/hooks"]
    made = server.hooks[0]
    assert made["url"] == "https://fairway.example/integration/webhook"
    assert (made["token"], made["enable_ssl_verification"], made["job_events"]) == (SECRET, True, True)
    made["merge_requests_events"] = False
    server.hooks.append({**made, "id": 2})
    await start(server)
    assert server.hooks == [made]
    assert made["merge_requests_events"] is True
    asked = len(server.asked)
    await start(server, webhookSecret=None)
    assert len(server.asked) == asked


async def test_hooks_that_cannot_be_made_do_not_stop_the_start(server: GitLabServer) -> None:
    server.instead[f"{API}/groups/11/hooks"] = [Reply({"message": "404 Not Found"}, 404)]
    await start(server)
    assert server.hooks == []
