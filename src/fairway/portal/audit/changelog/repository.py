"""SQL of deliveries that wait."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, select, update

from fairway.portal.audit.tables import changelog_delivery as delivery
from fairway.portal.storage.outbox import Event, as_event
from fairway.portal.storage.tables import event
from fairway.portal.storage.tx import Tx


@dataclass(frozen=True, slots=True)
class Claimed:
    """The first waiting delivery of a stream, ours until the claim ends."""

    event_id: int
    attempts: int
    event: Event | None
    """None when the event itself is not kept any more."""


async def add(tx: Tx, event_id: int, stream: str) -> None:
    """Lets an event wait for its delivery."""
    await tx.insert_ignore(delivery, {"event_id": event_id, "stream": stream, "attempts": 0, "claimed_until": 0})


async def claim(tx: Tx, stream: str, now: int, until: int) -> Claimed | None:
    """The first waiting delivery; none when nothing waits, or someone else is at it, or it pauses."""
    head = await tx.row(select(delivery).where(delivery.c.stream == stream).order_by(delivery.c.event_id).limit(1))
    if head is None or head.claimed_until > now:
        return None
    free = (delivery.c.event_id == head.event_id) & (delivery.c.claimed_until == head.claimed_until)
    if not await tx.run(update(delivery).where(free).values(claimed_until=until)):
        return None
    row = await tx.row(select(event).where(event.c.id == head.event_id))
    return Claimed(head.event_id, head.attempts, None if row is None else as_event(row))


async def pause(tx: Tx, event_id: int, attempts: int, until: int) -> None:
    """Puts a failed delivery off."""
    statement = update(delivery).where(delivery.c.event_id == event_id)
    await tx.run(statement.values(attempts=attempts, claimed_until=until))


async def done(tx: Tx, event_id: int) -> None:
    """A delivery that is over, one way or the other."""
    await tx.run(delete(delivery).where(delivery.c.event_id == event_id))
