"""Raw items by kind, page by page, as Bitbucket gives them; ``__`` fields are what selectors ask for besides."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial

from fairway.integration.definition import Context
from fairway.integration.http import ThirdPartyMissing
from fairway.integration.iterators import (
    semaphore_async_iterator,
    stream_async_iterators_tasks,
    throttle_batch_operation,
)
from fairway.integration.model import RawItem
from fairway.integrations.bitbucket_server.client import Bitbucket, Pages, place, project_place
from fairway.integrations.bitbucket_server.selectors import ProjectSelector, RepositorySelector

AT_ONCE = 8
_GONE = "NoSuchRepositoryException"


async def projects(context: Context) -> Pages:
    """Projects that the selector wants."""
    async for page in _projects(Bitbucket(context), context.selector):
        yield page


async def _projects(bitbucket: Bitbucket, selector: ProjectSelector) -> Pages:
    if selector.projects:
        for key in selector.projects:  # one by one: several wrong logins at once lock the account
            found = await bitbucket.http.get_json(project_place({"key": key}))
            yield [found] if selector.wants(found) else []
        return
    async for page in bitbucket.shared("projects"):
        yield [each for each in page if selector.wants(each)]


async def _repositories(bitbucket: Bitbucket, selector: ProjectSelector) -> Pages:
    async for page in _projects(bitbucket, selector):
        async for found in _of_each([partial(bitbucket.shared, f"{project_place(each)}/repos") for each in page]):
            yield found


async def _of_each(sources: list[Callable[[], Pages]]) -> Pages:
    """Several at once; one that fails fails all."""
    places = asyncio.Semaphore(AT_ONCE)
    streams = [semaphore_async_iterator(places, source) for source in sources]
    async for page in stream_async_iterators_tasks(*streams):
        yield page


async def repositories(context: Context) -> Pages:
    """Repositories of those projects."""
    bitbucket, selector = Bitbucket(context), context.selector
    async for page in _repositories(bitbucket, selector):
        yield await throttle_batch_operation([partial(enriched, bitbucket, each, selector) for each in page], AT_ONCE)


async def enriched(bitbucket: Bitbucket, repository: RawItem, selector: RepositorySelector) -> RawItem:
    """A repository with what the selector asks for."""
    found = dict(repository)
    if selector.include_latest_commit:
        commits = await bitbucket.get(f"{place(repository)}/commits?limit=1")  # none: it has no default branch
        found["__latestCommit"] = next(iter((commits or {}).get("values") or ()), None)
    if selector.included_files:
        found["__includedFiles"] = {path: await bitbucket.text(repository, path) for path in selector.included_files}
    return found


async def pull_requests(context: Context) -> Pages:
    """Pull requests of all repositories of those projects."""
    bitbucket = Bitbucket(context)
    async for page in _repositories(bitbucket, context.selector):
        async for found in _of_each([partial(_pull_requests, bitbucket, each) for each in page]):
            yield found


async def _pull_requests(bitbucket: Bitbucket, repository: RawItem) -> Pages:
    try:
        for state in dict.fromkeys(bitbucket.context.selector.states):
            async for page in bitbucket.pages(f"{place(repository)}/pull-requests", state=state, order="NEWEST"):
                yield page
    except ThirdPartyMissing as error:
        if _GONE not in (error.cause or ""):
            raise
        bitbucket.context.log.info("bitbucket_repository_gone", repository=place(repository))


async def users(context: Context) -> Pages:
    """Everybody who may log in."""
    async for page in Bitbucket(context).pages("users"):
        yield page
