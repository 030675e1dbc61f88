"""Bitbucket's API: the login, listings in pages that say where the next one starts, and what is not there."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import quote

from fairway.integration.definition import Context
from fairway.integration.http import Page, Paging, ThirdPartyBroken, ThirdPartyHttp, ThirdPartyMissing
from fairway.integration.model import RawItem, Trigger
from fairway.kit.errors import InvalidRequest
from fairway.kit.pacing import Lane

Pages = AsyncIterator[list[RawItem]]
LIMIT = 100
MOST_BYTES = 1024 * 1024
"""Of an included file; longer ones are left out."""


class Bitbucket:
    """The Bitbucket of a context's settings."""

    def __init__(self, context: Context) -> None:
        self.context = context
        lane: Lane | None = "event" if context.trigger is Trigger.LIVE else None
        base = f"{context.config.bitbucket_base_url}/rest/api/1.0"
        self.http: ThirdPartyHttp = context.http.view(base, headers={"authorization": self._authorization()}, lane=lane)

    def _authorization(self) -> str:
        config = self.context.config
        if config.bitbucket_token is not None:
            return f"Bearer {config.bitbucket_token.get_secret_value()}"
        if not config.bitbucket_username or config.bitbucket_password is None:
            raise InvalidRequest('Set "bitbucketToken", or "bitbucketUsername" together with "bitbucketPassword"')
        pair = f"{config.bitbucket_username}:{config.bitbucket_password.get_secret_value()}"
        return "Basic " + base64.b64encode(pair.encode()).decode()

    def pages(self, path: str, **params: str | int | None) -> Pages:
        """A listing; whatever goes wrong in the middle of it is an error."""
        return self.http.pages(path, params={"limit": LIMIT, **params}, paging=_STARTS, items="values")

    def shared(self, path: str) -> Pages:
        """As :meth:`pages`, read once for all kinds of a resync."""
        return self.context.cache.pages(f"bitbucket:{path}", lambda: self.pages(path))

    async def get(self, path: str) -> RawItem | None:
        """An object; none when there is none."""
        try:
            found: RawItem = await self.http.get_json(path)
        except ThirdPartyMissing:
            return None
        return found

    async def text(self, repository: RawItem, path: str) -> str | None:
        """A file of the default branch; none when there is none, or it is too long."""
        url = f"{place(repository)}/raw/{quote(path.strip('/'))}"
        answer = await self.http.send("GET", url)
        if answer.status == 404:
            return None
        answer.require_ok()
        return answer.body.decode(errors="replace") if len(answer.body) <= MOST_BYTES else None


def place(repository: Mapping[str, Any]) -> str:
    """The path of a repository."""
    return f"{project_place(repository['project'])}/repos/{quote(str(repository['slug']), safe='')}"


def project_place(project: Mapping[str, Any]) -> str:
    """The path of a project; keys of personal ones begin with a tilde."""
    return f"projects/{quote(str(project['key']), safe='~')}"


def _next_start(page: Page) -> Mapping[str, int] | None:
    """Rows are filtered after pages are cut: pages have gaps and may be empty, so only Bitbucket knows what is next."""
    document = page.document if isinstance(page.document, dict) else {}
    last, start = document.get("isLastPage"), document.get("nextPageStart")
    if last is True:
        return None
    if last is not False or not isinstance(start, int):
        raise ThirdPartyBroken(f"{page.answer.place}: the page tells neither that it is the last nor what is next")
    return {"start": start}


_STARTS = Paging({"start": 0}, _next_start)
