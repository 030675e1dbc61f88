"""Deleting a source: its entities first, as an administrator has chosen, then everything about it. Section 7.2."""

from __future__ import annotations

from dataclasses import replace

from fairway.gitops.ledger.model import Claim, ClaimState, RepositoryState
from fairway.gitops.ledger.store import Changes, LedgerStore
from fairway.gitops.options import OrphanPolicy
from fairway.gitops.sync.applier import GroupApplier
from fairway.gitops.sync.context import Context, Shapes
from fairway.gitops.sync.ending import Ender
from fairway.gitops.sync.leases import AlreadyRunning, applying, passing
from fairway.gitops.sync.tally import Tally
from fairway.kit.clock import Clock, to_millis
from fairway.kit.logs import get_logger
from fairway.portal.caller import system_caller
from fairway.portal.sources.gitops import ledger_rows, ledger_writes, repository, schedule
from fairway.portal.sources.gitops.engines import Engines
from fairway.portal.sources.gitops.model import RESOURCE, Source
from fairway.portal.sources.gitops.service import SourceService
from fairway.portal.storage import Database, Tx, outbox
from fairway.portal.storage.jobs import Job, JobHandler, RetryLater, complete_in
from fairway.portal.storage.outbox import Change

_PAGE = 200
_BUSY_SECONDS = 3.0
_REASON = "its GitOps source was deleted"

log = get_logger(__name__)


class RemovalWorker:
    """Does the jobs of deleted sources. Everything may be done twice: a crash is gone on from."""

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
        return [JobHandler(schedule.REMOVE_JOB, self.run, lane=schedule.LANE, long=True)]

    async def run(self, job: Job) -> bool | None:
        """Ends the claims, then forgets the source."""
        source_id = str(job.payload["source"])
        row = await self._db.read(lambda tx: repository.source(tx, source_id))
        if row is None or row.removal is None:
            return None
        source = self._sources.opened(row)
        await self._engines.forget(source_id)
        context = self._context(source)
        try:
            async with passing(context):
                await self._end(context, source)
        except AlreadyRunning as error:  # a pass notices the deletion, and ends
            raise RetryLater(error.message, _BUSY_SECONDS, tried=False) from None
        await self._db.write(lambda tx: self._forget(tx, job, source))
        return True

    def _context(self, source: Source) -> Context:
        """An administrator has decided, so nothing is waited for."""
        found = self._engines.context(source, system_caller(self._org_id, source.title))
        return replace(found, options=replace(found.options, orphans=OrphanPolicy.DELETE, deletion_grace_seconds=0))

    async def _end(self, context: Context, source: Source) -> None:
        shapes, organisation = Shapes(await context.catalog.blueprints()), await context.catalog.organisation()
        applier, ender = GroupApplier(context, shapes), Ender(context, shapes, organisation)
        after = ""
        while page := await self._repositories(source.id, after):
            after = ledger_rows.repository_key(source.id, page[-1].id)
            for state in page:
                await applier.end(state, context.now(), _REASON)
        keys = [each.key for each in await self._claims(context)]
        if source.removal == "delete":
            await ender.sweep(Tally(), approved=frozenset(keys))
        if source.removal == "keep":
            await ender.keep(keys, _REASON)
            return
        left = await self._claims(context)  # what others depend on stays, and is nobody's
        if left and source.removal == "delete":
            log.warning("gitops_entities_left", source=source.id, count=len(left))
        async with applying(context):
            await self._ledger.commit(Changes(dropped=[each.owner for each in left]))

    async def _repositories(self, source_id: str, after: str) -> list[RepositoryState]:
        return await self._db.read(lambda tx: repository.repositories_behind(tx, source_id, after, _PAGE))

    async def _claims(self, context: Context) -> list[Claim]:
        found: list[Claim] = []
        states = list(ClaimState)
        while page := await self._ledger.page(context.source, states, found[-1].key if found else None, _PAGE):
            found += page
        return found

    async def _forget(self, tx: Tx, job: Job, source: Source) -> None:
        await complete_in(tx, job)
        now = to_millis(self._clock.now())
        await ledger_writes.forget(tx, source.id, labels=source.removal != "keep")
        await repository.remove_source(tx, source.id)
        for each in await repository.with_pending_claims(tx):  # those that took entities over write them now
            await schedule.ask(tx, each, now)
        caller = system_caller(self._org_id, source.title)
        context = {"gitopsSource": source.id, "gitopsSourceTitle": source.title}
        change = Change("DELETE", RESOURCE, source.id, self._sources.shown(source), None, context=context)
        await outbox.append(tx, caller, now, [change])
