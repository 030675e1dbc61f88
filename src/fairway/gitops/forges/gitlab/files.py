"""What a project of GitLab holds: branches, trees, changes and files. Section 4.3 of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fairway.gitops.forges.answers import HttpAnswer
from fairway.gitops.forges.errors import FileTooBig, ForgeBroken, ListingIncomplete, NotPermitted, RepositoryGone
from fairway.gitops.forges.gate import Lane
from fairway.gitops.forges.http import EVENT, PASS, ForgeHttp, How
from fairway.gitops.forges.requests import Params, segment
from fairway.gitops.forges.tree_examining import only_files
from fairway.gitops.model import Repository, Tip

API = "/api/v4"
_MOST_DIFFS = 1000
"""A comparison with as many files may be cut; the server does not say so."""
_ERROR_BYTES = 4096
"""Of what an error says."""
_HOWS: Mapping[Lane, How] = {"pass": PASS, "event": EVENT}


class GitLabFiles:
    """A :class:`~fairway.gitops.forges.tree_examining.TreeSource`."""

    def __init__(self, http: ForgeHttp) -> None:
        self._http = http

    async def get(self, repository: Repository, path: str, params: Params, how: How) -> HttpAnswer:
        """``GET`` below a project.

        Raises:
            RepositoryGone: there is none any more, or it may not be seen.
        """
        try:
            answer = await self._http.get(f"{place(repository)}{path}", params=params, how=how)
        except NotPermitted as error:
            raise RepositoryGone(f'"{repository.label}" may not be seen any more', cause=error.cause) from None
        if answer.status == 404 and "Project Not Found" in message(answer):
            raise RepositoryGone(f'"{repository.label}" does not exist any more')
        return answer

    async def tip(self, repository: Repository, branch: str | None, lane: Lane) -> Tip | None:
        """See :class:`TreeSource`. Projects without a default branch are empty."""
        name = branch or repository.default_branch
        if name is None:
            return None
        answer = await self.get(repository, f"/repository/branches/{segment(name)}", {}, _HOWS[lane])
        if answer.status == 404:
            return None
        try:
            return Tip(name, str(_checked(answer, "a branch")["commit"]["id"]))
        except (KeyError, TypeError):
            raise answer.error("a branch") from None

    async def changes(self, repository: Repository, since: str, to: str, lane: Lane) -> frozenset[str] | None:
        """See :class:`TreeSource`. After a force push the old commit may be gone: 404."""
        params: Params = {"from": since, "to": to, "straight": True}
        answer = await self.get(repository, "/repository/compare", params, _HOWS[lane])
        if answer.status in (400, 404):
            return None
        document = _checked(answer, "a comparison")
        diffs = document.get("diffs")
        if document.get("compare_timeout") or not isinstance(diffs, list) or len(diffs) >= _MOST_DIFFS:
            return None
        return frozenset(str(each[key]) for each in diffs for key in ("old_path", "new_path") if each.get(key))

    async def tree(self, repository: Repository, commit: str, lane: Lane, *, recursive: bool) -> Mapping[str, str]:
        """See :class:`TreeSource`; pages by key, which does not slow down."""
        found: dict[str, str] = {}
        params: Params = {"ref": commit, "recursive": recursive, "per_page": 100, "pagination": "keyset"}
        path = f"{place(repository)}/repository/tree"
        try:
            async for page in self._http.pages(path, params=params, how=_HOWS[lane], ends=frozenset({404})):
                if page.status == 404:
                    if "Project Not Found" in message(page):
                        raise RepositoryGone(f'"{repository.label}" does not exist any more')
                    raise ForgeBroken(f'"{repository.label}" has no commit {commit} any more')
                entries = page.json
                if not isinstance(entries, list):
                    raise page.error("a tree")
                found |= only_files((each["path"], each["type"], each["mode"], each["id"]) for each in entries)
        except (KeyError, TypeError, ListingIncomplete) as error:
            raise ForgeBroken(f'The tree of "{repository.label}" at {commit} is incomplete: {error}') from None
        except NotPermitted as error:
            raise RepositoryGone(f'"{repository.label}" may not be seen any more', cause=error.cause) from None
        return found

    async def content(self, repository: Repository, commit: str, path: str, limit: int, lane: Lane) -> bytes | None:
        """See :class:`TreeSource`."""
        how = replace(_HOWS[lane], max_bytes=max(limit, _ERROR_BYTES))
        answer = await self.get(repository, f"/repository/files/{segment(path)}/raw", {"ref": commit}, how)
        if answer.status == 404 and "File Not Found" in message(answer):
            return None
        if not answer.ok:  # a commit that is gone says nothing about the file
            raise answer.error("a file's content")
        if answer.truncated or len(answer.body) > limit:
            size = answer.headers.get("x-gitlab-size", "")
            details = {"size": int(size)} if size.isdigit() else None
            raise FileTooBig(f'"{path}" holds more than {limit} bytes', details=details)
        return answer.body


def place(repository: Repository) -> str:
    """The project by its number: paths cost the server a look-up, and change."""
    return f"{API}/projects/{segment(repository.id)}"


def message(answer: HttpAnswer) -> str:
    """What an error says; empty without one."""
    try:
        document = answer.json
    except ForgeBroken:
        return ""
    if not isinstance(document, dict):
        return ""
    return str(document.get("message") or document.get("error") or "")


def _checked(answer: HttpAnswer, what: str) -> dict[str, Any]:
    document = answer.json if answer.ok else None
    if not isinstance(document, dict):
        raise answer.error(what)
    return document
