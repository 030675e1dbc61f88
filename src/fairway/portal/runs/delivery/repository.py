"""SQL of deliveries: runs by their backend's id, and dead letters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, select

from fairway.kit.clock import rfc3339
from fairway.portal.runs.model import Run
from fairway.portal.runs.repository import as_run, selection
from fairway.portal.runs.tables import run
from fairway.portal.storage import Tx
from fairway.portal.storage.tables import dead_job, job

KIND = "run.deliver"


async def taken(tx: Tx, external_ids: Sequence[str]) -> set[str]:
    """Those of the backend's ids that runs have as their own."""
    rows = await tx.rows(select(run.c.external_run_id).where(tx.any_of(run.c.external_run_id, external_ids)))
    return {row.external_run_id for row in rows}


async def in_progress(tx: Tx, external_id: str, run_id: str | None) -> list[Run]:
    """Runs in progress with the backend's id, or the one that ``run_id`` names."""
    named = run.c.external_run_id == external_id
    statement = selection().where(named if run_id is None else named | (run.c.id == run_id))
    return [as_run(row) for row in await tx.rows(statement.where(run.c.status == "IN_PROGRESS"))]


async def undelivered_before(tx: Tx, of: Run) -> list[Mapping[str, Any]]:
    """Payloads of earlier runs of the same entity that have still to be delivered."""
    statement = (
        select(run.c.payload)
        .join(job, run.c.id == job.c.key)
        .where(job.c.kind == KIND, run.c.status == "IN_PROGRESS", run.c.payload.is_not(None))
        .where(run.c.entity == of.entity, run.c.blueprint == of.blueprint, run.c.number < of.number)
    )
    return [row.payload for row in await tx.rows(statement)]


async def dead_letters(tx: Tx, limit: int) -> list[dict[str, Any]]:
    """Jobs that ran out of attempts, the newest first."""
    statement = select(dead_job).order_by(dead_job.c.died_at.desc(), dead_job.c.id).limit(limit)
    return [_letter(row) for row in await tx.rows(statement)]


async def take_letter(tx: Tx, run_id: str) -> bool:
    """Forgets the dead letter of a run, because it is delivered once more; false when there is none."""
    return await tx.run(delete(dead_job).where(dead_job.c.kind == KIND, dead_job.c.key == run_id)) > 0


def _letter(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "kind": row.kind,
        "key": row.key,
        "runId": row.key if row.kind == KIND else None,
        "attempts": row.attempts,
        "lastError": row.last_error,
        "diedAt": rfc3339(row.died_at),
    }
