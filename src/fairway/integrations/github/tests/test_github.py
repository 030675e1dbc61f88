"""GitHub against a server that has its habits: resyncs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from fairway.integration.check.examples import items_of
from fairway.integration.http import ThirdPartyError, ThirdPartyRefused
from fairway.integration.testing import Reply
from fairway.integrations.github.settings import Settings
from fairway.integrations.github.tests.helpers import (
    LOADED,
    MAPPING,
    TIDE,
    app,
    names,
    put,
    resync,
    text_of,
    tree,
)
from fairway.integrations.github.tests.server import EXAMPLES, ORG, TOKEN, GitHubServer, example
from fairway.kit.errors import InvalidRequest


async def test_every_kind_of_the_default_mapping_gives_what_the_examples_show(server: GitHubServer) -> None:
    found = await resync(server)
    assert found.problems == []
    kinds = [each["kind"] for each in MAPPING["resources"]]
    assert set(kinds) == LOADED.integration.kinds
    for index, kind in enumerate(kinds):
        expected = items_of(EXAMPLES / f"{kind}.json")
        assert sorted(map(repr, found.raw[f"{kind}-{index}"])) == sorted(map(repr, expected)), kind
    assert server.counts[f"GET /orgs/{ORG}/repos"] == 1
    request = server.requests(f"/orgs/{ORG}/repos")[0]
    assert request.headers["x-github-api-version"] == "2022-11-28"
    assert request.query["per_page"] == "100"


async def test_identifiers_and_relations_are_those_of_other_catalogs(server: GitHubServer) -> None:
    found = await resync(server, "repository", "team", "pull-request")
    documents = {(each.blueprint, str(each.identifier)): each.document for each in found.entities}
    assert documents["githubRepository", "tide-api"]["relations"] == {"organization": ORG}
    assert documents["githubTeam", "301"]["relations"] == {"githubUser": ["ada-lind", "noor-h"]}
    fork_that_is_gone = documents["githubPullRequest", "70002"]
    assert fork_that_is_gone["relations"] == {"repository": "tide-api"}
    assert ("githubPullRequest", "tide-api70001") in documents


async def test_links_are_followed_to_the_last_page(server: GitHubServer) -> None:
    server.page = 1
    assert names(await resync(server, "repository", "branch")) == [
        "tide-api", "pier-web", "tide-api/main", "tide-api/gauges"
    ]  # fmt: skip


async def test_what_moves_to_a_page_that_was_read_already_is_not_missed(server: GitHubServer) -> None:
    server.page, path = 1, f"{TIDE}/pulls"
    first, second = server.lists[path]
    third = {**second, "id": 70003}
    server.lists[path] = [first, third]
    query = "state=open&per_page=100"
    gone = {**first, "id": 70000}
    link = f'<{server.url}{path}?{query}&page=2>; rel="next"'
    server.instead[path] = [Reply([gone], headers={"link": link, "etag": 'W/"old"'})]
    found = await resync(server, "pull-request")
    assert [each["id"] for each in found.raw["pull-request-0"]] == [70000, 70003, 70001]
    asked = server.requests(path)
    assert [each.headers.get("if-none-match") for each in asked] == [None, None, 'W/"old"']
    await resync(server, "branch")
    assert [each.query.get("page") for each in server.requests(f"{TIDE}/branches")] == [None, "2", None]


async def test_a_page_that_fails_in_the_middle_fails_the_kind(server: GitHubServer) -> None:
    server.page = 1
    server.instead[f"{TIDE}/branches"] = [
        Reply(example("branch")[:1], headers={"link": f'<{server.url}{TIDE}/branches?page=2>; rel="next"'}),
        Reply({"message": "Not Found"}, 404),
    ]
    with pytest.raises(ThirdPartyError, match="branches"):
        await resync(server, "branch")


@pytest.mark.parametrize(
    ("kind", "path", "status", "message"),
    [
        ("dependabot-alert", "dependabot/alerts", 403, "Dependabot alerts are disabled for this repository."),
        ("code-scanning-alerts", "code-scanning/alerts", 404, "no analysis found"),
        ("issue", "issues", 410, "Issues has been disabled in this repository."),
        ("environment", "environments", 404, "Not Found"),
    ],
)
async def test_a_feature_that_is_off_is_no_failure(
    server: GitHubServer, kind: str, path: str, status: int, message: str
) -> None:
    server.instead[f"{TIDE}/{path}"] = [Reply({"message": message}, status)]
    assert names(await resync(server, kind)) == []


@pytest.mark.parametrize(
    "message",
    [
        "Resource not accessible by personal access token",
        "You are not authorized to perform this operation.",
        "Must have admin rights to Repository.",
        "Although you appear to have the correct authorization credentials, the organization has an IP allow list",
    ],
)
async def test_a_missing_permission_is_a_failure(server: GitHubServer, message: str) -> None:
    server.instead[f"{TIDE}/dependabot/alerts"] = [Reply({"message": message, "status": "403"}, 403)]
    with pytest.raises(ThirdPartyRefused):
        await resync(server, "dependabot-alert")


async def test_an_organization_that_is_not_there_is_a_failure(server: GitHubServer) -> None:
    with pytest.raises(ThirdPartyError, match="404"):
        await resync(server, "repository", githubOrganization="nobody")


async def test_a_wrong_token_is_a_failure(server: GitHubServer) -> None:
    with pytest.raises(ThirdPartyRefused):
        await resync(server, "repository", githubToken="wrong")


@pytest.mark.parametrize(
    ("status", "headers"),
    [(403, {"retry-after": "0"}), (429, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1"})],
)
async def test_limits_are_waited_for(server: GitHubServer, status: int, headers: dict[str, str]) -> None:
    said = {"message": "You have exceeded a secondary rate limit."}
    server.instead[f"{TIDE}/tags"] = [Reply(said, status, headers)]
    assert names(await resync(server, "tag")) == ["tide-api/v1.4.0"]


async def test_a_limit_of_graphql_arrives_as_success_and_is_asked_again(server: GitHubServer) -> None:
    server.instead["/graphql"] = [Reply({"errors": [{"type": "RATE_LIMITED", "message": "slow down"}]})]
    assert names(await resync(server, "user")) == ["ada-lind", "noor-h"]
    server.instead["/graphql"] = [Reply({"errors": [{"type": "FORBIDDEN", "message": "no"}], "data": {}})]
    with pytest.raises(ThirdPartyError, match="no"):
        await resync(server, "user")


async def test_archived_repositories_are_left_out_unless_they_are_wanted(server: GitHubServer) -> None:
    server.lists[f"/orgs/{ORG}/repos"][1]["archived"] = True
    assert names(await resync(server, "repository")) == ["tide-api"]
    assert names(await resync(server, "repository", includeArchived=True)) == ["tide-api", "pier-web"]


async def test_a_token_without_organizations_reads_those_of_its_user(server: GitHubServer) -> None:
    assert names(await resync(server, "organization", githubOrganization=None)) == [ORG]
    server.lists["/user/orgs"] = []
    with pytest.raises(InvalidRequest, match="githubOrganizations"):
        await resync(server, "organization", githubOrganization=None)


async def test_pull_requests_of_more_states_go_back_as_far_as_the_selector_says(server: GitHubServer) -> None:
    now = datetime.now(UTC)
    closed = [
        {**example("pull-request")[0], "id": n, "state": "closed", "updated_at": text_of(now - timedelta(days=n * 20))}
        for n in range(1, 5)
    ]
    server.lists[f"{TIDE}/pulls"] += closed
    selector = {"query": "true", "states": ["open", "closed"], "since": 50}
    found = await resync(server, "pull-request", selector=selector)
    assert [each["id"] for each in found.raw["pull-request-0"]] == [70001, 70002, 1, 2]
    found = await resync(server, "pull-request", selector={**selector, "states": ["closed"], "maxResults": 1})
    assert [each["id"] for each in found.raw["pull-request-0"]] == [1]


async def test_pull_requests_are_no_issues(server: GitHubServer) -> None:
    server.lists[f"{TIDE}/issues"].append({**example("issue")[0], "number": 12, "pull_request": {"url": "x"}})
    assert names(await resync(server, "issue")) == ["tide-api/7"]
    assert f"GET /repos/{ORG}/pier-web/issues" not in server.counts


async def test_collaborators_that_github_does_not_tell_are_not_asked_for(server: GitHubServer) -> None:
    server.lists[f"/orgs/{ORG}/repos"][1]["permissions"] = {"push": False}
    assert names(await resync(server, "collaborator")) == ["tide-api/ada-lind"]
    assert f"GET /repos/{ORG}/pier-web/collaborators" not in server.counts


async def test_languages_come_when_they_are_wanted(server: GitHubServer) -> None:
    server.objects[f"{TIDE}/languages"] = {"Python": 100}
    found = await resync(server, "repository", selector={"query": "true", "includeLanguages": True})
    assert [each["__languages"] for each in found.raw["repository-0"]] == [{"Python": 100}, {}]


# Files


async def test_files_are_found_by_globs_and_parsed(server: GitHubServer) -> None:
    server.objects[f"{TIDE}/git/trees/dev"] = tree("a/svc.yml", "a/b/svc.yml", "a/other.txt")
    put(server, "a/svc.yml", "name: a\n")
    put(server, "a/b/svc.yml", "name: b\n---\nname: c\n")
    repos = [{"name": "tide-api", "branch": "dev"}]
    files: list[dict[str, object]] = [{"path": "**/svc.yml", "repos": repos}]
    found = (await resync(server, "file", selector={"query": "true", "files": files})).raw["file-0"]
    assert [(each["path"], each["name"], each["content"]) for each in found] == [
        ("a/svc.yml", "svc.yml", {"name": "a"}),
        ("a/b/svc.yml", "svc.yml", [{"name": "b"}, {"name": "c"}]),
    ]
    assert {each["branch"] for each in found} == {"dev"}
    files[0]["skipParsing"] = True
    found = (await resync(server, "file", selector={"query": "true", "files": files})).raw["file-0"]
    assert found[0]["content"] == "name: a\n"
    files[0]["organization"] = "others"
    assert (await resync(server, "file", selector={"query": "true", "files": files})).raw["file-0"] == []


async def test_a_tree_that_is_cut_short_is_read_folder_by_folder(server: GitHubServer) -> None:
    base = f"{TIDE}/git/trees"
    server.objects[f"{base}/main"] = tree("x", truncated=True)
    folder = {"path": "deep", "type": "tree", "sha": "f" * 40}
    server.objects[f"{base}/{'e' * 40}"] = {"sha": "e" * 40, "tree": [folder], "truncated": False}
    server.objects[f"{base}/{'f' * 40}"] = tree("svc.json")
    put(server, "deep/svc.json", "{}")
    selector = {"query": "true", "files": [{"path": "**/*.json"}]}
    assert names(await resync(server, "file", selector=selector)) == ["tide-api/deep/svc.json"]
    server.objects[f"{base}/{'f' * 40}"] = tree("svc.json", truncated=True)
    with pytest.raises(ThirdPartyError, match="more entries"):
        await resync(server, "file", selector=selector)


async def test_files_that_are_too_large_and_empty_repositories_give_nothing(server: GitHubServer) -> None:
    server.objects[f"{TIDE}/git/trees/main"] = tree("big.json", size=2_000_000)
    server.instead[f"/repos/{ORG}/pier-web/git/trees/main"] = [Reply({"message": "Git Repository is empty."}, 409)]
    assert names(await resync(server, "file", selector={"query": "true", "files": [{"path": "*.json"}]})) == []


# Apps


async def test_an_app_reads_the_repositories_of_its_installations(server: GitHubServer) -> None:
    given = app(server)
    assert names(await resync(server, "repository", "tag", **given)) == ["tide-api", "pier-web", "tide-api/v1.4.0"]
    assert server.counts["POST /app/installations/77/access_tokens"] == 1
    assert server.counts["GET /app/installations"] == 1
    assert f"GET /orgs/{ORG}/repos" not in server.counts


async def test_a_token_of_an_installation_is_renewed_when_it_is_refused(server: GitHubServer) -> None:
    given = app(server)
    await resync(server, "repository", **given)
    server.tokens = {TOKEN}
    assert names(await resync(server, "repository", **given)) == ["tide-api", "pier-web"]
    assert server.counts["POST /app/installations/77/access_tokens"] == 2


async def test_a_suspended_installation_and_a_broken_key_are_told(server: GitHubServer) -> None:
    given = app(server)
    server.on(
        "GET", "/app/installations", [{"id": 1, "account": {"login": ORG, "type": "Organization"}, "suspended_at": "x"}]
    )
    with pytest.raises(InvalidRequest, match="suspended"):
        await resync(server, "repository", **given)
    with pytest.raises(InvalidRequest, match="no RSA key"):
        await resync(server, "repository", **{**given, "githubAppPrivateKey": "-----BEGIN X\\nnonsense"})
    with pytest.raises(InvalidRequest, match="neither a key"):
        await resync(server, "repository", **{**given, "githubAppPrivateKey": "!!"})
    with pytest.raises(InvalidRequest, match="githubToken"):
        await resync(server, "repository", githubToken=None)


@pytest.mark.parametrize(
    ("host", "api", "graphql"),
    [
        ("https://github.com", "https://api.github.com", "https://api.github.com/graphql"),
        ("https://ghe.example/api/v3/", "https://ghe.example/api/v3", "https://ghe.example/api/graphql"),
    ],
)
def test_addresses(host: str, api: str, graphql: str) -> None:
    settings = Settings.of(LOADED.config_model.model_validate({"githubHost": host, "githubToken": "x"}))  # type: ignore[arg-type] # made of the specification
    assert (settings.host, settings.graphql) == (api, graphql)
