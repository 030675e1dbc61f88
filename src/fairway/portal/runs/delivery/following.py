"""The job that follows started work to its end, for backends that can be asked."""

from __future__ import annotations

from dataclasses import replace

from fairway.kit.clock import Clock, to_millis
from fairway.portal.caller import system_caller
from fairway.portal.runs import repository
from fairway.portal.runs.delivery.backends import Backends
from fairway.portal.runs.delivery.base import Order, Refused, Undelivered
from fairway.portal.runs.delivery.orders import Orders
from fairway.portal.runs.delivery.reports import RunReports
from fairway.portal.runs.model import Finish, Run
from fairway.portal.storage import Database, Tx
from fairway.portal.storage.jobs import Job, JobHandler, RetryLater, complete_in

FOLLOW = "run.follow"
FOLLOW_SOON_MS = 2_000
_ENDLESS = 1_000_000
_FIRST_PAUSE = 2.0
_GROWTH = 1.3
_LONGEST_PAUSE = 60.0
_FIND_MS = 15 * 60_000
"""How long the work is looked for before its own report is relied on."""
_FOLLOW_MS = 7 * 24 * 3_600_000


class Following:
    """Asks about started work, less and less often."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        runs: RunReports,
        orders: Orders,
        backends: Backends,
        *,
        org_id: str,
        lane: str,
    ) -> None:
        self._db = db
        self._clock = clock
        self._runs = runs
        self._orders = orders
        self._backends = backends
        self._system = system_caller(org_id)
        self._lane = lane

    @property
    def job_handler(self) -> JobHandler:
        """For ``Portal.job_handlers``."""
        return JobHandler(FOLLOW, self._follow, _ENDLESS, lane=self._lane)

    async def _follow(self, job: Job) -> None:
        run_id, sent_at = str(job.payload["runId"]), int(job.payload["sentAt"])
        run = await self._db.read(lambda tx: repository.find(tx, run_id))
        if run is None or run.terminal:
            return
        async with self._backends.room(run.payload or {}):
            await self._follow_run(job, run, sent_at)

    async def _follow_run(self, job: Job, run: Run, sent_at: int) -> None:
        run_id = run.id
        try:
            order = await self._orders.of(run, sent_at)
            known = await self._ask(job, order)
        except Refused as refused:
            await self._stop(job, run_id, f"This run is not followed any more: {refused.reason}")
            return
        except Undelivered as error:
            raise RetryLater(error.reason, max(_pause(job.attempts), error.retry_after or 0.0)) from None
        if known is None:
            return
        if self._late(known):
            await self._stop(job, run_id, "This run is not followed any more: it has to be reported")
            return
        raise RetryLater("it goes on", _pause(job.attempts))

    async def _ask(self, job: Job, order: Order) -> Order | None:
        """The order with what is known now; none when there is nothing more to ask."""
        if not self._backends.follows(order):
            return None
        finish = await self._backends.follow(order)
        if finish is None:
            return order
        known = replace(order, external_id=finish.external_run_id or order.external_id)
        more = finish.status is None and self._backends.follows(known)
        await self._db.write(lambda tx: self._record(tx, job, order.id, finish, more))
        return known if more else None

    async def _record(self, tx: Tx, job: Job, run_id: str, finish: Finish, more: bool) -> None:
        await self._runs.finish_in(tx, self._system, run_id, finish)
        if not more:
            await complete_in(tx, job)

    async def _stop(self, job: Job, run_id: str, line: str) -> None:
        async def work(tx: Tx) -> None:
            await self._runs.log_in(tx, run_id, line, level="WARN", by=self._system)
            await complete_in(tx, job)

        await self._db.write(work)

    def _late(self, order: Order) -> bool:
        since = to_millis(self._clock.now()) - order.sent_at
        return since > (_FOLLOW_MS if order.external_id else _FIND_MS)


def _pause(attempts: int) -> float:
    return min(_LONGEST_PAUSE, _FIRST_PAUSE * _GROWTH ** min(attempts - 1, 50))
