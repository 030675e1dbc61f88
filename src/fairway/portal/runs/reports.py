"""Many reports in one request, each on its own: what became of runs that an agent had (ours)."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from fairway.kit.errors import FairwayError, InvalidRequest
from fairway.portal.caller import Caller
from fairway.portal.http.requests import optional, require
from fairway.portal.runs import log_repository, queue_repository, repository
from fairway.portal.runs.changes import NewLine, Patch, parse_line, parse_patch, parse_response
from fairway.portal.runs.model import Run
from fairway.portal.runs.sight import Sight
from fairway.portal.runs.steps import Tools, found_run
from fairway.portal.runs.transitions import answered, patched
from fairway.portal.storage import Tx

MAX_REPORTS = 1000
_TOGETHER = 200
"""Reports in one transaction."""


class NodeReports(Protocol):
    """Reports about node runs of workflows."""

    def apply_report(self, caller: Caller, report: dict[str, Any]) -> Awaitable[None]:
        """One report.

        Raises:
            FairwayError: it could not be applied.
        """
        ...


@dataclass(frozen=True, slots=True)
class Report:
    """What an agent says of one run."""

    run_id: str
    ack: bool = False
    lines: tuple[NewLine, ...] = ()
    patch: Patch = field(default_factory=Patch)
    response: Any = None


@dataclass(slots=True)
class _Batch:
    """The runs of a transaction, as they were and as the reports so far leave them."""

    before: dict[str, Run]
    after: dict[str, Run]
    room: dict[str, int]
    lines: dict[str, list[NewLine]] = field(default_factory=dict)
    acked: list[str] = field(default_factory=list)


class ReportService:
    """Applies reports set-wise: a batch costs a handful of statements, whatever its size."""

    def __init__(self, tools: Tools, sight: Sight, max_lines: int) -> None:
        self._tools = tools
        self._sight = sight
        self._max_lines = max_lines
        self.nodes: NodeReports | None = None
        """Set while the portal is built, where there are workflows."""

    async def apply(self, caller: Caller, body: dict[str, Any]) -> list[dict[str, Any]]:
        """``[{id, ok, error?, message?}]`` in the order of the reports.

        Raises:
            InvalidRequest: there is no list of reports, or it is too long.
        """
        given: list[Any] = require(body, "reports", list)
        if len(given) > MAX_REPORTS:
            raise InvalidRequest(f'"reports" in the body has {len(given)} entries; at most {MAX_REPORTS} are taken')
        results: list[dict[str, Any]] = [{} for _ in given]
        parsed: list[tuple[int, Report]] = []
        for at, each in enumerate(given):
            try:
                node = await self._of_node(caller, each)
                if node is not None:
                    results[at] = {"id": node, "ok": True}
                else:
                    parsed.append((at, parse_report(each)))
            except FairwayError as error:
                results[at] = _refusal(_name(each), error)
        for start in range(0, len(parsed), _TOGETHER):
            part = parsed[start : start + _TOGETHER]
            found = await self._apply(caller, [report for _, report in part])
            for (at, _), result in zip(part, found, strict=True):
                results[at] = result
        return results

    async def _of_node(self, caller: Caller, report: Any) -> str | None:
        """Applies a report about a node run; none when it is about something else."""
        if not isinstance(report, dict) or "nodeRunIdentifier" not in report:
            return None
        if self.nodes is None:
            raise InvalidRequest("This portal has no workflows: there are no node runs to report about")
        await self.nodes.apply_report(caller, report)
        return str(report["nodeRunIdentifier"])

    async def _apply(self, caller: Caller, reports: Sequence[Report]) -> list[dict[str, Any]]:
        now = self._tools.now()
        ids = list(dict.fromkeys(report.run_id for report in reports))

        async def work(tx: Tx) -> list[dict[str, Any]]:
            found = await repository.find_many(tx, ids, lock=True)
            seen = {run.id: run for run in await self._sight.visible(tx, caller, list(found.values()))}
            counts = await log_repository.line_counts(tx, list(seen))
            room = {run_id: max(0, self._max_lines - count) for run_id, count in counts.items()}
            batch = _Batch(seen, dict(seen), room)
            results = [await self._one(tx, caller, batch, report, now) for report in reports]
            await self._write(tx, caller, batch, now)
            return results

        return await self._tools.db.write(work)

    async def _one(self, tx: Tx, caller: Caller, batch: _Batch, report: Report, now: int) -> dict[str, Any]:
        run_id = report.run_id
        try:
            run = found_run(run_id, batch.after.get(run_id))
            await self._sight.enforce_reporter(tx, caller, run)
            after = run if report.response is None else answered(run, report.response, caller.principal_id, now)
            after, told = patched(after, report.patch, caller.principal_id, now)
        except FairwayError as error:
            return _refusal(run_id, error)
        batch.after[run_id] = after
        if report.ack:
            batch.acked.append(run_id)
        lines = [*report.lines, *told]
        kept = lines[: batch.room[run_id]]
        batch.room[run_id] -= len(kept)
        batch.lines.setdefault(run_id, []).extend(kept)
        result = {"id": run_id, "ok": True}
        dropped = len(lines) - len(kept)
        return {**result, "message": f"The log is full: {dropped} lines were not kept"} if dropped else result

    async def _write(self, tx: Tx, caller: Caller, batch: _Batch, now: int) -> None:
        ledger = self._tools.ledger
        if batch.acked:
            await queue_repository.acknowledge(tx, batch.acked)
        await ledger.log(tx, caller.principal_id, batch.lines, now, limited=False)
        pairs = [(before, batch.after[run_id]) for run_id, before in batch.before.items()]
        await ledger.changed(tx, caller, pairs, now)


def parse_report(given: Any) -> Report:
    """One entry of ``reports``.

    Raises:
        InvalidRequest: it is no object, names no run, or a key has another type.
    """
    if not isinstance(given, dict):
        raise InvalidRequest("Each of the reports must be an object")
    lines = optional(given, "logs", list) or []
    if not all(isinstance(line, dict) for line in lines):
        raise InvalidRequest('"logs" in the report must be an array of objects with "message" and "level"')
    response = parse_response(given) if "response" in given else None
    patch = parse_patch(given)
    if patch.status not in (None, "SUCCESS", "FAILURE"):
        raise InvalidRequest(f'"status" in the report must be "SUCCESS" or "FAILURE", not "{patch.status}"')
    return Report(
        require(given, "runId", str, where="report"),
        bool(optional(given, "ack", bool)),
        tuple(_line(line) for line in lines),
        patch,
        response,
    )


def _line(given: dict[str, Any]) -> NewLine:
    line = parse_line(given)
    return NewLine(line.message, line.level)


def _name(report: Any) -> str | None:
    if not isinstance(report, dict):
        return None
    name = report.get("runId", report.get("nodeRunIdentifier"))
    return name if isinstance(name, str) else None


def _refusal(name: str | None, error: FairwayError) -> dict[str, Any]:
    return {"id": name, "ok": False, "error": error.code, "message": error.message}
