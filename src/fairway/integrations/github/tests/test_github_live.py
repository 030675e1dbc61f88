"""Live events of GitHub, and the hooks they come from."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fairway.integration.http import ThirdPartyUnavailable
from fairway.integration.testing import Reply, context_for
from fairway.integrations.github.tests.helpers import (
    LOADED,
    SECRET,
    TIDE,
    about,
    app,
    config,
    deliver,
    gone,
    names,
    put,
    resync,
    tree,
)
from fairway.integrations.github.tests.server import ORG, GitHubServer, example
from fairway.kit.errors import Unauthorized


async def test_an_event_that_is_not_githubs_is_refused(server: GitHubServer) -> None:
    payload = about("edited", issue=example("issue")[0])
    for secret in ("wrong", ""):
        with pytest.raises(Unauthorized):
            await deliver(server, "issues", payload, "issue", secret=secret)
    with pytest.raises(Unauthorized):
        await deliver(server, "issues", payload, "issue", webhookSecret=None)
    assert server.asked == []


async def test_what_changed_is_fetched_again(server: GitHubServer) -> None:
    for event, kind, key in (
        ("pull_request", "pull-request", "pull_request"), ("issues", "issue", "issue"),
        ("release", "release", "release"), ("workflow_run", "workflow-run", "workflow_run"),
        ("deployment_status", "deployment", "deployment"),
        ("dependabot_alert", "dependabot-alert", "alert"), ("code_scanning_alert", "code-scanning-alerts", "alert"),
    ):  # fmt: skip
        stale = {**example(kind)[0], "title": "old", "name": "old"}
        live = await deliver(server, event, about("edited", **{key: stale}), kind)
        whole = await resync(server, kind)
        assert live.upserted[0].document == whole.entities[0].document, kind
        assert live.deleted == []


async def test_what_leaves_the_selector_or_is_deleted_goes(server: GitHubServer) -> None:
    pull, issue, alert = example("pull-request")[0], example("issue")[0], example("dependabot-alert")[0]
    server.objects[f"{TIDE}/pulls/12"] = {**pull, "state": "closed"}
    assert gone(await deliver(server, "pull_request", about("closed", pull_request=pull), "pull-request")) == [
        "tide-api70001"
    ]
    both = {"query": "true", "states": ["open", "closed"]}
    live = await deliver(server, "pull_request", about("closed", pull_request=pull), "pull-request", selector=both)
    assert names(live) == ["tide-api70001"]
    assert gone(await deliver(server, "issues", about("deleted", issue=issue), "issue")) == ["tide-api/7"]
    labels = {"query": "true", "labels": ["urgent"]}
    assert gone(await deliver(server, "issues", about("edited", issue=issue), "issue", selector=labels)) == [
        "tide-api/7"
    ]
    server.objects[f"{TIDE}/dependabot/alerts/2"] = {**alert, "state": "fixed"}
    assert gone(await deliver(server, "dependabot_alert", about("fixed", alert=alert), "dependabot-alert")) == [
        "tide-api/2"
    ]
    del server.objects[f"{TIDE}/releases/501"]
    release = example("release")[0]
    assert gone(await deliver(server, "release", about("unpublished", release=release), "release")) == ["tide-api/501"]


async def test_repositories_come_go_and_change_their_names(server: GitHubServer) -> None:
    live = await deliver(server, "repository", about("edited"), "repository")
    assert (names(live), gone(live)) == (["tide-api"], [])
    renamed = about("renamed", changes={"repository": {"name": {"from": "tides"}}})
    live = await deliver(server, "repository", renamed, "repository")
    assert (names(live), gone(live)) == (["tide-api"], ["tides"])
    assert gone(await deliver(server, "repository", about("deleted"), "repository")) == ["tide-api"]
    archived = about("archived")
    archived["repository"] = {**archived["repository"], "archived": True}
    assert gone(await deliver(server, "repository", archived, "repository")) == ["tide-api"]
    live = await deliver(server, "repository", archived, "repository", includeArchived=True)
    assert (names(live), gone(live)) == (["tide-api"], [])


async def test_organizations_that_are_not_read_change_nothing(server: GitHubServer) -> None:
    payload = about("edited", issue=example("issue")[0], organization={"login": "others"})
    live = await deliver(server, "issues", payload, "issue")
    assert (live.upserted, live.deleted) == ([], [])
    assert server.asked == []


async def test_teams_and_people_come_and_go(server: GitHubServer) -> None:
    given = {"team": example("team")[0], "organization": {"login": ORG}}
    live = await deliver(server, "membership", {"action": "added", "scope": "team", **given}, "team")
    assert live.upserted[0].document["relations"] == {"githubUser": ["ada-lind", "noor-h"]}
    assert gone(await deliver(server, "team", {"action": "deleted", **given}, "team")) == ["301"]
    person = {"organization": {"login": ORG}, "membership": {"user": {"login": "noor-h"}}}
    assert names(await deliver(server, "organization", {"action": "member_added", **person}, "user")) == ["noor-h"]
    assert gone(await deliver(server, "organization", {"action": "member_removed", **person}, "user")) == ["noor-h"]
    member = about("removed", member=example("collaborator")[0])
    assert gone(await deliver(server, "member", member, "collaborator")) == ["tide-api/ada-lind"]
    path = f"{TIDE}/collaborators/ada-lind/permission"
    server.objects[path] = {"permission": "write", "user": {**example("collaborator")[0], "role_name": "write"}}
    live = await deliver(server, "member", {**member, "action": "edited"}, "collaborator")
    assert live.upserted[0].document["properties"]["role"] == "write"


# Pushes

BEFORE, AFTER = "1" * 40, "2" * 40


def push(ref: str = "refs/heads/main", *touched: str, **more: Any) -> dict[str, Any]:
    commits = [{"added": [], "modified": list(touched), "removed": []}] if touched else []
    given = {"ref": ref, "before": BEFORE, "after": AFTER, "commits": commits, "repository": example("repository")[0]}
    return {**given, "organization": {"login": ORG}, "forced": False, "created": False, "deleted": False, **more}


async def test_branches_and_tags_follow_pushes(server: GitHubServer) -> None:
    assert names(await deliver(server, "push", push("refs/heads/gauges"), "branch")) == ["tide-api/gauges"]
    live = await deliver(server, "push", push("refs/heads/gauges", deleted=True), "branch")
    assert gone(live) == ["tide-api/gauges"]
    server.objects[f"{TIDE}/commits/tags/v2"] = {"sha": "9" * 40, "url": "x"}
    live = await deliver(server, "push", push("refs/tags/v2"), "tag", "branch")
    assert live.upserted[0].document["properties"] == {"commit": "9" * 40}
    assert gone(await deliver(server, "push", push("refs/tags/v2", deleted=True), "tag")) == ["tide-api/v2"]


async def test_files_follow_pushes_with_what_was_in_them(server: GitHubServer) -> None:
    mapping = {"query": "true", "files": [{"path": "**/svc.json"}]}
    server.objects[f"{TIDE}/git/trees/{BEFORE}"] = tree("old/svc.json", "same/svc.json")
    server.objects[f"{TIDE}/git/trees/{AFTER}"] = tree("new/svc.json", "same/svc.json")
    for path in ("old/svc.json", "new/svc.json"):
        put(server, path, "{}")
    live = await deliver(
        server, "push", push("refs/heads/main", "new/svc.json", "old/svc.json"), "file", selector=mapping
    )
    assert (names(live), gone(live)) == (["tide-api/new/svc.json"], ["tide-api/old/svc.json"])
    assert {each.query["ref"] for each in server.requests(f"{TIDE}/contents/old/svc.json")} == {BEFORE}
    asked = len(server.asked)
    live = await deliver(server, "push", push("refs/heads/main", "README.md"), "file", selector=mapping)
    assert (live.upserted, live.deleted, len(server.asked)) == ([], [], asked + 1)
    live = await deliver(server, "push", push("refs/heads/main", "README.md", forced=True), "file", selector=mapping)
    assert names(live) == ["tide-api/new/svc.json"]
    live = await deliver(server, "push", push("refs/heads/other", "new/svc.json"), "file", selector=mapping)
    assert live.upserted == []


async def test_folders_workflows_and_included_files_follow_pushes(server: GitHubServer) -> None:
    folder = {"path": "services/old", "type": "tree", "sha": "3" * 40}
    server.objects[f"{TIDE}/git/trees/{BEFORE}"] = {"sha": "x", "tree": [folder], "truncated": False}
    moved = {"sha": "y", "tree": [{**folder, "path": "services/new"}], "truncated": False}
    server.objects[f"{TIDE}/git/trees/{AFTER}"] = moved
    live = await deliver(server, "push", push(), "folder")
    assert (names(live), gone(live)) == (["tide-api/services/new"], ["tide-api/services/old"])
    live = await deliver(server, "push", push("refs/heads/main", ".github/workflows/build.yml"), "workflow")
    assert names(live) == ["41"]
    assert names(await deliver(server, "push", push("refs/heads/main", "x"), "workflow", "repository")) == []
    assert names(await deliver(server, "push", push("refs/heads/main", "README.md"), "repository")) == ["tide-api"]


# Hooks


async def start(server: GitHubServer, **more: Any) -> None:
    context = replace(
        context_for(LOADED.integration, config=config(server, **more)), base_url="https://fairway.example/"
    )
    try:
        for hook in LOADED.integration.start_hooks:
            await hook(context)
    finally:
        await context.http.aclose()


async def test_hooks_are_made_once_and_mended(server: GitHubServer) -> None:
    server.hooks.append({"id": 1, "config": {"url": "https://others.example"}, "events": ["push"]})
    await start(server)
    await start(server)
    assert len(server.hooks) == 2
    made = server.hooks[1]
    assert made["config"]["url"] == "https://fairway.example/integration/webhook"
    assert made["config"]["secret"] == SECRET
    made |= {"active": False, "events": ["push"]}
    await start(server)
    assert made["active"] is True
    assert "pull_request" in made["events"]
    asked = len(server.asked)
    await start(server, webhookSecret=None)
    assert len(server.asked) == asked


async def test_the_hook_of_an_app_is_set(server: GitHubServer) -> None:
    server.on("PATCH", "/app/hook/config", {})
    await start(server, **app(server))
    assert server.asked[-1].json["url"] == "https://fairway.example/integration/webhook"


async def test_hooks_that_may_not_be_made_do_not_stop_the_start(server: GitHubServer) -> None:
    server.instead[f"/orgs/{ORG}/hooks"] = [Reply({"message": "Must have admin rights"}, 403)]
    await start(server)
    assert server.hooks == []


async def test_the_probe_says_when_it_is_not_reached(server: GitHubServer) -> None:
    context = context_for(LOADED.integration, config=config(server, githubOrganization=None))
    try:
        await LOADED.integration.probes[0](context)
        await context.cache.clear()
        server.instead["/user/orgs"] = [Reply({"message": "down"}, 503, {"retry-after": "7200"})]
        with pytest.raises(ThirdPartyUnavailable):
            await LOADED.integration.probes[0](context)
    finally:
        await context.http.aclose()
