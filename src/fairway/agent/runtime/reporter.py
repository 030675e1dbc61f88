"""Tells the portal what became of invocations: many reports in a call where the portal is ours, and the plain calls
in their order (logs, response, status) elsewhere. Statuses are repeated until they are taken; logs are best effort."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from fairway.agent.model import Report
from fairway.agent.operations.metrics import AgentMetrics
from fairway.agent.portal_api.documents import MAX_BODY, bare_document, batch_document, clipped, encoded_size
from fairway.agent.portal_api.errors import PortalTrouble
from fairway.agent.portal_api.portal import MAX_REPORTS, Portal
from fairway.agent.runtime.plain import PlainReporter
from fairway.client.retry import RetryPolicy
from fairway.kit.logs import get_logger

_LINGER_SECONDS = 0.05
_FULL = 100
"""Reports that are sent without waiting for more."""
_SENDERS = 2
_PLAIN_SENDERS = 32
_AWAY_ATTEMPTS = 2
"""Attempts without answer after which the portal counts as away."""
_SPILL_SECONDS = 1.0
_SPILL_SHARE = 10
"""A spill takes a tenth of the time at the most."""
_FAULT_SECONDS = 1.0
_MOST_SPILLED = 20_000
"""Beyond so many reports offsets wait for the portal, too, and with them the work."""
_RETRY = RetryPolicy(first_seconds=0.2, longest_seconds=30.0)
_PASSING_CODES = frozenset({"internal_error", "unavailable", "rate_limited", "rate_limit_exceeded", "conflict_retry"})

log = get_logger(__name__)


@dataclass(slots=True, eq=False)
class Pending:
    """A report on its way."""

    report: Report
    future: asyncio.Future[Report]
    document: dict[str, Any] | None = None
    bare: bool = False
    """Cut down to what has to arrive, after a refusal."""

    @property
    def id(self) -> str:
        """The run's id."""
        return self.report.invocation.id or ""


