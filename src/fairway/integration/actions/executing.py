"""One run: waits for the rate limit, is acknowledged, executed, and answered for (contract section 12.1)."""

from __future__ import annotations

import asyncio

from fairway.integration.actions.claims import Claims
from fairway.integration.actions.executor import ExecutionFailed, Executor
from fairway.integration.actions.journal import ActionJournal
from fairway.integration.actions.model import ActionRun
from fairway.integration.actions.queues import Place, Queues
from fairway.integration.actions.reports import Runs
from fairway.integration.actions.resting import rest
from fairway.kit.errors import FairwayError, NotFound
from fairway.kit.logs import get_logger

log = get_logger(__name__)
_ACK_TRIES = 5
_LONGEST_REST = 10.0
STOPPED = "Agent stopped"
"""Label of runs that did not end before the process had to."""


class Execution:
    """Counts what it executes."""

    def __init__(self, claims: Claims, journal: ActionJournal, runs: Runs, queues: Queues) -> None:
        self._claims = claims
        self._journal = journal
        self._runs = runs
        self._queues = queues
        self.executed = 0
        self.failed = 0

    async def execute(self, place: Place, executor: Executor, stop: asyncio.Event) -> None:
        """Never raises, apart from being cancelled."""
        run = place.run
        try:
            if not await self._wait_for_limit(run, executor, stop):
                return
            if not place.owned and not await self._acquire(run, executor):
                return
        except Exception as error:  # an author's code, or the portal; the claim runs out and the run comes back
            log.exception("run_not_begun", id=run.id, error=str(error))
            return
        await self._executed(run, executor)

    async def _wait_for_limit(self, run: ActionRun, executor: Executor, stop: asyncio.Event) -> bool:
        """False when the process stops first; the run was not begun then."""
        told = False
        while await executor.is_close_to_rate_limit(run):
            seconds = await executor.get_remaining_seconds_until_rate_limit(run)
            if not told:
                await self._runs.log(run, f"Delayed by the rate limit for {seconds:.0f} s", label="Rate limited")
                told = True
            await rest(min(_LONGEST_REST, max(0.05, seconds)), stop)
            if stop.is_set():
                return False
        return True

    async def _acquire(self, run: ActionRun, executor: Executor) -> bool:
        """The journal is first: whoever is killed behind the acknowledgement finds the run there."""
        await self._journal.begin(run, keep=executor.resumable)
        unsure = False
        for number in range(1, _ACK_TRIES + 1):
            try:
                mine = await self._claims.acknowledge(run.work, run.id)
            except NotFound:
                await self._journal.end(run.work, run.id)
                return False
            except FairwayError as error:
                if not error.retriable or number == _ACK_TRIES:
                    await self._journal.end(run.work, run.id)
                    raise
                unsure = True  # the answer may be what was lost
                await asyncio.sleep(0.2 * 2.0**number)
                continue
            if not mine and not unsure:
                log.info("run_of_another", id=run.id)
                await self._journal.end(run.work, run.id)
                return False
            self._queues.acknowledged(run.key)
            return True
        raise AssertionError("unreachable")

    async def _executed(self, run: ActionRun, executor: Executor) -> None:
        try:
            await executor.execute(run)
        except asyncio.CancelledError:
            if not executor.resumable:
                message = "The integration was stopped while it executed the run; what became of it is not known"
                await asyncio.shield(self._runs.fail(run, message, label=STOPPED))
            raise
        except Exception as error:  # noqa: BLE001 an author's code raises anything: it is the run's end
            self.failed += 1
            label = error.label if isinstance(error, ExecutionFailed) else "Execution failed"
            message = error.message if isinstance(error, FairwayError) else f"{type(error).__name__}: {error}"
            log.warning("run_failed", id=run.id, executor=run.executor, error=message)
            await self._runs.fail(run, message, label=label)
        else:
            self.executed += 1
            await self._journal.end(run.work, run.id)
