"""Check runs for apps, statuses for everybody. Sections 4.2 and 10.1 of the contract."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fairway.gitops.diagnostics import Diagnostic, Severity
from fairway.gitops.forges.answers import HttpAnswer
from fairway.gitops.forges.base import StatusReport
from fairway.gitops.forges.errors import NotPermitted, RepositoryGone
from fairway.gitops.forges.github.files import place
from fairway.gitops.forges.http import ForgeHttp, How
from fairway.gitops.forges.requests import json_content, segment
from fairway.gitops.model import Repository

CONTEXT = "portal/gitops"
_AT_ONCE = 50
"""Annotations of one call."""
_MOST = 1000
_MOST_PAGES = 25
_DESCRIPTION, _TITLE, _SUMMARY, _MESSAGE = 140, 255, 65_535, 60_000
_LEVELS = {Severity.ERROR: "failure", Severity.WARNING: "warning", Severity.NOTICE: "notice"}
_AGAIN = How(repeatable=True)
"""The same status twice is the same status."""

Place = tuple[str, int, str]


class Reporting:
    """Shows outcomes at commits."""

    def __init__(self, http: ForgeHttp, app_id: str) -> None:
        self._http = http
        self._app_id = app_id
        self._checks = bool(app_id)

    async def report(self, repository: Repository, commit: str, report: StatusReport) -> None:
        """As :meth:`Forge.report`: a check run where the app may make one, else a status."""
        if self._checks:
            try:
                await self._check(repository, commit, report)
                return
            except NotPermitted:
                self._checks = False  # the app was not given checks; statuses are another permission
        await self._status(repository, commit, report)

    async def _status(self, repository: Repository, commit: str, report: StatusReport) -> None:
        state = report.state if report.state in ("success", "failure", "error", "pending") else "error"
        body = {"state": state, "context": CONTEXT, "description": _cut(report.title, _DESCRIPTION)}
        if report.link:
            body["target_url"] = report.link
        path = f"{place(repository)}/statuses/{segment(commit)}"
        _require(await self._http.send("POST", path, content=json_content(body), how=_AGAIN), repository)

    async def _check(self, repository: Repository, commit: str, report: StatusReport) -> None:
        """Updates the run of this commit, if there is one. Annotations can only be added to a run, so one with some
        that no longer hold is replaced by a new run of the same name, which is the one that is shown."""
        wanted = {_place(each): each for each in map(_annotation, report.diagnostics[:_MOST])}
        run = await self._run(repository, commit)
        there = await self._annotated(repository, run) if run is not None else frozenset()
        if not there <= wanted.keys():
            run, there = None, frozenset()
        rows = [each for place, each in wanted.items() if place not in there]
        head = _head(report)
        if run is None:
            body = {"name": CONTEXT, "head_sha": commit, **head, "output": _output(report, rows[:_AT_ONCE])}
            path = f"{place(repository)}/check-runs"
            answer = _require(await self._http.send("POST", path, content=json_content(body)), repository)
            run, rows = int(answer.json["id"]), rows[_AT_ONCE:]
            if not rows:
                return
        path = f"{place(repository)}/check-runs/{run}"
        for start in range(0, max(1, len(rows)), _AT_ONCE):
            body = {**head, "output": _output(report, rows[start : start + _AT_ONCE])}
            _require(await self._http.send("PATCH", path, content=json_content(body)), repository)

    async def _run(self, repository: Repository, commit: str) -> int | None:
        path = f"{place(repository)}/commits/{segment(commit)}/check-runs"
        params = {"check_name": CONTEXT, "filter": "latest", "app_id": self._app_id}
        answer = _require(await self._http.get(path, params=params), repository)
        runs = answer.json.get("check_runs") or ()
        return max((int(each["id"]) for each in runs if each.get("name") == CONTEXT), default=None)

    async def _annotated(self, repository: Repository, run: int) -> frozenset[Place]:
        found: set[Place] = set()
        for page in range(1, _MOST_PAGES):
            path = f"{place(repository)}/check-runs/{run}/annotations"
            answer = _require(await self._http.get(path, params={"per_page": 100, "page": page}), repository)
            rows = answer.json
            found.update(_place(each) for each in rows)
            if len(rows) < 100:
                break
        return frozenset(found)


def _head(report: StatusReport) -> dict[str, Any]:
    head: dict[str, Any] = {"details_url": report.link} if report.link else {}
    if report.state == "pending":
        return {**head, "status": "in_progress"}
    return {**head, "status": "completed", "conclusion": "success" if report.state == "success" else "failure"}


def _output(report: StatusReport, annotations: Sequence[dict[str, Any]]) -> dict[str, Any]:
    summary = _cut(report.summary or report.title, _SUMMARY)
    return {"title": _cut(report.title, _TITLE), "summary": summary, "annotations": list(annotations)}


def _annotation(found: Diagnostic) -> dict[str, Any]:
    text = found.message + (f"\n{found.hint}" if found.hint else "")
    line = found.mark.line
    return {
        "path": found.path,
        "start_line": line,
        "end_line": max(line, found.end_line or line),
        "annotation_level": _LEVELS[found.severity],
        "title": found.code,
        "message": _cut(text, _MESSAGE),
    }


def _place(annotation: dict[str, Any]) -> Place:
    return (str(annotation["path"]), int(annotation["start_line"]), str(annotation["message"]))


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def _require(answer: HttpAnswer, repository: Repository) -> HttpAnswer:
    if answer.status in (404, 451):
        raise RepositoryGone(f'"{repository.label}" or the commit does not exist any more, or may not be written to')
    if not answer.ok:
        raise answer.error("a report to be taken")
    return answer
