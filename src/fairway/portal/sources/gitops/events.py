"""Looking at what events were about: pushes become deltas, pull requests are validated. Sections 6.2 and 10.1."""

from __future__ import annotations

from typing import Any

from fairway.gitops.forges.errors import CircuitOpen, ForgeRefused, NotPermitted
from fairway.gitops.ledger.store import LedgerStore
from fairway.gitops.sync import DeltaReport, Hint
from fairway.kit.clock import Clock, to_millis
from fairway.kit.errors import FairwayError
from fairway.kit.logs import get_logger
from fairway.portal.caller import system_caller
from fairway.portal.sources.gitops import notices, repository, schedule
from fairway.portal.sources.gitops.engines import Engines, Opened
from fairway.portal.sources.gitops.model import Outcome, Source
from fairway.portal.sources.gitops.service import SourceService
from fairway.portal.sources.gitops.states import tell_state
from fairway.portal.storage import Database, Tx
from fairway.portal.storage.jobs import Job, JobHandler, complete_in

_ATTEMPTS = 5

log = get_logger(__name__)


class EventWorker:
    """Does the jobs of notices."""

    def __init__(
        self, db: Database, clock: Clock, sources: SourceService, engines: Engines, ledger: LedgerStore, org_id: str
    ) -> None:
        self._db = db
        self._clock = clock
        self._sources = sources
        self._engines = engines
        self._ledger = ledger
        self._org_id = org_id

    @property
    def job_handlers(self) -> list[JobHandler]:
        """For ``Portal.job_handlers``."""
        handler = JobHandler(
            notices.NOTICE_JOB, self.run, _ATTEMPTS, self._given_up, schedule.LANE, long=True
        )  # fmt: skip
        return [handler]

    async def run(self, job: Job) -> bool | None:
        """One look. Whatever came meanwhile asks for another one."""
        key = str(job.payload["notice"])
        notice = await self._db.read(lambda tx: repository.notice(tx, key))
        if notice is None:
            return None
        row = await self._db.read(lambda tx: repository.source(tx, notice.source))
        source = None if row is None else self._sources.opened(row)
        report: DeltaReport | None = None
        refusal: str | None = None
        if source is not None and source.works and source.outcome is not Outcome.REFUSED:
            try:
                report = await self._look(source, notice)
            except ForgeRefused as error:
                refusal = None if isinstance(error, NotPermitted) else error.message
                log.warning("gitops_event_refused", source=source.id, problem=error.message)
                if refusal is not None and not isinstance(error, CircuitOpen):
                    raise  # the second one in a row opens the circuit
            except FairwayError as error:
                if error.retriable:
                    raise
                log.warning("gitops_event_failed", source=source.id, code=error.code, problem=error.message)
        await self._db.write(lambda tx: self._done(tx, job, notice, source, report, refusal))
        return True

    async def _look(self, source: Source, notice: Any) -> DeltaReport | None:
        async with self._engines.using(source) as opened:
            said = notice.document
            if notice.kind == "push":
                opened.catalog.note_authors(said["authors"])
                return await opened.engine.delta(said["name"], Hint(said["ref"], said["deleted"]))
            await self._validate(opened, said)
            return None

    async def _validate(self, opened: Opened, said: dict[str, Any]) -> None:
        """Requests into other branches than the one that is read are nobody's business, and repositories without spec
        files are told nothing as long as their requests bring none."""
        engine, name, head = opened.engine, said["name"], said["head"]
        source_id = opened.source.id
        known = (await self._ledger.repositories(source_id, [name])).get(name) or await self._ledger.named(
            source_id, name
        )
        if known is not None and known.excluded:
            return
        if said["base"] and known is not None and known.branch and said["base"] != known.branch:
            return
        silent = known is None or not known.files
        request, fork = said["request"], said["fork"]
        if silent:
            found = await engine.validate_request(name, head, request=request, fork=fork, publish=False)
            if found.idle:
                return
        await engine.validate_request(name, head, request=request, fork=fork)

    async def _done(
        self, tx: Tx, job: Job, notice: Any, source: Source | None, report: DeltaReport | None, refusal: str | None
    ) -> None:
        now = to_millis(self._clock.now())
        await complete_in(tx, job)
        await notices.done(tx, notice.id, notice.version, now)
        row = None if source is None else await repository.source(tx, source.id)
        if source is None or row is None:
            return
        present = self._sources.opened(row)
        caller = system_caller(self._org_id, present.title)
        if refusal is not None and present.revision == source.revision:
            await repository.update_source(tx, source.id, outcome=Outcome.REFUSED.value, next_pass_at=None)
            after = self._sources.opened(await repository.source(tx, source.id))
            await tell_state(tx, caller, now, present, after, refusal)
        if report is not None and (report.changed or report.ends.due or report.diagnostics):
            more = {"gitopsRepository": report.label or report.repository, "gitopsCommit": report.commit}
            await tell_state(tx, caller, now, present, present, **more)
            await schedule.sweep(tx, source.id, now, present.engine_options.deletion_grace_seconds)

    async def _given_up(self, tx: Tx, job: Job, reason: str) -> None:
        """The next pass looks at the repository again."""
        await repository.drop_notice(tx, str(job.payload["notice"]))
