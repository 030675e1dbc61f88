"""Scaffolding on GitLab. Section 13 of the contract, second column."""

from __future__ import annotations

import base64
from collections.abc import Sequence

from fairway.gitops.forges.http import ForgeHttp
from fairway.gitops.forges.requests import segment
from fairway.gitops.scaffold.calls import Calls, said
from fairway.gitops.scaffold.model import EditConflict
from fairway.gitops.scaffold.workspace import Base, FileAt, OpenRequest, RequestText, Write

_STALE = ("has changed since", "already exists", "doesn't exist", "could not update", "on a branch")
"""What 400 says when somebody else was faster."""


class GitLabWorkspace:
    """A :class:`~fairway.gitops.scaffold.workspace.Workspace`; ``project`` is its number or full path."""

    def __init__(self, http: ForgeHttp, project: str, label: str | None = None) -> None:
        self._calls = Calls(http, f"/api/v4/projects/{segment(project)}", label or project)

    async def base(self, branch: str | None) -> Base:
        """See :class:`Workspace`. Empty projects have no default branch; the first commit makes ``main``."""
        if branch is None:
            document = self._calls.require(await self._calls.get(""), "the project")
            branch = document.get("default_branch")
            if branch is None:
                return Base("main", None)
        answer = await self._calls.get(f"/repository/branches/{segment(branch)}")
        return Base(branch, str(self._calls.require(answer, "the base branch")["commit"]["id"]))

    async def branches(self, prefix: str, own: str) -> Sequence[str]:
        """See :class:`Workspace`."""
        answer = await self._calls.get("/repository/branches", {"search": f"^{prefix}", "per_page": 100})
        return [str(each["name"]) for each in self._calls.require(answer, "branches")]

    async def open_request(self, branch: str) -> OpenRequest | None:
        """See :class:`Workspace`."""
        answer = await self._calls.get("/merge_requests", {"source_branch": branch, "state": "opened"})
        for each in self._calls.require(answer, "merge requests"):
            if each["source_branch"] == branch:
                return OpenRequest(str(each["iid"]), branch, str(each["web_url"]))
        return None

    async def read(self, path: str, ref: str) -> FileAt | None:
        """See :class:`Workspace`."""
        answer = await self._calls.get(f"/repository/files/{segment(path)}", {"ref": ref})
        if answer.status == 404:
            return None
        document = self._calls.require(answer, "a file")
        return FileAt(path, base64.b64decode(document["content"]), str(document["last_commit_id"]))

    async def write(self, write: Write) -> None:
        """See :class:`Workspace`; the branch comes with the commit."""
        action = {
            "action": "create" if write.file is None else "update",
            "file_path": write.path,
            "content": base64.b64encode(write.content).decode(),
            "encoding": "base64",
        }
        if write.file is not None:
            action["last_commit_id"] = write.file.token
        body: dict[str, object] = {"branch": write.branch, "commit_message": write.message, "actions": [action]}
        if write.start is not None and write.start.commit is not None:
            body["start_branch"] = write.start.branch
        answer = await self._calls.send("POST", "/repository/commits", body)
        if answer.status == 400 and any(words in said(answer) for words in _STALE):
            raise EditConflict(f'"{self._calls.label}" was changed by somebody else meanwhile: {said(answer)}')
        self._calls.require(answer, "a commit")

    async def request(self, branch: str, base: Base, text: RequestText) -> OpenRequest | None:
        """See :class:`Workspace`."""
        body = {
            "source_branch": branch,
            "target_branch": base.branch,
            "title": text.title,
            "description": text.body,
            "remove_source_branch": True,
        }
        document = self._calls.require(await self._calls.send("POST", "/merge_requests", body), "a merge request")
        return OpenRequest(str(document["iid"]), branch, str(document["web_url"]))

    async def update(self, request: OpenRequest, text: RequestText) -> None:
        """See :class:`Workspace`."""
        body = {"title": text.title, "description": text.body}
        answer = await self._calls.send("PUT", f"/merge_requests/{segment(request.number)}", body)
        self._calls.require(answer, "the change of a merge request")
