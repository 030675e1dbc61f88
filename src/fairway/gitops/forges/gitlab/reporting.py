"""Commit statuses, and one note on a merge request. Sections 4.3 and 10.1 of the contract."""

from __future__ import annotations

from typing import Any

from fairway.gitops.forges.answers import HttpAnswer
from fairway.gitops.forges.base import StatusReport
from fairway.gitops.forges.errors import RepositoryGone
from fairway.gitops.forges.gitlab.files import API, message, place
from fairway.gitops.forges.http import EVENT, ForgeHttp, How
from fairway.gitops.forges.markdown import CONTEXT, MARKER, comment
from fairway.gitops.forges.requests import Params, json_content, segment
from fairway.gitops.model import Repository

_STATES = {"success": "success", "pending": "pending"}
_DESCRIPTION = 255
_AGAIN = How(repeatable=True)
"""The same status twice is the same status."""


class GitLabReporting:
    """Shows outcomes at commits of one server."""

    def __init__(self, http: ForgeHttp) -> None:
        self._http = http
        self._me: int | None = None

    async def report(self, repository: Repository, commit: str, report: StatusReport) -> None:
        """As :meth:`Forge.report`."""
        body: dict[str, Any] = {
            "state": _STATES.get(report.state, "failed"),
            "name": CONTEXT,
            "description": report.title[:_DESCRIPTION],
        }
        if report.link:
            body["target_url"] = report.link
        path = f"{place(repository)}/statuses/{segment(commit)}"
        answer = await self._http.send("POST", path, content=json_content(body), how=_AGAIN)
        # A status that is pending already cannot become pending.
        if not answer.ok and "Cannot transition status" not in message(answer):
            _require(answer, repository, "a commit status")
        if report.request is not None:
            await self._note(repository, report.request, comment(report))

    async def _note(self, repository: Repository, request: str, text: str) -> None:
        path = f"{place(repository)}/merge_requests/{segment(request)}/notes"
        old = await self._find(path, repository)
        if old is None:
            answer = await self._http.send("POST", path, content=json_content({"body": text}))
        elif old["body"] == text:
            return
        else:
            where = f"{path}/{int(old['id'])}"
            answer = await self._http.send("PUT", where, content=json_content({"body": text}))
        _require(answer, repository, "a note")

    async def _find(self, path: str, repository: Repository) -> dict[str, Any] | None:
        """Our own note; that it looks like ours is not enough."""
        me = await self._user()
        params: Params = {"per_page": 100, "sort": "asc", "order_by": "created_at"}
        async for page in self._http.pages(path, params=params, how=EVENT, ends=frozenset({404})):
            _require(page, repository, "notes")
            for each in page.json:
                author = (each.get("author") or {}).get("id")
                if author == me and str(each.get("body", "")).startswith(MARKER):
                    return dict(each)
        return None

    async def _user(self) -> int:
        if self._me is None:
            answer = await self._http.get(f"{API}/user")
            if not answer.ok:
                raise answer.error("the user")
            self._me = int(answer.json["id"])
        return self._me


def _require(answer: HttpAnswer, repository: Repository, what: str) -> None:
    if answer.status == 404 and "Project Not Found" in message(answer):
        raise RepositoryGone(f'"{repository.label}" does not exist any more')
    if not answer.ok:
        raise answer.error(what)
