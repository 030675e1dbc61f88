"""Claims as the database sees them: those that are asked for at the same time share a transaction."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from fairway.kit.clock import Clock, to_millis
from fairway.portal.runs import queue_repository, repository
from fairway.portal.runs.model import Run
from fairway.portal.runs.queue_repository import Share, Terms
from fairway.portal.storage import Database, Tx

_TOGETHER = 64
"""Claims in one transaction; bounds how long the first of them waits."""
_MOST_RUNS = 5_000
"""Runs that one transaction gives out."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A claim."""

    terms: Terms
    limit: int
    visibility_ms: int
    by: str | None = None


class _Waiting:
    __slots__ = ("answer", "wanted")

    def __init__(self, wanted: Wanted) -> None:
        self.wanted = wanted
        self.answer: asyncio.Future[list[Run]] = asyncio.get_running_loop().create_future()


class ClaimStore:
    """Gives waiting runs to claimers, each run to one at a time."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._line: list[_Waiting] = []
        self._worker: asyncio.Task[None] | None = None
        self._answering: set[asyncio.Task[None]] = set()
        self._odd = 0
        self._busy: set[str] = set()
        """Queues whose last claim got all it asked for: there is probably more, and no need to look first."""

    async def claim(self, wanted: Wanted) -> list[Run]:
        """Runs that are the claimer's for ``visibility_ms``; empty when nothing waits."""
        if wanted.terms.queue not in self._busy and not await self.anything(wanted.terms.queue):
            return []
        waiting = _Waiting(wanted)
        self._line.append(waiting)
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())
        return await waiting.answer

    async def anything(self, queue: str) -> bool:
        """Whether the queue holds runs that nobody has."""
        now = self._now()
        return await self._db.read(lambda tx: queue_repository.anything(tx, queue, now))

    async def _work(self) -> None:
        while self._line:
            part = self._take()
            try:
                found = await self._db.write(partial(self._claim, part=part))
            except BaseException as error:
                _fail(part, error)
                if not isinstance(error, Exception):
                    raise
            else:
                answering = asyncio.create_task(self._answer(part, found))  # while the next ones claim
                self._answering.add(answering)
                answering.add_done_callback(self._answering.discard)

    def _take(self) -> list[_Waiting]:
        part: list[_Waiting] = []
        total = 0
        while self._line and len(part) < _TOGETHER and total < _MOST_RUNS:
            part.append(self._line.pop(0))
            total += part[-1].wanted.limit
        return part

    async def _claim(self, tx: Tx, *, part: Sequence[_Waiting]) -> list[list[str]]:
        """The ids for each, one statement for all who ask on the same terms."""
        now = self._now()
        self._odd ^= 1
        groups: dict[Terms, list[int]] = defaultdict(list)
        for at, waiting in enumerate(part):
            groups[waiting.wanted.terms].append(at)
        found: list[list[str]] = [[] for _ in part]
        for terms, places in groups.items():
            shares = [_share(part[at].wanted, now) for at in places]
            for at, ids in zip(places, await queue_repository.claim(tx, terms, shares, now, self._odd), strict=True):
                found[at] = ids
        return found

    async def _answer(self, part: Sequence[_Waiting], found: Sequence[list[str]]) -> None:
        for waiting, ids in zip(part, found, strict=True):
            self._remember(waiting.wanted, len(ids))
        every = [run_id for ids in found for run_id in ids]
        try:
            runs = await self._db.read(lambda tx: repository.find_many(tx, every)) if every else {}
        except Exception as error:  # noqa: BLE001 whatever it was, those who wait must hear of it
            _fail(part, error)
            return
        orphans: list[str] = []
        for waiting, ids in zip(part, found, strict=True):
            if waiting.answer.done():  # the claimer went away meanwhile
                orphans.extend(ids)
            else:
                waiting.answer.set_result([runs[each] for each in ids if each in runs])
        if orphans:
            await self._db.write(lambda tx: queue_repository.release(tx, orphans, None, self._now()))

    def _remember(self, wanted: Wanted, found: int) -> None:
        if found >= wanted.limit:
            self._busy.add(wanted.terms.queue)
        else:
            self._busy.discard(wanted.terms.queue)

    def _now(self) -> int:
        return to_millis(self._clock.now())


def _share(wanted: Wanted, now: int) -> Share:
    return Share(wanted.limit, now + wanted.visibility_ms, wanted.by)


def _fail(part: Sequence[_Waiting], error: BaseException) -> None:
    for waiting in part:
        if not waiting.answer.done():
            waiting.answer.set_exception(error if isinstance(error, Exception) else asyncio.CancelledError())
