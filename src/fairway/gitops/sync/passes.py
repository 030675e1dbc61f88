"""A full pass: every repository of the listing, one queue for all, no barrier between pages. Section 6.3."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from fairway.gitops.diagnostics import Diagnostic
from fairway.gitops.forges.errors import (
    CircuitOpen,
    ForgeRefused,
    ForgeUnavailable,
    ListingIncomplete,
    NotPermitted,
    RepositoryGone,
)
from fairway.gitops.ledger.model import Listed, RepositoryState
from fairway.gitops.model import Repository
from fairway.gitops.sync.applier import Applied, Fate, GroupApplier
from fairway.gitops.sync.context import Context
from fairway.gitops.sync.gathering import Gatherer
from fairway.gitops.sync.listing import is_wanted
from fairway.gitops.sync.reading import Reader, Reading
from fairway.gitops.sync.report import Failure, PassReport
from fairway.kit.errors import FairwayError

_CHECKED = 200
"""Unchanged repositories are noted so many at a time."""
_ATTEMPTS = 3
"""Looks at a repository that somebody else keeps applying meanwhile."""
_REFUSALS = 2
_SILENCES = 8
"""So many repositories in a row that the forge gave no answer for mean that it is down."""

Progress = Callable[[PassReport], None]


@dataclass(frozen=True, slots=True)
class Turn:
    """A repository to look at, with what is known of it."""

    repository: Repository
    before: RepositoryState | None


class Stopped(Exception):
    """The pass cannot go on; carries why."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message)
        self.failure = failure


