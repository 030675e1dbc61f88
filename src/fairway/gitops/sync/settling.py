"""What a pass looks after once all repositories were read: waiting claims, searches, drift. Sections 2.7 and 6.4."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from fairway.gitops.catalog import Found
from fairway.gitops.diagnostics import Diagnostic
from fairway.gitops.ledger.fields import RELATION, decode, digest
from fairway.gitops.ledger.merging import drifted
from fairway.gitops.ledger.model import Claim, ClaimState
from fairway.gitops.ledger.store import Changes
from fairway.gitops.model import EntityKey
from fairway.gitops.options import MergeMode
from fairway.gitops.sync.applier import GroupApplier, conflict
from fairway.gitops.sync.context import Context, Shapes
from fairway.gitops.sync.leases import applying
from fairway.gitops.sync.tally import Tally
from fairway.gitops.sync.targets import Searches
from fairway.gitops.sync.writer import is_late, waiting_diagnostic

_PAGE = 500


class Settler:
    """Brings claims to rest."""

    def __init__(self, context: Context, shapes: Shapes, applier: GroupApplier) -> None:
        self._context = context
        self._shapes = shapes
        self._applier = applier
        self.tally = Tally()
        self.diagnostics: list[Diagnostic] = []

    async def pending(self) -> None:
        """Tries all waiting claims again; targets that nobody defines are created when the source wants that."""
        for last in (False, True):
            after: EntityKey | None = None
            while page := await self._page(ClaimState.PENDING, after):
                after = page[-1].key
                await self._again(page, last=last)
        await self._complain()

    async def repository(self, repository: str) -> None:
        """:meth:`pending` for the claims of one repository."""
        for last in (False, True):
            claims = await self._context.store.claims_of(self._context.source, [repository])
            await self._again([each for each in claims if each.state is ClaimState.PENDING], last=last)

    async def _again(self, claims: Sequence[Claim], *, last: bool) -> None:
        """What others define is never created empty, so that is only done at last."""
        trying = [each for each in claims if each.key not in self._applier.refused]
        await self._rewrite(trying, last=last, create_missing=last and self._context.options.create_missing_related)

    async def _complain(self) -> None:
        """Tells of what has waited for too long."""
        after: EntityKey | None = None
        while page := await self._page(ClaimState.PENDING, after):
            after = page[-1].key
            late = [each for each in page if is_late(each, self._context.now())]
            labels = await self._applier.labels(late) if late else {}
            self.diagnostics += [waiting_diagnostic(each, labels) for each in late]

    async def conflicts(self) -> None:
        """Tells both sides of every conflict."""
        after: EntityKey | None = None
        while page := await self._page(ClaimState.SHADOWED, after):
            after = page[-1].key
            rivals = await self._context.store.claims({each.key for each in page})
            winners = {each.key: each for each in rivals if each.state is not ClaimState.SHADOWED}
            labels = await self._applier.labels(rivals)
            for claim in page:
                if claim.key in winners:
                    self.diagnostics += conflict(claim, winners[claim.key], labels)

    async def awaken(self, written: Iterable[EntityKey]) -> None:
        """Tries claims that waited for entities which exist now, and those that waited for these in turn."""
        keys = list(written)
        while keys:
            claims = await self._context.store.waiting(keys)
            ours = [each for each in claims if each.location.source == self._context.source]
            keys = await self._write(ours, last=False, create_missing=False) if ours else []

    async def _rewrite(self, claims: Sequence[Claim], *, last: bool, create_missing: bool = False) -> None:
        if claims:
            await self.awaken(await self._write(claims, last=last, create_missing=create_missing))

    async def _write(self, claims: Sequence[Claim], *, last: bool, create_missing: bool) -> list[EntityKey]:
        batch = await self._applier.rewrite(claims, last=last, create_missing=create_missing)
        self.tally.add(batch.tally)
        self.diagnostics += batch.diagnostics
        return batch.written

    async def active(self) -> None:
        """Evaluates searches again, and repairs what others changed or removed."""
        after: EntityKey | None = None
        searches = Searches(self._context.catalog)
        while page := await self._page(ClaimState.ACTIVE, after):
            after = page[-1].key
            present = await self._context.catalog.revisions([each.key for each in page])
            changed = [each for each in page if present.get(each.key) != each.revision]
            found = await self._context.catalog.find([each.key for each in changed if each.key in present])
            await self._note(changed, found)
            wrong = [each for each in changed if self._is_wrong(each, found.get(each.key))]
            known = {each.key for each in wrong}
            wrong += [
                each for each in page if each.searches and each.key not in known and await self._other(each, searches)
            ]
            await self._rewrite(wrong, last=True)

    async def _page(self, state: ClaimState, after: EntityKey | None) -> Sequence[Claim]:
        return await self._context.store.page(self._context.source, [state], after, _PAGE)

    async def _note(self, changed: Sequence[Claim], found: Mapping[EntityKey, Found]) -> None:
        """Remembers that somebody else has written these entities."""
        noted = {
            each.owner: replace(
                each, foreign=True, revision=found[each.key].updated_at,
                contested=tuple(sorted({*each.contested, *drifted(each, found[each.key], MergeMode.OWNED)})),
            )
            for each in changed
            if each.key in found
        }  # fmt: skip
        if not noted:
            return
        async with applying(self._context):
            fresh = await self._context.store.claims({each.key for each in noted.values()})
            before = {each.owner: each for each in changed}
            same = [noted[each.owner] for each in fresh if each.owner in noted and each == before[each.owner]]
            await self._context.store.commit(Changes(claims=same))

    def _is_wrong(self, claim: Claim, found: Found | None) -> bool:
        options = self._context.options
        if not options.drift_repair:
            return False
        if found is None:
            return True
        mode = options.mode_of(claim.location.path)
        if mode is MergeMode.MERGE or (options.yields and mode is MergeMode.OWNED):
            return False
        return bool(drifted(claim, found, mode))

    async def _other(self, claim: Claim, searches: Searches) -> bool:
        """Whether a search finds something else than it did."""
        fields = decode(claim.body).fields
        answered, failed = await searches.answered(fields, self._shapes.get(claim.key.blueprint))
        if failed is not None:
            return True
        names = [
            name for name, value in fields.items() if isinstance(value, dict) and name.startswith((RELATION, "team"))
        ]
        return any(claim.applied.get(name, digest([])) != digest(answered[name]) for name in names)
