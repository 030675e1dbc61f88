"""Which repositories there are: all, or those of the projects that the source names. Section 11 of the contract."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from fnmatch import fnmatchcase
from typing import Any

from fairway.gitops.forges.answers import HttpAnswer
from fairway.gitops.forges.bitbucket_server.answers import Absent, absent, listing_pages
from fairway.gitops.forges.errors import ListingIncomplete
from fairway.gitops.forges.http import PASS, ForgeHttp
from fairway.gitops.forges.requests import Params, segment
from fairway.gitops.model import Repository

API = "/rest/api/latest"
_PAGE = 1000


class Listing:
    """Repositories of ``filters``, project keys or globs on them without regard to case; none: everything there is."""

    def __init__(self, http: ForgeHttp, web: str, filters: Sequence[str]) -> None:
        self._http = http
        self._web = web
        self._filters = list(dict.fromkeys(text.strip().upper() for text in filters if text.strip()))
        self.unknown: tuple[str, ...] = ()
        """Filters that matched no project the last time."""

    async def pages(self) -> AsyncIterator[Sequence[Repository]]:
        """Page by page."""
        if not self._filters:
            async for page in self._repositories(f"{API}/repos", None):
                yield page
            return
        keys, unknown = await self._keys()
        for key in keys:
            async for page in self._repositories(f"{API}/projects/{segment(key)}/repos", unknown):
                yield page
        self.unknown = tuple(unknown)

    async def _keys(self) -> tuple[list[str], list[str]]:
        """Keys to ask for, and filters without a project. Personal projects are not listed, so those are asked for
        anyway; so is every plain key when no glob makes a listing of projects necessary."""
        if not any(_is_glob(text) for text in self._filters):
            return list(self._filters), []
        keys = [key async for key in self._projects()]
        found, unknown = [], []
        for text in self._filters:
            matching = [key for key in keys if fnmatchcase(key.upper(), text)]
            if not matching and text.startswith("~") and not _is_glob(text):
                matching = [text]
            found += matching
            if not matching:
                unknown.append(text)
        return list(dict.fromkeys(found)), unknown

    async def _projects(self) -> AsyncIterator[str]:
        async for page in listing_pages(self._http, f"{API}/projects", {"limit": _PAGE}, PASS):
            if isinstance(page, HttpAnswer):
                raise ListingIncomplete(f"The listing of projects answered {page.status}")
            for each in page.values:
                key = each.get("key") if isinstance(each, dict) else None
                if isinstance(key, str):
                    yield key

    async def _repositories(self, path: str, unknown: list[str] | None) -> AsyncIterator[Sequence[Repository]]:
        """``unknown`` takes the key when there is no such project."""
        params: Params = {"limit": _PAGE, "archived": "ALL"}
        async for page in listing_pages(self._http, path, params, PASS):
            if not isinstance(page, HttpAnswer):
                yield [self.repository(each) for each in page.values]
                continue
            if unknown is None or absent(page) is not Absent.REPOSITORY:
                raise ListingIncomplete(f'"{path}" answered {page.status}')
            unknown.append(path.split("/")[-2].replace("%7E", "~"))

    def repository(self, value: Any) -> Repository:
        """A repository from its JSON.

        Raises:
            ListingIncomplete: it is none.
        """
        try:
            project, slug, number = value["project"], str(value["slug"]), int(value["id"])
            key = str(project["key"])
        except (KeyError, TypeError, ValueError):
            raise ListingIncomplete("The listing holds something that is no repository") from None
        branch = value.get("defaultBranch")
        return Repository(
            id=str(number),
            label=f"{key}/{slug}",
            url=f"{self._web}/projects/{segment(key)}/repos/{segment(slug)}",
            default_branch=branch.removeprefix("refs/heads/") if isinstance(branch, str) else None,
            archived=bool(value.get("archived")),
            fork=isinstance(value.get("origin"), dict),
            disabled=value.get("state", "AVAILABLE") != "AVAILABLE",
            personal=project.get("type") == "PERSONAL" or key.startswith("~"),
            visibility="public" if value.get("public") or project.get("public") else "private",
            address={"project": key, "slug": slug},
        )


def _is_glob(text: str) -> bool:
    return any(char in text for char in "*?[")
