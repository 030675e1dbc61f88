"""A repository's folders and files at a commit. Section 4.1 of the contract."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from fairway.gitops.forges.answers import HttpAnswer
from fairway.gitops.forges.bitbucket_server.answers import Absent, Page, absent, page_of
from fairway.gitops.forges.bitbucket_server.listing import API
from fairway.gitops.forges.errors import FileTooBig, ForgeBroken, NotPermitted, RepositoryGone
from fairway.gitops.forges.gate import Lane
from fairway.gitops.forges.http import EVENT, PASS, ForgeHttp, How
from fairway.gitops.forges.requests import Params, path_of, segment
from fairway.gitops.model import Repository, Tip

_CHILDREN, _PATHS, _CHANGES, _LINES = 1000, 100_000, 1000, 5000
_MOST_PAGES = 1000
_LINE_LIMIT = 5000
"""Lines of this length or more may be cut by the browse route, which does not say so."""
_TIP_ROUTES = ("default-branch", "branches/default", "commits")
"""Newer servers know the first, older ones the second; where neither tells the commit, the log does."""
_HOWS: Mapping[Lane, How] = {"pass": PASS, "event": EVENT}


class NoSuchRef(Exception):
    """No commit yet, no such branch, or no such commit."""


@dataclass(frozen=True, slots=True)
class Found:
    """A file: ``exact`` is whether ``content`` is byte for byte what git has."""

    content: bytes
    exact: bool = True


class Files:
    """What one server has. Which of its calls work is found out once."""

    def __init__(self, http: ForgeHttp) -> None:
        self._http = http
        self._tip_routes: tuple[str, ...] = _TIP_ROUTES
        self._raw_blocked = False

    async def get(self, repository: Repository, path: str, params: Params, how: How) -> HttpAnswer:
        """``GET`` below a repository.

        Raises:
            RepositoryGone: there is none any more, or it may not be seen.
            NoSuchRef: it is empty, or has no such branch or commit.
        """
        try:
            answer = await self._http.get(f"{_place(repository)}/{path}", params=params, how=how)
        except NotPermitted as error:
            raise RepositoryGone(f'"{repository.label}" may not be seen any more', cause=error.cause) from None
        if answer.status == 404:
            what = absent(answer)
            if what is Absent.REPOSITORY:
                raise RepositoryGone(f'"{repository.label}" does not exist any more')
            if what in (Absent.BRANCH, Absent.COMMIT):
                raise NoSuchRef
        elif answer.status == 204:
            raise NoSuchRef
        return answer

    async def tip(self, repository: Repository, branch: str | None, lane: Lane) -> Tip:
        """What the branch, or the default one, points at.

        Raises:
            NoSuchRef: there is none.
        """
        if branch is not None:
            return await self._branch(repository, branch, lane)
        for route in self._tip_routes:
            answer = await self.get(repository, route, {"limit": 1} if route == "commits" else {}, _HOWS[lane])
            if answer.ok and (tip := _tip(answer.json, repository)) is not None:
                self._tip_routes = _TIP_ROUTES[_TIP_ROUTES.index(route) :]  # those before it are of other versions
                return tip
        raise NoSuchRef

    async def _branch(self, repository: Repository, branch: str, lane: Lane) -> Tip:
        params: Params = {"filterText": branch, "limit": 1000}
        async for page in self._pages(repository, "branches", params, _HOWS[lane]):
            for each in page.values:
                if isinstance(each, dict) and branch in (each.get("displayId"), each.get("id")):
                    return Tip(branch, str(each["latestCommit"]))
        raise NoSuchRef

    async def root(self, repository: Repository, at: str | None, lane: Lane) -> Mapping[str, str]:
        """Names of the files in the root, with their content ids."""
        found: dict[str, str] = {}
        async for page in self._pages(repository, "browse", {"at": at, "limit": _CHILDREN}, _HOWS[lane], "children"):
            for each in page.values:
                if each.get("type") == "FILE":
                    components = each["path"]["components"]
                    found["/".join(components)] = str(each.get("contentId") or "")
        return found

    async def tree(self, repository: Repository, commit: str, lane: Lane) -> AsyncIterator[str]:
        """Paths of all files."""
        async for page in self._pages(repository, "files", {"at": commit, "limit": _PATHS}, _HOWS[lane]):
            for each in page.values:
                if isinstance(each, str):
                    yield each

    async def changes(self, repository: Repository, since: str, to: str, lane: Lane) -> frozenset[str] | None:
        """Paths that differ between two commits; None when the server cannot tell."""
        paths: set[str] = set()
        try:
            pages = self._pages(
                repository, f"commits/{segment(to)}/changes", {"since": since, "limit": _CHANGES}, _HOWS[lane]
            )
            async for page in pages:
                for each in page.values:
                    for key in ("path", "srcPath"):
                        if isinstance(each.get(key), dict):
                            paths.add("/".join(each[key]["components"]))
        except (NoSuchRef, ForgeBroken):
            return None
        return frozenset(paths)

    async def read(self, repository: Repository, at: str | None, path: str, limit: int, lane: Lane) -> Found | None:
        """A file's content; None when there is none.

        Raises:
            FileTooBig: it holds more than ``limit`` bytes.
        """
        if self._raw_blocked:
            return await self._lines(repository, at, path, limit, lane)
        how = replace(_HOWS[lane], max_bytes=limit)
        answer = await self.get(repository, f"raw/{path_of(path)}", {"at": at}, how)
        if answer.truncated:
            raise FileTooBig(f'"{path}" holds more than {limit} bytes', details={"size": _size(answer)})
        if answer.ok:
            return Found(answer.body)
        if answer.status == 404 and absent(answer) is Absent.PATH:
            return None
        if answer.status not in (404, 405, 406, 501):
            raise answer.error("a file's content")
        found = await self._lines(repository, at, path, limit, lane)
        self._raw_blocked = True
        return found

    async def _lines(self, repository: Repository, at: str | None, path: str, limit: int, lane: Lane) -> Found | None:
        """The browse route, for servers behind something that blocks raw. Whether the last line ends is not known."""
        lines: list[str] = []
        size = 0
        params = {"at": at, "limit": _LINES}
        async for page in self._pages(repository, f"browse/{path_of(path)}", params, _HOWS[lane], missing_path=True):
            if "children" in page.whole:
                return None
            if page.whole.get("binary"):
                raise ForgeBroken(f'"{path}" of "{repository.label}" is binary, and raw reads are blocked')
            for each in page.values:
                text = str(each["text"])
                if len(text) >= _LINE_LIMIT:
                    raise ForgeBroken(
                        f'"{path}" of "{repository.label}" has a line of {_LINE_LIMIT} characters or more, which the '
                        "server cuts; allow raw reads to it"
                    )
                lines.append(text)
                size += len(text.encode()) + 1
            if size > limit:
                raise FileTooBig(f'"{path}" holds more than {limit} bytes')
        return Found("".join(line + "\n" for line in lines).encode(), exact=False) if lines else None

    async def _pages(
        self,
        repository: Repository,
        path: str,
        params: Params,
        how: How,
        inside: str | None = None,
        missing_path: bool = False,
    ) -> AsyncIterator[Page]:
        """Pages below a repository; those of folders lie ``inside`` the answer. With ``missing_path`` there are none
        when the path is not there."""
        start: int | None = 0
        for _ in range(_MOST_PAGES):
            answer = await self.get(repository, path, {**dict(params), "start": start}, how)
            if missing_path and answer.status == 404 and absent(answer) is Absent.PATH:
                return
            if not answer.ok:
                raise answer.error("a page")
            document: Any = answer.json
            if inside is not None:
                document = document.get(inside) if isinstance(document, dict) else None
            try:
                page = page_of(document, start or 0, f'"{path}" of "{repository.label}"')
                yield page if inside else replace(page, whole=answer.json)
            except (KeyError, TypeError, AttributeError):
                raise answer.error("a page of another form") from None
            start = page.following
            if start is None:
                return
        raise ForgeBroken(f'"{path}" of "{repository.label}" has more than {_MOST_PAGES} pages')


def place(repository: Repository) -> str:
    """The repository's place below a REST root, as ``/projects/PAY/repos/checkout``."""
    return f"/projects/{segment(repository.address['project'])}/repos/{segment(repository.address['slug'])}"


def _place(repository: Repository) -> str:
    return API + place(repository)


def _tip(document: Any, repository: Repository) -> Tip | None:
    """From an answer of any of the routes."""
    if not isinstance(document, dict):
        return None
    if isinstance(document.get("values"), list):  # commits, newest first
        if not document["values"]:
            raise NoSuchRef
        return Tip(repository.default_branch or "", str(document["values"][0]["id"]))
    commit, branch = document.get("latestCommit"), document.get("displayId")
    return Tip(branch, commit) if isinstance(commit, str) and isinstance(branch, str) else None


def _size(answer: HttpAnswer) -> int | None:
    length = answer.headers.get("content-length", "")
    return int(length) if length.isdigit() else None
