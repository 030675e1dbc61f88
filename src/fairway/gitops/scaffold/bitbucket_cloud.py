"""Scaffolding on Bitbucket Cloud. Sections 4.6 and 13 of the contract."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fairway.gitops.forges.errors import ForgeBroken
from fairway.gitops.forges.http import ForgeHttp, How
from fairway.gitops.forges.requests import SPEC_BYTES, multipart, path_of, segment
from fairway.gitops.scaffold.calls import MOST_PAGES, Calls, said
from fairway.gitops.scaffold.model import EditConflict
from fairway.gitops.scaffold.workspace import Base, FileAt, OpenRequest, RequestText, Write, is_commit


class BitbucketCloudWorkspace:
    """A :class:`~fairway.gitops.scaffold.workspace.Workspace`; ``http`` goes to ``https://api.bitbucket.org/2.0``."""

    def __init__(self, http: ForgeHttp, workspace: str, name: str) -> None:
        self._calls = Calls(http, f"/repositories/{segment(workspace)}/{segment(name)}", f"{workspace}/{name}")

    async def base(self, branch: str | None) -> Base:
        """See :class:`Workspace`. Empty repositories have no main branch."""
        if branch is None:
            document = self._calls.require(await self._calls.get(""), "the repository")
            branch = (document.get("mainbranch") or {}).get("name")
            if branch is None:
                return Base("main", None)
        return Base(branch, await self._tip(branch))

    async def _tip(self, branch: str) -> str:
        answer = await self._calls.get(f"/refs/branches/{segment(branch)}")
        return str(self._calls.require(answer, "a branch")["target"]["hash"])

    async def branches(self, prefix: str, own: str) -> Sequence[str]:
        """See :class:`Workspace`; prefixes are slugs, so that nothing in them can end the query's string."""
        pages = await self._pages("/refs/branches", {"q": f'name ~ "{prefix}"', "pagelen": 100})
        return [str(each["name"]) for each in pages if str(each["name"]).startswith(prefix)]

    async def _pages(self, path: str, params: dict[str, str | int | bool | None]) -> list[Any]:
        """All values; a page without ``next`` is the last."""
        found: list[Any] = []
        answer = await self._calls.get(path, params)
        for _ in range(MOST_PAGES):
            document = self._calls.require(answer, "a listing")
            found += document.get("values") or []
            following = document.get("next")
            if not following:
                return found
            answer = await self._calls.http.get(str(following))
        raise ForgeBroken(f'"{self._calls.label}" has more than {MOST_PAGES} pages of branches or pull requests')

    async def open_request(self, branch: str) -> OpenRequest | None:
        """See :class:`Workspace`."""
        for each in await self._pages("/pullrequests", {"q": f'source.branch.name="{branch}" AND state="OPEN"'}):
            if each["source"]["branch"]["name"] == branch:
                return OpenRequest(str(each["id"]), branch, str(each["links"]["html"]["href"]))
        return None

    async def read(self, path: str, ref: str) -> FileAt | None:
        """See :class:`Workspace`. Branches with slashes cannot be part of the path, commits can."""
        commit = ref if is_commit(ref) else await self._tip(ref)
        where = f"{self._calls.place}/src/{segment(commit)}/{path_of(path)}"
        answer = await self._calls.http.get(where, how=How(max_bytes=SPEC_BYTES))
        if answer.status == 404:
            return None
        if not answer.ok or answer.truncated:
            raise answer.error("a file's content")
        return FileAt(path, answer.body, commit)

    async def write(self, write: Write) -> None:
        """See :class:`Workspace`. The commit names its parent, so that a branch that moved meanwhile is noticed; one
        that was made for nothing goes again."""
        made = write.start is not None and write.start.commit is not None
        if write.start is not None and write.start.commit is not None:
            body = {"name": write.branch, "target": {"hash": write.start.commit}}
            answer = await self._calls.send("POST", "/refs/branches", body)
            if answer.status == 400 and "exists" in said(answer).lower():
                raise EditConflict(f'"{self._calls.label}" has the branch "{write.branch}" already')
            self._calls.require(answer, "a new branch")
        parent = write.start.commit if write.start is not None else await self._tip(write.branch)
        if write.start is None and write.file is not None and parent != write.file.token:
            raise EditConflict(f'The branch "{write.branch}" of "{self._calls.label}" moved meanwhile')
        fields: dict[str, str | bytes] = {"message": write.message, "branch": write.branch, write.path: write.content}
        if parent is not None:
            fields["parents"] = parent
        try:
            answer = await self._calls.send("POST", "/src", multipart(fields))
            if not answer.ok:
                self._calls.require(answer, "a commit")
        except (EditConflict, ForgeBroken):
            if made:
                await self._calls.http.send("DELETE", f"{self._calls.place}/refs/branches/{segment(write.branch)}")
            raise

    async def request(self, branch: str, base: Base, text: RequestText) -> OpenRequest | None:
        """See :class:`Workspace`."""
        body = {
            "title": text.title,
            "description": text.body,
            "source": {"branch": {"name": branch}},
            "destination": {"branch": {"name": base.branch}},
            "close_source_branch": True,
        }
        document = self._calls.require(await self._calls.send("POST", "/pullrequests", body), "a pull request")
        return OpenRequest(str(document["id"]), branch, str(document["links"]["html"]["href"]))

    async def update(self, request: OpenRequest, text: RequestText) -> None:
        """See :class:`Workspace`."""
        body = {"title": text.title, "description": text.body}
        answer = await self._calls.send("PUT", f"/pullrequests/{segment(request.number)}", body)
        self._calls.require(answer, "the change of a pull request")
