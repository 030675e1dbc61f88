"""Claims runs, executes them, and answers for those that were begun (contract section 12.1)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from fairway.integration.actions.claims import Claims, Held
from fairway.integration.actions.executing import Execution
from fairway.integration.actions.executor import Executor
from fairway.integration.actions.journal import ActionJournal
from fairway.integration.actions.model import Work, id_of, parse_run
from fairway.integration.actions.queues import Key, Place, Queues
from fairway.integration.actions.reports import Runs
from fairway.integration.actions.resting import rest
from fairway.kit.errors import FairwayError, InvalidRequest, NotFound
from fairway.kit.logs import get_logger

log = get_logger(__name__)
_WAIT_MS = 20_000
_WORKS: Sequence[Work] = ("run", "node")
RESTARTED = "Agent restarted"
"""Label of runs that were under way when the process ended."""


@dataclass(frozen=True, slots=True)
class ActionFigures:
    """Those of ``ACTIONS_PROCESSOR__*``."""

    workers: int = 3
    watermark: int = 300
    """Runs that wait here at most."""
    poll_seconds: float = 10.0
    visibility_ms: int = 60_000
    """For how long a claim is ours unless it is kept."""
    share_percent: int | None = 30
    """Of the watermark that runs of one action may take; ``None``: all."""
    drain_seconds: float = 20.0
    """For runs under way to end once the process stops."""


class Actions:
    """Args:
    executors: by the name of their action.
    runs: where reports go; somebody runs :meth:`Runs.deliver`.
    """

    def __init__(
        self,
        claims: Claims,
        journal: ActionJournal,
        runs: Runs,
        executors: Mapping[str, Executor],
        figures: ActionFigures | None = None,
    ) -> None:
        self._claims = claims
        self._journal = journal
        self._runs = runs
        self._executors = dict(executors)
        self._figures = figures or ActionFigures()
        self._queues = Queues()
        self._asked: dict[Work, int] = {"run": 0, "node": 0}
        self._problem: str | None = None
        self._execution = Execution(claims, journal, runs, self._queues)

    def document(self) -> dict[str, Any]:
        """For ``/status``."""
        return {
            "waiting": self._queues.waiting,
            "executing": self._queues.executing,
            "executed": self._execution.executed,
            "failed": self._execution.failed,
            "reportsWaiting": self._runs.waiting,
            "problem": self._problem,
        }

    async def run(self, stop: asyncio.Event) -> None:
        """Until ``stop``: what waits is given back then, and what is under way is waited for."""
        await self._recover()
        workers = [asyncio.create_task(self._work(stop)) for _ in range(self._figures.workers)]
        others = [asyncio.create_task(self._claiming(each, stop)) for each in _WORKS]
        others.append(asyncio.create_task(self._keeping(stop)))
        stopped = asyncio.create_task(stop.wait())
        try:
            done, _ = await asyncio.wait({stopped, *workers, *others}, return_when=asyncio.FIRST_COMPLETED)
            for each in done - {stopped} if not stop.is_set() else ():
                each.result()  # none of them ends of its own accord
            await self._end(workers)
        finally:
            for each in (stopped, *workers, *others):
                each.cancel()
            await asyncio.gather(stopped, *workers, *others, return_exceptions=True)

    async def _end(self, workers: Sequence[asyncio.Task[None]]) -> None:
        await self._queues.close()
        waiting = await self._queues.drop(self._queues.unacknowledged())
        if waiting and self._claims.keeps:
            try:
                await self._claims.release(_held([each.key for each in waiting]))
            except FairwayError as error:
                log.warning("runs_not_given_back", count=len(waiting), problem=error.message)
        _, late = await asyncio.wait(workers, timeout=self._figures.drain_seconds)
        if late:
            log.warning("runs_interrupted", count=len(late))

    async def _recover(self) -> None:
        """Runs that the last process had begun are executed again by executors that can do that; others have failed."""
        for begun in await self._journal.begun():
            executor = self._executors.get(begun.executor)
            if executor is None or not executor.resumable or begun.document is None:
                message = "The integration was restarted while it executed the run; what became of it is not known"
                await self._runs.failed(begun.work, begun.id, message, label=RESTARTED)
                log.warning("run_interrupted", id=begun.id, executor=begun.executor)
                continue
            run = replace(parse_run(begun.work, begun.document), resumed=True)
            await self._queues.put(Place(run, await executor.partition_key(run), owned=True))

    async def _claiming(self, work: Work, stop: asyncio.Event) -> None:
        while not stop.is_set():
            room = self._room(work)
            if room < 1:
                await rest(min(self._figures.poll_seconds, 1.0), stop)
                continue
            waited = self._claims.keeps
            self._asked[work] = room
            try:
                found = await self._claims.claim(work, room, self._excluded(), _WAIT_MS)
            except FairwayError as error:
                self._problem = error.message
                log.warning("claim_failed", work=work, problem=error.message)
                await rest(self._figures.poll_seconds, stop)
                continue
            finally:
                self._asked[work] = 0
            self._problem = None
            for document in found:
                await self._take(work, document)
            if not found and not waited and not self._claims.keeps:
                await rest(self._figures.poll_seconds, stop)

    def _room(self, work: Work) -> int:
        """Both kinds together stay below the watermark, and neither can take all of it while it waits for more."""
        other: Work = "node" if work == "run" else "run"
        left = self._figures.watermark - self._queues.waiting - self._asked[other]
        return min(left, max(1, self._figures.watermark // 2))

    def _excluded(self) -> list[str]:
        if self._figures.share_percent is None:
            return []
        most = self._figures.watermark * self._figures.share_percent / 100
        return sorted(source for source, count in self._queues.sources().items() if count >= most)

    async def _take(self, work: Work, document: Any) -> None:
        identifier = id_of(work, document)
        if identifier is None or self._queues.knows((work, identifier)):
            return
        try:
            run = parse_run(work, document)
            executor = self._executors.get(run.executor)
            if executor is None:
                known = ", ".join(sorted(self._executors)) or "none"
                raise NotFound(f'The integration has no executor for "{run.executor}"; it has: {known}')
            partition = await executor.partition_key(run)
        except (InvalidRequest, NotFound) as error:
            await self._refuse(work, identifier, error.message)
        except Exception as error:  # an author's code; it costs this run alone
            log.exception("partition_key_failed", id=identifier)
            await self._refuse(work, identifier, f"The run cannot be put in order: {error!r}")
        else:
            await self._queues.put(Place(run, partition))

    async def _refuse(self, work: Work, identifier: str, message: str) -> None:
        try:
            mine = await self._claims.acknowledge(work, identifier)
        except FairwayError as error:
            log.warning("ack_failed", id=identifier, problem=error.message)
            return  # it comes back when the claim has run out
        if mine:
            self._execution.failed += 1
            await self._runs.failed(work, identifier, message)

    async def _keeping(self, stop: asyncio.Event) -> None:
        """A third of the time that a claim lasts may pass between two calls that keep it."""
        while not stop.is_set():
            await rest(self._figures.visibility_ms / 3000, stop)
            held = self._queues.unacknowledged()
            if not held or not self._claims.keeps or stop.is_set():
                continue
            try:
                kept = await self._claims.keep(_held(held))
            except FairwayError as error:
                log.warning("claims_not_kept", count=len(held), problem=error.message)
                continue
            for run in await self._queues.drop(key for key in held if key[1] not in kept):
                log.info("claim_lost", id=run.id)

    async def _work(self, stop: asyncio.Event) -> None:
        while (place := await self._queues.take()) is not None:
            try:
                await self._execution.execute(place, self._executors[place.run.executor], stop)
            finally:
                await self._queues.done(place)


def _held(keys: Sequence[Key]) -> Held:
    return Held([key for work, key in keys if work == "run"], [key for work, key in keys if work == "node"])
