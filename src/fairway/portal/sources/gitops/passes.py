"""Passes as jobs: one of a source at a time, with progress about once a second, to be aborted, resumed and repeated."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from typing import Any

from fairway.gitops.ledger.store import LedgerStore
from fairway.gitops.sync import AlreadyRunning, Failure, PassReport, Status
from fairway.kit.clock import Clock, to_millis
from fairway.kit.errors import FairwayError
from fairway.kit.ids import random_id
from fairway.kit.logs import get_logger
from fairway.portal.caller import Caller, system_caller
from fairway.portal.sources.gitops import repository, schedule
from fairway.portal.sources.gitops.engines import Engines
from fairway.portal.sources.gitops.model import Outcome, PassRecord, Source
from fairway.portal.sources.gitops.progress import Meter, concluded, outcome_of
from fairway.portal.sources.gitops.service import SourceService
from fairway.portal.sources.gitops.states import tell_state
from fairway.portal.storage import Database, Tx
from fairway.portal.storage.jobs import Job, JobHandler, RetryLater, complete_in

_PROGRESS_SECONDS = 1.0
_BUSY_SECONDS = 5.0

log = get_logger(__name__)


class PassWorker:
    """Does the passes of all sources."""

    def __init__(
        self, db: Database, clock: Clock, sources: SourceService, engines: Engines, ledger: LedgerStore, org_id: str
    ) -> None:
        self._db = db
        self._clock = clock
        self._sources = sources
        self._engines = engines
        self._ledger = ledger
        self._org_id = org_id
        self._running: dict[str, asyncio.Event] = {}
        self._draining = False

    @property
    def job_handlers(self) -> list[JobHandler]:
        """For ``Portal.job_handlers``."""
        lane, again = schedule.LANE, self._again
        return [
            JobHandler(schedule.PASS_JOB, self.run, lane=lane, long=True, stop=self.drain, given_up=again),
            JobHandler(schedule.SWEEP_JOB, self.sweep, lane=lane, long=True),
        ]

    def drain(self) -> None:
        """Lets passes end soon; the next process goes on with them."""
        self._draining = True
        for stop in self._running.values():
            stop.set()

    async def run(self, job: Job) -> bool | None:
        """One pass, and the appointment for the next one."""
        if self._draining:
            raise RetryLater("the process is stopping", 0, tried=False)
        begun = await self._db.write(lambda tx: self._begin(tx, str(job.payload["source"])))
        if begun is None:
            return None
        source, record = begun
        since = self._now()
        self._running[source.id] = stop = asyncio.Event()
        try:
            report = await self._pass(source, record, stop)
        except AlreadyRunning as error:
            raise RetryLater(error.message, _BUSY_SECONDS, tried=False) from None
        except FairwayError as error:
            report = _failed(source, error)
        except Exception as error:  # a broken pass may not end the schedule: logged, and told on it
            log.error("gitops_pass_failed", source=source.id, exc_info=error)
            report = _failed(source, FairwayError("Something broke here; the portal's log has it"))
        finally:
            del self._running[source.id]
        if report.status is Status.INTERRUPTED and self._draining:
            raise RetryLater("the process is stopping", 0, tried=False)
        await self._db.write(lambda tx: self._finish(tx, job, source, record, report, since))
        return True

    async def sweep(self, job: Job) -> None:
        """Ends whose grace is over."""
        source = await self._db.read(lambda tx: self._present(tx, str(job.payload["source"])))
        if source is None or source.outcome is Outcome.REFUSED:
            return
        async with self._engines.using(source) as opened:
            ends = await opened.engine.sweep()
        await self._db.write(lambda tx: self._swept(tx, job, source, changed=bool(ends.due)))

    async def _swept(self, tx: Tx, job: Job, source: Source, *, changed: bool) -> None:
        await complete_in(tx, job)
        await self._plan_sweep(tx, source)
        if changed:
            await tell_state(tx, self._caller(source), self._now(), source, source)

    async def _present(self, tx: Tx, source_id: str) -> Source | None:
        row = await repository.source(tx, source_id)
        source = None if row is None else self._sources.opened(row)
        return source if source is not None and source.works else None

    async def _begin(self, tx: Tx, source_id: str) -> tuple[Source, PassRecord] | None:
        before = await self._present(tx, source_id)
        if before is None or before.outcome is Outcome.REFUSED:
            return None
        now = self._now()
        values: dict[str, Any] = {"outcome": Outcome.RUNNING.value, "next_pass_at": None}
        record = await repository.open_pass(tx, source_id)
        if record is None:
            values["abort_asked_at"] = 0
            record = PassRecord(random_id("pass_"), source_id, now, None, Outcome.RUNNING, {"kind": "reconcile"})
            await repository.put_pass(tx, record)
        after = replace(before, outcome=Outcome.RUNNING, next_pass_at=None)
        await repository.update_source(tx, source_id, **values)
        if before.outcome is not Outcome.RUNNING:
            await tell_state(tx, self._caller(after), now, before, after)
        return after, record

    async def _pass(self, source: Source, record: PassRecord, stop: asyncio.Event) -> PassReport:
        async with self._engines.using(source) as opened:
            expected = (await self._ledger.source(source.id)).listed
            meter = Meter(opened, expected, int(record.document.get("requests", 0)))
            done = asyncio.Event()
            watching = asyncio.create_task(self._watch(source, record, meter, stop, done))
            try:
                report = await opened.engine.reconcile(stop)
                opened.progress = report
            finally:
                done.set()
                await watching
        return report

    async def _watch(
        self, source: Source, record: PassRecord, meter: Meter, stop: asyncio.Event, done: asyncio.Event
    ) -> None:
        """Stores progress until ``done``, and hears whether the pass is to end."""
        while not done.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_PROGRESS_SECONDS):
                    await done.wait()
            try:
                await self._note(source, record, meter.document(), stop)
            except FairwayError as error:  # the pass itself does not need it
                log.warning("gitops_progress_not_stored", source=source.id, problem=error.message)

    async def _note(self, source: Source, record: PassRecord, document: dict[str, Any], stop: asyncio.Event) -> None:
        async def work(tx: Tx) -> bool:
            present = await self._present(tx, source.id)
            await repository.put_pass(tx, replace(record, document=document))
            return present is not None and present.revision == source.revision and not present.abort_asked_at

        if not await self._db.write(work):
            stop.set()

    async def _finish(
        self, tx: Tx, job: Job, source: Source, record: PassRecord, report: PassReport, since: int
    ) -> None:
        now = self._now()
        await complete_in(tx, job)
        if await repository.source(tx, source.id) is None:
            return
        present = await self._present(tx, source.id)
        outcome = outcome_of(report)
        open_now = await repository.open_pass(tx, source.id)
        known = record if open_now is None else open_now
        document = {**known.document, **concluded(report, await repository.claim_counts(tx, source.id))}
        if outcome is Outcome.ABORTED:
            document["problem"] = _aborted(source, present)
        await repository.put_pass(tx, replace(known, ended_at=now, status=outcome, document=document))
        await repository.forget_deliveries(tx, source.id, now)
        stays = Outcome.PARTIAL if outcome is Outcome.ABORTED else outcome
        if stays is Outcome.REFUSED and present is not None and present.revision != source.revision:
            stays = Outcome.FAILED  # the login that was refused is not the present one
        await repository.update_source(tx, source.id, outcome=stays.value, abort_asked_at=0)
        if present is not None and stays is not Outcome.REFUSED:
            await self._appoint(tx, source, present, now, since)
        after = replace(self._sources.opened(await repository.source(tx, source.id)), outcome=stays)
        await tell_state(tx, self._caller(after), now, source, after, document["problem"])

    async def _appoint(self, tx: Tx, source: Source, present: Source, now: int, since: int) -> None:
        """The next pass: at once when somebody has asked for it meanwhile, or the configuration is another."""
        if present.sync_asked_at > since or present.revision != source.revision:
            await schedule.ask(tx, source.id, now)
        else:
            await schedule.later(tx, source.id, now, present.engine_options.reconcile_seconds)
        await self._plan_sweep(tx, present)

    async def _plan_sweep(self, tx: Tx, source: Source) -> None:
        """A look at the ends that are not due yet."""
        now, latest = self._now(), await repository.latest_orphan(tx, source.id)
        due = None if latest is None else (latest - now) / 1000 + source.engine_options.deletion_grace_seconds
        if due is not None and due > 0:
            await schedule.sweep(tx, source.id, now, due)

    async def _again(self, tx: Tx, job: Job, reason: str) -> None:
        """A pass that could not even be recorded is tried again later."""
        present = await self._present(tx, str(job.payload["source"]))
        if present is not None:
            await schedule.later(tx, present.id, self._now(), present.engine_options.reconcile_seconds)

    def _caller(self, source: Source) -> Caller:
        return system_caller(self._org_id, source.title)

    def _now(self) -> int:
        return to_millis(self._clock.now())


def _failed(source: Source, error: FairwayError) -> PassReport:
    return PassReport(source.id, status=Status.FAILED, failure=Failure.of(error, "portal"))


def _aborted(source: Source, present: Source | None) -> str:
    if present is None or present.abort_asked_at:
        return "An administrator ended the pass; the next one goes on from there"
    return "The configuration was changed meanwhile; the next pass follows at once"
