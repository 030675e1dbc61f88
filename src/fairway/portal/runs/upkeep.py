"""Old runs go, and runs of which nothing is heard any more end: jobs that ask for their own next time."""

from __future__ import annotations

import time
from functools import partial

from fairway.kit.logs import get_logger
from fairway.kit.settings import Settings
from fairway.portal.runs import repository
from fairway.portal.runs.documents import installation_of
from fairway.portal.runs.model import Finish, Run
from fairway.portal.runs.steps import RunSteps, Tools
from fairway.portal.storage import Tx
from fairway.portal.storage.jobs import Job, JobHandler, enqueue
from fairway.wire.runs import AGENT, AGENT_GITLAB

RETENTION_JOB = "run.retention"
TIMEOUT_JOB = "run.timeout"
TIMED_OUT = "Timed out"
_DAY_MS = 86_400_000
_MINUTE_MS = 60_000
_HOUR_MS = 3_600_000
_BATCH = 500
_WORK_SECONDS = 20.0

log = get_logger(__name__)


class RunUpkeep:
    """Retention, once a day, and time-outs, once a minute."""

    def __init__(self, tools: Tools, steps: RunSteps, settings: Settings) -> None:
        self._tools = tools
        self._steps = steps
        self._keep_ms = settings.run_retention_days * _DAY_MS
        self._timeout_hours = settings.run_timeout_hours

    @property
    def job_handlers(self) -> list[JobHandler]:
        """For ``Portal.job_handlers``."""
        return [JobHandler(RETENTION_JOB, self._trim), JobHandler(TIMEOUT_JOB, self._end_silent)]

    async def schedule(self) -> None:
        """Asks for the next runs of both; a waiting job of the same time stands for all processes."""
        await self._tomorrow()
        if self._timeout_hours > 0:
            await self._next_minute()

    async def _trim(self, job: Job) -> None:
        end, removed = time.monotonic() + _WORK_SECONDS, 0
        while gone := await self._tools.db.write(self._remove):
            removed += gone
            if time.monotonic() > end:
                await self._ask(RETENTION_JOB, f"{job.key}+"[:400], self._tools.now())
                break
        else:
            await self._tomorrow()
        if removed:
            log.info("runs_trimmed", removed=removed)

    async def _remove(self, tx: Tx) -> int:
        ids = await repository.ended_before(tx, self._tools.now() - self._keep_ms, _BATCH)
        if ids:
            await repository.remove(tx, ids)
        return len(ids)

    async def _end_silent(self, job: Job) -> None:
        if self._timeout_hours <= 0:
            return
        cutoff = self._tools.now() - int(self._timeout_hours * _HOUR_MS)
        end = time.monotonic() + _WORK_SECONDS
        while time.monotonic() < end:
            silent = await self._tools.db.read(lambda tx: repository.silent_since(tx, cutoff, _BATCH))
            for run in silent:
                await self._tools.db.write(partial(self._end, run_id=run.id, cutoff=cutoff))
            if len(silent) < _BATCH:
                break
        await self._next_minute()

    async def _end(self, tx: Tx, *, run_id: str, cutoff: int) -> None:
        """Unless something was heard meanwhile."""
        await self._steps.lock(tx, run_id)
        for run in await repository.silent_since(tx, cutoff, 1, run_id):
            text = silence(run, self._timeout_hours)
            end = Finish("FAILURE", label=TIMED_OUT, summary=text, logs=(text,))
            await self._steps.finish_in(tx, self._tools.system, run_id, end)

    async def _tomorrow(self) -> None:
        day = self._tools.now() // _DAY_MS + 1
        await self._ask(RETENTION_JOB, f"day {day}", day * _DAY_MS)

    async def _next_minute(self) -> None:
        minute = self._tools.now() // _MINUTE_MS + 1
        await self._ask(TIMEOUT_JOB, f"minute {minute}", minute * _MINUTE_MS)

    async def _ask(self, kind: str, key: str, due: int) -> None:
        now = self._tools.now()
        await self._tools.db.write(lambda tx: enqueue(tx, kind, key, {}, now=now, due_at=due))


def silence(run: Run, hours: float) -> str:
    """What happened to a run of which nothing was heard for so long, and what to do."""
    if not run.pending:
        return (
            f"Nothing was heard of this run for {hours:g} h: whoever executes it neither changed it nor added to its "
            f"log. See there what became of it, then run it again. What takes longer should log now and then, or "
            f"FAIRWAY_RUN_TIMEOUT_HOURS be raised"
        )
    executor = "an execution agent" if run.queue in (AGENT, AGENT_GITLAB) else f'integration "{installation_of(run)}"'
    if run.claimed_until:
        name = f' "{run.claimed_by}"' if run.claimed_by else ""
        return (
            f"Agent{name} claimed this run and was lost before it acknowledged it, and nobody claimed it again for "
            f"{hours:g} h. See whether {executor} runs, then run it again"
        )
    labels = ", ".join(f"{key}={value}" for key, value in sorted((run.labels or {}).items()))
    told = f" with the labels {labels}" if labels else ""
    return (
        f"Nobody claimed this run within {hours:g} h: it waits for {executor}{told}. See whether one runs and reaches "
        f"this portal, then run it again"
    )
