"""Old workflow runs go, and node runs of which nothing is heard any more end, by the settings of runs."""

from __future__ import annotations

import time
from functools import partial

from fairway.kit.logs import get_logger
from fairway.kit.settings import Settings
from fairway.portal.storage import Tx
from fairway.portal.storage.jobs import Job, JobHandler, enqueue
from fairway.portal.workflows import run_repository as repository
from fairway.portal.workflows.model import NodeRun
from fairway.portal.workflows.tools import Tools
from fairway.wire.runs import AGENT

RETENTION_JOB = "workflow.retention"
TIMEOUT_JOB = "workflow.timeout"
TIMED_OUT = "Timed out"
_HOUR_MS = 3_600_000
_RETENTION_EVERY_MS = 24 * _HOUR_MS
_TIMEOUT_EVERY_MS = 300_000
_BATCH = 200
_WORK_SECONDS = 20.0
"""Work of one job; its lease is 60 s."""

log = get_logger(__name__)


class WorkflowUpkeep:
    """Two jobs that ask for their own next time."""

    def __init__(self, tools: Tools, settings: Settings) -> None:
        self._tools = tools
        self._keep_ms = settings.run_retention_days * _RETENTION_EVERY_MS
        self._timeout_hours = settings.run_timeout_hours

    @property
    def job_handlers(self) -> list[JobHandler]:
        """For ``Portal.job_handlers``."""
        return [JobHandler(RETENTION_JOB, self._trim), JobHandler(TIMEOUT_JOB, self._end_silent)]

    async def schedule(self) -> None:
        """Asks for the next time of both; a waiting job of the same time stands for all processes."""
        await self._ask(RETENTION_JOB, _RETENTION_EVERY_MS)
        if self._timeout_hours > 0:
            await self._ask(TIMEOUT_JOB, _TIMEOUT_EVERY_MS)

    async def _trim(self, job: Job) -> None:
        end, removed = time.monotonic() + _WORK_SECONDS, 0
        cutoff = self._tools.now() - self._keep_ms
        while gone := await self._tools.db.write(lambda tx: repository.remove_ended_before(tx, cutoff, _BATCH)):
            removed += gone
            if time.monotonic() > end:
                break
        if removed:
            log.info("workflow_runs_trimmed", removed=removed)
        await self._ask(RETENTION_JOB, _TIMEOUT_EVERY_MS if gone else _RETENTION_EVERY_MS)

    async def _end_silent(self, job: Job) -> None:
        if self._timeout_hours <= 0:
            return
        cutoff = self._tools.now() - int(self._timeout_hours * _HOUR_MS)
        end = time.monotonic() + _WORK_SECONDS
        while time.monotonic() < end:
            silent = await self._tools.db.read(lambda tx: repository.silent_since(tx, cutoff, _BATCH))
            for node in silent:
                await self._tools.db.write(partial(self._end, node_run=node, cutoff=cutoff))
            if len(silent) < _BATCH:
                break
        await self._ask(TIMEOUT_JOB, _TIMEOUT_EVERY_MS)

    async def _end(self, tx: Tx, *, node_run: NodeRun, cutoff: int) -> None:
        """Unless something was heard meanwhile."""
        await repository.lock_run(tx, node_run.workflow_run)
        for node in await repository.silent_since(tx, cutoff, 1, node_run.id):
            await self._tools.fail_in(tx, node.id, silence(node, self._timeout_hours), TIMED_OUT)

    async def _ask(self, kind: str, every_ms: int) -> None:
        now = self._tools.now()
        due = (now // every_ms + 1) * every_ms
        await self._tools.db.write(lambda tx: enqueue(tx, kind, str(due), {}, now=now, due_at=due))


def silence(node: NodeRun, hours: float) -> str:
    """What happened to a node run of which nothing was heard for so long, and what to do."""
    if node.queue is None or node.acked_at is not None:
        return (
            f"Nothing was heard of this node for {hours:g} h: whoever executes it neither changed it nor added to its "
            f"log. What takes longer should log now and then, or FAIRWAY_RUN_TIMEOUT_HOURS be raised"
        )
    executor = "an execution agent" if node.queue == AGENT else f'integration "{node.queue}"'
    if node.claimed_until:
        name = f' "{node.claimed_by}"' if node.claimed_by else ""
        return (
            f"Agent{name} claimed this node and was lost before it acknowledged it, and nobody claimed it again for "
            f"{hours:g} h. See whether {executor} runs"
        )
    labels = ", ".join(f"{key}={value}" for key, value in sorted((node.labels or {}).items()))
    told = f" with the labels {labels}" if labels else ""
    return (
        f"Nobody claimed this node within {hours:g} h: it waits for {executor}{told}. See whether one runs and "
        f"reaches this portal"
    )
