"""GitLab's API, version 4: listings in pages of two sorts, objects, trees and files."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial
from typing import Any, Literal
from urllib.parse import quote

from yarl import URL

from fairway.integration.definition import Context
from fairway.integration.http import (
    Page,
    Paging,
    ThirdPartyBroken,
    ThirdPartyError,
    ThirdPartyHttp,
    ThirdPartyMissing,
    ThirdPartyRefused,
)
from fairway.integration.iterators import unless_missing
from fairway.integration.model import RawItem
from fairway.integrations.gitlab.settings import Settings

Pages = AsyncIterator[list[RawItem]]
Given = str | int | bool | None
_LENGTH = 100
KEYSET: Mapping[str, Given] = {"pagination": "keyset", "order_by": "id", "sort": "asc"}
"""Reads by id where GitLab can, so that nothing is missed that moves meanwhile."""


READINGS = 3
"""Of a listing that moves while it is read."""


class Moved(ThirdPartyBroken):
    """Items left a listing between two pages, so that others moved to pages that were read already."""

    code = "gitlab_listing_moved"


def _paging() -> Paging:
    """``x-next-page`` where pages are counted: empty after the last one, also where a link says otherwise. Listings by
    keyset have only the link, of which the parameters count: behind a proxy its address is often a wrong one.
    ``x-total`` comes with up to 10 000 items."""
    known = 0

    def following(page: Page) -> Mapping[str, Any] | None:
        nonlocal known
        headers = page.answer.headers
        total, before = headers.get("x-total") or "", known
        known = int(total) if total.isascii() and total.isdigit() else 0
        if 0 < known < before:
            raise Moved(f"{page.answer.place}: {before} items became {known} while they were read")
        number = headers.get("x-next-page")
        if number is not None:
            return {"page": number} if number else None
        link = page.answer.next_link
        return dict(URL(link, encoded=True).query) if link else None

    return Paging({"per_page": _LENGTH}, following)


class GitLab:
    """What the token of an installation reaches. ``lane`` is "event" when somebody waits."""

    def __init__(self, context: Context, lane: Literal["pass", "event"] = "pass") -> None:
        self.context = context
        self.settings = Settings.of(context.config)
        headers = {"authorization": f"Bearer {self.settings.token}"}
        self.http: ThirdPartyHttp = context.http.view(f"{self.settings.host}/api/v4", headers=headers, lane=lane)

    async def pages(self, path: str, params: Mapping[str, Given] | None = None) -> Pages:
        """A listing. One that becomes shorter meanwhile is read again: items may come twice, but none is missing, which
        would be deleted.

        Raises:
            Moved: it moves each time.
        """
        for left in reversed(range(READINGS)):
            try:
                async for page in self.http.pages(path, params=params, paging=_paging()):
                    yield page
            except Moved:
                if not left:
                    raise
            else:
                return

    async def whole(self, path: str, params: Mapping[str, Given] | None = None) -> list[RawItem]:
        """All items of a listing, each once, by ``id``."""
        found: dict[Any, RawItem] = {}
        async for page in self.pages(path, params):
            found.update((each["id"], each) for each in page)
        return list(found.values())

    async def get(self, path: str, **params: Given) -> RawItem | None:
        """An object; none when there is none, or its feature is off.

        Raises:
            ThirdPartyError: any other failure.
        """
        try:
            found: RawItem = await self.http.get_json(path, params=params)
        except ThirdPartyError as error:
            if off(error):
                return None
            raise
        return found

    async def project(self, number: int, *, fresh: bool = False) -> RawItem | None:
        """A project that resyncs would read; none if they would not. Kept for a moment, as one push is several events,
        unless it must be ``fresh``."""
        if fresh:
            found = await self.get(f"/projects/{number}")
        else:
            read = partial(self.get, f"/projects/{number}")
            found = await self.context.cache.result(f"gitlab:project:{number}", read, seconds=10)
        return found if found is not None and self.selects(found) else None

    def selects(self, project: RawItem) -> bool:
        """Whether it is in the groups of the settings, and open enough to the token."""
        path = f"{project['path_with_namespace'].lower()}/"
        if self.settings.groups and not any(path.startswith(f"{group.lower()}/") for group in self.settings.groups):
            return False
        granted = (project.get("permissions") or {}).values()
        level = max((int(each.get("access_level") or 0) for each in granted if each), default=None)
        return level is None or level >= self.settings.min_access_level

    def selects_group(self, full_path: str) -> bool:
        """Whether a group is among those of the settings, or below one."""
        path = f"{full_path.lower()}/"
        groups = self.settings.groups
        return not groups or any(path.startswith(f"{group.lower()}/") for group in groups)

    async def content(self, project: RawItem, path: str, ref: str, most: int) -> tuple[RawItem, bytes] | None:
        """A file: what GitLab tells of it, and its bytes; none when there is none, or it is larger than ``most``."""
        where = f"/projects/{project['id']}/repository/files/{segment(path.strip('/'))}"
        found = await self.get(where, ref=ref)
        if found is None or int(found.get("size") or 0) > most:
            return None
        told = {name: value for name, value in found.items() if name not in ("content", "encoding")}
        return told, base64.b64decode(found.get("content") or "")

    def tree(self, project: RawItem, ref: str) -> Pages:
        """Every entry of a tree; nothing of a repository that is empty."""
        path = f"/projects/{project['id']}/repository/tree"
        pages = self.pages(path, {"ref": ref, "recursive": True, "pagination": "keyset"})
        return unless_missing(pages, off, self.context.log)


def segment(text: str) -> str:
    """A text as one part of a path."""
    return quote(text, safe="")


def off(error: ThirdPartyError) -> bool:
    """Whether it says that a project lacks a feature or hides it, and not that the token is of the wrong sort."""
    if isinstance(error, ThirdPartyMissing):
        return True
    refused = isinstance(error, ThirdPartyRefused) and error.answered == 403
    return refused and "insufficient_scope" not in (error.cause or "")


OfProject = Callable[[RawItem], Pages]
