"""All repositories of a Gitea, page by page. Section 4.4 of the contract."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

from fairway.gitops.forges.answers import HttpAnswer, next_link
from fairway.gitops.forges.errors import ForgeBroken, ListingIncomplete, NotPermitted
from fairway.gitops.forges.gitea.files import API
from fairway.gitops.forges.http import PASS, ForgeHttp
from fairway.gitops.forges.requests import segment
from fairway.gitops.model import Repository

_LIMIT = 50
"""The server lowers what is more to its own maximum, 50 unless it is configured."""
_MOST_PAGES = 10_000


class GiteaListing:
    """Lists the repositories of one owner, or all that the user sees."""

    def __init__(self, http: ForgeHttp, owner: str) -> None:
        self._http = http
        self._owner = owner
        self._people: dict[str, bool] = {}

    async def pages(self) -> AsyncIterator[Sequence[Repository]]:
        """See :meth:`Forge.listing`. Ends when the server's total is reached, whatever pages look like before."""
        path, params = await self._path()
        seen: set[str] = set()
        listed = 0
        for number in range(1, _MOST_PAGES + 1):
            answer = await self._http.page(path, params={**params, "limit": _LIMIT, "page": number})
            values = _values(answer)
            listed += len(values)
            try:
                new = [found for each in values if (found := await self.repository(each)).id not in seen]
            except (KeyError, TypeError, ValueError):
                raise ListingIncomplete(f'"{answer.url}" lists something that is no repository') from None
            seen.update(each.id for each in new)
            yield new
            total = answer.headers.get("x-total-count", "")
            if next_link(answer) is None and (not total.isdigit() or listed >= int(total)):
                return
            if not values and next_link(answer) is None:
                raise ListingIncomplete(f'"{path}" ends after {listed} of {total} repositories')
        raise ListingIncomplete(f'"{path}" has more than {_MOST_PAGES} pages')

    async def _path(self) -> tuple[str, dict[str, str]]:
        if not self._owner:
            return f"{API}/repos/search", {"sort": "id", "order": "asc"}
        if await self._is_person(self._owner):
            return f"{API}/users/{segment(self._owner)}/repos", {}
        return f"{API}/orgs/{segment(self._owner)}/repos", {}

    async def _is_person(self, owner: str) -> bool:
        """Repositories do not say whether their owner is an organisation."""
        if owner not in self._people:
            try:
                answer = await self._http.get(f"{API}/orgs/{segment(owner)}", how=PASS)
            except NotPermitted:
                return False
            if not answer.ok and answer.status != 404:
                raise ListingIncomplete(f'"{answer.url}" answered {answer.status}')
            self._people[owner] = answer.status == 404
        return self._people[owner]

    async def repository(self, value: Any) -> Repository:
        """A repository from its JSON."""
        owner, _, name = str(value["full_name"]).partition("/")
        visibility = "private" if value.get("private") else "internal" if value.get("internal") else "public"
        return Repository(
            id=str(int(value["id"])),
            label=f"{owner}/{name}",
            url=str(value["html_url"]),
            default_branch=None if value.get("empty") else value.get("default_branch") or None,
            archived=bool(value.get("archived")),
            fork=bool(value.get("fork")),
            mirror=bool(value.get("mirror")),
            disabled=value.get("has_code") is False,
            personal=await self._is_person(owner),
            visibility=visibility,
            topics=frozenset(str(each) for each in value.get("topics") or ()),
            address={"owner": owner, "name": name},
        )


def _values(answer: HttpAnswer) -> list[Any]:
    """The repositories of a page: the search wraps them."""
    try:
        document = answer.json if answer.ok else None
    except ForgeBroken as error:
        raise ListingIncomplete(error.message) from None
    if isinstance(document, dict) and document.get("ok"):
        document = document.get("data")
    if not isinstance(document, list):
        raise ListingIncomplete(f'"{answer.url}" answered {answer.status} without a page of repositories')
    return document
