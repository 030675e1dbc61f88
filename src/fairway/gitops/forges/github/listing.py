"""Which repositories there are, with what one query says about each on the way. Section 4.2 of the contract."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from fairway.gitops.forges.errors import ForgeBroken, ListingIncomplete
from fairway.gitops.forges.github.graphql import GraphQL, QueryFailed, Snapshot, repository_of, snapshot_of
from fairway.gitops.forges.http import PASS, ForgeHttp, How
from fairway.gitops.forges.requests import segment
from fairway.gitops.forges.settings import ForgeSettings
from fairway.gitops.model import SPEC_NAMES, Repository
from fairway.kit.clock import Clock
from fairway.kit.errors import FairwayError

_PAGE, _SMALLEST = 100, 12
_MOST_PAGES = 10_000
_LISTED: How = replace(PASS, conditional=True)
_KEPT_BYTES = 32 * 1024 * 1024
_HOLDS_FOR = timedelta(minutes=10)


class Snapshots:
    """What the listing learnt about repositories, until somebody looks at them: once each, and not for long."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: OrderedDict[str, tuple[datetime, Snapshot]] = OrderedDict()
        self._bytes = 0
        self.names: tuple[str, ...] = SPEC_NAMES
        """Root files to ask for; what was wanted last tells which."""

    def keep(self, repository: Repository, snapshot: Snapshot) -> None:
        """Keeps one, at the cost of the oldest when there are too many."""
        self.take(repository)
        self._kept[repository.id] = (self._clock.now(), snapshot)
        self._bytes += snapshot.weight
        while self._bytes > _KEPT_BYTES:
            _, (_, oldest) = self._kept.popitem(last=False)
            self._bytes -= oldest.weight

    def take(self, repository: Repository) -> Snapshot | None:
        """What is known of a repository; it is forgotten by that."""
        found = self._kept.pop(repository.id, None)
        if found is None:
            return None
        self._bytes -= found[1].weight
        return found[1] if self._clock.now() - found[0] <= _HOLDS_FOR else None


class Listing:
    """Repositories of an organisation or user, of an app's installation, or of whoever the token belongs to."""

    def __init__(self, http: ForgeHttp, graphql: GraphQL, settings: ForgeSettings, snapshots: Snapshots) -> None:
        self._http = http
        self._graphql = graphql
        self._app = bool(settings.app_id)
        self._owner = settings.organisation
        self._snapshots = snapshots

    async def pages(self) -> AsyncIterator[Sequence[Repository]]:
        """Page by page. An app sees public repositories that it is not installed for, so it asks for its own."""
        if self._owner and not self._app:
            async for page in self._of_organisation(self._owner):
                yield page
            return
        path = "/installation/repositories" if self._app else "/user/repos"
        async for page in self._listed(path):
            yield page

    async def _of_organisation(self, owner: str) -> AsyncIterator[Sequence[Repository]]:
        cursor: str | None = None
        seen: set[str] = set()
        size, lost = _PAGE, 0
        for _ in range(_MOST_PAGES):
            names = self._snapshots.names
            try:
                page = await self._graphql.organisation(owner, cursor, size, names)
            except QueryFailed as error:
                if size > _SMALLEST:
                    size //= 2
                    continue
                if cursor is None:
                    break  # no GraphQL here
                raise ListingIncomplete(f"A page of the listing could not be read: {error.message}") from error
            if page is None:
                break  # no organisation
            found, missing = self._kept(page, names)
            lost += missing
            yield found
            cursor = self._following(page, seen)
            if cursor is None:
                if lost:
                    raise ListingIncomplete(f'"{owner}" has {lost} repositories of which the forge says nothing')
                return
        if cursor is not None:
            raise ListingIncomplete(f'The listing of "{owner}" has more than {_MOST_PAGES} pages')
        async for each in self._listed(f"/orgs/{segment(owner)}/repos", f"/users/{segment(owner)}/repos"):
            yield each

    @staticmethod
    def _following(page: Mapping[str, Any], seen: set[str]) -> str | None:
        info = page.get("pageInfo")
        if not isinstance(info, dict) or not isinstance(info.get("hasNextPage"), bool):
            raise ListingIncomplete("A page of the listing does not say whether it is the last")
        if not info["hasNextPage"]:
            return None
        cursor = info.get("endCursor")
        if not isinstance(cursor, str) or cursor in seen:
            raise ListingIncomplete("The listing does not end: a page's cursor was there before")
        seen.add(cursor)
        return cursor

    def _kept(self, page: Mapping[str, Any], names: Sequence[str]) -> tuple[list[Repository], int]:
        """Repositories of a page, with their snapshots kept, and how many the forge keeps to itself."""
        nodes = page.get("nodes")
        if not isinstance(nodes, list):
            raise ListingIncomplete("A page of the listing has no repositories")
        found = []
        for node in nodes:
            if isinstance(node, dict):
                try:
                    repository, snapshot = repository_of(node), snapshot_of(node, names)
                except ForgeBroken as error:
                    raise ListingIncomplete(error.message) from error
                self._snapshots.keep(repository, snapshot)
                found.append(repository)
        return found, len(nodes) - len(found)

    async def _listed(self, path: str, other: str | None = None) -> AsyncIterator[Sequence[Repository]]:
        """Over REST, with one query for each page. ``other`` is asked when there is no such owner."""
        ends = frozenset({404}) if other is not None else frozenset()
        async for answer in self._http.pages(path, params={"per_page": _PAGE}, how=_LISTED, ends=ends):
            if answer.status == 404 and other is not None:
                async for page in self._listed(other):
                    yield page
                return
            try:
                body = answer.json
                rows = body["repositories"] if isinstance(body, dict) else body
                found = [rest_repository(each) for each in rows]
            except (ForgeBroken, KeyError, TypeError) as error:
                raise ListingIncomplete("A page of the listing is none") from error
            await self._look(found)
            yield found

    async def _look(self, found: Sequence[Repository]) -> None:
        """A query about all of a page. Where it fails, each is asked for by itself later."""
        ids = [each.address["node"] for each in found if each.address.get("node")]
        if not ids:
            return
        names = self._snapshots.names
        try:
            nodes = await self._graphql.nodes(ids, names)
            for node in nodes:
                if isinstance(node, dict) and node.get("databaseId") is not None:
                    self._snapshots.keep(repository_of(node), snapshot_of(node, names))
        except ForgeBroken:
            return


def rest_repository(value: Any, error: type[FairwayError] = ForgeBroken) -> Repository:
    """A repository from REST's JSON.

    Raises:
        FairwayError: of the class ``error`` when it is none.
    """
    try:
        owner, name = value["owner"], str(value["name"])
        return Repository(
            id=str(int(value["id"])),
            label=str(value["full_name"]),
            url=str(value.get("html_url") or ""),
            default_branch=value.get("default_branch") or None,
            archived=bool(value.get("archived")),
            fork=bool(value.get("fork")),
            mirror=bool(value.get("mirror_url")),
            disabled=bool(value.get("disabled")),
            personal=owner.get("type") == "User",
            visibility=str(value.get("visibility") or ("private" if value.get("private") else "public")),
            topics=frozenset(map(str, value.get("topics") or ())),
            address={"owner": str(owner["login"]), "name": name, "node": str(value.get("node_id") or "")},
        )
    except (KeyError, TypeError, ValueError, AttributeError):
        raise error("The forge answered something that is no repository") from None
