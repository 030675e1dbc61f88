"""The event table: appended in the transaction of the change, read by consumers with cursors of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, and_, not_, or_, select, text

from fairway.kit.clock import rfc3339
from fairway.kit.jsonio import dumps_text
from fairway.portal.caller import Caller
from fairway.portal.storage.tables import event
from fairway.portal.storage.tx import Tx

Action = Literal["CREATE", "UPDATE", "DELETE", "TIMER_EXPIRED", "RESYNC"]
Status = Literal["SUCCESS", "FAILURE"]

_COLUMNS: tuple[str, ...] = (
    "id", "at", "action", "resource_type", "status", "resource", "blueprint", "entity", "run_id",
    "origin", "actor", "trigger", "context", "diff", "message", "additional", "destination",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """One change to one resource, as the audit log and the change log tell it (contract 7.10, 10.7, 15.21)."""

    action: Action
    resource_type: str
    """``entity``, ``blueprint``, ``scorecard``, ``webhook``, ``integration``, ``page``, ``action``, ``run``, ..."""
    resource: str
    """Identifier of the resource."""
    before: Any = None
    after: Any = None
    blueprint: str | None = None
    entity: str | None = None
    run_id: str | None = None
    context: dict[str, Any] | None = None
    """What ``context`` says beyond ``blueprint``, ``entity`` and ``runId``."""
    status: Status = "SUCCESS"
    message: str | None = None
    additional: dict[str, Any] | None = None
    destination: dict[str, Any] | None = None
    """``changelogDestination`` of the blueprint or integration: the event goes there too."""


@dataclass(frozen=True, slots=True)
class Event:
    """A row of the event table."""

    id: int
    txid: int
    at: int
    action: str
    resource_type: str
    status: str
    resource: str
    blueprint: str | None
    entity: str | None
    run_id: str | None
    origin: str
    actor: str
    trigger: dict[str, Any]
    context: dict[str, Any]
    diff: dict[str, Any]
    message: str | None
    additional: dict[str, Any] | None
    destination: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far a reader has come: everything up to and including this event was handled."""

    txid: int = 0
    event_id: int = 0


async def append(tx: Tx, caller: Caller, at: int, changes: Sequence[Change]) -> None:
    """Writes changes as events of this transaction; ``at`` in milliseconds."""
    if not changes:
        return
    ids = await tx.allocate_ids("event", len(changes))
    trigger = dumps_text(caller.trigger(rfc3339(at)))
    rows = [_row(number, change, caller, at, trigger) for number, change in zip(ids, changes, strict=True)]
    columns = _COLUMNS
    if tx.dialect == "postgresql":
        txid = (await tx.raw("SELECT pg_current_xact_id()::text::bigint"))[0][0]
        columns = (*_COLUMNS, "txid")
        rows = [(*row, txid) for row in rows]
    await tx.insert_many(event, columns, rows)


def _row(number: int, change: Change, caller: Caller, at: int, trigger: str) -> tuple[Any, ...]:
    run_id = change.run_id or caller.run_id
    context: dict[str, Any] = {"blueprint": change.blueprint, "entity": change.entity, "runId": run_id or ""}
    context.update(caller.audit_context)
    if change.context:
        context.update(change.context)
    return (
        number, at, change.action, change.resource_type, change.status, change.resource, change.blueprint,
        change.entity, run_id, caller.origin, caller.principal_id, trigger, dumps_text(context),
        dumps_text({"before": change.before, "after": change.after}), change.message,
        None if change.additional is None else dumps_text(change.additional),
        None if change.destination is None else dumps_text(change.destination),
    )  # fmt: skip


def after(cursor: Cursor) -> ColumnElement[bool]:
    """Events behind a cursor."""
    return or_(event.c.txid > cursor.txid, and_(event.c.txid == cursor.txid, event.c.id > cursor.event_id))


async def read_after(
    tx: Tx, cursor: Cursor, limit: int, wanted: ColumnElement[bool] | None = None, until: Cursor | None = None
) -> list[Event]:
    """The next events in order, or only the ``wanted`` ones of those up to ``until``."""
    statement = _in_order(tx, select(event), cursor).limit(limit)
    if until is not None:
        statement = statement.where(not_(after(until)))
    if wanted is not None:
        statement = statement.where(wanted)
    return [as_event(row) for row in await tx.rows(statement)]


async def horizon(tx: Tx, cursor: Cursor, limit: int) -> Cursor:
    """The place of the last of the next ``limit`` events, whose content is not read; ``cursor`` when there are none."""
    places = _in_order(tx, select(event.c.txid, event.c.id), cursor).limit(limit).subquery()
    last = select(places).order_by(places.c.txid.desc(), places.c.id.desc()).limit(1)
    row = await tx.row(last)
    return cursor if row is None else Cursor(row.txid, row.id)


def _in_order(tx: Tx, statement: Select[Any], cursor: Cursor) -> Select[Any]:
    """Events behind a cursor. On PostgreSQL only those of transactions that no open one can still precede; SQLite has
    one writer, so its ids alone are in order."""
    if tx.dialect == "postgresql":
        closed = text("event.txid < pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        return statement.where(after(cursor), closed).order_by(event.c.txid, event.c.id)
    return statement.where(event.c.id > cursor.event_id).order_by(event.c.id)


async def latest(tx: Tx) -> Cursor:
    """The cursor of a reader that only wants what comes from now on."""
    order = (event.c.txid.desc(), event.c.id.desc()) if tx.dialect == "postgresql" else (event.c.id.desc(),)
    row = await tx.row(select(event.c.txid, event.c.id).order_by(*order).limit(1))
    return Cursor() if row is None else Cursor(row.txid, row.id)


def as_event(row: Any) -> Event:
    """A result row of ``select(event)`` as :class:`Event`."""
    return Event(**row._mapping)
