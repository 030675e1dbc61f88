"""Carries out one invocation on behalf of the pool, and counts what became of it."""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog

from fairway.agent.execute import Executor
from fairway.agent.model import Invocation, Report
from fairway.agent.operations.metrics import AgentMetrics
from fairway.agent.portal_api.portal import Portal
from fairway.agent.runtime.acks import Acks
from fairway.agent.runtime.dead_letters import DeadLetters
from fairway.agent.runtime.placing import Placer
from fairway.kit.logs import get_logger

log = get_logger(__name__)


class Worker:
    """``perform`` is the pool's work."""

    def __init__(
        self,
        portal: Portal,
        executor: Executor,
        placer: Placer,
        acks: Acks,
        metrics: AgentMetrics,
        letters: Callable[[], DeadLetters | None],
    ) -> None:
        self._portal = portal
        self._executor = executor
        self._placer = placer
        self._acks = acks
        self._metrics = metrics
        self._letters = letters
        self._resumed: set[str] = set()

    def resume(self, run_id: str) -> None:
        """This run was acknowledged before, by a process that was killed."""
        self._resumed.add(run_id)

    async def perform(self, invocation: Invocation) -> Report | None:
        """The report; none when somebody else has the run."""
        structlog.contextvars.bind_contextvars(run_id=invocation.id, action=invocation.action)
        if invocation.source == "POLLING" and not self._portal.fairway:
            # such a portal has no way to give an acknowledged run back, so it is looked at first
            if not await self._placer.ours(invocation):
                return self._counted(Report(invocation, matched=False))
            if not await self._take(invocation):
                self._metrics.skipped.inc()
                return None
        return self._counted(await self._execute(invocation))

    async def _take(self, invocation: Invocation) -> bool:
        if invocation.id in self._resumed:
            self._resumed.discard(invocation.id or "")
            return await self._acks.take_again(invocation)
        return await self._acks.take(invocation)

    async def _execute(self, invocation: Invocation) -> Report:
        try:
            return await self._executor.execute(invocation)
        except Exception as error:  # a fault of ours: the run has to end, and others go on
            log.exception("execution_fault")
            text = f"The agent failed: {type(error).__name__}; its log says more"
            return Report(invocation, status="FAILURE", summary=text)

    def _counted(self, report: Report) -> Report:
        metrics = self._metrics
        if not report.matched:
            metrics.skipped.inc()
            return report
        metrics.retried.inc(max(0, report.attempts - 1))
        failed = report.status == "FAILURE"
        (metrics.failed if failed else metrics.delivered).inc()
        metrics.delay.observe(max(0.0, time.monotonic() - report.invocation.received_at))
        if failed:
            log.warning("failed", attempts=report.attempts, summary=report.summary)
        else:
            log.info("done", attempts=report.attempts, status=report.status, answered=report.response_status)
        if report.dead:
            self._keep(report)
        return report

    def _keep(self, report: Report) -> None:
        letters = self._letters()
        if letters is None:
            return
        try:
            letters.keep(report)
        except OSError as error:
            log.warning("dead_letter_not_kept", problem=str(error))
        else:
            self._metrics.dead_lettered.inc()


def stopped_report(invocation: Invocation) -> Report:
    """The report of what was cut off by the end of the grace period, where nobody else can do it again."""
    text = (
        "The agent was stopped before the target answered; whether the target acted is not known. "
        "A longer FAIRWAY_AGENT_DRAIN_SECONDS gives targets more time"
    )
    return Report(invocation, status="FAILURE", summary=text)
