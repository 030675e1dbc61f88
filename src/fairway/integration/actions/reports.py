"""What is told of runs (contract section 12.2): on disk first, then delivered in order until the portal has it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from fairway.client import PortalClient
from fairway.client.api import segment
from fairway.integration.actions.journal import ActionJournal, Report
from fairway.integration.actions.model import ActionRun, Work, parse_run
from fairway.kit.errors import FairwayError, InvalidRequest, Unauthorized
from fairway.kit.logs import get_logger

log = get_logger(__name__)
Level = Literal["DEBUG", "INFO", "WARN", "ERROR"]
_AT_ONCE = 8
_LOOK_SECONDS = 0.5
_LONGEST_MESSAGE = 8_000


class Runs:
    """How executors, and the processors of their events, report. A method returns once the report is on disk; it is
    delivered behind those of the same run that were made before it, for a day if need be."""

    def __init__(self, client: PortalClient, journal: ActionJournal) -> None:
        self._client = client
        self._journal = journal
        self._wake = asyncio.Event()

    @property
    def waiting(self) -> int:
        """Reports that were not delivered yet."""
        return self._journal.reports

    async def started(
        self,
        run: ActionRun,
        *,
        link: str | None = None,
        external_id: str | None = None,
        label: str | None = None,
        output: Mapping[str, Any] | None = None,
    ) -> None:
        """The third party has begun; ``external_id`` is how :meth:`find` finds the run when it tells more."""
        body: dict[str, Any]
        if run.work == "run":
            body = {"link": link, "externalRunId": external_id, "statusLabel": label}
        else:
            body = {
                "status": "IN_PROGRESS",
                "externalRunId": external_id,
                "output": None if output is None else dict(output),
                "links": None if link is None else [link],
                "statusLabel": None if label is None else {"text": label},
            }
        await self._patch(run.work, run.id, {name: value for name, value in body.items() if value is not None})

    async def log(self, run: ActionRun, message: str, *, level: Level = "INFO", label: str | None = None) -> None:
        """A line for the run's log; ``label`` changes what its status is called."""
        await self._log(run.work, run.id, message, level, label)

    async def succeed(self, run: ActionRun, *, label: str | None = None, output: Any = None) -> None:
        """It ends well. Actions have no output."""
        await self._end(run.work, run.id, "SUCCESS", label, output)

    async def fail(self, run: ActionRun, message: str, *, label: str = "Execution failed") -> None:
        """It fails, and its log says why."""
        await self.failed(run.work, run.id, message, label=label)

    async def cancel(self, run: ActionRun, *, label: str = "Cancelled") -> None:
        """It was given up at the third party; an action has failed then."""
        await self._end(run.work, run.id, "CANCELLED", label, None)

    async def failed(self, work: Work, identifier: str, message: str, *, label: str = "Execution failed") -> None:
        """As :meth:`fail`, of a run of which no more is known."""
        await self._log(work, identifier, message, "ERROR", None)
        await self._end(work, identifier, "FAILURE", label, None)

    async def find(self, external_id: str) -> ActionRun | None:
        """The run that was started with this identifier.

        Raises:
            FairwayError: the portal does not answer.
        """
        runs = await self._client.get("/actions/runs", version="v2", external_run_id=external_id)
        nodes: Mapping[str, Any] = {}
        if not runs.get("runs"):
            nodes = await self._client.get("/workflows/nodes/runs", external_run_id=external_id, include="nodeConfig")
        found: Sequence[tuple[Work, Any]] = [("run", each) for each in runs.get("runs") or ()]
        found = found or [("node", each) for each in nodes.get("nodeRuns") or ()]
        for work, document in found:
            try:
                return parse_run(work, document)
            except InvalidRequest as error:
                log.warning("run_unreadable", external_id=external_id, problem=error.message)
        return None

    async def deliver(self, stop: asyncio.Event) -> None:
        """Makes the calls until ``stop``; what is left is on disk."""
        while not stop.is_set():
            self._wake.clear()
            if not await self.flush():
                await _first_of(self._wake, stop, _LOOK_SECONDS)

    async def flush(self) -> bool:
        """One call for each run that has a report due; whether there was any."""
        due = await self._journal.due(_AT_ONCE)
        await asyncio.gather(*(self._deliver(each) for each in due))
        return bool(due)

    async def _deliver(self, report: Report) -> None:
        try:
            await self._client.request(report.method, report.path, body=report.body, repeatable=True)
        except FairwayError as error:
            if error.retriable or error.status >= 500 or isinstance(error, Unauthorized):
                kept = await self._journal.postponed(report)
                log.warning("report_postponed", id=report.id, given_up=not kept, problem=error.message)
                return
            log.error("report_refused", id=report.id, path=report.path, problem=error.message)
        await self._journal.delivered(report)

    async def _end(self, work: Work, identifier: str, result: str, label: str | None, output: Any) -> None:
        body: dict[str, Any]
        if work == "run":
            body = {"status": "SUCCESS" if result == "SUCCESS" else "FAILURE", "statusLabel": label}
        else:
            told = "FAILED" if result == "FAILURE" else result
            body = {"status": "COMPLETED", "result": told, "output": output}
            body["statusLabel"] = None if label is None else {"text": label}
        await self._patch(work, identifier, {key: value for key, value in body.items() if value is not None}, ends=True)

    async def _log(self, work: Work, identifier: str, message: str, level: Level, label: str | None) -> None:
        text = message if len(message) <= _LONGEST_MESSAGE else f"{message[:_LONGEST_MESSAGE]}…"
        body: dict[str, Any] = {"logs": [{"level": level, "message": text}]}
        if work == "run":
            body = {"message": text, **({} if label is None else {"statusLabel": label})}
        await self._add(work, identifier, "POST", f"{path_of(work, identifier)}/logs", body)
        if work == "node" and label is not None:
            await self._patch(work, identifier, {"statusLabel": {"text": label}})

    async def _patch(self, work: Work, identifier: str, body: Mapping[str, Any], *, ends: bool = False) -> None:
        await self._add(work, identifier, "PATCH", path_of(work, identifier), dict(body), ends=ends)

    async def _add(
        self, work: Work, identifier: str, method: Literal["PATCH", "POST"], path: str, body: Any, *, ends: bool = False
    ) -> None:
        await self._journal.add(work, identifier, method, path, body, ends=ends)
        self._wake.set()


def path_of(work: Work, identifier: str) -> str:
    """Where reports of a run go."""
    return f"/{'actions/runs' if work == 'run' else 'workflows/nodes/runs'}/{segment(identifier)}"


async def _first_of(one: asyncio.Event, other: asyncio.Event, seconds: float) -> None:
    waits = [asyncio.create_task(each.wait()) for each in (one, other)]
    await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()
