"""Carrying out the ends of claims: deleting, clearing, holding, with a journal. Section 7 of the contract."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from fairway.gitops.catalog import Found, Write, Written
from fairway.gitops.ledger.endings import effect, judge, to_clear
from fairway.gitops.ledger.fields import decode, document_of, found_fields
from fairway.gitops.ledger.model import Claim, ClaimState, Effect, HeldPlan, JournalEntry
from fairway.gitops.ledger.records import dumps
from fairway.gitops.ledger.store import Changes
from fairway.gitops.model import EntityKey
from fairway.gitops.options import OrphanPolicy
from fairway.gitops.sync.context import Context, Shapes
from fairway.gitops.sync.leases import applying
from fairway.gitops.sync.order import steps
from fairway.gitops.sync.report import Ends, Status
from fairway.gitops.sync.tally import Tally
from fairway.gitops.sync.targets import targets_of
from fairway.kit.ids import random_id

DEPENDENTS = "E_DEPENDENTS"
_PAGE = 500
_CHUNK = 50
_PARALLEL = 8
_FOREVER = 2**62


@dataclass(slots=True)
class _Due:
    """Claims whose end is due, without their contents."""

    keys: list[EntityKey] = field(default_factory=list)
    counted: list[Claim] = field(default_factory=list)
    """Those that count towards the limits: not the ones that were tried already and that others depend on."""


class Ender:
    """Ends claims of one source."""

    def __init__(self, context: Context, shapes: Shapes, organisation: str) -> None:
        self._context = context
        self._shapes = shapes
        self._organisation = organisation

    async def sweep(
        self,
        tally: Tally,
        stops: Sequence[str] = (),
        approved: Collection[EntityKey] | None = None,
        *,
        certain: bool = False,
    ) -> Ends:
        """Carries out the ends that are due, all or none. ``stops`` say why none may be; ``approved`` are those that an
        administrator has agreed to, whatever their number. ``certain``: every repository has just been looked at.

        Raises:
            FairwayError: the catalog does not answer; what was not reached stays due.
        """
        due = await self._due(approved, certain=certain)
        ends = Ends(due=len(due.keys), stops=tuple(stops))
        if self._context.options.orphans is OrphanPolicy.KEEP:
            await self._keep(due.keys, "orphans are kept", ends)
            return ends
        if not due.keys:
            await self._settle_plans()
            return ends
        if stops:
            return ends
        if approved is None:
            ends.held = await self._held(due)
            if ends.held is not None:
                return ends
        await self._carry_out(due.keys, tally, ends)
        await self._settle_plans()
        return ends

    async def _doubtful(self) -> range:
        """When ends were found that only a complete pass may confirm: their definitions may be in repositories that
        passes since the last complete one could not look at, or have not looked at yet."""
        state = await self._context.store.source(self._context.source)
        if state.status == Status.COMPLETE and state.finished_at is not None and state.finished_at >= state.started_at:
            return range(0)
        return range(state.last_complete, _FOREVER if state.finished_at is None else state.finished_at + 1)

    async def _due(self, approved: Collection[EntityKey] | None, *, certain: bool) -> _Due:
        context = self._context
        latest = context.now() - int(context.options.deletion_grace_seconds * 1000)
        doubtful = range(0) if approved is not None or certain else await self._doubtful()
        due, after = _Due(), None
        while page := await context.store.page(context.source, [ClaimState.ORPHANED], after, _PAGE):
            after = page[-1].key
            for claim in page:
                since = claim.orphaned_since
                late = since is not None and since <= latest and since not in doubtful
                if claim.kept or not late or (approved is not None and claim.key not in approved):
                    continue
                due.keys.append(claim.key)
                if claim.code != DEPENDENTS:
                    due.counted.append(replace(claim, body=b"", applied={}))
        return due

    async def _held(self, due: _Due) -> HeldPlan | None:
        """The plan that waits for an administrator; None when what is due may go on. A plan that waits already goes on
        waiting as long as any of it is due, whatever joins it or leaves it. It is another plan when it has grown."""
        context = self._context
        present = await context.store.plans(context.source)
        before = present[0] if present else None
        verdict = judge(due.counted, await context.store.figures(context.source), context.options)
        waits = before is not None and not set(before.keys).isdisjoint(due.keys)
        if verdict.allowed and not waits:
            return None
        deletes = sum(each.created_by_git for each in due.counted)
        same = before is not None and set(due.keys) <= set(before.keys)
        plan = HeldPlan(
            id=before.id if before is not None and same else random_id("plan_"), source=context.source,
            created_at=context.now(), settings=context.settings, organisation=self._organisation,
            reasons=verdict.reasons or (before.reasons if before is not None else ()), deletes=deletes,
            clears=len(due.counted) - deletes, by_blueprint=Counter(each.key.blueprint for each in due.counted),
            keys=tuple(due.keys),
        )  # fmt: skip
        await context.store.commit(Changes(plans=[plan], settled=[each.id for each in present if each.id != plan.id]))
        return plan

    async def _settle_plans(self) -> None:
        """Nothing that was held is due any more, or all of it was done."""
        plans = await self._context.store.plans(self._context.source)
        if plans:
            await self._context.store.commit(Changes(settled=[each.id for each in plans]))

    async def keep(self, keys: Collection[EntityKey], reason: str) -> Ends:
        """Leaves the entities as they are, marked as orphaned."""
        ends = Ends(due=len(keys))
        await self._keep(keys, reason, ends)
        return ends

    async def _keep(self, keys: Collection[EntityKey], reason: str, ends: Ends) -> None:
        if not keys:
            return
        async with applying(self._context):
            claims = [replace(each, kept=True, reason=reason) for each in await self._orphans(keys)]
            await self._context.store.commit(Changes(claims=claims))
        ends.orphaned += len(claims)

    async def _orphans(self, keys: Collection[EntityKey]) -> list[Claim]:
        """This source's claims that are still orphaned, of entities that nobody else defines."""
        found = await self._context.store.claims(keys)
        taken = {each.key for each in found if each.state is not ClaimState.ORPHANED}
        return [each for each in found if each.key not in taken and each.location.source == self._context.source]

    async def _carry_out(self, keys: Sequence[EntityKey], tally: Tally, ends: Ends) -> None:
        for chunk in await self._ordered(keys):
            async with applying(self._context):
                await self._end(await self._orphans(chunk), tally, ends)

    async def _ordered(self, keys: Sequence[EntityKey]) -> list[list[EntityKey]]:
        """Dependents first, in small parts."""
        edges: dict[EntityKey, list[EntityKey]] = {}
        for start in range(0, len(keys), _PAGE):
            for claim in await self._orphans(keys[start : start + _PAGE]):
                shape = self._shapes.get(claim.key.blueprint)
                edges[claim.key] = list(targets_of(decode(claim.body).fields, shape))
        chunks: list[list[EntityKey]] = []
        seen: set[EntityKey] = set()
        for step in reversed(steps(edges)):
            fresh = [key for key in step if key not in seen]
            seen.update(fresh)
            chunks += [fresh[start : start + _CHUNK] for start in range(0, len(fresh), _CHUNK)]
        return [chunk for chunk in chunks if chunk]

    async def _end(self, claims: Sequence[Claim], tally: Tally, ends: Ends) -> None:
        """Ends claims: journal first, so that nothing is lost whenever this is cut off."""
        context = self._context
        found = await context.catalog.find([each.key for each in claims])
        plans = {each.key: effect(each, found.get(each.key)) for each in claims}
        entries = {
            claim.key: self._entry(claim, what, found[claim.key])
            for claim in claims
            if (what := plans[claim.key]) is not None
        }
        await context.store.commit(Changes(journal=list(entries.values())))
        answers = await self._answers(claims, plans, found)
        kept: list[Claim] = []
        dropped: list[Claim] = []
        for claim in claims:
            answer = answers.get(claim.key)
            if answer is None or answer.ok:
                dropped.append(claim)
                tally.deleted += plans[claim.key] is Effect.DELETE
                tally.cleared += plans[claim.key] is Effect.CLEAR
            else:
                kept.append(_refused(claim, answer))
                ends.orphaned += 1
        erased = [entries[each.key].id for each in kept if each.key in entries]
        await context.store.commit(Changes(claims=kept, dropped=[each.owner for each in dropped], erased=erased))

    def _entry(self, claim: Claim, what: Effect, found: Found) -> JournalEntry:
        fields = found_fields(found) if what is Effect.DELETE else to_clear(claim, found)
        return JournalEntry(
            id=random_id("journal_"), source=self._context.source, key=claim.key, effect=what, at=self._context.now(),
            reason=claim.reason or "", location=claim.location,
            content=dumps(document_of(claim.key.identifier, fields)),
        )  # fmt: skip

    async def _answers(
        self, claims: Iterable[Claim], plans: Mapping[EntityKey, Effect | None], found: Mapping[EntityKey, Found]
    ) -> dict[EntityKey, Written]:
        gate = asyncio.Semaphore(_PARALLEL)
        dependents = self._context.options.delete_dependents

        async def delete(key: EntityKey) -> Written:
            async with gate:
                return await self._context.catalog.delete(key, dependents=dependents)

        doomed = [key for key, what in plans.items() if what is Effect.DELETE]
        answers = dict(zip(doomed, await asyncio.gather(*map(delete, doomed)), strict=True))
        clears: dict[str, list[Write]] = {}
        for claim in claims:
            if plans[claim.key] is Effect.CLEAR:
                nothing = dict.fromkeys(to_clear(claim, found[claim.key]))
                write = Write(claim.key, document_of(claim.key.identifier, nothing))
                clears.setdefault(claim.key.blueprint, []).append(write)
        for writes in clears.values():
            done = await self._context.catalog.write(writes, create_missing=False)
            answers.update((write.key, answer) for write, answer in zip(writes, done, strict=True))
        return answers


def _refused(claim: Claim, answer: Written) -> Claim:
    depends = answer.error == "has_dependents"
    reason = answer.message or f"The catalog refuses ({answer.error})"
    return replace(claim, reason=reason, code=DEPENDENTS if depends else "E_CATALOG")
