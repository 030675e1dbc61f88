"""A full pass from its lease to its report. Sections 6.3, 7.2 and 7.3 of the contract."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import orjson

from fairway.gitops.ledger.endings import JOURNAL_MS, PassFacts, absence_stops, hard_stops
from fairway.gitops.ledger.model import SourceState
from fairway.gitops.ledger.store import LedgerUnusable
from fairway.gitops.sync.applier import GroupApplier
from fairway.gitops.sync.context import Context, Shapes
from fairway.gitops.sync.ending import Ender
from fairway.gitops.sync.leases import passing
from fairway.gitops.sync.passes import Progress, Stopped, Sweep
from fairway.gitops.sync.reading import Reader
from fairway.gitops.sync.report import Failure, PassReport, Status
from fairway.gitops.sync.settling import Settler
from fairway.gitops.sync.vanishing import Vanishing
from fairway.kit.errors import FairwayError

_RESUMABLE_MS = 24 * 3_600_000
"""An interrupted pass is taken up again for so long; after that it starts anew."""


class Reconcile:
    """One pass."""

    def __init__(self, context: Context, *, stop: asyncio.Event, progress: Progress) -> None:
        self._context = context
        self._stop = stop
        self._progress = progress
        self._identity = ""
        self._organisation = ""
        self._shapes = Shapes(())
        self._resumed = False

    async def run(self) -> PassReport:
        """Never raises what belongs into the report.

        Raises:
            AlreadyRunning: another pass over the source is under way.
        """
        async with passing(self._context):
            return await self._run()

    async def _run(self) -> PassReport:
        before = await self._context.store.source(self._context.source)
        report = PassReport(self._context.source, dry_run=self._context.options.dry_run)
        try:
            await self._meet()
            state = await self._begin(before, report)
            await self._work(before, state, report)
        except Stopped as error:
            report.failure = error.failure
            report.status = Status.FAILED
        await self._finish(before, report)
        return report

    async def _meet(self) -> None:
        """Checks both credentials, the portal's first. Section 11."""
        async with _blamed("portal"):
            self._organisation = await self._context.catalog.organisation()
            self._shapes = Shapes(await self._context.catalog.blueprints())
        async with _blamed("forge"):
            self._identity = await self._context.forge.identity()

    async def _begin(self, before: SourceState, report: PassReport) -> SourceState:
        """A new generation, or the one that was interrupted."""
        now = self._context.now()
        self._resumed = resumed = (
            before.generation > 0
            and before.finished_at is None
            and before.settings == self._context.settings
            and before.identity in ("", self._identity)
            and 0 <= now - before.started_at < _RESUMABLE_MS
        )
        report.generation = before.generation if resumed else before.generation + 1
        report.started_at = before.started_at if resumed else now
        state = replace(
            before, generation=report.generation, started_at=report.started_at, finished_at=None,
            settings=self._context.settings,
        )  # fmt: skip
        await self._context.store.save_source(state)
        return state

    async def _work(self, before: SourceState, state: SourceState, report: PassReport) -> None:
        reader = Reader(self._context, self._shapes)
        applier = GroupApplier(self._context, self._shapes)
        sweep = Sweep(self._context, reader, applier, report, stop=self._stop, progress=self._progress)
        async with _blamed("portal"):
            await sweep.run()
            report.failure = sweep.listing_failed
            report.status = _status(report, sweep)
            if report.status is Status.INTERRUPTED:
                return
            settler = Settler(self._context, self._shapes, applier)
            await settler.pending()
            await settler.active()
            await settler.conflicts()
            report.entities.add(settler.tally)
            report.findings.add(settler.diagnostics)
            await self._end(before, state, report, applier)

    async def _end(self, before: SourceState, state: SourceState, report: PassReport, applier: GroupApplier) -> None:
        """What is not there any more: at the end of a complete pass, and never on doubtful grounds."""
        figures = await self._context.store.figures(self._context.source)
        facts = PassFacts(
            before=before, complete=report.status is Status.COMPLETE, listed=report.repositories.listed,
            identity=self._identity, now=self._context.now(), known=figures.active, resumed=self._resumed,
        )  # fmt: skip
        stops = hard_stops(facts)
        if facts.complete:
            vanishing = Vanishing(self._context, applier)
            counts = not self._resumed and not absence_stops(facts)
            await vanishing.run(state.generation, state.started_at, absence_counts=counts)
            report.repositories.vanished = vanishing.ended
            report.entities.add(vanishing.tally)
        ender = Ender(self._context, self._shapes, self._organisation)
        report.ends = await ender.sweep(report.entities, stops, certain=not stops)
        await self._context.store.purge(self._context.source, self._context.now() - JOURNAL_MS)

    async def _finish(self, before: SourceState, report: PassReport) -> None:
        context = self._context
        now = context.now()
        report.started_at = report.started_at or now
        report.finished_at = now
        report.forge = context.forge.figures
        report.notices += [f'There is no project "{each}", or it may not be seen' for each in report.forge.unknown]
        report.entities.pending = await self._pending()
        state = await context.store.source(context.source)
        state = replace(state, status=report.status.value, report=orjson.dumps(report.document()))
        if report.status in (Status.COMPLETE, Status.PARTIAL):
            state = replace(
                state, finished_at=now, identity=self._identity, organisation=self._organisation,
                settings=context.settings,
            )  # fmt: skip
        if report.status is Status.COMPLETE and (report.repositories.listed or not report.ends.stops):
            state = replace(state, listed=report.repositories.listed, last_complete=now)
        await context.store.save_source(state)

    async def _pending(self) -> int:
        figures = await self._context.store.figures(self._context.source)
        return figures.states.get("pending", 0)


def _status(report: PassReport, sweep: Sweep) -> Status:
    if sweep.interrupted:
        return Status.INTERRUPTED
    if sweep.listing_failed is not None:
        return Status.FAILED
    return Status.PARTIAL if report.repositories.failed else Status.COMPLETE


@asynccontextmanager
async def _blamed(blame: str) -> AsyncIterator[None]:
    """Whose fault an error is."""
    try:
        yield
    except FairwayError as error:
        raise Stopped(Failure.of(error, "ledger" if isinstance(error, LedgerUnusable) else blame)) from None


def silent(report: PassReport) -> None:
    """No progress."""
