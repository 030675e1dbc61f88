"""SonarQube's Web API, of Server and Cloud."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from fairway.integration.caching import Cache, cached
from fairway.integration.definition import Context
from fairway.integration.http import Page, Paging, ThirdPartyBroken, ThirdPartyHttp
from fairway.integration.model import RawItem, Trigger
from fairway.integrations.sonarqube.selectors import ProjectFilters
from fairway.kit.errors import InvalidRequest
from fairway.kit.pacing import Lane

MOST = 10_000
"""The search index gives no result beyond this one."""
LENGTH = 500
READINGS = 3
"""Of a listing that moves while it is read."""
_CLOUD = ("sonarcloud.io", "sonarqube.us")
_COMPONENTS_SINCE = (10, 2)
"""Server calls ``componentKeys`` of issues ``components`` since this version."""


class TooMany(ThirdPartyBroken):
    """More results than SonarQube gives."""

    code = "sonarqube_listing_too_long"


class Moved(ThirdPartyBroken):
    """Results left a listing between two pages, so that others moved to pages that were read already."""

    code = "sonarqube_listing_moved"


class SonarClient:
    """The SonarQube of a context's settings."""

    def __init__(self, context: Context) -> None:
        config = context.config
        self._cache, self._clock = context.cache, context.clock
        self.url: str = config.sonar_url
        self.organization: str | None = config.sonar_organization_id or None
        host = self.url.partition("://")[2].partition("/")[0]
        given = config.sonar_is_on_premise
        self.on_premise: bool = given if given is not None else host not in _CLOUD
        lane: Lane | None = "event" if context.trigger is Trigger.LIVE else None
        if not self.on_premise and not self.organization:
            raise InvalidRequest("SonarQube Cloud needs `sonarOrganizationId`, the key of the organisation")
        headers = {"authorization": self._authorization(config.sonar_api_token.get_secret_value())}
        self.http: ThirdPartyHttp = context.http.view(self.url, headers=headers, lane=lane)

    @property
    def cache(self) -> Cache:
        """Where :func:`cached` keeps results."""
        return self._cache

    def _authorization(self, token: str) -> str:
        """Every Server takes the token as user; Cloud wants a bearer."""
        if not self.on_premise:
            return f"Bearer {token}"
        return "Basic " + base64.b64encode(f"{token}:".encode()).decode()

    @property
    def own(self) -> dict[str, str]:
        """The parameter that everything in an organisation needs."""
        return {"organization": self.organization} if self.organization else {}

    async def get(self, route: str, **params: Any) -> RawItem:
        """One document."""
        found: RawItem = await self.http.get_json(f"api/{route}", params=params)
        return found

    async def all(self, route: str, items: str, **params: Any) -> AsyncIterator[list[RawItem]]:
        """Pages of a listing. One that moves is read again; what comes twice does no harm, and what is missing would be
        deleted.

        Raises:
            TooMany: it has more than SonarQube gives.
            Moved: it moves each time.
        """
        for attempt in range(1, READINGS + 1):
            try:
                async for page in self.http.pages(f"api/{route}", params=params, paging=_numbered(items), items=items):
                    yield page
            except Moved:
                if attempt == READINGS:
                    raise
            else:
                return

    async def projects(self, filters: ProjectFilters) -> AsyncIterator[list[RawItem]]:
        """Projects that the account may browse."""
        given = {**self.own, "filter": filters.filter, "f": "analysisDate"}
        async for page in self.all("components/search_projects", "components", **given):
            found = [project for project in page if filters.chooses(project)]
            if found:
                yield found

    async def project(self, key: str, filters: ProjectFilters) -> RawItem | None:
        """One project; none when the filters do not choose it.

        Raises:
            ThirdPartyMissing: it is gone.
        """
        project: RawItem = (await self.get("components/show", component=key))["component"]
        if not filters.chooses(project):
            return None
        if filters.filter is None:
            return project
        expression = f'{filters.filter} and query = "{key}"'
        pages = self.all("components/search_projects", "components", **self.own, filter=expression)
        found = [each async for page in pages for each in page if each["key"] == key]
        return project if found else None

    @cached()
    async def components_parameter(self) -> str:
        """What the parameter of ``api/issues/search`` for projects is called."""
        if not self.on_premise:
            return "componentKeys"
        text = (await self.http.send("GET", "api/server/version")).require_ok().body.decode(errors="replace")
        version = tuple(int(part) for part in text.strip().split(".")[:2] if part.isdecimal())
        return "components" if version >= _COMPONENTS_SINCE else "componentKeys"

    async def issues(self, project: str, params: Mapping[str, Any]) -> AsyncIterator[list[RawItem]]:
        """All issues of a project's main branch, oldest first. Where there are more than SonarQube gives, the time of
        their creation is halved until there are fewer.

        Raises:
            TooMany: more were created within one second.
        """
        given = {**self.own, await self.components_parameter(): project, "s": "CREATION_DATE", "asc": "true", **params}
        first = await self.get("issues/search", **given, p=1, ps=1)
        if _total(first) <= MOST:
            async for page in self.all("issues/search", "issues", **given):
                yield page
            return
        start = datetime.fromisoformat(first["issues"][0]["creationDate"]).replace(microsecond=0)
        end = max(self._clock.now().replace(microsecond=0), start) + timedelta(seconds=1)
        async for page in self._window(given, start, end):
            yield page

    async def _window(self, given: Mapping[str, Any], start: datetime, end: datetime) -> AsyncIterator[list[RawItem]]:
        """Issues created from ``start`` on, before ``end``."""
        span = {**given, "createdAfter": _instant(start), "createdBefore": _instant(end)}
        found = await self.get("issues/search", **span, p=1, ps=1)
        if _total(found) <= MOST:
            async for page in self.all("issues/search", "issues", **span):
                yield page
            return
        seconds = int((end - start).total_seconds())
        if seconds <= 1:
            raise TooMany(f"More than {MOST} issues were created at {start.isoformat()}, and SonarQube gives no more")
        middle = start + timedelta(seconds=seconds // 2)
        for part in ((start, middle), (middle, end)):
            async for page in self._window(given, *part):
                yield page


def _instant(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S%z")


def _total(document: Mapping[str, Any]) -> int:
    """Older versions have it beside ``paging`` only."""
    found = (document.get("paging") or {}).get("total", document.get("total"))
    if not isinstance(found, int):
        raise ThirdPartyBroken("SonarQube does not say how many results there are")
    return found


def _numbered(items: str) -> Paging:
    """The end is where ``total`` says; the answer says how long its page was meant to be."""
    known = 0

    def following(page: Page) -> Mapping[str, int] | None:
        nonlocal known
        before, known = known, _total(page.document)
        total = known
        if total < before:
            raise Moved(f"{page.answer.place}: {before} {items} became fewer while they were read")
        length = (page.document.get("paging") or {}).get("pageSize") or LENGTH
        read = (page.number + 1) * length
        if page.total >= total:
            return None
        if read >= total or not page.count:
            raise ThirdPartyBroken(f"{page.answer.place}: {total} {items} are promised, but {page.total} came")
        if read + length > MOST:
            raise TooMany(f"There are {total} {items}, and SonarQube gives {MOST}; choose fewer in the selector")
        return {"p": page.number + 2}

    return Paging({"p": 1, "ps": LENGTH}, following)
