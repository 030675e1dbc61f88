"""Raw items of Jira by kind: as the API gives them, and ``__`` fields for what they hang on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from functools import partial
from typing import Any

from fairway.integration.definition import Context
from fairway.integration.http import ThirdPartyBroken, ThirdPartyRejected
from fairway.integration.iterators import (
    semaphore_async_iterator,
    stream_async_iterators_tasks,
    throttle_batch_operation,
)
from fairway.integration.model import RawItem
from fairway.integrations.jira.client import JiraClient

Pages = AsyncIterator[list[RawItem]]
_AT_ONCE = 8


async def projects(context: Context) -> Pages:
    """Data Center gives all in one answer."""
    jira, expand = JiraClient(context), context.selector.expand
    if await jira.is_cloud():
        async for page in jira.values("rest/api/3/project/search", expand=expand):
            yield page
        return
    found = await jira.get("project", expand=expand)
    for start in range(0, len(found), 200):
        yield found[start : start + 200]


async def issues(context: Context) -> Pages:
    """Issues of the selector's query."""
    selector = context.selector
    async for page in JiraClient(context).search(selector.jql, fields=selector.fields, expand=selector.expand):
        yield page


async def users(context: Context) -> Pages:
    """Everybody."""
    async for page in JiraClient(context).users():
        yield page


async def teams(context: Context) -> Pages:
    """Only Cloud has them, and only below an organisation."""
    jira = JiraClient(context)
    if not jira.organization or not await jira.is_cloud():
        context.log.info("jira_teams_off", reason="teams need `atlassianOrganizationId`, and Jira Cloud")
        return
    async for page in jira.teams():
        if context.selector.include_members:
            await throttle_batch_operation([partial(_with_members, jira, team) for team in page], _AT_ONCE)
        yield page


async def _with_members(jira: JiraClient, team: RawItem) -> None:
    team["__members"] = await jira.members(team["teamId"])


async def boards(context: Context) -> Pages:
    """Boards."""
    async for page in JiraClient(context).values("rest/agile/1.0/board", type=context.selector.type):
        yield page


async def sprints(context: Context) -> Pages:
    """Each once, although boards may share one. Kanban boards have none."""
    jira, seen = JiraClient(context), set[int]()
    state = ",".join(context.selector.state) or None

    def of_board(board: RawItem) -> Pages:
        return _of_board(context, jira, board, "sprint", state=state)

    async for page in _of_each(jira.values("rest/agile/1.0/board"), of_board, lambda board: board["type"] != "kanban"):
        fresh = [sprint for sprint in page if sprint["id"] not in seen]
        seen.update(sprint["id"] for sprint in fresh)
        if fresh:
            yield fresh


async def epics(context: Context) -> Pages:
    """Each once; ``__board`` is the first board that has it."""
    jira, seen = JiraClient(context), set[int]()
    done = None if context.selector.done is None else str(context.selector.done).lower()

    def of_board(board: RawItem) -> Pages:
        return _of_board(context, jira, board, "epic", done=done)

    async for page in _of_each(jira.values("rest/agile/1.0/board"), of_board):
        fresh = [epic for epic in page if epic["id"] not in seen]
        seen.update(epic["id"] for epic in fresh)
        if fresh:
            yield fresh


async def releases(context: Context) -> Pages:
    """Versions, with their project as ``__project``."""
    jira = JiraClient(context)
    status = ",".join(context.selector.status) or None
    async for page in _of_each(_projects(jira), lambda project: _releases(jira, project, status)):
        yield page


async def _releases(jira: JiraClient, project: RawItem, status: str | None) -> Pages:
    wanted = set(status.split(",")) if status else set()
    cloud = await jira.is_cloud()
    url = await jira.api(f"project/{project['id']}/version")
    async for page in jira.values(url, status=status if cloud else None):
        found = [each for each in page if not wanted or status_of(each) in wanted]
        if found:
            yield [{**each, "__project": project} for each in found]


def status_of(version: RawItem) -> str:
    """The status as the selector names it."""
    if version.get("archived"):
        return "archived"
    return "released" if version.get("released") else "unreleased"


async def components(context: Context) -> Pages:
    """Components, with their project as ``__project``."""
    jira = JiraClient(context)
    async for page in _of_each(_projects(jira), lambda project: _components(jira, project)):
        yield page


async def _components(jira: JiraClient, project: RawItem) -> Pages:
    if await jira.is_cloud():
        async for page in jira.values(f"rest/api/3/project/{project['id']}/component"):
            yield [{**each, "__project": project} for each in page]
        return
    found = await jira.get(f"project/{project['id']}/components")
    if found:
        yield [{**each, "__project": project} for each in found]


async def worklogs(context: Context) -> Pages:
    """Work logged, with its issue as ``__issue``."""
    jira = JiraClient(context)
    pages = jira.search(context.selector.jql, fields="summary,project")
    async for page in _of_each(pages, lambda issue: _worklogs(jira, issue)):
        yield page


async def _worklogs(jira: JiraClient, issue: RawItem) -> Pages:
    owner = {"id": issue["id"], "key": issue["key"], "fields": issue.get("fields")}
    start = 0
    while True:
        document = await jira.get(f"issue/{issue['id']}/worklog", startAt=start)
        found = document["worklogs"]
        if found:
            yield [{**each, "__issue": owner} for each in found]
        start += len(found)
        if start >= document["total"]:
            return
        if not found:
            raise ThirdPartyBroken(f"{document['total']} worklogs of {issue['key']} are promised, but {start} come")


async def _projects(jira: JiraClient) -> Pages:
    """Key, name and id of all projects, for what hangs on them."""
    if await jira.is_cloud():
        async for page in jira.values("rest/api/3/project/search"):
            yield [_brief(project) for project in page]
    else:
        yield [_brief(project) for project in await jira.get("project")]


def _brief(project: RawItem) -> RawItem:
    return {"id": project["id"], "key": project["key"], "name": project.get("name")}


async def _of_board(context: Context, jira: JiraClient, board: RawItem, what: str, **params: Any) -> Pages:
    """What a board has. Boards without the feature answer 400, in the language of the account; those of scrum have all
    features, so there it is an error."""
    brief = {"id": board["id"], "name": board.get("name"), "type": board.get("type")}
    try:
        async for page in jira.values(f"rest/agile/1.0/board/{board['id']}/{what}", **params):
            yield [{**each, "__board": brief} for each in page]
    except ThirdPartyRejected as error:
        if error.answered != 400 or board.get("type") == "scrum":
            raise
        context.log.info("jira_board_without", board=board["id"], what=what)


async def _of_each(
    owners: Pages,
    pages_of: Callable[[RawItem], Pages],
    wanted: Callable[[RawItem], bool] = lambda owner: True,
) -> AsyncGenerator[list[RawItem], None]:
    """Pages of every owner, several owners at once."""
    bound = asyncio.Semaphore(_AT_ONCE)
    async for page in owners:
        parts = [semaphore_async_iterator(bound, partial(pages_of, owner)) for owner in page if wanted(owner)]
        async for found in stream_async_iterators_tasks(*parts):
            yield found
