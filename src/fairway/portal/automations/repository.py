"""SQL of evaluations of automations."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import delete, select

from fairway.portal.automations.tables import automation_evaluation as table
from fairway.portal.storage import Tx

KEPT = 1000
"""Evaluations of one listener that are kept."""
_COLUMNS = ("listener", "event_id", "outcome", "message", "run_id", "at")


async def seen(tx: Tx, listeners: Iterable[str], event_ids: Sequence[int]) -> set[tuple[str, int]]:
    """Which of these listeners have made something of which of these events."""
    wanted = (tx.any_of(table.c.listener, sorted(listeners)), tx.any_of(table.c.event_id, event_ids))
    rows = await tx.rows(select(table.c.listener, table.c.event_id).where(*wanted))
    return {(row.listener, row.event_id) for row in rows}


async def note(tx: Tx, rows: Sequence[tuple[Any, ...]]) -> None:
    """Stores evaluations: listener, event, outcome, message, run, time."""
    if rows:
        await tx.insert_many(table, _COLUMNS, rows)


async def latest(tx: Tx, listeners: Iterable[str], limit: int) -> list[Any]:
    """The newest evaluations of some listeners, newest first."""
    statement = select(table).where(tx.any_of(table.c.listener, sorted(listeners)))
    return list(await tx.rows(statement.order_by(table.c.event_id.desc(), table.c.listener).limit(limit)))


async def trim(tx: Tx, listener: str) -> None:
    """Forgets all but the newest evaluations of a listener."""
    mine = table.c.listener == listener
    last = select(table.c.event_id).where(mine).order_by(table.c.event_id.desc()).offset(KEPT).limit(1)
    border = await tx.scalar(last)
    if border is not None:
        await tx.run(delete(table).where(mine, table.c.event_id <= border))