class Reporter:
    """``settled`` is called with each report that the portal took or refused for good; ``refused`` with the latter."""

    def __init__(
        self,
        portal: Portal,
        metrics: AgentMetrics,
        *,
        settled: Callable[[Report], None] = lambda _report: None,
        refused: Callable[[Report, str], None] = lambda _report, _reason: None,
        spill_at: int = 2000,
        spill: Callable[[list[Report]], None] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._portal = portal
        self._metrics = metrics
        self._settled = settled
        self._refused = refused
        self._spill_at = spill_at
        self._spill = spill
        self._monotonic = monotonic
        self._next_spill = 0.0
        self._spilled = False
        self._plain = PlainReporter(portal, metrics)
        self._queue: deque[Pending] = deque()
        self._unsettled: dict[str, Pending] = {}
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()
        self._sending: set[asyncio.Task[None]] = set()
        self._batches = asyncio.Semaphore(_SENDERS)
        self._singles = asyncio.Semaphore(_PLAIN_SENDERS)
        metrics.unreported.set_function(lambda: len(self._unsettled))

    def put(self, report: Report, future: asyncio.Future[Report]) -> None:
        """Takes a report; ``future`` ends when the portal has it."""
        if report.invocation.id is None or not report.matched:
            self._end(future, report)
            return
        self._add(Pending(report, future))
        if self._spill is not None and len(self._unsettled) % self._spill_at == 0:
            self._spill_over()

    def take_back(self, reports: Iterable[Report]) -> None:
        """Takes what an ended process left on disk. All of it at once: what is written there next replaces it."""
        for report in reports:
            self._add(Pending(report, asyncio.get_running_loop().create_future()))
            self._spilled = True

    def _add(self, pending: Pending) -> None:
        self._unsettled[pending.id] = pending
        self._idle.clear()
        self._queue.append(pending)
        count = len(self._queue)
        if count >= _FULL:
            self._wake.set()
        elif count == 1:
            asyncio.get_running_loop().call_later(_LINGER_SECONDS, self._wake.set)

    def holds(self, run_id: str) -> bool:
        """Whether a report of that run waits for the portal."""
        return run_id in self._unsettled

    def unsettled(self) -> list[Report]:
        """Reports that the portal has not taken yet."""
        return [pending.report for pending in self._unsettled.values()]

    async def run(self) -> None:
        """Sends until cancelled."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._queue:
                if self._portal.fairway:
                    await self._batches.acquire()
                    batch = self._take_batch()
                    self._start(self._send_batch(batch), batch, self._batches)
                else:
                    await self._singles.acquire()
                    pending = self._queue.popleft()
                    self._start(self._send_plain(pending), [pending], self._singles)

    async def drain(self, seconds: float) -> None:
        """Sends what is there, within ``seconds``."""
        self._wake.set()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._idle.wait(), seconds)

    async def aclose(self) -> None:
        """Cuts off what is under way."""
        for task in list(self._sending):
            task.cancel()
        await asyncio.gather(*self._sending, return_exceptions=True)

    def _start(self, sending: Coroutine[Any, Any, None], reports: list[Pending], gate: asyncio.Semaphore) -> None:
        task = asyncio.create_task(sending)
        self._sending.add(task)

        def ended(done: asyncio.Task[None]) -> None:
            self._sending.discard(done)
            gate.release()
            if not done.cancelled() and (fault := done.exception()) is not None:
                log.error("reporter_fault", problem=repr(fault), count=len(reports))
                asyncio.get_running_loop().call_later(_FAULT_SECONDS, self._put_back, reports)

        task.add_done_callback(ended)

    def _put_back(self, reports: list[Pending]) -> None:
        """After a fault of ours: what the portal did not take is sent again."""
        queued = set(self._queue)
        self._queue.extend(each for each in reports if self._unsettled.get(each.id) is each and each not in queued)
        self._wake.set()

    def _take_batch(self) -> list[Pending]:
        batch: list[Pending] = []
        size = 0
        while self._queue and len(batch) < MAX_REPORTS:
            pending = self._queue[0]
            if pending.document is None:
                pending.document = self._document(pending.report)
            size += encoded_size(pending.document)
            if batch and size > MAX_BODY:
                break
            batch.append(self._queue.popleft())
        return batch

    def _document(self, report: Report) -> dict[str, Any]:
        document = batch_document(report, ack=report.invocation.source == "POLLING")
        if encoded_size(document) <= MAX_BODY:
            return document
        return _without_response(document)

    async def _send_batch(self, batch: list[Pending]) -> None:
        attempt = 0
        while batch:
            try:
                results = await self._portal.report([pending.document or {} for pending in batch])
            except PortalTrouble as trouble:
                attempt += 1
                batch = await self._after_trouble(batch, trouble, attempt)
                continue
            batch = [pending for pending, result in zip(batch, results, strict=True) if self._again(pending, result)]
            if batch:
                attempt += 1
                await asyncio.sleep(_RETRY.pause(attempt, None))

    async def _after_trouble(self, batch: list[Pending], trouble: PortalTrouble, attempt: int) -> list[Pending]:
        if trouble.answered == 413 and len(batch) > 1:
            self._queue.extendleft(reversed(batch[len(batch) // 2 :]))
            self._wake.set()
            return batch[: len(batch) // 2]
        if trouble.answered == 413 and batch[0].document and "response" in batch[0].document:
            batch[0].document = _without_response(batch[0].document)
            return batch
        if trouble.answered == 404:  # the portal was replaced by one without our additions
            self._portal.fairway = False
            self._queue.extendleft(reversed(batch))
            self._wake.set()
            return []
        if not trouble.passing:
            for pending in batch:
                self._refuse(pending, trouble.message)
            return []
        log.warning("reports_not_taken", count=len(batch), attempt=attempt, problem=trouble.message)
        self._portal_is_away(attempt)
        await asyncio.sleep(max(trouble.pause or 0.0, _RETRY.pause(attempt, None)))
        return batch

    def _again(self, pending: Pending, result: dict[str, Any]) -> bool:
        if result.get("ok"):
            self._settle(pending)
            return False
        code = str(result.get("error"))
        if code in _PASSING_CODES:
            return True
        reason = str(result.get("message") or code)
        if code == "invalid_request" and not pending.bare:
            pending.bare = True
            pending.document = bare_document(pending.report, reason)
            return True
        self._refuse(pending, reason)
        return False

    async def _send_plain(self, pending: Pending) -> None:
        attempt = 0
        while True:
            try:
                await self._plain.send(pending.report)
            except PortalTrouble as trouble:
                if not trouble.passing:
                    self._refuse(pending, trouble.message)
                    return
                attempt += 1
                log.warning("report_not_taken", run_id=pending.id, attempt=attempt, problem=trouble.message)
                self._portal_is_away(attempt)
                await asyncio.sleep(max(trouble.pause or 0.0, _RETRY.pause(attempt, None)))
            else:
                self._settle(pending)
                return

    def _settle(self, pending: Pending) -> None:
        self._metrics.reported.inc()
        self._leave(pending)

    def _refuse(self, pending: Pending, reason: str) -> None:
        """The portal will never take it, because the run has ended already, for instance."""
        self._metrics.reports_refused.inc()
        log.warning("report_refused", run_id=pending.id, status=pending.report.status, problem=clipped(reason, 500))
        self._refused(pending.report, reason)
        self._leave(pending)

    def _leave(self, pending: Pending) -> None:
        self._unsettled.pop(pending.id, None)
        self._settled(pending.report)
        self._end(pending.future, pending.report)
        if not self._unsettled:
            self._idle.set()
            if self._spilled and self._spill is not None:
                self._spill([])
                self._spilled = False

    def _portal_is_away(self, attempt: int) -> None:
        """Work that was read from Kafka goes on, and a killed agent repeats little of it: what waits for the portal is
        written to disk every now and then."""
        if attempt < _AWAY_ATTEMPTS or len(self._unsettled) > _MOST_SPILLED or self._monotonic() < self._next_spill:
            return
        if all(pending.future.done() for pending in self._unsettled.values() if _from_kafka(pending)):
            return
        began = self._monotonic()
        self._spill_over()
        self._next_spill = began + max(_SPILL_SECONDS, _SPILL_SHARE * (self._monotonic() - began))

    def _spill_over(self) -> None:
        """What is on disk is safe, so that offsets may move on."""
        if self._spill is None:
            return
        self._spill(self.unsettled())
        self._spilled = True
        for pending in self._unsettled.values():
            if _from_kafka(pending):
                self._end(pending.future, pending.report)

    @staticmethod
    def _end(future: asyncio.Future[Report], report: Report) -> None:
        if not future.done():
            future.set_result(report)


def _from_kafka(pending: Pending) -> bool:
    return pending.report.invocation.source == "KAFKA"


def _without_response(document: dict[str, Any]) -> dict[str, Any]:
    line = {"level": "WARN", "message": "The target's answer is too large to be stored with the run"}
    logs = [{**each, "message": clipped(each["message"], 2000)} for each in document.get("logs", ())][:50]
    return {**{name: value for name, value in document.items() if name != "response"}, "logs": [*logs, line]}
