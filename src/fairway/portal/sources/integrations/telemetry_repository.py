"""SQL of what integrations report about themselves: log lines and sync metrics, in rings of bounded size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select, update

from fairway.kit.jsonio import dumps_text
from fairway.portal.sources.tables import integration_log, integration_sync, sync_metric
from fairway.portal.storage import Tx

KEPT_LOGS = 5_000
"""Log lines kept per integration."""
KEPT_SYNCS = 50
"""Resyncs kept per integration."""
SILENT_MS = 120_000
"""A resync that was alive and said nothing for so long is lost; integrations report every 10 s."""
_RUNNING = ("pending", "syncing")


@dataclass(frozen=True, slots=True)
class LogLine:
    """A log line to store."""

    at: int
    level: str
    event_id: str | None
    message: str
    extra: dict[str, Any]


@dataclass(frozen=True, slots=True)
class LogFilter:
    """What lines to show: from a place on, towards older (``down``) or newer (``up``) ones."""

    limit: int
    up: bool = False
    log_id: int | None = None
    at: int | None = None
    event_id: str | None = None
    levels: Sequence[str] = ()


async def append_logs(tx: Tx, integration_id: str, lines: Sequence[LogLine]) -> None:
    """Stores lines and drops the oldest beyond :data:`KEPT_LOGS`."""
    columns = ("integration_id", "at", "level", "event_id", "message", "extra")
    rows = [(integration_id, x.at, x.level, x.event_id, x.message, dumps_text(x.extra)) for x in lines]
    await tx.insert_many(integration_log, columns, rows)
    oldest = (
        select(integration_log.c.id)
        .where(integration_log.c.integration_id == integration_id)
        .order_by(integration_log.c.id.desc())
        .offset(KEPT_LOGS)
        .limit(1)
    )
    last_dropped = await tx.scalar(oldest)
    if last_dropped is not None:
        where = (integration_log.c.integration_id == integration_id, integration_log.c.id <= last_dropped)
        await tx.run(delete(integration_log).where(*where))


async def logs(tx: Tx, integration_id: str, wanted: LogFilter) -> list[Any]:
    """Lines that fit, newest first."""
    columns = integration_log.c
    statement = select(integration_log).where(columns.integration_id == integration_id)
    if wanted.log_id is not None:
        statement = statement.where(columns.id > wanted.log_id if wanted.up else columns.id < wanted.log_id)
    if wanted.at is not None:
        statement = statement.where(columns.at >= wanted.at if wanted.up else columns.at <= wanted.at)
    if wanted.event_id is not None:
        statement = statement.where(columns.event_id == wanted.event_id)
    if wanted.levels:
        statement = statement.where(tx.any_of(columns.level, wanted.levels))
    order = columns.id.asc() if wanted.up else columns.id.desc()
    rows = list(await tx.rows(statement.order_by(order).limit(wanted.limit)))
    return rows[::-1] if wanted.up else rows


async def save_metric(
    tx: Tx, integration_id: str, event_id: str, kind_identifier: str, document: dict[str, Any], now: int
) -> None:
    """Stores the last word of one kind of a resync."""
    key = {"integration_id": integration_id, "event_id": event_id, "kind_identifier": kind_identifier}
    values = {**key, "document": document, "created_at": now, "updated_at": now}
    if not await tx.insert_ignore(sync_metric, values):
        columns = sync_metric.c
        await tx.run(
            update(sync_metric)
            .where(*(columns[name] == value for name, value in key.items()))
            .values(document=document, updated_at=now)
        )


async def touch_sync(tx: Tx, integration_id: str, event_id: str, now: int, **values: Any) -> None:
    """Creates or changes the record of a resync, dropping the oldest beyond :data:`KEPT_SYNCS`."""
    columns = integration_sync.c
    where = (columns.integration_id == integration_id, columns.event_id == event_id)
    if await tx.run(update(integration_sync).where(*where).values(updated_at=now, **values)):
        return
    fresh = {"state": "syncing", **values, "created_at": now, "updated_at": now}
    await tx.insert_ignore(integration_sync, {"integration_id": integration_id, "event_id": event_id, **fresh})
    dropped = [(integration_id, row.event_id) for row in (await syncs(tx, integration_id, None))[KEPT_SYNCS:]]
    if dropped:
        for table in (sync_metric, integration_sync):
            await tx.delete_many(table, ("integration_id", "event_id"), dropped)


async def ask_abort(tx: Tx, integration_id: str, event_id: str, now: int) -> None:
    """Notes that a resync should end."""
    columns = integration_sync.c
    where = (columns.integration_id == integration_id, columns.event_id == event_id)
    await tx.run(update(integration_sync).where(*where).values(abort_requested_at=now))


async def abort_requested(tx: Tx, integration_id: str, event_id: str) -> bool:
    """Whether a resync should end."""
    columns = integration_sync.c
    where = (columns.integration_id == integration_id, columns.event_id == event_id)
    return await tx.scalar(select(columns.abort_requested_at).where(*where)) is not None


def is_running(sync: Any, now: int) -> bool:
    """Whether a resync is on, as far as can be known."""
    return sync.state in _RUNNING and not is_lost(sync, now)


def is_lost(sync: Any, now: int) -> bool:
    """Whether a resync has ended without a word, as when its process was killed."""
    return sync.state in _RUNNING and now - (sync.heartbeat_at or sync.updated_at) > SILENT_MS


async def syncs(tx: Tx, integration_id: str, limit: int | None) -> Sequence[Any]:
    """Resyncs, newest first."""
    columns = integration_sync.c
    statement = select(integration_sync).where(columns.integration_id == integration_id)
    return await tx.rows(statement.order_by(columns.created_at.desc(), columns.event_id).limit(limit))


async def metrics(tx: Tx, integration_id: str, event_id: str | None) -> Sequence[Any]:
    """Metric events of one resync or of all kept ones, newest resync first, kinds in the order of their start."""
    columns = sync_metric.c
    statement = select(sync_metric).where(columns.integration_id == integration_id)
    if event_id is not None:
        statement = statement.where(columns.event_id == event_id)
    order = (columns.created_at.desc(), columns.event_id, columns.kind_identifier)
    return await tx.rows(statement.order_by(*order))
