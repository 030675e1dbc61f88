"""Jira's REST API: Cloud (version 3) and Data Center (version 2), with the agile API that both have."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Mapping
from typing import Any

from fairway.integration.caching import Cache, cached
from fairway.integration.definition import Context
from fairway.integration.http import Page, Paging, ThirdPartyBroken, ThirdPartyHttp, offsets
from fairway.integration.model import RawItem, Trigger
from fairway.kit.errors import InvalidRequest
from fairway.kit.pacing import Lane

Params = Mapping[str, Any]
ISSUES, VALUES = 100, 50
"""Items asked for at once; Jira gives fewer where it likes."""


class JiraClient:
    """The Jira of a context's settings."""

    def __init__(self, context: Context) -> None:
        self._config = context.config
        self._cache = context.cache
        lane: Lane | None = "event" if context.trigger is Trigger.LIVE else None
        host = self._config.jira_host
        if context.oauth_token is not None:
            self.http: ThirdPartyHttp = context.http.view(host, token=context.oauth_token, lane=lane)
        else:
            self.http = context.http.view(host, headers={"authorization": self._authorization()}, lane=lane)

    @property
    def cache(self) -> Cache:
        """Where :func:`cached` keeps results."""
        return self._cache

    @property
    def organization(self) -> str | None:
        """The Atlassian organisation that teams are of."""
        value: str | None = self._config.atlassian_organization_id
        return value

    def _authorization(self) -> str:
        token = self._config.atlassian_user_token
        if token is None:
            raise InvalidRequest(
                "Jira needs `atlassianUserToken` (with `atlassianUserEmail` for Cloud), or a file of an OAuth token"
            )
        email, secret = self._config.atlassian_user_email, token.get_secret_value()
        if not email:
            return f"Bearer {secret}"
        return "Basic " + base64.b64encode(f"{email}:{secret}".encode()).decode()

    @cached()
    async def is_cloud(self) -> bool:
        """Whether it is Cloud; Data Center answers otherwise, and has other routes."""
        info = await self.http.get_json("rest/api/2/serverInfo")
        return bool(info.get("deploymentType") == "Cloud")

    async def api(self, path: str) -> str:
        """The route of ``path`` in the version of the API that this Jira has."""
        return f"rest/api/{3 if await self.is_cloud() else 2}/{path}"

    async def get(self, path: str, **params: Any) -> Any:
        """One document of the REST API."""
        return await self.http.get_json(await self.api(path), params=params)

    async def agile(self, path: str) -> RawItem:
        """One object of the agile API."""
        found: RawItem = await self.http.get_json(f"rest/agile/1.0/{path}")
        return found

    async def values(self, url: str, **params: Any) -> AsyncIterator[list[RawItem]]:
        """Pages of a listing with ``startAt``, ``values`` and ``isLast``."""
        async for page in self.http.pages(url, params=params, paging=_beans("values", VALUES), items="values"):
            yield page

    async def search(self, jql: str, **params: Any) -> AsyncIterator[list[RawItem]]:
        """Issues that ``jql`` finds, always in an order, so that pages neither overlap nor leave a gap."""
        given = {"jql": ordered(jql), **params}
        if await self.is_cloud():
            paging, url = _TOKENS, "rest/api/3/search/jql"
            given["maxResults"] = ISSUES
        else:
            paging, url = _beans("issues", ISSUES), "rest/api/2/search"
        async for page in self.http.pages(url, params=given, paging=paging, items="issues"):
            yield page

    async def matches(self, jql: str, issue_id: str, **params: Any) -> RawItem | None:
        """The issue as a search finds it, if ``jql`` does. Cloud is told to look at the issue itself, because its index
        is late.

        Raises:
            ThirdPartyRejected: there is no such issue, or the query is wrong.
        """
        condition, _ = split_order(jql)
        params = {"jql": f"id = {issue_id} AND ({condition})" if condition else f"id = {issue_id}", **params}
        if await self.is_cloud():
            url, params["reconcileIssues"] = "rest/api/3/search/jql", issue_id
        else:
            url = "rest/api/2/search"
        found = (await self.http.get_json(url, params=params)).get("issues") or []
        return found[0] if found else None

    async def users(self) -> AsyncIterator[list[RawItem]]:
        """Everybody, those who left too. Pages are filtered after they are cut, so short ones mean nothing."""
        if await self.is_cloud():
            url, given = "rest/api/3/users/search", {}
        else:
            url, given = "rest/api/2/user/search", {"username": ".", "includeInactive": "true"}
        paging = offsets("startAt", "maxResults", 1000)
        async for page in self.http.pages(url, params=given, paging=paging):
            yield page

    async def teams(self) -> AsyncIterator[list[RawItem]]:
        """Teams of the organisation."""
        url = f"gateway/api/public/teams/v1/org/{self.organization}/teams"
        async for page in self.http.pages(url, params={"size": VALUES}, paging=_CURSOR, items="entities"):
            yield page

    async def members(self, team_id: str) -> list[RawItem]:
        """Who is in a team. The route reads, although it is a POST."""
        url = f"gateway/api/public/teams/v1/org/{self.organization}/teams/{team_id}/members"
        found: list[RawItem] = []
        after: str | None = None
        while True:
            body = {"first": VALUES, **({"after": after} if after else {})}
            document = (await self.http.send("POST", url, json=body, retryable=True)).require_ok().json
            found += document.get("results") or []
            page = document.get("pageInfo") or {}
            if not page.get("hasNextPage"):
                return found
            if page.get("endCursor") in (None, after):
                raise ThirdPartyBroken(f'Members of the team "{team_id}" do not end: their cursor stands still')
            after = page["endCursor"]


