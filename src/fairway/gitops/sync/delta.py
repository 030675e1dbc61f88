"""One repository, because of an event: a push, a rename, a deletion. Section 6.2 of the contract."""

from __future__ import annotations

from dataclasses import dataclass

from fairway.gitops.diagnostics import errors
from fairway.gitops.forges.base import StatusReport
from fairway.gitops.forges.errors import ForgeRefused, RepositoryGone
from fairway.gitops.ledger.model import Claim, ClaimState, RepositoryState
from fairway.gitops.model import Repository
from fairway.gitops.sync.applier import Applied, Fate, GroupApplier
from fairway.gitops.sync.context import Context, Shapes
from fairway.gitops.sync.ending import Ender
from fairway.gitops.sync.leases import AlreadyRunning
from fairway.gitops.sync.listing import is_wanted
from fairway.gitops.sync.reading import Reader, Reading
from fairway.gitops.sync.report import DeltaReport
from fairway.gitops.sync.settling import Settler
from fairway.gitops.sync.vanishing import Vanishing
from fairway.kit.errors import FairwayError
from fairway.kit.logs import get_logger

_ATTEMPTS = 5
_TITLES = 3

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Hint:
    """What an event says. Never taken for truth: the forge is asked. Section 5.3."""

    ref: str | None = None
    """The branch it is about, as ``refs/heads/main`` or ``main``; None: the whole repository."""
    deleted: bool = False
    """The repository itself is said to be deleted; only from an authenticated event."""


class Delta:
    """Looks at a repository and applies what is new."""

    def __init__(self, context: Context, shapes: Shapes, organisation: str) -> None:
        self._context = context
        self._reader = Reader(context, shapes)
        self._applier = GroupApplier(context, shapes)
        self._settler = Settler(context, shapes, self._applier)
        self._ender = Ender(context, shapes, organisation)

    async def run(self, name: str, hint: Hint) -> DeltaReport:
        """``name``: the repository's id or label.

        Raises:
            FairwayError: forge or catalog do not answer.
        """
        context = self._context
        run_at = context.now()
        report = DeltaReport(name)
        state = await self._known(name)
        if state is not None and _concerns_another_branch(state, hint):
            state_branch = state.branch
            repository = await context.forge.repository(state.id)
            if repository is None or repository.default_branch in (None, state_branch):
                report.notices.append(f'"{hint.ref}" is not the branch that is followed')
                return report
        for _ in range(_ATTEMPTS):
            reading = await self._read(name, state, hint, report)
            if reading is None:
                return report
            report.repository, report.label = reading.repository.id, reading.repository.label
            report.commit = reading.tip.commit if reading.tip is not None else None
            if reading.unchanged:
                report.notices += [] if reading.problem is None else [reading.problem]
                if reading.advanced:
                    generation = (await context.store.source(context.source)).generation
                    await self._applier.advance([reading], generation)
                return report
            applied = await self._apply(reading, run_at, report)
            if applied.fate is Fate.APPLIED:
                await self._tell(reading, applied, report)
                return report
            state = await self._known(reading.repository.id)
        raise AlreadyRunning(f'Repository "{report.label}" changes faster than it can be applied')

    async def _known(self, name: str) -> RepositoryState | None:
        source = self._context.source
        found = await self._context.store.repositories(source, [name])
        return found.get(name) or await self._context.store.named(source, name)

    async def _read(self, name: str, state: RepositoryState | None, hint: Hint, report: DeltaReport) -> Reading | None:
        """What is known of where the repository is spares a request; when that is wrong, the forge is asked."""
        if state is not None and state.address and state.tip is not None and not hint.deleted:
            repository = Repository(state.id, state.label, state.url, state.branch, address=state.address)
            try:
                reading = await self._reader.read(repository, state, "event")
            except RepositoryGone:
                reading = None
            if reading is not None and reading.tip is not None:
                return reading
        found = await self._context.forge.repository(state.id if state is not None else name)
        if found is None:
            await self._gone(state, hint, report)
            return None
        if not is_wanted(found, self._context.options.repositories):
            report.notices.append("the repository is filtered out")
            return None
        if state is None or state.id != found.id:
            state = await self._known(found.id)
        try:
            return await self._reader.read(found, state, "event")
        except RepositoryGone:
            await self._gone(state, hint, report)
            return None

    async def _gone(self, state: RepositoryState | None, hint: Hint, report: DeltaReport) -> None:
        if state is None or not hint.deleted:
            report.notices.append("the repository is not there, or may not be seen; a full pass decides")
            return
        vanishing = Vanishing(self._context, self._applier)
        await vanishing.deleted(state)
        report.changed = True
        report.entities.add(vanishing.tally)
        report.ends = await self._ender.sweep(report.entities)

    async def _apply(self, reading: Reading, run_at: int, report: DeltaReport) -> Applied:
        context = self._context
        generation = (await context.store.source(context.source)).generation
        group = await self._applier.apply([reading], run_at=run_at, generation=generation)
        applied = group.by_repository[reading.repository.id]
        if applied.fate is Fate.APPLIED:
            await self._settler.awaken(group.written)
            await self._settler.repository(reading.repository.id)
            report.changed = reading.touched
            report.entities.add(group.tally)
            report.entities.add(self._settler.tally)
            report.diagnostics += [*applied.diagnostics, *group.loose, *self._settler.diagnostics]
            report.ends = await self._ender.sweep(report.entities)
        return applied

    async def _tell(self, reading: Reading, applied: Applied, report: DeltaReport) -> None:
        """Shows the outcome at the commit, when it touched a spec file or what one refers to. Section 10.1."""
        if not reading.touched or reading.tip is None or self._context.options.dry_run:
            return
        status = status_of(applied)
        try:
            await self._context.forge.report(reading.repository, reading.tip.commit, status)
        except ForgeRefused as error:
            report.notices.append(f"The status of the commit cannot be shown: {error.message}")
        except FairwayError as error:
            log.warning("status_not_shown", repository=reading.repository.label, problem=error.message)
            report.notices.append(f"The status of the commit was not shown: {error.message}")


def _concerns_another_branch(state: RepositoryState, hint: Hint) -> bool:
    known = bool(state.branch)  # passes may read a branch without learning its name
    return known and hint.ref is not None and not hint.deleted and hint.ref.removeprefix("refs/heads/") != state.branch


def status_of(applied: Applied) -> StatusReport:
    """What the commit of a tracked branch is told."""
    wrong = errors(applied.diagnostics)
    if wrong:
        more = f" and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        return StatusReport("failure", f"{wrong[0]}{more}", _lines(applied), diagnostics=applied.diagnostics)
    waiting = [each for each in applied.claims if each.state is ClaimState.PENDING]
    if waiting:
        return StatusReport("pending", f"{_entities(waiting)} wait for others", _lines(applied))
    active = [each for each in applied.claims if each.state is ClaimState.ACTIVE]
    return StatusReport("success", _entities(active), _lines(applied), diagnostics=applied.diagnostics)


def _entities(claims: list[Claim]) -> str:
    return f"{len(claims)} {'entity' if len(claims) == 1 else 'entities'}"


def _lines(applied: Applied) -> str:
    lines = [str(each) for each in applied.diagnostics[:50]]
    return "\n".join(lines) or "All spec files hold."
