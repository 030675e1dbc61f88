"""The end of requests that nobody decides (``requiredApproval.expiresInSeconds``)."""

from __future__ import annotations

from functools import partial

from fairway.kit.clock import Clock, rfc3339, to_millis
from fairway.portal.caller import Caller
from fairway.portal.runs import repository as runs
from fairway.portal.runs.approvals import repository, wording
from fairway.portal.runs.approvals.steps import RunSteps
from fairway.portal.runs.model import Finish
from fairway.portal.storage import Database, Tx
from fairway.portal.storage.jobs import Job, JobHandler, enqueue

KIND = "run.approval.expire"


async def enqueue_expiry(tx: Tx, run_id: str, now: int, expires_at: int) -> None:
    """Has the request looked at when it expires."""
    await enqueue(tx, KIND, run_id, {"runId": run_id}, now=now, due_at=expires_at)


class Expiry:
    """Ends runs whose approval expired: ``FAILURE`` with the label "Approval expired"."""

    def __init__(self, db: Database, clock: Clock, system: Caller) -> None:
        self._db = db
        self._clock = clock
        self._system = system
        self._given: RunSteps | None = None

    def use(self, steps: RunSteps) -> None:
        """Tells who ends runs."""
        self._given = steps

    @property
    def job_handler(self) -> JobHandler:
        """Looks at one request."""
        return JobHandler(KIND, self._run)

    async def _run(self, job: Job) -> None:
        await self._db.write(partial(self._expire, run_id=str(job.payload["runId"])))

    async def _expire(self, tx: Tx, *, run_id: str) -> None:
        run = await runs.find(tx, run_id, lock=True)
        request = await repository.find_request(tx, run_id)
        if run is None or request is None or request.expires_at is None or run.status != "WAITING_FOR_APPROVAL":
            return
        assert self._given is not None, "use() was not called"
        if request.expires_at > to_millis(self._clock.now()):
            return
        text = f"Nobody decided until {rfc3339(request.expires_at)}: the approval expired"
        end = Finish("FAILURE", label=wording.EXPIRED, summary=text, logs=(text,))
        await self._given.finish_in(tx, self._system, run_id, end)
