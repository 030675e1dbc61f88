"""When background work of a source is due. Section 6.3 of the contract."""

from __future__ import annotations

import random

from fairway.portal.sources.gitops import repository
from fairway.portal.storage import Tx
from fairway.portal.storage.jobs import enqueue, hasten, postpone

LANE = "gitops"
PASS_JOB = "gitops_pass"  # noqa: S105 no password
SWEEP_JOB = "gitops_sweep"
REMOVE_JOB = "gitops_remove"
_JITTER = 0.1
_SPREAD_MS = 60_000


async def ask(tx: Tx, source_id: str, now: int) -> None:
    """A pass as soon as possible; when one is under way, another after it."""
    await repository.update_source(tx, source_id, sync_asked_at=now, next_pass_at=now)
    await hasten(tx, PASS_JOB, source_id, {"source": source_id}, now=now)


async def later(tx: Tx, source_id: str, now: int, interval_seconds: float) -> None:
    """The next pass after the usual interval, give or take a tenth, so that sources do not all come at once."""
    pause = interval_seconds * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311 jitter
    due_at = now + int(pause * 1000)
    await repository.update_source(tx, source_id, next_pass_at=due_at)
    await enqueue(tx, PASS_JOB, source_id, {"source": source_id}, now=now, due_at=due_at)


async def soon(tx: Tx, source_id: str, now: int, planned: int | None) -> None:
    """A pass within a minute, spread so that sources do not all come at once."""
    due_at = now + int(random.uniform(0, _SPREAD_MS))  # noqa: S311 jitter
    if planned is not None and planned > due_at:
        await postpone(tx, PASS_JOB, source_id, now=now, due_at=due_at)
        await repository.update_source(tx, source_id, next_pass_at=due_at)
    await enqueue(tx, PASS_JOB, source_id, {"source": source_id}, now=now, due_at=due_at)  # unless there is one


async def sweep(tx: Tx, source_id: str, now: int, grace_seconds: float) -> None:
    """The ends that are not due before their grace is over."""
    due_at = now + int(grace_seconds * 1000) + 1000
    await enqueue(tx, SWEEP_JOB, source_id, {"source": source_id}, now=now, due_at=due_at)


async def remove(tx: Tx, source_id: str, now: int) -> None:
    """Deleting a source."""
    await hasten(tx, REMOVE_JOB, source_id, {"source": source_id}, now=now)
