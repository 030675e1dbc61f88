"""PagerDuty's REST API, version 2."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from fairway.integration.definition import Context
from fairway.integration.http import Page, Paging, ThirdPartyBroken, ThirdPartyHttp
from fairway.integration.model import RawItem, Trigger
from fairway.kit.errors import InvalidRequest
from fairway.kit.pacing import Lane

MOST = 10_000
"""Offset and limit together may not be more."""
LENGTH = 100
WINDOW = timedelta(days=150)
"""A request for incidents may span six months."""
Params = Mapping[str, Any]


class TooMany(ThirdPartyBroken):
    """A listing has more objects than PagerDuty gives; ``last`` is the last one that came."""

    code = "pagerduty_listing_too_long"

    def __init__(self, message: str, last: RawItem) -> None:
        super().__init__(message)
        self.last = last


class PagerDutyClient:
    """The account of a context's settings."""

    def __init__(self, context: Context) -> None:
        config = context.config
        lane: Lane | None = "event" if context.trigger is Trigger.LIVE else None
        headers = {"accept": "application/vnd.pagerduty+json;version=2"}
        if context.oauth_token is None:
            if config.token is None:
                raise InvalidRequest("PagerDuty needs `token`, an API key, or a file of an OAuth token")
            headers["authorization"] = f"Token token={config.token.get_secret_value()}"
        self.http: ThirdPartyHttp = context.http.view(
            config.api_url, headers=headers, token=context.oauth_token, lane=lane
        )

    async def one(self, route: str, name: str, **params: Any) -> RawItem:
        """The object that is below ``name`` in the answer."""
        found: RawItem = (await self.http.get_json(route, params=listed(params)))[name]
        return found

    async def all(self, route: str, name: str | None = None, **params: Any) -> AsyncIterator[list[RawItem]]:
        """Pages of a listing.

        Raises:
            TooMany: it has more than PagerDuty gives.
        """
        items, given = name or route, listed(params)
        async for page in self.http.pages(route, params=given, paging=_offsets(items), items=items):
            yield page

    async def incidents(self, since: datetime, now: datetime, **params: Any) -> AsyncIterator[list[RawItem]]:
        """Incidents in the order of their creation, oldest first, as many as there are: spans are as long as PagerDuty
        allows, and where one has too many the next begins with the last that came.

        Raises:
            TooMany: more were created within one second than PagerDuty gives.
        """
        while since < now:
            until = min(now, since + WINDOW)
            given = {**params, "since": since.isoformat(), "until": until.isoformat(), "sort_by": "created_at:asc"}
            given["total"] = "true"  # those that are resolved meanwhile may leave the listing
            try:
                async for page in self.all("incidents", **given):
                    yield page
            except TooMany as error:
                last = datetime.fromisoformat(error.last["created_at"])
                if last <= since:
                    raise
                since = last
            else:
                since = until

    async def oncalls_of(self, policies: Sequence[str]) -> Mapping[str, list[RawItem]]:
        """Who is on call now, by escalation policy."""
        found: dict[str, list[RawItem]] = {policy: [] for policy in policies}
        for start in range(0, len(policies), 25):
            some = list(policies[start : start + 25])
            async for page in self.all("oncalls", escalation_policy_ids=some, include=["users"]):
                for oncall in page:
                    found.setdefault(oncall["escalation_policy"]["id"], []).append(oncall)
        return found


def listed(params: Params) -> Params:
    """Lists have ``[]`` behind their name; empty ones are left out."""
    plain = {name: value for name, value in params.items() if not isinstance(value, list | tuple)}
    return {**plain, **{f"{name}[]": list(value) for name, value in params.items() if name not in plain and value}}


def _offsets(items: str) -> Paging:
    """``more`` says whether there is a next page, and the answer how long this one was meant to be.

    What leaves a listing between two pages moves all that is behind it forward. Where ``total`` was asked for it is
    smaller then, and by so much the next page begins before the one that came: missing objects would be deleted.
    """
    known: int | None = None

    def following(page: Page) -> Mapping[str, int] | None:
        nonlocal known
        document, before = page.document, known
        known = document.get("total")
        if before is not None and known is not None and known < before and document["offset"] > 0:
            return {"offset": max(0, document["offset"] - (before - known))}
        if not document.get("more"):
            return None
        length = document.get("limit") or LENGTH
        start = document.get("offset", 0) + length
        if not page.count:
            raise ThirdPartyBroken(f"{page.answer.place}: there are more {items}, but the page is empty")
        if start + length > MOST:
            text = f"There are more than {MOST} {items}, and PagerDuty gives no more; choose fewer in the selector"
            raise TooMany(text, document[items][-1])
        return {"offset": start}

    return Paging({"limit": LENGTH, "offset": 0}, following)
