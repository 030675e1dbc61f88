"""Jira on a socket, Cloud and Data Center, and the integration against it."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from fairway.integration.folder import load_integration
from fairway.integration.http import ThirdPartyBroken, ThirdPartyRefused, ThirdPartyRejected
from fairway.integration.testing import Collected, Delivered, Reply, context_for, deliver_event, only, run_resync
from fairway.integrations.jira.client import ordered, split_order
from fairway.integrations.jira.hooks import EVENTS
from fairway.integrations.jira.tests.server import HOOKS, MAIL, TOKEN, JiraServer, example
from fairway.kit.errors import InvalidRequest, MalformedBody, Unauthorized

LOADED = load_integration(Path(__file__).parents[1])
INTEGRATION = LOADED.integration
MAPPING = LOADED.resources.mapping or {}
SECRET = "hush"


@pytest.fixture
async def jira() -> AsyncIterator[JiraServer]:
    async with JiraServer() as server:
        yield server


@pytest.fixture
async def data_center() -> AsyncIterator[JiraServer]:
    async with JiraServer(cloud=False) as server:
        yield server


def config(server: JiraServer, **more: Any) -> Any:
    mail = {"atlassianUserEmail": MAIL} if server.cloud else {}
    given = {"jiraHost": server.url, "atlassianUserToken": TOKEN, "atlassianOrganizationId": "acme-org", **mail, **more}
    return LOADED.config_model.model_validate(given)


async def resync(server: JiraServer, *kinds: str, mapping: Any = None) -> Collected:
    return await run_resync(INTEGRATION, mapping or only(MAPPING, *kinds), config=config(server))


def one(kind: str, **selector: Any) -> dict[str, Any]:
    """The default mapping of a kind with another selector."""
    resource = only(MAPPING, kind)["resources"][0]
    return {"resources": [{**resource, "selector": {"query": "true", **selector}}]}


async def test_the_default_mapping_makes_an_entity_of_everything(jira: JiraServer) -> None:
    found = await resync(jira, mapping=MAPPING)
    assert found.problems == []
    assert {name: len(items) for name, items in found.raw.items()} == {
        "project-0": 2, "user-1": 3, "team-2": 2, "board-3": 2, "sprint-4": 2, "epic-5": 1,
        "release-6": 1, "component-7": 2, "issue-8": 5, "worklog-9": 1,
    }  # fmt: skip
    assert jira.unknown == []
    by_key = {(entity.blueprint, entity.identifier): entity.document for entity in found.entities}
    issue = by_key["jiraIssue", "PAY-11"]
    assert issue["relations"] == {
        "project": "PAY",
        "parentIssue": "PAY-10",
        "subtasks": ["PAY-12"],
        "assignee": "5b10a2844c20165700ede21g",
        "reporter": "5b10a2844c20165700ede21g",
    }
    assert issue["properties"]["url"] == "https://example.atlassian.net/browse/PAY-11"
    assert by_key["jiraSprint", "37"]["relations"] == {"board": "7"}
    assert by_key["jiraRelease", "10200"]["relations"] == {"project": "PAY"}
    assert by_key["jiraWorklog", "10300"]["relations"]["issue"] == "PAY-11"
    team = by_key["jiraTeam", example("team")[0]["teamId"]]
    assert team["relations"]["members"] == ["5b10a2844c20165700ede21g", "712020:0f1c7d1e"]


async def test_data_center_has_other_routes_and_a_bearer_token(data_center: JiraServer) -> None:
    found = await resync(data_center, "project", "user", "issue", "team")
    assert [len(items) for items in found.raw.values()] == [2, 1, 0, 5]
    assert {entity.identifier for entity in found.entities if entity.blueprint == "jiraUser"} == {"JIRAUSER10100"}
    starts = [asked.query["startAt"] for asked in data_center.requests("/rest/api/2/search")]
    assert starts == ["0", "2", "4", "5"]  # by what came, not by what was asked for


async def test_fewer_issues_than_promised_fail_the_kind(data_center: JiraServer) -> None:
    data_center.total = 6
    with pytest.raises(ThirdPartyBroken, match="6 issues are promised, but after 5"):
        await resync(data_center, "issue")


@pytest.mark.parametrize("search", [2, 3])
async def test_issues_that_leave_the_query_meanwhile_hide_no_other(data_center: JiraServer, search: int) -> None:
    data_center.leaving = {search: "10011"}
    found = await resync(data_center, "issue")
    assert found.problems == []
    assert {entity.identifier for entity in found.entities} >= {f"PAY-{number}" for number in range(12, 16)}


async def test_a_page_without_the_token_of_the_next_fails_the_kind(jira: JiraServer) -> None:
    jira.total = 5
    with pytest.raises(ThirdPartyBroken, match="no token of the next"):
        await resync(jira, "issue")


async def test_a_login_page_in_the_middle_fails_the_kind(jira: JiraServer) -> None:
    jira.html_at = 2
    with pytest.raises(ThirdPartyBroken, match="something else than JSON"):
        await resync(jira, "issue")


async def test_a_scrum_board_that_refuses_fails_the_kind(jira: JiraServer) -> None:
    jira.items["board"][0]["type"] = "simple"
    jira.guarded("/rest/agile/1.0/board/7/sprint", lambda _: Reply({"errorMessages": ["Keine Sprints"]}, 400))
    assert (await resync(jira, "sprint")).raw == {"sprint-0": []}
    jira.items["board"][0]["type"] = "scrum"
    with pytest.raises(ThirdPartyRejected, match="400"):
        await resync(jira, "sprint")


async def test_limits_are_waited_for(jira: JiraServer) -> None:
    jira.limited = 1
    assert len((await resync(jira, "issue")).entities) == 5


async def test_bad_credentials_are_told_at_once(jira: JiraServer) -> None:
    jira.authorization = "Basic other"
    with pytest.raises(ThirdPartyRefused, match="401"):
        await resync(jira, "issue")
    assert len(jira.requests("/rest/api/3/search/jql")) == 1


async def test_without_any_credentials_the_settings_are_named(jira: JiraServer) -> None:
    lonely = LOADED.config_model.model_validate({"jiraHost": jira.url})
    with pytest.raises(InvalidRequest, match="atlassianUserToken"):
        await run_resync(INTEGRATION, only(MAPPING, "project"), config=lonely)


async def test_selectors_decide_what_is_asked_for(jira: JiraServer) -> None:
    await resync(jira, mapping=one("issue", jql="project = PAY ORDER BY rank", fields="summary", expand="names"))
    asked = jira.requests("/rest/api/3/search/jql")[0].query
    assert (asked["jql"], asked["fields"], asked["expand"]) == ("project = PAY ORDER BY rank", "summary", "names")
    assert [item["id"] for item in (await resync(jira, mapping=one("sprint", state=["future"]))).raw["sprint-0"]] == [
        38
    ]
    assert (await resync(jira, mapping=one("release", status=["released"]))).raw["release-0"] == []
    await resync(jira, mapping=one("board", type="scrum"))
    assert jira.requests("/rest/agile/1.0/board")[-1].query["type"] == "scrum"
    assert "extra" in (await resync(jira, mapping=one("board", colour="red"))).problems[0].message.lower()


@pytest.mark.parametrize(
    ("jql", "condition", "order"),
    [
        ("project = A", "project = A", ""),
        ("project = A order by rank", "project = A", "order by rank"),
        ("ORDER BY created", "", "ORDER BY created"),
        ("summary ~ 'order by \\' order by x'", "summary ~ 'order by \\' order by x'", ""),
    ],
)
def test_the_order_of_a_query_is_told_from_its_condition(jql: str, condition: str, order: str) -> None:
    assert split_order(jql) == (condition, order)
    assert ordered(jql).lower().rstrip().endswith(order.lower() or "order by key asc")


async def deliver(
    server: JiraServer, event: str, mapping: Any = MAPPING, secret: str = SECRET, **payload: Any
) -> Delivered:
    body = json.dumps({"webhookEvent": event, **payload}).encode()
    signature = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    settings = config(server, webhookSecret=SECRET)
    headers = {"X-Hub-Signature": signature}
    return await deliver_event(INTEGRATION, mapping, "webhook", body, headers=headers, config=settings)


def keys(found: Delivered) -> tuple[list[Any], list[str]]:
    return [each.identifier for each in found.upserted], [each.identifier for each in found.deleted]


async def test_an_issue_is_fetched_again(jira: JiraServer) -> None:
    jira.issues[0]["fields"] = {**jira.issues[0]["fields"], "summary": "As it is now"}
    found = await deliver(jira, "jira:issue_updated", issue={"id": "10011", "key": "PAY-11", "fields": {}})
    assert keys(found) == (["PAY-11"], [])
    assert found.upserted[0].document["title"] == "As it is now"
    asked = jira.requests("/rest/api/3/search/jql")[0].query
    assert asked["jql"].startswith("id = 10011 AND ((statusCategory != Done)")
    assert asked["reconcileIssues"] == "10011"


async def test_an_issue_that_the_query_does_not_find_is_deleted(jira: JiraServer) -> None:
    jira.found.discard("10011")
    found = await deliver(jira, "jira:issue_updated", issue={"id": "10011", "key": "PAY-11", "fields": {}})
    assert keys(found) == ([], ["PAY-11"])


async def test_an_issue_that_is_gone_is_deleted(jira: JiraServer) -> None:
    found = await deliver(jira, "jira:issue_deleted", issue={"id": "99999", "key": "PAY-9", "fields": {}})
    assert keys(found) == ([], ["PAY-9"])


async def test_an_issue_that_moved_leaves_its_old_key(jira: JiraServer) -> None:
    changes = {"items": [{"field": "Key", "fromString": "OLD-1", "toString": "PAY-11"}]}
    issue = {"id": "10011", "key": "PAY-11", "fields": {}}
    found = await deliver(jira, "jira:issue_updated", issue=issue, changelog=changes)
    assert keys(found) == (["PAY-11"], ["OLD-1"])


async def test_other_events(jira: JiraServer) -> None:
    found = await deliver(jira, "project_updated", project={"id": 10000, "key": "PAY"})
    assert keys(found) == (["PAY"], [])
    assert keys(await deliver(jira, "project_deleted", project={"id": 777, "key": "GONE"})) == ([], ["GONE"])
    assert keys(await deliver(jira, "sprint_started", sprint={"id": 37, "name": "x"})) == (["37"], [])
    jira.items["sprint"][0]["state"] = "closed"
    assert keys(await deliver(jira, "sprint_closed", sprint={"id": 37, "name": "x"})) == ([], ["37"])
    assert keys(await deliver(jira, "jira:version_released", version={"id": "10200"})) == (["10200"], [])
    assert keys(await deliver(jira, "board_deleted", board={"id": 99, "self": "https://x/rest/b"})) == ([], ["99"])
    assert keys(await deliver(jira, "user_deleted", user={"accountId": "gone"})) == ([], ["gone"])
    worklog = {"id": "10300", "issueId": "10011"}
    assert keys(await deliver(jira, "worklog_created", worklog=worklog)) == (["10300"], [])
    assert not (await deliver(jira, "comment_created", comment={"id": "1"})).wanted


async def test_events_need_the_signature_and_an_object(jira: JiraServer) -> None:
    with pytest.raises(Unauthorized):
        await deliver(jira, "jira:issue_updated", issue={"id": "10011"}, secret="guess")
    with pytest.raises(MalformedBody):
        await deliver(jira, "jira:issue_updated", issue={"id": "1 OR project = X"})
    assert jira.asked == []


async def test_the_hook_is_created_once_and_kept_in_repair(jira: JiraServer) -> None:
    context = context_for(INTEGRATION, config=config(jira, webhookSecret=SECRET))
    await INTEGRATION.start_hooks[0](context)
    assert jira.asked == []  # events cannot arrive
    context.base_url = "https://fairway.example.com/"
    for _ in range(2):
        await INTEGRATION.start_hooks[0](context)
    assert len(jira.hooks) == 1
    assert jira.hooks[0]["url"] == "https://fairway.example.com/integration/webhook"
    jira.hooks[0]["events"] = ["jira:issue_created"]
    jira._kept(9, {**jira.hooks[0]})
    jira._kept(10, {"url": "https://other.example.com", "name": "Not ours"})
    await INTEGRATION.start_hooks[0](context)
    assert sorted((hook["name"], len(hook.get("events", []))) for hook in jira.hooks) == [
        ("Fairway", len(EVENTS)),
        ("Not ours", 0),
    ]
    jira.admin = False
    await INTEGRATION.start_hooks[0](context)
    assert jira.counts[f"POST {HOOKS}"] == 1
    await context.http.aclose()


async def test_without_a_secret_nothing_is_deleted_on_anybodys_word(jira: JiraServer) -> None:
    changes = {"items": [{"field": "Key", "fromString": "PAY-12", "toString": "PAY-11"}]}
    for issue in ({"id": "99999", "key": "PAY-12", "fields": {}}, {"id": "10011", "key": "PAY-11", "fields": {}}):
        body = {"webhookEvent": "jira:issue_updated", "issue": issue, "changelog": changes}
        found = await deliver_event(INTEGRATION, MAPPING, "webhook", body, config=config(jira))
        assert (found.wanted, found.deleted) == (True, [])
