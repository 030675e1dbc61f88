"""A repository's tip, trees, differences and contents over REST. Section 4.2 of the contract."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import orjson

from fairway.gitops.forges.answers import HttpAnswer
from fairway.gitops.forges.errors import FileTooBig, ForgeBroken, NotPermitted, RepositoryBlocked, RepositoryGone
from fairway.gitops.forges.gate import Lane
from fairway.gitops.forges.github.listing import rest_repository
from fairway.gitops.forges.http import EVENT, PASS, ForgeHttp, How
from fairway.gitops.forges.requests import Params, path_of, segment
from fairway.gitops.model import Repository, Tip

_HOWS: Mapping[Lane, How] = {"pass": PASS, "event": EVENT}
_RAW = {"accept": "application/vnd.github.raw+json"}
_MOST_FILES = 300
"""A comparison that names this many may have left others out."""
_MOST_TREES = 2000
_ENTRY = frozenset({"type", "path", "sha", "url"})
_FILES = frozenset({"100644", "100755", "100664"})
"""Modes of files; symbolic links and submodules are not followed (section 2.6)."""


class NoSuchRef(Exception):
    """No commit yet, or no such branch."""


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """A file of a tree."""

    sha: str
    size: int | None


class Files:
    """What one GitHub has."""

    def __init__(self, http: ForgeHttp) -> None:
        self._http = http

    async def repository(self, path: str, lane: Lane) -> Repository | None:
        """A repository by its route; None when there is none or it may not be seen."""
        try:
            answer = await self._http.get(path, how=_HOWS[lane])
        except NotPermitted:
            return None
        if answer.status in (404, 451):
            return None
        if not answer.ok:
            raise answer.error("a repository")
        return rest_repository(answer.json)

    async def get(self, repository: Repository, path: str, params: Params, how: How) -> HttpAnswer:
        """``GET`` below a repository; 404 comes back, because it may be about anything.

        Raises:
            RepositoryGone: it may not be seen any more, or is blocked.
            NoSuchRef: it is empty.
        """
        try:
            answer = await self._http.get(f"{place(repository)}/{path}", params=params, how=how)
        except NotPermitted as error:
            raise RepositoryGone(f'"{repository.label}" may not be seen any more', cause=error.cause) from None
        if answer.status == 451:
            raise RepositoryBlocked(f'"{repository.label}" is blocked for legal reasons')
        if answer.status == 409:
            raise NoSuchRef
        return answer

    async def tip(self, repository: Repository, branch: str | None, lane: Lane) -> Tip:
        """What the branch, or the default one, points at.

        Raises:
            NoSuchRef: there is none.
            RepositoryGone: there is no repository.
        """
        name = branch or repository.default_branch
        if name is not None and (commit := await self._ref(repository, name, lane)) is not None:
            return Tip(name, commit)
        now = await self._present(repository, lane)
        if branch is None and now.default_branch is not None and now.default_branch != name:
            commit = await self._ref(repository, now.default_branch, lane)
            if commit is not None:
                return Tip(now.default_branch, commit)
        raise NoSuchRef

    async def _ref(self, repository: Repository, branch: str, lane: Lane) -> str | None:
        how = replace(_HOWS[lane], conditional=True)
        answer = await self.get(repository, f"git/ref/heads/{path_of(branch)}", {}, how)
        if answer.status == 404:
            return None
        if not answer.ok:
            raise answer.error("a branch")
        try:
            return str(answer.json["object"]["sha"])
        except (KeyError, TypeError):
            raise answer.error("a branch") from None

    async def _present(self, repository: Repository, lane: Lane) -> Repository:
        """The repository as it is now.

        Raises:
            RepositoryGone: there is none, or another one has its name.
        """
        now = await self.repository(place(repository), lane)
        if now is None or now.id != repository.id:
            raise RepositoryGone(f'"{repository.label}" does not exist any more')
        return now

    async def root(self, repository: Repository, commit: str, lane: Lane) -> Mapping[str, TreeEntry]:
        """Files in the root."""
        rows, truncated = await self._tree(repository, commit, False, lane)
        if truncated:
            raise ForgeBroken(f'The root of "{repository.label}" holds more than the forge can list')
        return {str(row["path"]): _entry(row) for row in rows if row.get("mode") in _FILES}

    async def tree(self, repository: Repository, commit: str, lane: Lane) -> Mapping[str, TreeEntry]:
        """All files. A tree that is too big for one answer is walked folder by folder."""
        found: dict[str, TreeEntry] = {}
        waiting = [("", commit)]
        for _ in range(_MOST_TREES):
            if not waiting:
                return found
            folder, sha = waiting.pop()
            rows, truncated = await self._tree(repository, sha, True, lane)
            if truncated:
                rows, truncated = await self._tree(repository, sha, False, lane)
                if truncated:
                    raise ForgeBroken(f'"{folder}" of "{repository.label}" holds more than the forge can list')
                waiting += [(f"{folder}{row['path']}/", str(row["sha"])) for row in rows if row.get("type") == "tree"]
            found.update({folder + str(row["path"]): _entry(row) for row in rows if row.get("mode") in _FILES})
        raise ForgeBroken(f'"{repository.label}" has too many folders to walk')

    async def _tree(
        self, repository: Repository, sha: str, recursive: bool, lane: Lane
    ) -> tuple[list[Mapping[str, Any]], bool]:
        params: Params = {"recursive": "1"} if recursive else {}
        answer = await self.get(repository, f"git/trees/{segment(sha)}", params, _HOWS[lane])
        if answer.status == 404:
            await self._present(repository, lane)
        if not answer.ok:
            raise answer.error("a tree")
        body = answer.json
        try:
            rows = [row for row in body["tree"] if isinstance(row["path"], str) and isinstance(row["sha"], str)]
        except (KeyError, TypeError):
            raise answer.error("a tree") from None
        return rows, bool(body.get("truncated"))

    async def changes(self, repository: Repository, since: str, to: str, lane: Lane) -> Mapping[str, str] | None:
        """Paths that differ, to the blob they have now (empty: none). None when the forge cannot tell: the base is
        unknown or not an ancestor, for which the comparison starts elsewhere, or too many files changed."""
        path = f"compare/{segment(since)}...{segment(to)}"
        answer = await self.get(repository, path, {"per_page": 1}, _HOWS[lane])
        if answer.status in (404, 422):
            return None
        if not answer.ok:
            raise answer.error("a comparison")
        body = answer.json
        files = body.get("files") if isinstance(body, dict) else None
        if not isinstance(files, list) or body.get("status") not in ("ahead", "identical") or len(files) >= _MOST_FILES:
            return None
        found: dict[str, str] = {}
        for each in files:
            if each.get("previous_filename"):
                found.setdefault(str(each["previous_filename"]), "")
            found[str(each["filename"])] = "" if each.get("status") == "removed" else str(each.get("sha") or "?")
        return found

    async def present(self, repository: Repository, commit: str, path: str, limit: int, lane: Lane) -> bytes:
        """The content of a file that a tree or a query named.

        Raises:
            FileTooBig: it holds more than ``limit`` bytes.
            RepositoryGone: the repository went away meanwhile.
        """
        content = await self.read(repository, commit, path, limit, lane)
        if content is None:
            await self._present(repository, lane)
            raise ForgeBroken(f'"{path}" of "{repository.label}" is in the tree of "{commit}" but cannot be read')
        return content

    async def read(self, repository: Repository, commit: str, path: str, limit: int, lane: Lane) -> bytes | None:
        """A file's content at a commit; None when there is none.

        Raises:
            FileTooBig: it holds more than ``limit`` bytes.
        """
        how = replace(_HOWS[lane], headers=_RAW, max_bytes=limit)
        try:
            answer = await self.get(repository, f"contents/{path_of(path)}", {"ref": commit}, how)
        except NoSuchRef:
            return None
        if answer.status == 404:
            return None
        if answer.truncated:
            raise FileTooBig(f'"{path}" holds more than {limit} bytes')
        if not answer.ok:
            raise answer.error("a file's content")
        return _content(answer, limit, path)


def place(repository: Repository) -> str:
    """The repository's route. After a rename GitHub redirects to the one by id."""
    return f"/repos/{segment(repository.address['owner'])}/{segment(repository.address['name'])}"


def _entry(row: Mapping[str, Any]) -> TreeEntry:
    size = row.get("size")
    return TreeEntry(str(row["sha"]), size if isinstance(size, int) else None)


def _content(answer: HttpAnswer, limit: int, path: str) -> bytes | None:
    """The bytes. Folders and submodules are answered as JSON although raw was asked for; so may files be."""
    if not answer.headers.get("content-type", "").startswith("application/json"):
        return answer.body
    try:
        body = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        return answer.body
    rows = body if isinstance(body, list) else [body]
    if not all(isinstance(row, dict) and row.keys() >= _ENTRY for row in rows):
        return answer.body
    if not isinstance(body, dict) or body["type"] != "file" or body.get("encoding") != "base64":
        return None
    content = base64.b64decode(str(body.get("content")))
    if len(content) > limit:
        raise FileTooBig(f'"{path}" holds more than {limit} bytes')
    return content
