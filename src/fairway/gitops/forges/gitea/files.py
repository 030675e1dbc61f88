"""What a repository of Gitea holds: branches, trees and files. Section 4.4 of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from fairway.gitops.forges.answers import HttpAnswer
from fairway.gitops.forges.errors import FileTooBig, ForgeBroken, NotPermitted, RepositoryGone
from fairway.gitops.forges.gate import Lane
from fairway.gitops.forges.http import EVENT, PASS, ForgeHttp, How
from fairway.gitops.forges.requests import Params, path_of, segment
from fairway.gitops.forges.tree_examining import only_files
from fairway.gitops.model import Repository, Tip

API = "/api/v1"
_TREE_PAGE = 1000
_MOST_PAGES = 1000
_ERROR_BYTES = 4096
"""Of what an error says."""
_HOWS: Mapping[Lane, How] = {"pass": PASS, "event": EVENT}


class GiteaFiles:
    """A :class:`~fairway.gitops.forges.tree_examining.TreeSource`."""

    def __init__(self, http: ForgeHttp) -> None:
        self._http = http

    async def get(self, repository: Repository, path: str, params: Params, how: How) -> HttpAnswer:
        """``GET`` below a repository; a 404 may be about anything below it.

        Raises:
            RepositoryGone: it may not be seen any more.
        """
        try:
            return await self._http.get(f"{place(repository)}{path}", params=params, how=how)
        except NotPermitted as error:
            raise RepositoryGone(f'"{repository.label}" may not be seen any more', cause=error.cause) from None

    async def require(self, repository: Repository, lane: Lane) -> None:
        """After a 404, which does not say what it is that is missing.

        Raises:
            RepositoryGone: it is the repository.
        """
        answer = await self.get(repository, "", {}, _HOWS[lane])
        if answer.status == 404:
            raise RepositoryGone(f'"{repository.label}" does not exist any more')
        if not answer.ok:
            raise answer.error("a repository")

    async def tip(self, repository: Repository, branch: str | None, lane: Lane) -> Tip | None:
        """See :class:`TreeSource`."""
        name = branch or repository.default_branch
        if name is None:
            return None
        answer = await self.get(repository, f"/branches/{path_of(name)}", {}, _HOWS[lane])
        if answer.status in (404, 409):
            await self.require(repository, lane)
            return None
        try:
            return Tip(name, str(answer.json["commit"]["id"]))
        except (KeyError, TypeError):
            raise answer.error("a branch") from None

    async def changes(self, repository: Repository, since: str, to: str, lane: Lane) -> frozenset[str] | None:
        """Only newer servers compare; the tree's blob ids say the same in as many requests."""
        return None

    async def tree(self, repository: Repository, commit: str, lane: Lane, *, recursive: bool) -> Mapping[str, str]:
        """See :class:`TreeSource`. ``truncated`` is true on each page but the last."""
        found: dict[str, str] = {}
        listed = 0
        for number in range(1, _MOST_PAGES + 1):
            params: Params = {"page": number, "per_page": _TREE_PAGE, "recursive": True if recursive else None}
            answer = await self.get(repository, f"/git/trees/{segment(commit)}", params, _HOWS[lane])
            if answer.status in (404, 409):
                await self.require(repository, lane)
                raise ForgeBroken(f'"{repository.label}" has no commit {commit} any more')
            try:
                document = answer.json
                entries = document["tree"] or []
                found |= only_files((each["path"], each["type"], each["mode"], each["sha"]) for each in entries)
                total = int(document.get("total_count") or 0)
            except (KeyError, TypeError, ValueError):
                raise answer.error("a tree") from None
            listed += len(entries)
            if not document.get("truncated") and listed >= total:
                return found
            if not entries:
                break
        raise ForgeBroken(f'The tree of "{repository.label}" at {commit} is cut off after {listed} entries')

    async def content(self, repository: Repository, commit: str, path: str, limit: int, lane: Lane) -> bytes | None:
        """See :class:`TreeSource`."""
        how = replace(_HOWS[lane], max_bytes=max(limit, _ERROR_BYTES))
        answer = await self.get(repository, f"/raw/{path_of(path)}", {"ref": commit}, how)
        if answer.status == 404:
            await self.require(repository, lane)
            return None
        if not answer.ok:
            raise answer.error("a file's content")
        if answer.truncated or len(answer.body) > limit:
            size = answer.headers.get("content-length", "")
            details = {"size": int(size)} if size.isdigit() else None
            raise FileTooBig(f'"{path}" holds more than {limit} bytes', details=details)
        return answer.body


def place(repository: Repository) -> str:
    """The repository's place below the host."""
    return f"{API}/repos/{segment(repository.address['owner'])}/{segment(repository.address['name'])}"