class Sweep:
    """Lists repositories, looks at each, and hands what is new to the applier."""

    def __init__(
        self, context: Context, reader: Reader, applier: GroupApplier, report: PassReport, *, stop: asyncio.Event,
        progress: Progress,
    ) -> None:  # fmt: skip
        self._context = context
        self._reader = reader
        self._applier = applier
        self._advanced: list[Reading] = []
        self._gatherer = Gatherer(applier, run_at=report.started_at, generation=report.generation)
        self._report = report
        self._stop = stop
        self._progress = progress
        self._queue: asyncio.Queue[Turn | None] = asyncio.Queue(maxsize=2 * context.options.concurrency)
        self._conclusions: set[asyncio.Task[None]] = set()
        self._checked: list[str] = []
        self._refusals = 0
        self._silences = 0
        self.listing_failed: Failure | None = None
        self.interrupted = False

    async def run(self) -> None:
        """To the end of the listing, or until stopped.

        Raises:
            Stopped: forge or catalog cannot be used any more.
            FairwayError: of catalog or ledger.
        """
        try:
            async with asyncio.TaskGroup() as group:
                applying = group.create_task(self._gatherer.run())
                workers = [group.create_task(self._work(group)) for _ in range(self._context.options.concurrency)]
                await self._list()
                for _ in workers:
                    await self._queue.put(None)
                await asyncio.gather(*workers)
                await self._gatherer.hurry()
                while self._conclusions:
                    await asyncio.wait(self._conclusions)
                await self._gatherer.close()
                await applying
        except BaseExceptionGroup as errors:
            raise _first(errors) from None
        finally:
            self._report.entities.add(self._gatherer.total)
            self._report.findings.add(without_conflicts(self._gatherer.loose))
        await self._note_checked(0)

    async def _list(self) -> None:
        try:
            async for page in self._context.forge.listing():
                for turn in await self._page(page):
                    if self._stop.is_set():
                        self.interrupted = True
                        return
                    await self._queue.put(turn)
        except ListingIncomplete as error:
            self.listing_failed = Failure.of(error, "forge")
        except (ForgeUnavailable, ForgeRefused) as error:
            raise Stopped(Failure.of(error, "forge")) from None

    async def _page(self, page: Sequence[Repository]) -> list[Turn]:
        """Notes a page in the ledger; those of its repositories that are to be looked at."""
        context, report = self._context, self._report
        wanted = {each.id for each in page if is_wanted(each, context.options.repositories)}
        known = await context.store.repositories(context.source, wanted)
        listed = [Listed(each.id, each.label, each.url, excluded=each.id not in wanted) for each in page]
        await context.store.listed(context.source, report.generation, listed)
        report.repositories.listed += len(page)
        report.repositories.excluded += len(page) - len(wanted)
        turns = []
        for each in page:
            state = known.get(each.id)
            if state is not None and state.checked == report.generation:
                report.repositories.skipped += 1
            elif each.id in wanted:
                turns.append(Turn(each, state))
        return turns

    async def _work(self, group: asyncio.TaskGroup) -> None:
        while (turn := await self._queue.get()) is not None:
            if self._stop.is_set():
                self.interrupted = True
                continue
            reading = await self._look(turn)
            if reading is None:
                continue
            future = await self._gatherer.submit(reading)
            task = group.create_task(self._conclude(reading, future))
            self._conclusions.add(task)
            task.add_done_callback(self._conclusions.discard)

    async def _look(self, turn: Turn) -> Reading | None:
        """What is new in a repository; None when there is nothing to apply."""
        seen = self._report.repositories
        try:
            reading = await self._reader.read(turn.repository, turn.before)
        except RepositoryGone:
            seen.gone += 1
            return None
        except FairwayError as error:
            await self._failed(turn.repository, error)
            return None
        self._refusals = self._silences = 0
        if not reading.unchanged:
            return reading
        if turn.before is not None:  # what was wrong still is
            label, commit = turn.repository.label, turn.before.tip or None
            standing = turn.before.diagnostics
            self._report.findings.add(replace(each, repository=label, commit=commit) for each in standing)
        if reading.problem is not None:
            self._report.notices.append(f"{turn.repository.label}: {reading.problem}")
        if reading.tip is None:
            seen.empty += 1
        else:
            seen.unchanged += 1
        if reading.advanced:
            self._advanced.append(reading)
        else:
            self._checked.append(turn.repository.id)
        await self._note_checked(_CHECKED)
        self._progress(self._report)
        return None

    async def _failed(self, repository: Repository, error: FairwayError) -> None:
        failure = Failure.of(error, "forge", repository.label)
        if isinstance(error, CircuitOpen):
            raise Stopped(failure)
        refused = isinstance(error, NotPermitted)
        self._refusals += isinstance(error, ForgeRefused) and not refused
        self._silences += isinstance(error, ForgeUnavailable)
        self._report.fail(failure, refused=refused)
        await self._context.store.failed(self._context.source, repository.id, error.message, self._context.now())
        if self._refusals >= _REFUSALS or self._silences >= _SILENCES:
            raise Stopped(failure)

    async def _conclude(self, reading: Reading, future: asyncio.Future[Applied]) -> None:
        applied = await future
        for _ in range(_ATTEMPTS):
            if applied.fate is Fate.APPLIED:
                break
            again = await self._look(Turn(reading.repository, await self._state(reading.repository.id)))
            if again is None:
                return
            applied = await (await self._gatherer.submit(again))
        else:
            error = ForgeUnavailable("the repository changes faster than it can be applied")
            await self._failed(reading.repository, error)
            return
        self._report.repositories.changed += 1
        self._report.findings.add(without_conflicts(applied.diagnostics))
        self._progress(self._report)

    async def _state(self, repository: str) -> RepositoryState | None:
        known: Mapping[str, RepositoryState] = await self._context.store.repositories(
            self._context.source, [repository]
        )
        return known.get(repository)

    async def _note_checked(self, least: int) -> None:
        if self._checked and len(self._checked) >= least:
            ids, self._checked = self._checked, []
            await self._context.store.checked(self._context.source, self._report.generation, ids, self._context.now())
        if self._advanced and len(self._advanced) >= least:
            readings, self._advanced = self._advanced, []
            await self._applier.advance(readings, self._report.generation)


def without_conflicts(found: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """All but those that the end of a pass tells once, whichever side was looked at."""
    return (each for each in found if each.code != "E_CONFLICT")


def _first(errors: BaseExceptionGroup[BaseException]) -> BaseException:
    """The error that says most: the pass's own, then those of others."""
    flat: list[BaseException] = []
    todo: list[BaseException] = [errors]
    while todo:
        error = todo.pop(0)
        if isinstance(error, BaseExceptionGroup):
            todo = [*error.exceptions, *todo]
        else:
            flat.append(error)
    return min(flat, key=lambda each: (not isinstance(each, Stopped), not isinstance(each, FairwayError)))
