"""SQL of timers that are to expire."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, func, select, update

from fairway.portal.automations.tables import timer_due as table
from fairway.portal.storage import Tx

_COLUMNS = ("entity_id", "property", "blueprint_id", "value", "due_at", "fired", "event_id")


@dataclass(frozen=True, slots=True)
class Timer:
    """A value of a timer property."""

    entity_id: int
    property: str
    blueprint_id: int
    value: str
    due_at: int
    fired: bool
    event_id: int


async def of_entities(tx: Tx, ids: Sequence[int]) -> dict[tuple[int, str], Timer]:
    """What is known of the timers of entities."""
    rows = await tx.rows(select(table).where(tx.any_of(table.c.entity_id, ids)))
    return {(row.entity_id, row.property): Timer(**row._mapping) for row in rows}


async def put(tx: Tx, timers: Sequence[Timer]) -> None:
    """Stores timers in the place of earlier ones of the same properties."""
    await drop(tx, timers)
    rows = [tuple(getattr(each, name) for name in _COLUMNS) for each in timers]
    if rows:
        await tx.insert_many(table, _COLUMNS, rows)


async def drop(tx: Tx, timers: Sequence[Timer]) -> None:
    """Forgets timers."""
    if timers:
        await tx.delete_many(table, ("entity_id", "property"), [(each.entity_id, each.property) for each in timers])


async def due(tx: Tx, now: int, limit: int) -> list[Timer]:
    """Timers that have expired and not been told of, the oldest first."""
    statement = select(table).where(table.c.fired.is_(False), table.c.due_at <= now)
    rows = await tx.rows(statement.order_by(table.c.due_at).limit(limit))
    return [Timer(**row._mapping) for row in rows]


async def next_due(tx: Tx) -> int | None:
    """When the next one expires."""
    found: Any = await tx.scalar(select(func.min(table.c.due_at)).where(table.c.fired.is_(False)))
    return None if found is None else int(found)


async def rename(tx: Tx, blueprint_id: int, old: str, new: str) -> None:
    """Follows a property that has another name."""
    mine = (table.c.blueprint_id == blueprint_id) & (table.c.property == old)
    await tx.run(update(table).where(mine).values(property=new))


async def forget(tx: Tx, blueprint_ids: Sequence[int]) -> None:
    """Drops the timers of all blueprints but these."""
    await tx.run(delete(table).where(~tx.any_of(table.c.blueprint_id, blueprint_ids)))
