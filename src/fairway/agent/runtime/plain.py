"""Reports to a portal that only knows the calls of the contract: logs, response, status, one run at a time."""

from __future__ import annotations

from typing import Any

from fairway.agent.model import Report
from fairway.agent.operations.metrics import AgentMetrics
from fairway.agent.portal_api.documents import (
    MAX_BODY,
    clipped,
    encoded_size,
    log_lines,
    log_text,
    node_document,
    status_document,
)
from fairway.agent.portal_api.errors import PortalTrouble
from fairway.agent.portal_api.portal import Portal
from fairway.kit.logs import get_logger

_TOO_LARGE = "The target's answer is too large to be stored with the run"
_SHORT = 1000

log = get_logger(__name__)


class PlainReporter:
    """Sends one report."""

    def __init__(self, portal: Portal, metrics: AgentMetrics) -> None:
        self._portal = portal
        self._metrics = metrics

    async def send(self, report: Report) -> None:
        """Logs once and without insisting, then what has to arrive.

        Raises:
            PortalTrouble: the portal did not take the response or the status.
        """
        if report.logs:
            await self._log(report)
        if report.invocation.kind == "node":
            await self._node(report)
        else:
            await self._run(report)

    async def _log(self, report: Report) -> None:
        run_id = report.invocation.id or ""
        if self._portal.connection.throttled:
            self._metrics.logs_dropped.inc(len(report.logs))
            return
        try:
            if report.invocation.kind == "node":
                await self._portal.log_node(run_id, log_lines(report))
            else:
                await self._portal.log_run(run_id, log_text(report))
        except PortalTrouble as trouble:
            self._metrics.logs_dropped.inc(len(report.logs))
            log.debug("run_log_dropped", run_id=run_id, problem=trouble.message)

    async def _run(self, report: Report) -> None:
        run_id = report.invocation.id or ""
        if report.response is not None:
            await self._respond(run_id, report.response)
        body = status_document(report)
        if body:
            await self._patch(run_id, body)

    async def _respond(self, run_id: str, response: Any) -> None:
        if encoded_size(response) > MAX_BODY:
            response = _TOO_LARGE
        try:
            await self._portal.respond(run_id, response)
        except PortalTrouble as trouble:
            if trouble.passing:
                raise
            log.warning("response_refused", run_id=run_id, problem=trouble.message)

    async def _patch(self, run_id: str, body: dict[str, Any]) -> None:
        try:
            await self._portal.patch_run(run_id, body)
        except PortalTrouble as trouble:
            if trouble.answered not in (400, 413, 422) or "status" not in body:
                raise
            log.warning("report_cut_down", run_id=run_id, problem=trouble.message)
            summary = {"summary": clipped(body["summary"], _SHORT)} if "summary" in body else {}
            await self._portal.patch_run(run_id, {"status": body["status"], **summary})

    async def _node(self, report: Report) -> None:
        body = node_document(report)
        if body is None:
            return
        if encoded_size(body) > MAX_BODY:
            body = {**body, "output": {"response": {"status": report.response_status, "data": _TOO_LARGE}}}
        await self._portal.patch_node(report.invocation.id or "", body)
