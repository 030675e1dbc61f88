"""Build status and Code Insights. Sections 4.1 and 10.1 of the contract."""

from __future__ import annotations

from typing import Any

from fairway.gitops.diagnostics import Diagnostic, Severity
from fairway.gitops.forges.answers import HttpAnswer
from fairway.gitops.forges.base import StatusReport
from fairway.gitops.forges.bitbucket_server.answers import Absent, absent
from fairway.gitops.forges.bitbucket_server.files import place
from fairway.gitops.forges.bitbucket_server.listing import API
from fairway.gitops.forges.errors import RepositoryGone
from fairway.gitops.forges.http import ForgeHttp, How
from fairway.gitops.forges.requests import json_content, segment
from fairway.gitops.model import Repository

CONTEXT = "portal/gitops"
_REPORT = "portal-gitops"
_BUILDS = "/rest/build-status/latest"
_INSIGHTS = "/rest/insights/latest"
_STATES = {"success": "SUCCESSFUL", "pending": "INPROGRESS"}
_SEVERITIES = {Severity.ERROR: "HIGH", Severity.WARNING: "MEDIUM", Severity.NOTICE: "LOW"}
_DESCRIPTION, _DETAILS, _MESSAGE = 255, 2000, 2000
_ANNOTATIONS = 1000
_AGAIN = How(repeatable=True)
"""The same status twice is the same status."""


class Reporting:
    """Shows outcomes at commits of one server."""

    def __init__(self, http: ForgeHttp) -> None:
        self._http = http
        self._old_builds = False
        self._no_insights = False

    async def report(self, repository: Repository, commit: str, report: StatusReport) -> None:
        """As :meth:`Forge.report`. Insights accompany pull requests, and whatever has findings."""
        await self._build(repository, commit, report)
        if (report.request is not None or report.diagnostics) and not self._no_insights:
            await self._insights(repository, commit, report)

    async def _build(self, repository: Repository, commit: str, report: StatusReport) -> None:
        body = json_content(
            {
                "key": CONTEXT,
                "name": CONTEXT,
                "state": _STATES.get(report.state, "FAILED"),
                "url": report.link or repository.url,
                "description": report.title[:_DESCRIPTION],
            }
        )
        if not self._old_builds:
            path = f"{API}{place(repository)}/commits/{segment(commit)}/builds"
            answer = await self._http.send("POST", path, content=body, how=_AGAIN)
            if answer.ok:
                return
            _require_known(answer, repository, "a build status")
        answer = await self._http.send("POST", f"{_BUILDS}/commits/{segment(commit)}", content=body, how=_AGAIN)
        if not answer.ok:
            raise answer.error("a build status")
        self._old_builds = True

    async def _insights(self, repository: Repository, commit: str, report: StatusReport) -> None:
        path = f"{_INSIGHTS}{place(repository)}/commits/{segment(commit)}/reports/{_REPORT}"
        answer = await self._http.send("PUT", path, content=json_content(_report(report)))
        if not answer.ok:
            _require_known(answer, repository, "a Code Insights report")
            self._no_insights = True  # a server from before Code Insights
            return
        answer = await self._http.send("DELETE", f"{path}/annotations")
        if not answer.ok:
            raise answer.error("the removal of old annotations")
        annotations = [_annotation(number, each) for number, each in enumerate(report.diagnostics[:_ANNOTATIONS])]
        if annotations:
            body = json_content({"annotations": annotations})
            answer = await self._http.send("POST", f"{path}/annotations", content=body)
            if not answer.ok:
                raise answer.error("annotations")


def _require_known(answer: HttpAnswer, repository: Repository, what: str) -> None:
    """Returns when it is the call that the server does not know."""
    kind = absent(answer) if answer.status == 404 else None
    if kind is Absent.REPOSITORY:
        raise RepositoryGone(f'"{repository.label}" does not exist any more')
    if kind is not Absent.ROUTE:
        raise answer.error(what)


def _report(report: StatusReport) -> dict[str, Any]:
    body = {
        "title": report.title[:_DESCRIPTION],
        "details": report.summary[:_DETAILS],
        "result": "FAIL" if report.state in ("failure", "error") else "PASS",
        "reporter": "Fairway",
    }
    return {**body, "link": report.link} if report.link else body


def _annotation(number: int, found: Diagnostic) -> dict[str, Any]:
    text = f"{found.code}: {found.message}" + (f" {found.hint}" if found.hint else "")
    return {
        "externalId": str(number),
        "path": found.path,
        "line": found.mark.line,
        "message": text[:_MESSAGE],
        "severity": _SEVERITIES[found.severity],
        "type": "BUG" if found.severity is Severity.ERROR else "CODE_SMELL",
    }
