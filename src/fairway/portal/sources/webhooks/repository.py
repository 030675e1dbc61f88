"""SQL of webhooks and their events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, cast, delete, func, insert, select, update

from fairway.portal.sources.tables import webhook, webhook_event
from fairway.portal.sources.webhooks.model import Event, EventState, Payload
from fairway.portal.storage import Tx

KEPT_EVENTS = 100
"""Finished events kept per webhook."""


async def all_webhooks(tx: Tx) -> Sequence[Any]:
    """Every webhook by identifier."""
    return await tx.rows(select(webhook).order_by(webhook.c.identifier))


async def find(tx: Tx, **key: str) -> Any | None:
    """One webhook by a unique column, given by name."""
    return await tx.row(select(webhook).where(*(webhook.c[name] == value for name, value in key.items())))


async def insert_webhook(tx: Tx, values: dict[str, Any]) -> bool:
    """Stores a new webhook; false when its identifier is taken."""
    return await tx.insert_ignore(webhook, {**values, "lease_until": 0})


async def update_webhook(tx: Tx, webhook_id: str, values: dict[str, Any]) -> None:
    """Changes columns of a webhook."""
    await tx.run(update(webhook).where(webhook.c.id == webhook_id).values(**values))


async def remove(tx: Tx, webhook_id: str) -> None:
    """Deletes a webhook with its events."""
    await tx.run(delete(webhook_event).where(webhook_event.c.webhook_id == webhook_id))
    await tx.run(delete(webhook).where(webhook.c.id == webhook_id))


async def claim(tx: Tx, webhook_id: str, owner: str, now: int, until: int) -> bool:
    """Takes or prolongs the lease on a webhook's events; false while someone else holds it."""
    free = (webhook.c.lease_until <= now) | (webhook.c.lease_owner == owner)
    statement = update(webhook).where(webhook.c.id == webhook_id, free)
    return await tx.run(statement.values(lease_owner=owner, lease_until=until)) > 0


async def release(tx: Tx, webhook_id: str, owner: str) -> None:
    """Gives the lease back."""
    where = (webhook.c.id == webhook_id, webhook.c.lease_owner == owner)
    await tx.run(update(webhook).where(*where).values(lease_owner=None, lease_until=0))


async def backlog(tx: Tx, webhook_id: str) -> tuple[int, int]:
    """Events that wait, and their bytes."""
    columns = webhook_event.c
    total = cast(func.coalesce(func.sum(columns.size), 0), BigInteger)
    where = (columns.webhook_id == webhook_id, columns.state == "pending")
    row = await tx.row(select(func.count().label("events"), total.label("bytes")).where(*where))
    return (0, 0) if row is None else (row.events, row.bytes)


async def add_event(
    tx: Tx, event_id: str, webhook_id: str, received_at: int, payload: Payload, state: EventState
) -> None:
    """Stores a payload."""
    await tx.run(
        insert(webhook_event).values(
            id=event_id,
            webhook_id=webhook_id,
            received_at=received_at,
            headers=payload.headers,
            query=payload.query,
            body=payload.body,
            size=len(payload.body),
            state=state,
        )
    )


async def next_pending(tx: Tx, webhook_id: str) -> Event | None:
    """The oldest event that waits."""
    columns = webhook_event.c
    where = (columns.webhook_id == webhook_id, columns.state == "pending")
    row = await tx.row(select(webhook_event).where(*where).order_by(columns.seq).limit(1))
    return None if row is None else _event(row)


async def finish(tx: Tx, webhook_id: str, seq: int, state: EventState, outcome: dict[str, Any], now: int) -> None:
    """Records what became of an event, and drops the oldest finished ones beyond :data:`KEPT_EVENTS`."""
    columns = webhook_event.c
    values = {"state": state, "outcome": outcome, "finished_at": now}
    await tx.run(update(webhook_event).where(columns.seq == seq).values(**values))
    await trim(tx, webhook_id)


async def trim(tx: Tx, webhook_id: str) -> None:
    """Drops the oldest finished events beyond :data:`KEPT_EVENTS`."""
    columns = webhook_event.c
    finished = (columns.webhook_id == webhook_id, columns.state != "pending")
    newest_dropped = select(columns.seq).where(*finished).order_by(columns.seq.desc()).offset(KEPT_EVENTS).limit(1)
    seq = await tx.scalar(newest_dropped)
    if seq is not None:
        await tx.run(delete(webhook_event).where(*finished, columns.seq <= seq))


async def events(tx: Tx, webhook_id: str, limit: int) -> list[Event]:
    """The newest events."""
    columns = webhook_event.c
    statement = select(webhook_event).where(columns.webhook_id == webhook_id)
    return [_event(row) for row in await tx.rows(statement.order_by(columns.seq.desc()).limit(limit))]


def _event(row: Any) -> Event:
    payload = Payload(row.headers, row.query, bytes(row.body))
    return Event(row.seq, row.id, row.received_at, payload, row.state, row.outcome, row.finished_at)
