"""Scaffolding on Gitea and Forgejo. Section 13 of the contract, last column."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Sequence
from typing import Any

from fairway.gitops.forges.http import ForgeHttp
from fairway.gitops.forges.requests import path_of, segment
from fairway.gitops.scaffold.calls import MOST_PAGES, Calls, said
from fairway.gitops.scaffold.model import EditConflict
from fairway.gitops.scaffold.workspace import Base, FileAt, OpenRequest, RequestText, Write


class GiteaWorkspace:
    """A :class:`~fairway.gitops.scaffold.workspace.Workspace`."""

    def __init__(self, http: ForgeHttp, owner: str, name: str) -> None:
        self._calls = Calls(http, f"/api/v1/repos/{segment(owner)}/{segment(name)}", f"{owner}/{name}")
        self._open: list[OpenRequest] | None = None

    async def base(self, branch: str | None) -> Base:
        """See :class:`Workspace`."""
        document = self._calls.require(await self._calls.get(""), "the repository")
        name = branch or str(document["default_branch"])
        if document.get("empty"):
            return Base(name, None)
        answer = await self._calls.get(f"/branches/{path_of(name)}")
        return Base(name, str(self._calls.require(answer, "the base branch")["commit"]["id"]))

    async def branches(self, prefix: str, own: str) -> Sequence[str]:
        """See :class:`Workspace`. There is no filter, neither for branches nor for requests."""
        self._open = [found async for found in self._waiting()]
        found = [each.branch for each in self._open if each.branch.startswith(prefix)]
        if own not in found and (await self._calls.get(f"/branches/{path_of(own)}")).ok:
            found.append(own)
        return found

    async def _waiting(self) -> AsyncIterator[OpenRequest]:
        listed = 0
        for number in range(1, MOST_PAGES + 1):
            answer = await self._calls.get("/pulls", {"state": "open", "limit": 50, "page": number})
            values: list[Any] = self._calls.require(answer, "pull requests") or []
            for each in values:
                if (each["head"].get("repo") or {}).get("full_name") == self._calls.label:
                    yield OpenRequest(str(each["number"]), str(each["head"]["ref"]), str(each["html_url"]))
            listed += len(values)
            total = answer.headers.get("x-total-count", "")
            if not values or (total.isdigit() and listed >= int(total)):
                return

    async def open_request(self, branch: str) -> OpenRequest | None:
        """See :class:`Workspace`."""
        if self._open is None:
            self._open = [found async for found in self._waiting()]
        return next((each for each in self._open if each.branch == branch), None)

    async def read(self, path: str, ref: str) -> FileAt | None:
        """See :class:`Workspace`."""
        answer = await self._calls.get(f"/contents/{path_of(path)}", {"ref": ref})
        if answer.status == 404:
            return None
        document = self._calls.require(answer, "a file")
        return FileAt(path, base64.b64decode(document["content"]), str(document["sha"]))

    async def write(self, write: Write) -> None:
        """See :class:`Workspace`; the branch comes with the commit."""
        body = {"message": write.message, "content": base64.b64encode(write.content).decode()}
        if write.start is not None and write.start.commit is not None:
            body |= {"branch": write.start.branch, "new_branch": write.branch}
        else:
            body["branch"] = write.branch
        if write.file is not None:
            body["sha"] = write.file.token
        method = "POST" if write.file is None else "PUT"
        answer = await self._calls.send(method, f"/contents/{path_of(write.path)}", body)
        if answer.status == 422:
            raise EditConflict(f'"{self._calls.label}" was changed by somebody else meanwhile: {said(answer)}')
        self._calls.require(answer, "a commit")

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