def split_order(jql: str) -> tuple[str, str]:
    """The condition of a query, and how it is ordered. ``ORDER BY`` within quotes is no order."""
    lowered, quote, at = jql.lower(), "", 0
    while at < len(jql):
        letter = jql[at]
        if quote:
            at += letter == "\\"
            quote = "" if letter == quote else quote
        elif letter in "\"'":
            quote = letter
        elif lowered.startswith("order by", at) and (at == 0 or not (lowered[at - 1].isalnum() or jql[at - 1] == "_")):
            return jql[:at].strip(), jql[at:].strip()
        at += 1
    return jql.strip(), ""


def ordered(jql: str) -> str:
    """The query with an order."""
    condition, order = split_order(jql)
    return f"{condition} {order or 'ORDER BY key ASC'}".strip()


def _beans(items: str, length: int) -> Paging:
    """``startAt``, with how many really came. The end is ``isLast``, or an empty page that ``total`` agrees with: Jira
    gives fewer than it is asked for.

    What leaves a listing between two pages moves all that is behind it forward. ``total`` is smaller then, and by so
    much the next page begins before the one that came: items that come twice do no harm, missing ones are deleted.
    """
    known: int | None = None
    moved = False

    def following(page: Page) -> Mapping[str, int] | None:
        nonlocal known, moved
        document, before = page.document, known
        start, total = document.get("startAt", page.total - page.count), document.get("total")
        known = total if isinstance(total, int) else before
        if before is not None and known is not None and known < before and start > 0:
            moved = True
            return {"startAt": max(0, start - (before - known))}
        if document.get("isLast") is True or (moved and start + page.count == known):
            return None
        if page.count:
            return {"startAt": start + page.count}
        if known is not None and known > start:
            raise ThirdPartyBroken(
                f"{page.answer.place}: {known} {items} are promised, but after {start} nothing comes"
            )
        return None

    return Paging({"startAt": 0, "maxResults": length}, following)


def _by_token(page: Page) -> Mapping[str, str] | None:
    token, last = page.document.get("nextPageToken"), page.document.get("isLast")
    if last is False and not token:
        raise ThirdPartyBroken(f"{page.answer.place}: the page is not the last, but has no token of the next")
    return {"nextPageToken": token} if token and last is not True else None


def _by_cursor(page: Page) -> Mapping[str, str] | None:
    mark = page.document.get("cursor")
    return {"cursor": mark} if mark else None


_TOKENS = Paging({}, _by_token)
_CURSOR = Paging({}, _by_cursor)
