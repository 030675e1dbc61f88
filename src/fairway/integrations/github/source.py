"""Raw items by kind, page by page, as GitHub gives them; ``__repository`` and ``__organization`` say whose they are."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

from fairway.integration.iterators import (
    semaphore_async_iterator,
    stream_async_iterators_tasks,
    throttle_batch_operation,
    unless_missing,
    up_to,
)
from fairway.integration.model import RawItem
from fairway.integrations.github.client import GitHub, Organization, Pages, content, missing_feature, segment
from fairway.integrations.github.selectors import (
    CodeScanningSelector,
    DependabotSelector,
    IssueSelector,
    PullRequestSelector,
    RepositorySelector,
)
from fairway.kit.clock import parse_instant

AT_ONCE = 8
"""Repositories that are read at the same time."""
_MOST_BYTES = 1024 * 1024
_USER = "login name email databaseId avatarUrl url company location bio"
_MEMBERS = f"""query($login: String!, $after: String) {{ organization(login: $login) {{
  membersWithRole(first: 100, after: $after) {{ nodes {{ {_USER} }} pageInfo {{ hasNextPage endCursor }} }} }} }}"""
_ONE_USER = f"query($login: String!) {{ user(login: $login) {{ {_USER} }} }}"
OfRepository = Callable[[Organization, RawItem], Pages]


def owned(organization: Organization, repository: RawItem, item: RawItem) -> RawItem:
    """An item of a repository."""
    return {**item, "__repository": repository["name"], "__organization": organization.login}


async def organizations(github: GitHub) -> Pages:
    """One page for each."""
    for each in await github.organizations():
        yield [await each.http.get_json(f"/orgs/{segment(each.login)}")]


async def repositories_of(github: GitHub, organization: Organization) -> Pages:
    """Listed once for all kinds of a resync. An app reads those it was given; public ones that it was not are left out.
    Archived ones are left out unless the settings want them."""
    login = organization.login

    async def listed() -> Pages:
        if organization.as_app:
            pages = organization.pages("/installation/repositories", "repositories")
        else:
            pages = organization.pages(f"/orgs/{segment(login)}/repos", type="all")
        async for page in pages:
            yield [each for each in page if github.settings.include_archived or not each.get("archived")]

    async for page in github.context.cache.pages(f"github:repositories:{login}", listed):
        yield page


async def repositories(github: GitHub, selector: RepositorySelector) -> Pages:
    """Repositories of all organizations."""
    for organization in await github.organizations():
        async for page in repositories_of(github, organization):
            calls = [partial(enriched, organization, each, selector) for each in page]
            yield await throttle_batch_operation(calls, AT_ONCE)


async def enriched(organization: Organization, repository: RawItem, selector: RepositorySelector) -> RawItem:
    """A repository with what the selector asks for."""
    found, name = dict(repository), repository["full_name"]
    found["__organization"] = organization.login
    if selector.include_languages:
        found["__languages"] = await organization.get(f"/repos/{name}/languages") or {}
    if selector.included_files:
        files = found["__includedFiles"] = {}
        for path in selector.included_files:
            read = await content(organization, name, path, repository["default_branch"], _MOST_BYTES)
            files[path] = read[1].decode(errors="replace") if read else None
    return found


async def of_repositories(github: GitHub, fetch: OfRepository) -> Pages:
    """What ``fetch`` gives of every repository, several at once; one that fails fails the kind."""
    places = asyncio.Semaphore(AT_ONCE)
    for organization in await github.organizations():
        async for page in repositories_of(github, organization):
            streams = [
                semaphore_async_iterator(places, partial(_owned_pages, organization, each, fetch)) for each in page
            ]
            async for items in stream_async_iterators_tasks(*streams):
                yield items


async def _owned_pages(organization: Organization, repository: RawItem, fetch: OfRepository) -> Pages:
    async for page in fetch(organization, repository):
        if page:
            yield [owned(organization, repository, item) for item in page]


def listed(github: GitHub, path: str, items: str | None = None, most: int | None = None, **params: Any) -> OfRepository:
    """A listing below a repository, of which up to ``most`` items are read; nothing where the feature is off."""

    def fetch(organization: Organization, repository: RawItem) -> Pages:
        given = {**params, "per_page": min(100, most)} if most else params
        pages = organization.pages(f"/repos/{repository['full_name']}/{path}", items, **given)
        return unless_missing(pages if most is None else up_to(pages, most), missing_feature, github.context.log)

    return fetch


def pull_requests(github: GitHub, selector: PullRequestSelector) -> OfRepository:
    """Open ones all, closed ones as far as the selector goes back."""
    oldest = github.context.clock.now() - timedelta(days=selector.since)

    async def closed(organization: Organization, repository: RawItem) -> Pages:
        newest = listed(github, "pulls", most=selector.max_results, state="closed", sort="updated", direction="desc")
        async for page in newest(organization, repository):
            recent = [each for each in page if (parse_instant(each["updated_at"]) or oldest) >= oldest]
            yield recent
            if len(recent) < len(page):
                return

    async def fetch(organization: Organization, repository: RawItem) -> Pages:
        if "open" in selector.states:
            async for page in listed(github, "pulls", state="open")(organization, repository):
                yield page
        if "closed" in selector.states:
            async for page in closed(organization, repository):
                yield page

    return fetch


def issues(github: GitHub, selector: IssueSelector) -> OfRepository:
    """GitHub lists pull requests among issues; those are left out."""
    state = selector.states[0] if len(set(selector.states)) == 1 else "all"
    labels = ",".join(selector.labels) or None

    async def fetch(organization: Organization, repository: RawItem) -> Pages:
        if repository.get("has_issues") is False:
            return
        async for page in listed(github, "issues", state=state, labels=labels)(organization, repository):
            yield [each for each in page if "pull_request" not in each]

    return fetch


def dependabot_alerts(github: GitHub, selector: DependabotSelector) -> OfRepository:
    """Alerts of dependencies."""
    return listed(github, "dependabot/alerts", state=",".join(selector.states))


def code_scanning_alerts(github: GitHub, selector: CodeScanningSelector) -> OfRepository:
    """Alerts of code scanning; one listing for each state."""

    async def fetch(organization: Organization, repository: RawItem) -> Pages:
        for state in selector.states:
            async for page in listed(github, "code-scanning/alerts", state=state)(organization, repository):
                yield page

    return fetch


def collaborators(github: GitHub) -> OfRepository:
    """Of repositories that the credential may push to; GitHub tells nobody else."""

    async def fetch(organization: Organization, repository: RawItem) -> Pages:
        if not organization.as_app and (repository.get("permissions") or {}).get("push") is False:
            github.context.log.info("github_collaborators_hidden", repository=repository["full_name"])
            return
        async for page in listed(github, "collaborators", affiliation="all")(organization, repository):
            yield page

    return fetch


async def teams(github: GitHub, members: bool) -> Pages:
    """Teams of all organizations."""
    for organization in await github.organizations():
        async for page in organization.pages(f"/orgs/{segment(organization.login)}/teams"):
            calls = [partial(team, organization, each, members) for each in page]
            yield await throttle_batch_operation(calls, AT_ONCE)


async def team(organization: Organization, found: RawItem, members: bool) -> RawItem:
    """A team, with its members if they are wanted."""
    item = {**found, "__organization": organization.login}
    if members:
        path = f"/orgs/{segment(organization.login)}/teams/{segment(found['slug'])}/members"
        members_of = {each["login"]: each async for page in organization.pages(path) for each in page}
        item["__members"] = list(members_of.values())
    return item


async def users(github: GitHub) -> Pages:
    """Members of all organizations, over GraphQL, which tells names and addresses as well."""
    for organization in await github.organizations():
        after: str | None = None
        while True:
            data = await organization.query(_MEMBERS, {"login": organization.login, "after": after})
            found = data["organization"]["membersWithRole"]
            yield [{**each, "__organization": organization.login} for each in found["nodes"] if each]
            if not found["pageInfo"]["hasNextPage"]:
                break
            after = found["pageInfo"]["endCursor"]


async def user(organization: Organization, login: str) -> RawItem:
    """One member."""
    data = await organization.query(_ONE_USER, {"login": login})
    return {**data["user"], "__organization": organization.login}
