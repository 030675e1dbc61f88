"""SQL of the audit log: the event table, newest first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, cast, func, or_, select
from sqlalchemy.dialects.postgresql import JSONB

from fairway.portal.audit.visibility import Sight
from fairway.portal.storage.outbox import Event, as_event
from fairway.portal.storage.tables import event
from fairway.portal.storage.tx import Tx

_BATCH = 1000
_MOST_BATCHES = 20
"""Bounds the search for events of entities that the caller's teams own, when nearly all others are not theirs."""


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """The query parameters of contract 10.7; all that are set must hold."""

    event_id: int | None = None
    entity: str | None = None
    blueprint: str | None = None
    run_id: str | None = None
    webhook: str | None = None
    webhook_event: str | None = None
    installation: str | None = None
    origins: Sequence[str] = ()
    resources: Sequence[str] = ()
    action: str | None = None
    status: str | None = None
    action_type: str | None = None
    since: int | None = None
    until: int | None = None


async def newest(tx: Tx, wanted: AuditFilter, seer: Sight, limit: int) -> list[Event]:
    """The newest events that fit and that the caller may see."""
    found: list[Event] = []
    statement = select(event).where(seer.candidates(tx), *_clauses(tx, wanted))
    statement = statement.order_by(event.c.at.desc(), event.c.id.desc())
    last: Event | None = None
    for _ in range(_MOST_BATCHES):
        page = statement if last is None else statement.where(_older(last))
        rows = await tx.rows(page.limit(min(_BATCH, limit)))
        events = [as_event(row) for row in rows]
        found.extend(each for each in events if seer.sees(each))
        if len(found) >= limit or len(events) < min(_BATCH, limit):
            break
        last = events[-1]
    return found[:limit]


def _older(last: Event) -> ColumnElement[bool]:
    return or_(event.c.at < last.at, and_(event.c.at == last.at, event.c.id < last.id))


def _clauses(tx: Tx, wanted: AuditFilter) -> list[ColumnElement[bool]]:
    equal = {
        event.c.id: wanted.event_id, event.c.entity: wanted.entity, event.c.blueprint: wanted.blueprint,
        event.c.run_id: wanted.run_id, event.c.action: wanted.action, event.c.status: wanted.status,
    }  # fmt: skip
    clauses: list[ColumnElement[bool]] = [column == value for column, value in equal.items() if value is not None]
    if wanted.origins:
        clauses.append(tx.any_of(event.c.origin, wanted.origins))
    if wanted.resources:
        clauses.append(tx.any_of(event.c.resource_type, wanted.resources))
    if wanted.since is not None:
        clauses.append(event.c.at >= wanted.since)
    if wanted.until is not None:
        clauses.append(event.c.at <= wanted.until)
    for keys, value in (
        (("webhookId", "webhook"), wanted.webhook),
        (("webhookEventId",), wanted.webhook_event),
        (("installationId", "integrationId", "integration"), wanted.installation),
        (("actionType",), wanted.action_type),
    ):
        if value is not None:
            clauses.append(or_(*(_context(tx, key) == value for key in keys)))
    return clauses


def _context(tx: Tx, key: str) -> ColumnElement[Any]:
    """The text of a key of ``context``."""
    if tx.dialect == "postgresql":
        text: ColumnElement[Any] = cast(event.c.context, JSONB)[key].astext
        return text
    return func.json_extract(event.c.context, f"$.{key}")
