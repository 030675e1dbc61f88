"""Bitbucket Server against a server that has its habits."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import orjson
import pytest

from fairway.integration.check.examples import items_of
from fairway.integration.folder import load_integration
from fairway.integration.http import ThirdPartyBroken, ThirdPartyMissing, ThirdPartyRefused, ThirdPartyRejected
from fairway.integration.testing import Collected, Delivered, Reply, context_for, deliver_event, only, run_resync
from fairway.integrations.bitbucket_server.hooks import OF_PROJECT, OF_REPOSITORY
from fairway.integrations.bitbucket_server.tests.server import (
    EXAMPLES,
    PASSWORD,
    TOKEN,
    USER,
    BitbucketServer,
    error,
    example,
)
from fairway.kit.errors import InvalidRequest, MalformedBody, Unauthorized

LOADED = load_integration(Path(__file__).parents[1])
INTEGRATION = LOADED.integration
MAPPING = LOADED.resources.mapping or {}
SECRET = "a secret of the harbor"
URL = "https://fairway.example.com/integration/webhook"


@pytest.fixture
async def server() -> AsyncIterator[BitbucketServer]:
    async with BitbucketServer() as running:
        yield running


def config(server: BitbucketServer, **more: Any) -> Any:
    given = {"bitbucketBaseUrl": server.url, "bitbucketUsername": USER, "bitbucketPassword": PASSWORD}
    return LOADED.config_model.model_validate({**given, "webhookSecret": SECRET, **more})


def mapped(*kinds: str, **selector: Any) -> dict[str, Any]:
    """The default mapping of kinds; with ``selector`` instead of its own."""
    found = only(MAPPING, *kinds)
    if selector:
        found["resources"] = [{**each, "selector": {"query": "true", **selector}} for each in found["resources"]]
    return found


async def resync(server: BitbucketServer, mapping: Any, **settings: Any) -> Collected:
    return await run_resync(INTEGRATION, mapping, config=config(server, **settings))


def names(found: Collected) -> list[str]:
    return sorted(str(entity.identifier) for entity in found.entities)


async def test_the_default_mapping_makes_an_entity_of_everything(server: BitbucketServer) -> None:
    found = await resync(server, MAPPING)
    assert found.problems == []
    assert {name: len(items) for name, items in found.raw.items()} == {
        "project-0": 2, "user-1": 3, "repository-2": 3, "pull-request-3": 2,
    }  # fmt: skip
    by_key = {(entity.blueprint, entity.identifier): entity.document for entity in found.entities}
    assert len(by_key) == 9  # a user without an address is none
    repository = by_key["bitbucketRepository", "tide-api"]
    assert repository["relations"] == {"project": "TIDE", "latestCommitAuthor": "ada@harbor.example"}
    assert repository["properties"]["readme"] == "# Tide API\n"
    assert repository["properties"]["cloneUrl"] == "https://bitbucket.example.com/scm/tide/tide-api.git"
    pull = by_key["bitbucketPullrequest", "tide-api-1"]
    assert pull["relations"] == {
        "repository": "tide-api",
        "creator": "ada@harbor.example",
        "reviewers": ["noor@harbor.example"],
        "participants": [],
    }
    assert pull["properties"]["createdOn"] == "2026-02-26T10:00:00Z"


async def test_raw_items_are_as_recorded(server: BitbucketServer) -> None:
    found = await resync(server, MAPPING)
    recorded = {kind: items_of(EXAMPLES / f"{kind}.json") for kind in ("project", "repository", "user")}
    assert found.raw["project-0"] == recorded["project"]
    assert found.raw["user-1"] == recorded["user"]
    key = "id"
    assert sorted(found.raw["repository-2"], key=lambda item: item[key]) == recorded["repository"]


async def test_kinds_share_listings_and_ask_for_nothing_unselected(server: BitbucketServer) -> None:
    await resync(server, mapped("project", "repository", "pull-request", projectFilterRegex=".*"))
    assert server.counts["GET /rest/api/1.0/projects"] == 1
    assert server.counts["GET /rest/api/1.0/projects/TIDE/repos"] == 1
    assert not [each for each in server.asked if "/raw/" in each.path or "/commits" in each.path]


async def test_pages_with_gaps_and_empty_pages_are_read_to_the_end(server: BitbucketServer) -> None:
    user = server.users[0]
    server.users = [{**user, "emailAddress": f"{n}@harbor.example"} for n in range(9)]
    server.holes = {1, 4, 5}  # the third page is empty
    assert len((await resync(server, mapped("user"))).entities) == 6
    starts = [asked.query["start"] for asked in server.requests("/rest/api/1.0/users")]
    assert starts == ["0", "2", "4", "6", "8"]


async def test_a_page_that_fails_in_the_middle_fails_the_kind(server: BitbucketServer) -> None:
    server.users *= 2
    server.instead["/users", 2] = error(400, "Argument", "start is too large")
    with pytest.raises(ThirdPartyRejected, match="start=2"):
        await resync(server, mapped("user"))
    server.instead["/users", 2] = Reply(body=b"<html>Log in</html>", headers={"content-type": "text/html"})
    with pytest.raises(ThirdPartyBroken, match="something else than JSON"):
        await resync(server, mapped("user"))
    server.instead["/users", 2] = Reply({"values": []})
    with pytest.raises(ThirdPartyBroken, match="neither that it is the last"):
        await resync(server, mapped("user"))


async def test_a_cursor_that_stands_still_fails_the_kind(server: BitbucketServer) -> None:
    server.users *= 2
    server.stuck = True
    with pytest.raises(ThirdPartyBroken, match="was there before"):
        await resync(server, mapped("user"))


async def test_a_repository_that_fails_fails_the_kind_of_all(server: BitbucketServer) -> None:
    path = "/projects/TIDE/repos/gauge/pull-requests"
    server.instead[path, 0] = error(401, "Authorisation", "You are not permitted to access this resource")
    with pytest.raises(ThirdPartyRefused):
        await resync(server, mapped("pull-request"))
    server.instead[path, 0] = error(404, "project.NoSuchProject", "Project TIDE does not exist.")
    with pytest.raises(ThirdPartyMissing):
        await resync(server, mapped("pull-request"))


async def test_a_repository_that_was_deleted_meanwhile_has_no_pull_requests(server: BitbucketServer) -> None:
    path = "/projects/TIDE/repos/gauge/pull-requests"
    server.instead[path, 0] = error(404, "repository.NoSuchRepository", "Repository gauge does not exist.")
    assert names(await resync(server, mapped("pull-request"))) == ["pier-web-1", "tide-api-1"]


async def test_selectors_decide_what_is_fetched(server: BitbucketServer) -> None:
    found = await resync(server, mapped("pull-request", states=["OPEN", "MERGED"], projects=["TIDE"]))
    assert names(found) == ["tide-api-1", "tide-api-2"]
    assert not [asked for asked in server.asked if "PIER" in asked.path]
    assert names(await resync(server, mapped("project", projectFilterRegex="^P"))) == ["PIER"]
    assert names(await resync(server, mapped("repository", projects=["TIDE", "PIER"], projectFilterRegex="R$"))) == [
        "pier-web"
    ]
    problems = (await resync(server, mapped("project", projectFilterRegex="("))).problems
    assert "no regular expression" in problems[0].message
    assert (await resync(server, mapped("user", colour="red"))).problems


async def test_a_named_project_that_is_not_there_fails_the_kind(server: BitbucketServer) -> None:
    with pytest.raises(ThirdPartyMissing):
        await resync(server, mapped("project", projects=["TIDE", "GONE"]))


async def test_limits_are_waited_for(server: BitbucketServer) -> None:
    server.limited = 2
    assert names(await resync(server, mapped("project"))) == ["PIER", "TIDE"]


async def test_a_token_instead_of_a_password(server: BitbucketServer) -> None:
    found = await resync(
        server, mapped("project"), bitbucketToken=TOKEN, bitbucketUsername=None, bitbucketPassword=None
    )
    assert names(found) == ["PIER", "TIDE"]
    assert server.asked[0].headers["authorization"] == f"Bearer {TOKEN}"


async def test_a_wrong_password_is_tried_once_and_never_told(server: BitbucketServer) -> None:
    with pytest.raises(ThirdPartyRefused) as caught:
        await resync(server, mapped("repository", projects=["TIDE", "PIER"]), bitbucketPassword="guess")
    assert server.bad_logins == 1
    assert "guess" not in str(caught.value)
    with pytest.raises(InvalidRequest, match="bitbucketUsername"):
        await resync(server, mapped("project"), bitbucketPassword=None)


async def test_the_probe_asks_for_a_project(server: BitbucketServer) -> None:
    context = context_for(INTEGRATION, config=config(server))
    await INTEGRATION.probes[0](context)
    context.config = config(server, bitbucketPassword="guess")
    with pytest.raises(ThirdPartyRefused):
        await INTEGRATION.probes[0](context)
    await context.http.aclose()


async def deliver(
    server: BitbucketServer, event: str, mapping: Any = MAPPING, secret: str = SECRET, **payload: Any
) -> Delivered:
    body = orjson.dumps({"eventKey": event, "date": "2026-03-01T10:00:00+0000", **payload})
    signature = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    headers = {"X-Event-Key": event, "X-Hub-Signature": signature}
    return await deliver_event(INTEGRATION, mapping, "webhook", body, headers=headers, config=config(server))


def keys(found: Delivered) -> tuple[list[Any], list[str]]:
    return [each.identifier for each in found.upserted], [each.identifier for each in found.deleted]


async def test_a_pull_request_is_fetched_again(server: BitbucketServer) -> None:
    found = await deliver(server, "pr:modified", pullRequest={**server.pulls[0], "title": "As it was sent"})
    assert keys(found) == (["tide-api-1"], [])
    assert found.upserted[0].document["title"] == "Change 1"


async def test_a_pull_request_that_is_gone_or_leaves_the_states_is_deleted(server: BitbucketServer) -> None:
    assert keys(await deliver(server, "pr:merged", pullRequest=server.pulls[1])) == ([], ["tide-api-2"])
    deleted = {**server.pulls[0], "id": 77}
    assert keys(await deliver(server, "pr:deleted", pullRequest=deleted)) == ([], ["tide-api-77"])
    both = mapped("pull-request", states=["OPEN", "MERGED"])
    assert keys(await deliver(server, "pr:merged", both, pullRequest=server.pulls[1])) == (["tide-api-2"], [])


async def test_a_project_that_the_selector_leaves_out_changes_nothing(server: BitbucketServer) -> None:
    pier = mapped("pull-request", projects=["PIER"])
    assert keys(await deliver(server, "pr:opened", pier, pullRequest=server.pulls[0])) == ([], [])
    pull = example("pull-request")[0]
    pull["toRef"]["repository"]["project"] = {"key": "~ADA", "type": "PERSONAL"}
    assert keys(await deliver(server, "pr:opened", pullRequest=pull)) == ([], [])
    assert server.asked == []


async def test_a_repository_that_was_pushed_to(server: BitbucketServer) -> None:
    found = await deliver(server, "repo:refs_changed", repository=server.repositories[0], changes=[])
    assert keys(found) == (["tide-api"], [])
    assert found.upserted[0].document["properties"]["lastCommit"].startswith("c0ffee")


async def test_a_repository_that_was_renamed_leaves_its_old_name(server: BitbucketServer) -> None:
    old = {**server.repositories[0], "slug": "ebb-api"}
    found = await deliver(server, "repo:modified", old=old, new=server.repositories[0])
    assert keys(found) == (["tide-api"], ["ebb-api"])
    moved = {**server.repositories[0], "project": server.projects[1]}
    found = await deliver(server, "repo:modified", old=moved, new=server.repositories[0])
    assert keys(found) == (["tide-api"], [])
    gone = {**server.repositories[0], "slug": "gone"}
    assert keys(await deliver(server, "repo:modified", old=gone, new=gone)) == ([], ["gone"])


async def test_a_project_whose_key_changed_leaves_its_old_key(server: BitbucketServer) -> None:
    old = {**server.projects[0], "key": "EBB"}
    assert keys(await deliver(server, "project:modified", old=old, new=server.projects[0])) == (["TIDE"], ["EBB"])


async def test_events_need_the_signature_and_an_object(server: BitbucketServer) -> None:
    with pytest.raises(Unauthorized):
        await deliver(server, "pr:opened", secret="guess", pullRequest=server.pulls[0])
    with pytest.raises(MalformedBody):
        await deliver(server, "pr:opened", pullRequest={"id": 1})
    with pytest.raises(MalformedBody):
        await deliver(server, "repo:refs_changed", repository={"slug": "tide-api", "project": "TIDE"})
    assert not (await deliver(server, "diagnostics:ping", test=True)).wanted
    assert server.asked == []


async def set_up(server: BitbucketServer, base_url: str | None = "https://fairway.example.com/") -> None:
    context = context_for(INTEGRATION, config=config(server))
    context.base_url = base_url
    await INTEGRATION.start_hooks[0](context)
    await context.http.aclose()


async def test_hooks_are_created_once_and_kept_in_repair(server: BitbucketServer) -> None:
    await set_up(server, None)
    assert server.asked == []  # events cannot arrive
    for _ in range(2):
        await set_up(server)
    assert {owner: len(hooks) for owner, hooks in server.hooks.items()} == {"/projects/TIDE": 1, "/projects/PIER": 1}
    own = server.hooks["/projects/TIDE"]
    assert own[0] == {
        "id": 1, "name": "Fairway", "url": URL, "active": True, "events": list(OF_PROJECT),
        "configuration": {"secret": SECRET},
    }  # fmt: skip
    other = {"id": 3, "name": "Not ours", "url": "https://other.example.com"}
    own[:] = [{**own[0], "active": False, "configuration": {}}, {**own[0], "id": 2}, other]
    await set_up(server)
    assert [(hook["id"], hook.get("active")) for hook in own] == [(1, True), (3, None)]
    assert own[0]["configuration"] == {"secret": SECRET}


async def test_a_server_without_hooks_of_projects_has_them_in_repositories(server: BitbucketServer) -> None:
    server.project_hooks = False
    await set_up(server)
    assert sorted(server.hooks) == [f"/projects/{each}" for each in (
        "PIER/repos/pier-web", "TIDE/repos/gauge", "TIDE/repos/tide-api"
    )]  # fmt: skip
    assert server.hooks["/projects/TIDE/repos/gauge"][0]["events"] == list(OF_REPOSITORY)


async def test_projects_without_the_right_to_hooks_do_not_stop_the_others(server: BitbucketServer) -> None:
    server.may_administer = {"PIER"}
    await set_up(server)
    assert list(server.hooks) == ["/projects/PIER"]


async def test_hooks_that_fail_do_not_stop_the_start(server: BitbucketServer) -> None:
    unknown = error(400, "Argument", "The event pr:from_ref_updated is unknown")
    server.guarded("/projects/TIDE/webhooks", lambda asked: unknown, "POST")
    await set_up(server)
    assert [owner for owner, hooks in server.hooks.items() if hooks] == ["/projects/PIER"]
    server.instead["/projects", 0] = error(401, "Authorisation", "You are not permitted to access this resource")
    await set_up(server)
