"""Scaffolding on Bitbucket Server. Section 13 of the contract, third column."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fairway.gitops.forges.bitbucket_server.answers import Absent, absent, page_of
from fairway.gitops.forges.errors import ForgeBroken, RepositoryGone
from fairway.gitops.forges.http import ForgeHttp, How
from fairway.gitops.forges.requests import SPEC_BYTES, multipart, path_of, segment
from fairway.gitops.scaffold.calls import MOST_PAGES, Calls
from fairway.gitops.scaffold.workspace import Base, FileAt, OpenRequest, RequestText, Write, is_commit

_HEADS = "refs/heads/"


class BitbucketServerWorkspace:
    """A :class:`~fairway.gitops.scaffold.workspace.Workspace`."""

    def __init__(self, http: ForgeHttp, project: str, slug: str) -> None:
        place = f"/rest/api/latest/projects/{segment(project)}/repos/{segment(slug)}"
        self._calls = Calls(http, place, f"{project}/{slug}")
        self._versions: dict[str, Any] = {}

    async def base(self, branch: str | None) -> Base:
        """See :class:`Workspace`. Empty repositories have no default branch."""
        if branch is not None:
            return Base(branch, await self._tip(branch))
        answer = await self._calls.get("/default-branch")
        if answer.status == 204 or (answer.status == 404 and absent(answer) is Absent.BRANCH):
            return Base("master", None)
        if answer.status == 404 and absent(answer) is Absent.ROUTE:
            answer = await self._calls.get("/branches/default")
        document = self._calls.require(answer, "the default branch")
        name = str(document["displayId"])
        return Base(name, str(document.get("latestCommit") or await self._tip(name)))

    async def _tip(self, branch: str) -> str:
        for each in await self._found(branch):
            if each["displayId"] == branch:
                return str(each["latestCommit"])
        raise RepositoryGone(f'"{self._calls.label}" has no branch "{branch}"')

    async def _found(self, text: str) -> list[Any]:
        found: list[Any] = []
        start: int | None = 0
        for _ in range(MOST_PAGES):
            answer = await self._calls.get("/branches", {"filterText": text, "limit": 1000, "start": start})
            if answer.status == 404 and absent(answer) is Absent.BRANCH:
                return []
            page = page_of(self._calls.require(answer, "branches"), start or 0, "The listing of branches")
            found += page.values
            start = page.following
            if start is None:
                return found
        raise ForgeBroken(f'"{self._calls.label}" has more than {MOST_PAGES} pages of branches')

    async def branches(self, prefix: str, own: str) -> Sequence[str]:
        """See :class:`Workspace`."""
        return [str(each["displayId"]) for each in await self._found(prefix)]

    async def open_request(self, branch: str) -> OpenRequest | None:
        """See :class:`Workspace`."""
        params = {"at": _HEADS + branch, "direction": "OUTGOING", "state": "OPEN"}
        for each in self._calls.require(await self._calls.get("/pull-requests", params), "pull requests")["values"]:
            if each["fromRef"]["id"] == _HEADS + branch:
                return self._request(each, branch)
        return None

    def _request(self, document: Any, branch: str) -> OpenRequest:
        number = str(document["id"])
        self._versions[number] = document
        return OpenRequest(number, branch, str(document["links"]["self"][0]["href"]))

    async def read(self, path: str, ref: str) -> FileAt | None:
        """See :class:`Workspace`; the edit call wants the last commit that touched the file, at least."""
        commit = ref if is_commit(ref) else await self._tip(ref)
        how = How(max_bytes=SPEC_BYTES)
        answer = await self._calls.http.get(f"{self._calls.place}/raw/{path_of(path)}", params={"at": commit}, how=how)
        if answer.status == 404:
            return None
        if not answer.ok or answer.truncated:
            raise answer.error("a file's content")
        return FileAt(path, answer.body, commit)

    async def write(self, write: Write) -> None:
        """See :class:`Workspace`; the branch comes with the edit."""
        fields: dict[str, str | bytes] = {"content": write.content, "message": write.message, "branch": write.branch}
        if write.start is not None and write.start.commit is not None:
            fields["sourceBranch"] = write.start.branch
        if write.file is not None:
            fields["sourceCommitId"] = write.file.token
        answer = await self._calls.send("PUT", f"/browse/{path_of(write.path)}", multipart(fields))
        self._calls.require(answer, "a commit")

    async def request(self, branch: str, base: Base, text: RequestText) -> OpenRequest | None:
        """See :class:`Workspace`."""
        body = {
            "title": text.title,
            "description": text.body,
            "fromRef": {"id": _HEADS + branch},
            "toRef": {"id": _HEADS + base.branch},
        }
        answer = await self._calls.send("POST", "/pull-requests", body)
        return self._request(self._calls.require(answer, "a pull request"), branch)

    async def update(self, request: OpenRequest, text: RequestText) -> None:
        """See :class:`Workspace`; reviewers are sent along, because what is left out is removed."""
        old = self._versions[request.number]
        body = {
            "version": old["version"],
            "title": text.title,
            "description": text.body,
            "reviewers": old.get("reviewers", []),
        }
        answer = await self._calls.send("PUT", f"/pull-requests/{segment(request.number)}", body)
        self._calls.require(answer, "the change of a pull request")
