"""The synchronisation of one source: everything that can be asked of it."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import orjson

from fairway.gitops.catalog import Catalog, Write
from fairway.gitops.forges.base import Forge, StatusReport
from fairway.gitops.forges.errors import ForgeRefused
from fairway.gitops.ledger.claims import contest
from fairway.gitops.ledger.model import ClaimState, Effect, HeldPlan, JournalEntry
from fairway.gitops.ledger.store import Changes, LedgerStore
from fairway.gitops.model import EntityKey
from fairway.gitops.options import SourceOptions
from fairway.gitops.sync.applier import GroupApplier
from fairway.gitops.sync.coalescing import DEFAULT_PATIENCE, Coalescer, Patience
from fairway.gitops.sync.context import Context, Shapes
from fairway.gitops.sync.delta import Delta, Hint
from fairway.gitops.sync.dry import DryCatalog
from fairway.gitops.sync.ending import Ender
from fairway.gitops.sync.leases import applying
from fairway.gitops.sync.passes import Progress
from fairway.gitops.sync.reconcile import Reconcile, silent
from fairway.gitops.sync.report import DeltaReport, Ends, PassReport
from fairway.gitops.sync.requests import Requests
from fairway.gitops.sync.tally import Tally
from fairway.kit.clock import Clock
from fairway.kit.errors import Conflict, InvalidRequest, NotFound

_SHAPES_MS = 10_000
"""How long blueprints are remembered between events."""


class Engine:
    """One source. Tasks may share it; forge, catalog and store belong to whoever made it.

    With ``options.dry_run`` nothing is written to the catalog or the forge; the store is written as if, so give it a
    copy.
    """

    def __init__(
        self, source: str, forge: Forge, catalog: Catalog, store: LedgerStore, options: SourceOptions, clock: Clock,
        progress: Progress = silent, patience: Patience = DEFAULT_PATIENCE,
    ) -> None:  # fmt: skip
        asked = DryCatalog(catalog) if options.dry_run else catalog
        self._context = Context(source, forge, asked, store, options, clock)
        self._progress = progress
        self._coalescer = Coalescer(self.delta, patience)
        self._shapes: tuple[int, Shapes, str] | None = None

    async def reconcile(self, stop: asyncio.Event | None = None) -> PassReport:
        """A full pass; ``stop`` ends it soon, and the next one goes on from there.

        Raises:
            AlreadyRunning: another pass over the source is under way.
        """
        return await Reconcile(self._context, stop=stop or asyncio.Event(), progress=self._progress).run()

    async def delta(self, repository: str, hint: Hint | None = None) -> DeltaReport:
        """Looks at one repository, by id or label, and applies what is new.

        Raises:
            FairwayError: forge or catalog do not answer.
        """
        shapes, organisation = await self._meet()
        return await Delta(self._context, shapes, organisation).run(repository, hint or Hint())

    def notice(self, repository: str, hint: Hint | None = None) -> None:
        """An event came: :meth:`delta` follows once no more come for a while. Returns at once."""
        self._coalescer.notice(repository, hint or Hint())

    async def drain(self) -> None:
        """Waits for the deltas of all events noticed so far."""
        await self._coalescer.drain()

    async def sweep(self) -> Ends:
        """Carries out the ends whose grace is over, within the limits of section 7.3."""
        if not await self._context.store.page(self._context.source, [ClaimState.ORPHANED], None, 1):
            return Ends()
        return await (await self._ender()).sweep(Tally())

    async def validate_request(
        self, repository: str, head: str, *, request: str | None = None, fork: bool = False, publish: bool = True
    ) -> StatusReport:
        """What merging a pull request would do. Nothing is written to the catalog; with ``publish`` the forge is told,
        unless it does not permit that.

        Raises:
            NotFound: there is no such repository.
            FairwayError: forge or catalog do not answer.
        """
        shapes, _ = await self._meet()
        status = await Requests(self._context, shapes).validate(repository, head, request=request, fork=fork)
        if publish and not self._context.options.dry_run:
            found = await self._context.forge.repository(repository)
            if found is not None:
                try:
                    await self._context.forge.report(found, head, status)
                except ForgeRefused:  # told on the sync page by whoever watches the forge's figures
                    return status
        return status

    async def approve(self, plan: str) -> Ends:
        """Carries out a held plan: those of its ends that are still due.

        Raises:
            NotFound: there is no such plan.
            Conflict: the source's configuration or organisation is another than when the plan was made.
        """
        held = await self._plan(plan)
        _, organisation = await self._meet()
        if held.settings != self._context.settings or held.organisation not in ("", organisation):
            raise Conflict(f'Plan "{plan}" was made under another configuration; the next pass makes a new one')
        return await (await self._ender()).sweep(Tally(), approved=frozenset(held.keys))

    async def discard(self, plan: str) -> Ends:
        """Leaves the entities of a held plan as they are, marked as orphaned.

        Raises:
            NotFound: there is no such plan.
        """
        held = await self._plan(plan)
        ends = await (await self._ender()).keep(held.keys, "an administrator discarded the deletion")
        await self._context.store.commit(Changes(settled=[held.id]))
        return ends

    async def _plan(self, plan: str) -> HeldPlan:
        for each in await self._context.store.plans(self._context.source):
            if each.id == plan:
                return each
        raise NotFound(f'There is no held plan "{plan}" of source "{self._context.source}"')

    async def restore(self, entry: str) -> JournalEntry:
        """Brings back what the end of a claim deleted or cleared.

        Raises:
            NotFound: there is no such entry; they are kept for 30 days.
            Conflict: it was restored already, or a repository defines the entity now.
            InvalidRequest: the catalog refuses it.
        """
        found = await self._context.store.journal_entry(entry)
        if found is None or found.source != self._context.source:
            raise NotFound(f'There is no journal entry "{entry}"; entries are kept for 30 days')
        if found.restored_at is not None:
            raise Conflict(f'"{found.key}" was restored already')
        async with applying(self._context):
            claims = await self._context.store.claims([found.key])
            if any(each.state is not ClaimState.ORPHANED for each in claims):
                raise Conflict(f'"{found.key}" is defined by a repository now; change it there')
            write = Write(found.key, orjson.loads(found.content), replace=found.effect is Effect.DELETE)
            (answer,) = await self._context.catalog.write([write], create_missing=False)
            if not answer.ok:
                raise InvalidRequest(f'"{found.key}" cannot be restored: {answer.message}')
            restored = replace(found, restored_at=self._context.now())
            await self._context.store.commit(Changes(journal=[restored]))
        return restored

    async def pin(self, key: EntityKey, repository: str, *, pinned: bool = True) -> None:
        """Lets a repository's definition count before those of others of the same priority.

        Raises:
            NotFound: the repository does not define the entity.
        """
        shapes, _ = await self._meet()
        async with applying(self._context):
            claims = await self._context.store.claims([key])
            if not any(each.location.repository == repository for each in claims):
                raise NotFound(f'Repository "{repository}" does not define "{key}"')
            mine = [replace(each, pinned=pinned and each.location.repository == repository) for each in claims]
            settled = contest(mine)
            dropped = [each.owner for each in settled.dropped]
            await self._context.store.commit(Changes(claims=settled.claims, dropped=dropped))
        winner = settled.winner
        if winner is not None and winner.state is ClaimState.PENDING:
            create = self._context.options.create_missing_related
            await GroupApplier(self._context, shapes).rewrite([winner], last=True, create_missing=create)

    async def _ender(self) -> Ender:
        shapes, organisation = await self._meet()
        return Ender(self._context, shapes, organisation)

    async def _meet(self) -> tuple[Shapes, str]:
        """The catalog's blueprints, a few seconds old at most, and whose catalog it is."""
        now = self._context.now()
        if self._shapes is None or not 0 <= now - self._shapes[0] < _SHAPES_MS:
            organisation = await self._context.catalog.organisation()
            self._shapes = (now, Shapes(await self._context.catalog.blueprints()), organisation)
        return self._shapes[1], self._shapes[2]
