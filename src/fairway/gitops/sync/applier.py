"""Applying what was read of many repositories together: one order, full batches, one transaction. Section 9."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from fairway.gitops.diagnostics import Diagnostic, Severity
from fairway.gitops.ledger.claims import Contest, absorb, by_key, contest, orphan
from fairway.gitops.ledger.model import Claim, ClaimState, RepositoryState
from fairway.gitops.ledger.store import Changes
from fairway.gitops.model import EntityKey, Mark
from fairway.gitops.sync.context import Context, Shapes
from fairway.gitops.sync.leases import applying
from fairway.gitops.sync.reading import Reading
from fairway.gitops.sync.tally import Tally
from fairway.gitops.sync.writer import Batch, Labels, Writer, label_of

_WINNING = (ClaimState.ACTIVE, ClaimState.PENDING)


class Fate(StrEnum):
    """What became of a reading."""

    APPLIED = "applied"
    STALE = "stale"
    """Somebody else applied the repository meanwhile: it has to be looked at again."""


@dataclass(slots=True)
class Applied:
    """The outcome for one repository."""

    fate: Fate
    claims: tuple[Claim, ...] = ()
    diagnostics: list[Diagnostic] = field(default_factory=list)
    tally: Tally = field(default_factory=Tally)


@dataclass(slots=True)
class GroupReport:
    """The outcome for a group."""

    by_repository: dict[str, Applied]
    tally: Tally = field(default_factory=Tally)
    loose: list[Diagnostic] = field(default_factory=list)
    """Findings in repositories that are not of the group."""
    written: list[EntityKey] = field(default_factory=list)


@dataclass(slots=True)
class _Plan:
    """What the ledger becomes, before anything is written."""

    before: dict[tuple[EntityKey, str, str], Claim]
    claims: dict[tuple[EntityKey, str, str], Claim] = field(default_factory=dict)
    dropped: list[Claim] = field(default_factory=list)
    winners: list[Claim] = field(default_factory=list)
    """Those that are to be written."""
    concerned: list[Claim] = field(default_factory=list)
    """Those that messages may name."""


class GroupApplier:
    """Applies readings of one source. Only one group is applied at a time, whoever does it: claims of all repositories
    decide together."""

    def __init__(self, context: Context, shapes: Shapes) -> None:
        self._context = context
        self._shapes = shapes
        self._writer = Writer(context, shapes)
        self.refused: set[EntityKey] = set()
        """What the catalog has refused since this was made: it would refuse it again."""

    async def apply(self, readings: Sequence[Reading], *, run_at: int, generation: int) -> GroupReport:
        """Applies readings of different repositories. What names targets that do not exist yet waits.

        Raises:
            FairwayError: the catalog or the ledger fails; nothing of the group is stored then.
        """
        async with applying(self._context):
            fresh, stale = await self._still_fresh(readings)
            report = GroupReport({each.repository.id: Applied(Fate.STALE) for each in stale})
            if fresh:
                await self._apply(fresh, report, run_at, generation)
            return report

    async def _still_fresh(self, readings: Sequence[Reading]) -> tuple[list[Reading], list[Reading]]:
        known = await self._context.store.repositories(self._context.source, [each.repository.id for each in readings])
        fresh: list[Reading] = []
        stale: list[Reading] = []
        for reading in readings:
            state = known.get(reading.repository.id)
            seen = reading.before.revision if reading.before is not None else 0
            (fresh if (state.revision if state is not None else 0) == seen else stale).append(reading)
        return fresh, stale

    async def advance(self, readings: Sequence[Reading], generation: int) -> None:
        """Notes the new tips of repositories in which nothing else is new. Those that others applied meanwhile are left
        out."""
        if not readings:
            return
        async with applying(self._context):
            fresh, _ = await self._still_fresh(readings)
            now = self._context.now()
            states = [
                replace(
                    each.before, tip=each.tip.commit, branch=each.tip.branch or each.before.branch, problem=None,
                    label=each.repository.label, url=each.repository.url, revision=each.before.revision + 1,
                    checked=generation, last_attempt=now, last_success=now,
                )
                for each in fresh
                if each.before is not None and each.tip is not None
            ]  # fmt: skip
            await self._context.store.commit(Changes(repositories=states))

    async def end(self, state: RepositoryState, orphaned_at: int, reason: str) -> Tally:
        """Ends all claims of a repository that is gone; others that define the same entities take over.

        Raises:
            FairwayError: as :meth:`apply`.
        """
        context = self._context
        async with applying(context):
            own = await context.store.claims_of(context.source, [state.id])
            ended = [each if each.state is ClaimState.ORPHANED else orphan(each, orphaned_at, reason) for each in own]
            plan = await self._contested(ended, own)
            labels = await self._labels(plan.winners, {(state.source, state.id): state.label})
            batch = await self._writer.write(plan.winners, labels, last=False, create_missing=False)
            for claim in batch.claims.values():
                plan.claims[claim.owner] = claim
            gone = replace(state, tip=None, files={}, revision=state.revision + 1)
            dropped = [each.owner for each in plan.dropped]
            await context.store.commit(Changes(claims=list(plan.claims.values()), dropped=dropped, repositories=[gone]))
            batch.tally.orphaned += sum(each.state is ClaimState.ORPHANED for each in plan.claims.values())
            return batch.tally

    async def rewrite(self, claims: Sequence[Claim], *, last: bool, create_missing: bool = False) -> Batch:
        """Writes winning claims again: they waited, or the catalog is not as they say any more. ``claims`` are looked
        up again first, as others may have changed them; ``last`` as for :meth:`Writer.write`."""
        async with applying(self._context):
            fresh = {each.owner: each for each in await self._context.store.claims({each.key for each in claims})}
            winners = []
            for claim in claims:
                now = fresh.get(claim.owner)
                if now is not None and now.wish == claim.wish and now.state in _WINNING:
                    winners.append(now)
            if not winners:
                return Batch()
            labels = await self._labels(winners, {})
            batch = await self._writer.write(winners, labels, last=last, create_missing=create_missing)
            await self._context.store.commit(Changes(claims=list(batch.claims.values())))
            self.refused |= batch.refused
            return batch

    async def labels(self, claims: Iterable[Claim]) -> Labels:
        """The labels of the repositories of claims."""
        return await self._labels(claims, {})

    async def _apply(self, readings: Sequence[Reading], report: GroupReport, run_at: int, generation: int) -> None:
        plan = await self._plan(readings, run_at)
        source = self._context.source
        labels = await self._labels(
            plan.concerned, {(source, each.repository.id): each.repository.label for each in readings}
        )
        dirty = [each.before for each in readings if each.before is not None]
        batch = await self._writer.write(plan.winners, labels, last=False, create_missing=False, dirty=dirty)
        for claim in batch.claims.values():
            plan.claims[claim.owner] = claim
        self.refused |= batch.refused
        await self._commit(readings, plan, generation)
        report.tally.add(batch.tally)
        report.written += batch.written
        self._report(readings, plan, batch, labels, report)

    async def _plan(self, readings: Sequence[Reading], run_at: int) -> _Plan:
        context = self._context
        own = await context.store.claims_of(context.source, [each.repository.id for each in readings])
        by_repository: dict[str, list[Claim]] = {}
        for claim in own:
            by_repository.setdefault(claim.location.repository, []).append(claim)
        claims: list[Claim] = []
        for reading in readings:
            if reading.spoken is not None:
                before = by_repository.get(reading.repository.id, ())
                claims += absorb(
                    before, reading.spoken, run_at=run_at, now=context.now(), priority=context.options.priority
                )
        return await self._contested(claims, own)

    async def _contested(self, claims: Sequence[Claim], own: Sequence[Claim]) -> _Plan:
        repositories = {(each.location.source, each.location.repository) for each in (*claims, *own)}
        others = [
            each
            for each in await self._context.store.claims({each.key for each in claims})
            if (each.location.source, each.location.repository) not in repositories
        ]
        plan = _Plan({each.owner: each for each in (*own, *others)})
        for contested in by_key([*claims, *others]).values():
            self._settle(contest(contested), plan)
        return plan

    def _settle(self, settled: Contest, plan: _Plan) -> None:
        plan.claims.update((each.owner, each) for each in settled.claims)
        plan.dropped += settled.dropped
        winner = settled.winner
        if len(settled.claims) > 1:
            plan.concerned += settled.claims
        if winner is not None and winner.state is ClaimState.PENDING and winner.location.source == self._context.source:
            plan.winners.append(winner)
            plan.concerned.append(winner)

    async def _labels(self, claims: Iterable[Claim], known: Labels) -> Labels:
        """``known`` with the labels of the repositories of ``claims``."""
        missing: dict[str, set[str]] = {}
        for claim in claims:
            where = (claim.location.source, claim.location.repository)
            if where not in known:
                missing.setdefault(where[0], set()).add(where[1])
        labels = dict(known)
        for source, ids in missing.items():
            found = await self._context.store.repositories(source, ids)
            labels.update({(source, state.id): state.label for state in found.values()})
        return labels

    async def _commit(self, readings: Sequence[Reading], plan: _Plan, generation: int) -> None:
        by_repository: dict[str, set[str]] = {}
        for claim in plan.claims.values():
            by_repository.setdefault(claim.location.repository, set()).add(claim.key.blueprint)
        states = [self._state(each, by_repository.get(each.repository.id, set()), generation) for each in readings]
        intended = {each.owner for each in plan.winners}
        changed = [each for owner, each in plan.claims.items() if owner in intended or plan.before.get(owner) != each]
        dropped = [each.owner for each in plan.dropped]
        await self._context.store.commit(Changes(claims=changed, dropped=dropped, repositories=states))

    def _state(self, reading: Reading, blueprints: Collection[str], generation: int) -> RepositoryState:
        assert reading.tip is not None
        assert reading.spoken is not None
        now = self._context.now()
        names = sorted({*blueprints, *(key.blueprint for key in reading.spoken.broken)})
        repository, before = reading.repository, reading.before
        return RepositoryState(
            source=self._context.source, id=repository.id, label=repository.label, url=repository.url,
            address=dict(repository.address),
            branch=reading.tip.branch, tip=reading.tip.commit, settings=self._context.settings,
            blueprints=tuple(names), shapes=self._shapes.hash_of(names), files=reading.files, last_attempt=now,
            last_success=now, revision=(before.revision if before is not None else 0) + 1, checked=generation,
            listed=generation,
        )  # fmt: skip

    def _report(
        self, readings: Sequence[Reading], plan: _Plan, batch: Batch, labels: Labels, report: GroupReport
    ) -> None:
        own: dict[str, list[Claim]] = {}
        for claim in plan.claims.values():
            own.setdefault(claim.location.repository, []).append(claim)
        for reading in readings:
            label, commit = reading.repository.label, (reading.tip.commit or None) if reading.tip is not None else None
            found = [replace(each, repository=label, commit=commit) for each in reading.diagnostics]
            claims = tuple(own.get(reading.repository.id, ()))
            report.by_repository[reading.repository.id] = Applied(Fate.APPLIED, claims, found)
        winners = {each.key: each for each in plan.concerned if each.state is not ClaimState.SHADOWED}
        places = {label: repository for (_, repository), label in labels.items()}
        for each in batch.diagnostics:
            self._add(report, places, each)
        for claim in plan.claims.values():
            if claim.state is ClaimState.SHADOWED and plan.before.get(claim.owner) != claim:
                report.tally.shadowed += 1
                winner = winners.get(claim.key)
                for each in conflict(claim, winner, labels) if winner is not None else ():
                    self._add(report, places, each)
            if claim.state is ClaimState.ORPHANED and plan.before.get(claim.owner) != claim:
                report.tally.orphaned += 1

    def _add(self, report: GroupReport, places: Mapping[str, str], found: Diagnostic) -> None:
        applied = report.by_repository.get(places.get(found.repository or "", ""))
        (applied.diagnostics if applied is not None else report.loose).append(found)


def conflict(claim: Claim, winner: Claim, labels: Labels) -> list[Diagnostic]:
    """What both sides of a conflict are told. Section 8."""
    ours, theirs = _place(claim, labels), _place(winner, labels)
    return [
        Diagnostic(
            "E_CONFLICT", f"The entity is defined by {theirs} already, which counts", claim.location.path,
            Mark(claim.line, claim.column), entity=claim.key, repository=label_of(claim, labels), commit=claim.commit,
        ),
        Diagnostic(
            "E_CONFLICT", f"The entity is defined by {ours}, too; this definition counts", winner.location.path,
            Mark(winner.line, winner.column), entity=claim.key, repository=label_of(winner, labels),
            commit=winner.commit, severity=Severity.NOTICE,
        ),
    ]  # fmt: skip


def _place(claim: Claim, labels: Labels) -> str:
    return f"{label_of(claim, labels)}:{claim.location.path}:{claim.line}"
