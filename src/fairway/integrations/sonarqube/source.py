"""Raw items of SonarQube by kind: as the API gives them, and ``__`` fields for measures, branches and links."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import quote

from fairway.integration.definition import Context
from fairway.integration.http import ThirdPartyMissing
from fairway.integration.iterators import (
    semaphore_async_iterator,
    stream_async_iterators_tasks,
    throttle_batch_operation,
)
from fairway.integration.model import RawItem
from fairway.integrations.sonarqube.client import SonarClient

Pages = AsyncIterator[list[RawItem]]
_AT_ONCE = 8


async def projects(context: Context) -> Pages:
    """Projects with ``__measures``, ``__branches``, ``__branch`` (the main one) and ``__link``."""
    sonar, selector = SonarClient(context), context.selector
    async for page in sonar.projects(selector.api_filters):
        calls = [partial(enriched, context, sonar, project) for project in page]
        found = [each for each in await throttle_batch_operation(calls, _AT_ONCE) if each is not None]
        if found:
            yield found


async def enriched(context: Context, sonar: SonarClient, project: RawItem) -> RawItem | None:
    """The project with what the kind adds; none when it was deleted meanwhile."""
    key, metrics = project["key"], context.selector.metrics
    try:
        measures = await _measures(sonar, key, metrics) if metrics else []
        branches = (await sonar.get("project_branches/list", project=key))["branches"]
    except ThirdPartyMissing:
        context.log.info("sonarqube_project_gone", project=key)
        return None
    main = next((branch for branch in branches if branch.get("isMain")), None)
    return {**project, "__measures": measures, "__branches": branches, "__branch": main, "__link": link(sonar, key)}


async def _measures(sonar: SonarClient, key: str, metrics: tuple[str, ...]) -> list[Any]:
    found = await sonar.get("measures/component", component=key, metricKeys=",".join(metrics))
    measures: list[Any] = found["component"].get("measures", [])
    return measures


def link(sonar: SonarClient, key: str) -> str:
    """The page of a project."""
    page = "dashboard" if sonar.on_premise else "project/overview"
    return f"{sonar.url}/{page}?id={quote(key, safe='')}"


async def issues(context: Context) -> Pages:
    """Issues of main branches, with ``__link``."""
    sonar, selector = SonarClient(context), context.selector

    def of_project(project: RawItem) -> Pages:
        return issues_of(sonar, project["key"], selector.api_filters.params())

    async for page in _of_each(sonar.projects(selector.project_api_filters), of_project):
        yield page


async def issues_of(sonar: SonarClient, key: str, params: dict[str, str]) -> Pages:
    """Issues of one project."""
    base = f"{sonar.url}/project/issues?id={quote(key, safe='')}&open="
    async for page in sonar.issues(key, params):
        yield [{**issue, "__link": base + issue["key"]} for issue in page]


async def analyses(context: Context) -> Pages:
    """Analyses of main branches, with ``__project``."""
    sonar, selector = SonarClient(context), context.selector
    since = (context.clock.now() - timedelta(days=selector.days)).strftime("%Y-%m-%d")

    def of_project(project: RawItem) -> Pages:
        return analyses_of(sonar, project["key"], since)

    async for page in _of_each(sonar.projects(selector.project_api_filters), of_project):
        yield page


async def analyses_of(sonar: SonarClient, key: str, since: str) -> Pages:
    """Analyses of one project from a day on."""
    params = {"project": key, "from": since}
    async for page in sonar.all("project_analyses/search", "analyses", **params):
        yield [{**analysis, "__project": key, "__link": link(sonar, key)} for analysis in page]


async def portfolios(context: Context) -> Pages:
    """Only the Enterprise Edition of Server has them."""
    sonar = SonarClient(context)
    try:
        listed = (await sonar.get("views/list"))["views"] if sonar.on_premise else []
    except ThirdPartyMissing:
        context.log.info("sonarqube_portfolios_off", reason="this edition has none")
        return
    for start in range(0, len(listed), 50):
        calls = [partial(sonar.get, "views/show", key=each["key"]) for each in listed[start : start + 50]]
        yield await throttle_batch_operation(calls, _AT_ONCE)


async def _of_each(owners: Pages, pages_of: Callable[[RawItem], Pages]) -> AsyncGenerator[list[RawItem], None]:
    """Pages of every owner, several owners at once."""
    bound = asyncio.Semaphore(_AT_ONCE)
    async for page in owners:
        parts = [semaphore_async_iterator(bound, partial(pages_of, owner)) for owner in page]
        async for found in stream_async_iterators_tasks(*parts):
            yield found
