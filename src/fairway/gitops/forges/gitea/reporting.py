"""Commit statuses, and one comment on a pull request. Sections 4.4 and 10.1 of the contract."""

from __future__ import annotations

from typing import Any

from fairway.gitops.forges.answers import HttpAnswer
from fairway.gitops.forges.base import StatusReport
from fairway.gitops.forges.errors import RepositoryGone
from fairway.gitops.forges.gitea.files import API, place
from fairway.gitops.forges.http import EVENT, ForgeHttp, How
from fairway.gitops.forges.markdown import CONTEXT, MARKER, comment
from fairway.gitops.forges.requests import json_content, segment
from fairway.gitops.model import Repository

_STATES = frozenset({"success", "pending", "error", "failure"})
_DESCRIPTION = 255
_AGAIN = How(repeatable=True)


class GiteaReporting:
    """Shows outcomes at commits of one server."""

    def __init__(self, http: ForgeHttp) -> None:
        self._http = http
        self._me: int | None = None

    async def report(self, repository: Repository, commit: str, report: StatusReport) -> None:
        """As :meth:`Forge.report`; the newest status of a context is the one that counts."""
        body = {
            "state": report.state if report.state in _STATES else "error",
            "context": CONTEXT,
            "description": report.title[:_DESCRIPTION],
            "target_url": report.link or "",
        }
        path = f"{place(repository)}/statuses/{segment(commit)}"
        answer = await self._http.send("POST", path, content=json_content(body), how=_AGAIN)
        _require(answer, repository, "a commit status")
        if report.request is not None:
            await self._comment(repository, report.request, comment(report))

    async def _comment(self, repository: Repository, request: str, text: str) -> None:
        path = f"{place(repository)}/issues/{segment(request)}/comments"
        old = await self._find(path, repository)
        if old is None:
            answer = await self._http.send("POST", path, content=json_content({"body": text}))
        elif old["body"] == text:
            return
        else:
            where = f"{place(repository)}/issues/comments/{int(old['id'])}"
            answer = await self._http.send("PATCH", where, content=json_content({"body": text}))
        _require(answer, repository, "a comment")

    async def _find(self, path: str, repository: Repository) -> dict[str, Any] | None:
        """Our own comment; that it looks like ours is not enough. The server lists all on one page."""
        if self._me is None:
            answer = await self._http.get(f"{API}/user")
            if not answer.ok:
                raise answer.error("the user")
            self._me = int(answer.json["id"])
        async for page in self._http.pages(path, how=EVENT, ends=frozenset({404})):
            _require(page, repository, "comments")
            for each in page.json:
                author = (each.get("user") or {}).get("id")
                if author == self._me and str(each.get("body", "")).startswith(MARKER):
                    return dict(each)
        return None


def _require(answer: HttpAnswer, repository: Repository, what: str) -> None:
    if answer.status == 404:
        raise RepositoryGone(f'"{repository.label}" has no such commit or request, or does not exist any more')
    if not answer.ok:
        raise answer.error(what)
