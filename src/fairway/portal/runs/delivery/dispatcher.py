"""The jobs that deliver runs and follow what they started (contract 7.5).

A delivery may be sent twice, always under the same idempotency key: when the receiver was overloaded or away, and when
the portal stopped between sending and recording.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fairway.kit.clock import Clock, to_millis
from fairway.kit.errors import FairwayError
from fairway.kit.logs import get_logger
from fairway.portal.caller import system_caller
from fairway.portal.runs import repository
from fairway.portal.runs.delivery.backends import NOT_DELIVERED, Backends
from fairway.portal.runs.delivery.base import Order, Refused, Undelivered
from fairway.portal.runs.delivery.following import FOLLOW, FOLLOW_SOON_MS
from fairway.portal.runs.delivery.orders import Orders
from fairway.portal.runs.delivery.reports import RunReports
from fairway.portal.runs.delivery.repository import KIND, undelivered_before
from fairway.portal.runs.model import Finish, Run
from fairway.portal.storage import Database, Tx
from fairway.portal.storage.jobs import Job, JobHandler, RetryLater, complete_in, enqueue

LANE = "delivery"
_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 60.0
_LONGEST_ASKED = 300.0
"""Seconds that a receiver's ``Retry-After`` is followed for."""
_TURN_SECONDS = 0.1
"""How soon a message that has to wait for another one looks again."""
_BROKEN = "Something broke in the portal; its log has it under the run's id"

log = get_logger(__name__)


async def enqueue_delivery(tx: Tx, run_id: str, now: int) -> None:
    """Has the portal deliver a run once the transaction is committed."""
    await enqueue(tx, KIND, run_id, {"runId": run_id}, now=now)


class Dispatcher:
    """Delivers runs, each in its own job."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        runs: RunReports,
        orders: Orders,
        backends: Backends,
        *,
        attempts: int,
        org_id: str,
    ) -> None:
        self._db = db
        self._clock = clock
        self._runs = runs
        self._orders = orders
        self._attempts = attempts
        self._system = system_caller(org_id)
        self.backends = backends

    @property
    def job_handler(self) -> JobHandler:
        """For ``Portal.job_handlers``."""
        return JobHandler(KIND, self._deliver, self._attempts, self._given_up, LANE)

    async def _deliver(self, job: Job) -> bool:
        run_id = str(job.payload["runId"])
        run = await self._db.read(lambda tx: repository.find(tx, run_id))
        if run is None or run.status != "IN_PROGRESS" or run.payload is None or run.queue is not None:
            return False
        async with self.backends.room(run.payload):
            await self._deliver_run(job, run)
        return True

    async def _deliver_run(self, job: Job, run: Run) -> None:
        await self._take_turn(run)
        if job.attempts > self._attempts:
            raise RetryLater("The portal stopped during every attempt to deliver this run", 0)
        sent_at = self._now()
        try:
            order = await self._orders.of(run, sent_at)
        except Refused as refused:
            await self._end(job, run, Finish("FAILURE", NOT_DELIVERED, refused.reason, logs=(refused.reason,)))
        except FairwayError as error:
            if error.retriable:
                raise
            await self._end(job, run, Finish("FAILURE", NOT_DELIVERED, error.message, logs=(error.message,)))
        else:
            await self._record(job, order, await self._send(job, order))

    async def _take_turn(self, run: Run) -> None:
        """Messages of one entity stay in order, across attempts and processes."""
        if run.entity is None or not _is_message(run.payload or {}):
            return
        earlier = await self._db.read(lambda tx: undelivered_before(tx, run))
        if any(_is_message(payload) for payload in earlier):
            raise RetryLater("An earlier run of this entity goes first", _TURN_SECONDS, tried=False)

    async def _send(self, job: Job, order: Order) -> Finish:
        try:
            return await self.backends.deliver(order)
        except Undelivered as error:
            pause = pause_before(job.attempts, error.retry_after)
            await self._tell(job, order.id, error.reason, pause)
            raise RetryLater(error.reason, pause) from None
        except Exception as error:  # noqa: BLE001 its text may hold secrets: it must not reach the job's record
            log.error("delivery_broke", run_id=order.id, kind=order.kind, error=order.scrubber.text(repr(error)))
            raise RetryLater(_BROKEN, pause_before(job.attempts, None)) from None

    async def _tell(self, job: Job, run_id: str, reason: str, pause: float) -> None:
        if job.attempts >= self._attempts:
            return
        line = f"Attempt {job.attempts} of {self._attempts} failed: {reason}. The next one follows in {pause:.1f} s"
        await self._db.write(lambda tx: self._runs.log_in(tx, run_id, line, level="WARN", by=self._system))

    async def _record(self, job: Job, order: Order, finish: Finish) -> None:
        """The outcome and the end of the job in one transaction: what was recorded is not sent again."""
        known = replace(order, external_id=finish.external_run_id or order.external_id)
        follow = finish.status is None and self.backends.follows(known)

        async def work(tx: Tx) -> None:
            await self._runs.finish_in(tx, self._system, order.id, finish)
            await complete_in(tx, job)
            if follow:
                payload = {"runId": order.id, "sentAt": order.sent_at}
                now = self._now()
                await enqueue(tx, FOLLOW, order.id, payload, now=now, due_at=now + FOLLOW_SOON_MS)

        await self._db.write(work)

    async def _end(self, job: Job, run: Run, finish: Finish) -> None:
        async def work(tx: Tx) -> None:
            await self._runs.finish_in(tx, self._system, run.id, finish)
            await complete_in(tx, job)

        await self._db.write(work)

    async def _given_up(self, tx: Tx, job: Job, reason: str) -> None:
        """The job is a dead letter: its run has failed, until somebody has it delivered again."""
        run_id = str(job.payload["runId"])
        if await repository.find(tx, run_id) is None:
            return
        line = f"Given up after {job.attempts} attempts: {reason}"
        await self._runs.finish_in(tx, self._system, run_id, Finish("FAILURE", NOT_DELIVERED, reason, logs=(line,)))

    def _now(self) -> int:
        return to_millis(self._clock.now())


def _is_message(payload: Mapping[str, Any]) -> bool:
    """Whether it goes to Kafka."""
    return payload.get("type") == "KAFKA" or payload.get("agent") is True


def pause_before(attempts: int, asked: float | None) -> float:
    """Seconds after so many attempts: they double, with jitter; what the receiver asks for counts when it is longer."""
    pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** (attempts - 1)) * random.uniform(0.5, 1.0)  # noqa: S311 jitter
    return max(pause, min(asked or 0.0, _LONGEST_ASKED))
