"""Scaffolding on GitHub. Section 13 of the contract, first column."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from fairway.gitops.forges.answers import HttpAnswer
from fairway.gitops.forges.errors import ForgeBroken
from fairway.gitops.forges.http import ForgeHttp
from fairway.gitops.forges.requests import path_of, segment
from fairway.gitops.scaffold.calls import Calls, said
from fairway.gitops.scaffold.model import EditConflict
from fairway.gitops.scaffold.workspace import Base, FileAt, OpenRequest, RequestText, Write

_HEADS = "refs/heads/"


class GitHubWorkspace:
    """A :class:`~fairway.gitops.scaffold.workspace.Workspace`; ``http`` goes to the API's root."""

    def __init__(self, http: ForgeHttp, owner: str, name: str) -> None:
        self._owner = owner
        self._calls = Calls(http, f"/repos/{segment(owner)}/{segment(name)}", f"{owner}/{name}")

    async def base(self, branch: str | None) -> Base:
        """See :class:`Workspace`. 409 says that the repository is empty."""
        if branch is None:
            document = self._calls.require(await self._calls.get(""), "the repository")
            branch = str(document["default_branch"])
        answer = await self._calls.get(f"/git/ref/heads/{path_of(branch)}")
        if answer.status == 409:
            return Base(branch, None)
        return Base(branch, str(self._calls.require(answer, "the base branch")["object"]["sha"]))

    async def branches(self, prefix: str, own: str) -> Sequence[str]:
        """See :class:`Workspace`."""
        answer = await self._calls.get(f"/git/matching-refs/heads/{path_of(prefix)}", {"per_page": 100})
        if answer.status in (404, 409):
            return []
        found = self._calls.require(answer, "branches")
        return [str(each["ref"]).removeprefix(_HEADS) for each in found]

    async def open_request(self, branch: str) -> OpenRequest | None:
        """See :class:`Workspace`."""
        params = {"head": f"{self._owner}:{branch}", "state": "open"}
        for each in self._calls.require(await self._calls.get("/pulls", params), "pull requests"):
            if each["head"]["ref"] == branch:
                return OpenRequest(str(each["number"]), branch, str(each["html_url"]))
        return None

    async def read(self, path: str, ref: str) -> FileAt | None:
        """See :class:`Workspace`."""
        answer = await self._calls.get(f"/contents/{path_of(path)}", {"ref": ref})
        if answer.status == 404:
            return None
        document = self._calls.require(answer, "a file")
        if not isinstance(document, dict) or document.get("type") != "file" or document.get("encoding") != "base64":
            raise ForgeBroken(f'"{path}" of "{self._calls.label}" is no file, or too big to be edited')
        return FileAt(path, base64.b64decode(document["content"]), str(document["sha"]))

    async def write(self, write: Write) -> None:
        """See :class:`Workspace`. A branch that was made for nothing goes again."""
        made = write.start is not None and write.start.commit is not None
        if write.start is not None and write.start.commit is not None:
            body = {"ref": _HEADS + write.branch, "sha": write.start.commit}
            answer = await self._calls.send("POST", "/git/refs", body)
            if answer.status == 422:
                raise EditConflict(f'"{self._calls.label}" has the branch "{write.branch}" already: {said(answer)}')
            self._calls.require(answer, "a new branch")
        try:
            self._calls.require(await self._put(write), "a commit")
        except (EditConflict, ForgeBroken):
            if made:
                await self._calls.http.send("DELETE", f"{self._calls.place}/git/{_HEADS}{path_of(write.branch)}")
            raise

    async def _put(self, write: Write) -> HttpAnswer:
        body = {"message": write.message, "content": base64.b64encode(write.content).decode(), "branch": write.branch}
        if write.file is not None:
            body["sha"] = write.file.token
        return await self._calls.send("PUT", f"/contents/{path_of(write.path)}", body)

    async def request(self, branch: str, base: Base, text: RequestText) -> OpenRequest | None:
        """See :class:`Workspace`."""
        body = {"title": text.title, "head": branch, "base": base.branch, "body": text.body}
        document = self._calls.require(await self._calls.send("POST", "/pulls", body), "a pull request")
        return OpenRequest(str(document["number"]), branch, str(document["html_url"]))

    async def update(self, request: OpenRequest, text: RequestText) -> None:
        """See :class:`Workspace`."""
        body = {"title": text.title, "body": text.body}
        answer = await self._calls.send("PATCH", f"/pulls/{segment(request.number)}", body)
        self._calls.require(answer, "the change of a pull request")
