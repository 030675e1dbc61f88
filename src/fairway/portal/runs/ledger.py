"""Writes runs with all that hangs on them: log lines, places in the queue, deliveries, events. Set-wise."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import partial

from fairway.kit.errors import InvalidRequest
from fairway.portal.caller import Caller
from fairway.portal.runs import log_repository, queue_repository, repository
from fairway.portal.runs.changes import NewLine
from fairway.portal.runs.documents import run_document
from fairway.portal.runs.log_repository import LogLine
from fairway.portal.runs.model import Run
from fairway.portal.runs.signals import QueueSignals, Signals
from fairway.portal.storage import Tx, outbox
from fairway.portal.storage.outbox import Action, Change

Deliver = Callable[[Tx, str, int], Awaitable[None]]
"""``await deliver(tx, run_id, now)``: has the portal deliver a run once the transaction is committed."""


class RunLedger:
    """What every use case writes with; it awaits nothing but the transaction."""

    def __init__(self, queues: QueueSignals, watched: Signals, deliver: Deliver, max_lines: int) -> None:
        self._queues = queues
        self._watched = watched
        self._deliver = deliver
        self._max_lines = max_lines

    async def created(self, tx: Tx, caller: Caller, fresh: Run) -> None:
        """Stores a new run."""
        await repository.insert(tx, fresh)
        await outbox.append(tx, caller, fresh.created_at, [_change("CREATE", None, fresh)])

    async def changed(self, tx: Tx, caller: Caller, pairs: Sequence[tuple[Run, Run]], now: int) -> None:
        """Stores runs, before and after, where they differ. One that has ended is nobody's to claim any more."""
        moved = [(before, after) for before, after in pairs if before != after]
        if not moved:
            return
        await repository.save(tx, [after for _, after in moved])
        ended = [after.id for before, after in moved if after.terminal and not before.terminal]
        if ended:
            await queue_repository.acknowledge(tx, ended)
        await outbox.append(tx, caller, now, [_change("UPDATE", before, after) for before, after in moved])
        tx.after_commit(partial(self._seen, [after.id for _, after in moved]))

    async def hand_over(self, tx: Tx, run: Run, now: int) -> None:
        """Lets a run that is rendered go to whoever executes it: into its queue, or to the portal's own delivery."""
        if run.queue is None:
            await self._deliver(tx, run.id, now)
        else:
            await queue_repository.enqueue(tx, run)
            tx.after_commit(partial(self._queues.ring, run.queue))

    async def log(
        self, tx: Tx, by: str, lines: Mapping[str, Sequence[NewLine]], now: int, *, limited: bool = True
    ) -> list[LogLine]:
        """Appends lines to the logs of runs, by run id. Lines of the portal itself are not ``limited``.

        Raises:
            InvalidRequest: a run has as many lines as a run may have.
        """
        wanted = {run_id: given for run_id, given in lines.items() if given}
        if not wanted:
            return []
        counts = await log_repository.line_counts(tx, list(wanted))
        for run_id, given in wanted.items():
            if limited and counts[run_id] + len(given) > self._max_lines:
                raise InvalidRequest(f'The log of run "{run_id}" is full: a run may have {self._max_lines} lines')
        numbers = iter(await tx.allocate_ids("run_log", sum(len(given) for given in wanted.values())))
        stored = [
            LogLine(next(numbers), run_id, counts[run_id] + at, line.level, line.message, line.status_label, by, now)
            for run_id, given in wanted.items()
            for at, line in enumerate(given, 1)
        ]
        await log_repository.insert(tx, stored)
        tx.after_commit(partial(self._seen, list(wanted)))
        return stored

    def _seen(self, run_ids: Iterable[str]) -> None:
        for run_id in run_ids:
            self._watched.ring(run_id)


def _change(action: Action, before: Run | None, after: Run) -> Change:
    return Change(
        action, "run", after.id, None if before is None else run_document(before), run_document(after),
        after.blueprint, after.entity, after.id, context={"action": after.action},
    )  # fmt: skip
