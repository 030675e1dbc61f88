"""One run after the other: kinds side by side, then the deferred, then what nobody saw (contract section 7.1)."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from fairway.integration.definition import Context, Hook
from fairway.integration.http.errors import ThirdPartyError
from fairway.integration.mapping.compiled import CompiledResource
from fairway.integration.model import KindReport, State, SyncReport, Trigger
from fairway.integration.portal_api import PortalApi
from fairway.integration.resync.deferred import retry_deferred
from fairway.integration.resync.diff import Baseline, Differ
from fairway.integration.resync.guard import Limits
from fairway.integration.resync.kind import KindRun, Workshop
from fairway.integration.resync.load import Loader, Observer
from fairway.integration.resync.plan import Plan, make_plan
from fairway.integration.resync.reconcile import Reconciled, Reconciliation, blueprints_of, doubted, searches
from fairway.integration.resync.reporting import RunReporter
from fairway.integration.resync.targets import Targets
from fairway.integration.state import StateStore
from fairway.jq import Engine
from fairway.kit.errors import FairwayError, NotFound
from fairway.kit.logs import get_logger

log = get_logger(__name__)

_NOT_ASKED = "it was not part of this run"
_DISABLED = "enableDelete is false"
_UNFINISHED = (State.PENDING, State.SYNCING)


@dataclass(frozen=True, slots=True)
class ResyncOptions:
    """How runs are made."""

    concurrency: int = 4
    """Kinds that are fetched at once (section 21.2)."""
    heartbeat_seconds: float = 10.0
    examples: bool = True
    interval_minutes: int | None = None
    """Between scheduled runs; the portal shows when the next one is due."""
    dry_run: Observer | None = None
    """Gets what would be written or deleted; nothing is."""
    first_mapping: Mapping[str, Any] | None = None
    """Of a dry run when the portal does not know the installation yet: what the first start would bring."""


class Resync:
    """Makes runs, one at a time. ``context`` is what hooks get, completed for each kind; ``store`` is open."""

    def __init__(
        self,
        api: PortalApi,
        store: StateStore,
        engine: Engine,
        context: Context,
        options: ResyncOptions | None = None,
    ) -> None:
        self._api = api
        self._store = store
        self._engine = engine
        self._context = context
        self._options = options or ResyncOptions()
        self._turn = asyncio.Lock()
        self.current: SyncReport | None = None
        """The run that is on."""
        self.last: SyncReport | None = None
        self.digest: str | None = None
        """Of the mapping that the last or present run uses."""

    async def run(
        self, trigger: Trigger, kinds: frozenset[str] | None = None, stop: asyncio.Event | None = None
    ) -> SyncReport:
        """One run, of all kinds or some; what other kinds made is left alone then. ``stop`` gives it up: what was
        written stays, nothing is deleted."""
        async with self._turn:
            report = SyncReport(str(uuid.uuid4()), trigger, State.SYNCING)
            self.current = report
            run = _Run(self, report, kinds, stop or asyncio.Event())
            began = time.monotonic()
            try:
                await run.guarded()
            finally:
                report.seconds = time.monotonic() - began
                self.current, self.last = None, report
            return report


class _Run:
    """The steps of one run."""

    def __init__(self, owner: Resync, report: SyncReport, kinds: frozenset[str] | None, stop: asyncio.Event) -> None:
        self._owner = owner
        self._api, self._store, self._options = owner._api, owner._store, owner._options
        self._report = report
        self._asked = kinds
        self._stop = stop
        self._context = replace(owner._context, trigger=report.trigger, stopping=stop)
        clock = self._context.clock
        self._start: datetime = clock.now()
        self._ended_there = asyncio.Event()
        self._tell = RunReporter(
            self._api, report.id, clock, interval_minutes=self._options.interval_minutes,
            heartbeat=self._options.heartbeat_seconds, silent=self._options.dry_run is not None,
            abort=self._ended_there.set,
        )  # fmt: skip
        self._keep_everything: str | None = None

    async def guarded(self) -> None:
        """Runs until the end, until it fails as a whole, or until it is given up."""
        work = asyncio.create_task(self._work())
        given_up = [asyncio.create_task(each.wait()) for each in (self._stop, self._ended_there)]
        try:
            await asyncio.wait((work, *given_up), return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                work.cancel()
            await asyncio.wait((work,))
        except asyncio.CancelledError:
            work.cancel()
            await asyncio.wait((work,))
            await self._aborted()
            raise
        finally:
            for each in given_up:
                each.cancel()
        if work.cancelled():
            await self._aborted()
        else:
            await self._ended(work.exception())

    async def _ended(self, error: BaseException | None) -> None:
        if error is not None:
            self._report.state = State.FAILED
            self._report.problem = error.message if isinstance(error, FairwayError) else f"{error!r}"
            log.error("run_failed", error=self._report.problem, exc_info=error)
            await self._tell.ended(self._report, self._mark_unfinished(State.FAILED))
            return
        await self._tell.ended(self._report)

    async def _aborted(self) -> None:
        self._report.state = State.ABORTED
        await self._tell.ended(self._report, self._mark_unfinished(State.ABORTED))

    def _mark_unfinished(self, state: State) -> list[KindReport]:
        found = [each for each in self._report.kinds if each.state in _UNFINISHED]
        for each in found:
            each.state = state
        return found

    async def _work(self) -> None:
        await self._tell.started()
        plan = await self._plan()
        runs = [self._kind_run(each) for each in plan.resources if self._wanted(each.resource.kind)]
        self._report.kinds = [*(each.report for each in runs), *plan.broken]
        self._report.kinds.sort(key=lambda each: each.resource.index)
        await self._tell.planned(self._report.kinds)
        await asyncio.gather(*(self._tell.kind(each) for each in plan.broken))
        self._api.forget()
        await self._context.cache.clear()  # results of an earlier run are old (section 15.1)
        await self._start_hooks()
        await self._store.begin({each.report.resource.name: each.report.resource.kind for each in runs})
        baseline = Baseline(self._api.entities, self._store, self._start, contents=self._options.dry_run is not None)
        targets = Targets(self._api) if plan.config.create_missing_related_entities else None
        loader = Loader(self._api.entities, self._store, plan.config, self._report.id, self._options.dry_run)
        differ = Differ(self._api.entities, self._store, baseline, plan.config)
        shop = Workshop(self._api, differ, loader, targets, self._options.examples and not self._options.dry_run)
        await self._kinds(runs, shop)
        await self._finish(plan, runs, shop, baseline, loader)

    async def _plan(self) -> Plan:
        found = await self._api.integration()
        mapping = self._first_mapping() if found is None else found.get("config")
        plan = make_plan(self._owner._engine, self._context.integration, mapping or {})
        self._owner.digest = plan.digest
        return plan

    def _first_mapping(self) -> Mapping[str, Any]:
        name, mapping = self._api.installation.identifier, self._options.first_mapping
        if self._options.dry_run is None or mapping is None:
            raise NotFound(f'The portal does not know the integration "{name}"; start it once to register it')
        log.warning("not_registered_yet", integration=name, mapping="the default one")
        return mapping

    def _wanted(self, kind: str) -> bool:
        return self._asked is None or kind in self._asked

    def _kind_run(self, compiled: CompiledResource) -> KindRun:
        integration, resource = self._context.integration, compiled.resource
        context = replace(self._context, resource=resource, selector=integration.selector_of(resource))
        return KindRun(compiled, integration.handlers(resource.kind), context)

    async def _start_hooks(self) -> None:
        """A third party that does not answer forbids deletions; another error ends the run (section 7.1)."""
        try:
            await _call(self._context.integration.resync_start_hooks, self._context)
        except ThirdPartyError as error:
            self._keep_everything = f"a start hook failed: {error.message}"
            log.warning("start_hook_failed", error=error.message)

    async def _kinds(self, runs: Sequence[KindRun], shop: Workshop) -> None:
        """Resources of one kind one after the other: they share what the integration caches. Kinds whose mapping makes
        the portal search come last: what is searched for may be of the others."""
        by_kind: dict[str, list[KindRun]] = {}
        for run in runs:
            by_kind.setdefault(run.report.resource.kind, []).append(run)
        late = {kind for kind, members in by_kind.items() if any(searches(each.report.resource) for each in members)}
        gate = asyncio.Semaphore(self._options.concurrency)

        async def kind(members: Sequence[KindRun]) -> None:
            async with gate:
                for run in members:
                    run.report.state = State.SYNCING
                    await self._tell.kind(run.report)
                    await run.run(shop)
                    await self._tell.kind(run.report)

        for wave in (by_kind.keys() - late, late):
            async with asyncio.TaskGroup() as tasks:
                for name, members in by_kind.items():
                    if name in wave:
                        tasks.create_task(kind(members))

    async def _finish(
        self, plan: Plan, runs: Sequence[KindRun], shop: Workshop, baseline: Baseline, loader: Loader
    ) -> None:
        await self._tell.reconciling()
        await self._deferred(plan, runs, loader)
        protected, suspicious = self._protected(plan, runs)
        limits = self._limits(plan, runs, protected, shop.targets)
        reconciliation = Reconciliation(
            self._api, self._store, plan.config, self._report.id, self._start, self._options.dry_run
        )
        done = await reconciliation.run(limits, shop.totals, shop.targets, baseline, [each.report for each in runs])
        self._report.deleted, self._report.kept = done.deleted, done.kept
        await self._tell.reconciled(State.FAILED if done.problem else State.COMPLETED, done.deleted)
        clean = limits.everything is None and done.problem is None and not done.kept
        reconciled = {each.report.resource.kind for each in runs} - set(protected) if clean else set()
        await self._store.finish(reconciled, suspicious, complete=baseline.source != "search" and not done.problem)
        self._conclude(plan, done)
        if self._report.state is not State.FAILED:
            await _call(self._context.integration.resync_complete_hooks, self._context)

    async def _deferred(self, plan: Plan, runs: Sequence[KindRun], loader: Loader) -> None:
        if not loader.deferred:
            return
        reports = {each.report.resource.name: each.report for each in runs}
        await retry_deferred(self._api, self._store, plan.config, self._report.id, reports)
        for report in reports.values():
            if report.counts.rejected and report.state is State.COMPLETED:
                report.state = State.WARNINGS
                await self._tell.kind(report)

    def _protected(self, plan: Plan, runs: Sequence[KindRun]) -> tuple[dict[str, str], set[str]]:
        """Kinds of which nothing is deleted, and those whose emptiness is doubted."""
        protected = dict(plan.broken_kinds)
        if self._asked is not None:
            every = {each.resource.kind for each in plan.resources}
            protected |= dict.fromkeys((every | set(self._store.before)) - self._asked, _NOT_ASKED)
        suspicious: set[str] = set()
        for run in runs:
            kind = run.report.resource.kind
            if run.protect is not None:
                protected[kind] = run.protect
            elif not run.report.resource.enable_delete:
                protected.setdefault(kind, _DISABLED)
        for kind in {each.report.resource.kind for each in runs} - set(protected):
            reports = [each.report for each in runs if each.report.resource.kind == kind]
            doubt = _doubt(reports, self._store.before.get(kind, 0), kind in self._store.suspicious)
            if doubt is not None:
                protected[kind] = doubt
                suspicious.add(kind)
                for report in reports:
                    report.state = State.WARNINGS
        return protected, suspicious

    def _limits(
        self, plan: Plan, runs: Sequence[KindRun], protected: Mapping[str, str], targets: Targets | None
    ) -> Limits:
        everything = self._keep_everything or plan.problem or (targets.problem if targets else None)
        if not plan.resources and not plan.broken:
            everything = "the mapping has no resources"
        makes: dict[str, frozenset[str] | None] = {}
        for each in plan.resources:
            found = blueprints_of(each.resource, related=plan.config.create_missing_related_entities)
            known = makes.get(each.resource.kind, frozenset())
            makes[each.resource.kind] = None if found is None or known is None else known | found
        for report in plan.broken:
            makes[report.resource.kind] = None
        return Limits(protected, makes, everything, plan.config.entity_deletion_threshold)

    def _conclude(self, plan: Plan, done: Reconciled) -> None:
        states = {each.state for each in self._report.kinds}
        wanted = [each for each in done.kept if not each.reason.endswith((_NOT_ASKED, _DISABLED))]
        self._report.problem = done.problem or plan.problem
        if State.FAILED in states or self._report.problem:
            self._report.state = State.FAILED
        elif State.WARNINGS in states or wanted or self._keep_everything:
            self._report.state = State.WARNINGS
        else:
            self._report.state = State.COMPLETED


def _doubt(reports: Sequence[KindReport], had: int, already: bool) -> str | None:
    reasons = [doubted(each, had, already) for each in reports]
    return reasons[0] if reasons and all(reasons) else None


async def _call(hooks: Iterable[Hook], context: Context) -> None:
    for hook in hooks:
        found: Any = hook(context)
        await found
