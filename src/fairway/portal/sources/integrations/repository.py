"""SQL of the registry: integrations, kinds and cursors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import and_, delete, func, or_, select, update

from fairway.portal.sources.integrations.model import Integration
from fairway.portal.sources.tables import (
    integration,
    integration_cursor,
    integration_kind,
    integration_log,
    integration_sync,
    sync_metric,
)
from fairway.portal.storage import Tx

MAX_KINDS = 500
"""Kinds remembered per integration; the busiest published one has about 60."""


async def all_integrations(tx: Tx) -> list[Integration]:
    """Every integration by installation id."""
    rows = await tx.rows(select(integration).order_by(integration.c.installation_id))
    return [Integration(**row._mapping) for row in rows]


async def find(tx: Tx, identifier: str) -> Integration | None:
    """By installation id, or else by the portal's own id."""
    columns = integration.c
    statement = select(integration).where(or_(columns.installation_id == identifier, columns.id == identifier))
    rows = [Integration(**row._mapping) for row in await tx.rows(statement)]
    return next((row for row in rows if row.installation_id == identifier), rows[0] if rows else None)


async def find_by_ingest_id(tx: Tx, ingest_id: str) -> Integration | None:
    """By the id inside the ingest addresses."""
    row = await tx.row(select(integration).where(integration.c.ingest_id == ingest_id))
    return None if row is None else Integration(**row._mapping)


async def insert(tx: Tx, row: Integration) -> bool:
    """Stores a new integration; false when its installation id is taken."""
    return await tx.insert_ignore(integration, asdict(row))


async def save(tx: Tx, row: Integration) -> None:
    """Writes what may change of an integration."""
    await tx.run(
        update(integration)
        .where(integration.c.id == row.id)
        .values(
            document=row.document,
            resync_state=row.resync_state,
            resync_requested_at=row.resync_requested_at,
            updated_at=row.updated_at,
            updated_by=row.updated_by,
        )
    )


async def remove(tx: Tx, integration_id: str) -> None:
    """Deletes an integration with everything kept about it."""
    for table in (integration_log, integration_sync, sync_metric, integration_kind, integration_cursor):
        await tx.run(delete(table).where(table.c.integration_id == integration_id))
    await tx.run(delete(integration).where(integration.c.id == integration_id))


async def save_examples(tx: Tx, integration_id: str, kind: str, examples: list[Any], now: int) -> bool:
    """Replaces the examples of a kind; false when there are too many kinds already."""
    columns = integration_kind.c
    known = await tx.scalar(
        select(func.count())
        .select_from(integration_kind)
        .where(columns.integration_id == integration_id, columns.kind != kind)
    )
    if known >= MAX_KINDS:
        return False
    values = {"integration_id": integration_id, "kind": kind, "examples": examples, "updated_at": now}
    await tx.upsert(integration_kind, values, ["integration_id", "kind"])
    return True


async def kinds(tx: Tx, integration_id: str) -> Sequence[Any]:
    """Kinds with their examples."""
    columns = integration_kind.c
    return await tx.rows(
        select(integration_kind).where(columns.integration_id == integration_id).order_by(columns.kind)
    )


async def cursor(tx: Tx, integration_id: str, kind: str, position: int) -> dict[str, Any] | None:
    """The cursor of a kind."""
    found: dict[str, Any] | None = await tx.scalar(
        select(integration_cursor.c.cursor).where(_cursor(integration_id, kind, position))
    )
    return found


async def update_cursor(tx: Tx, integration_id: str, kind: str, position: int, value: dict[str, Any]) -> bool:
    """Moves a cursor; false when there is none."""
    where = _cursor(integration_id, kind, position)
    return await tx.run(update(integration_cursor).where(where).values(cursor=value)) > 0


async def put_cursor(tx: Tx, integration_id: str, kind: str, position: int, value: dict[str, Any]) -> None:
    """Creates or moves a cursor."""
    values = {"integration_id": integration_id, "kind": kind, "position": position, "cursor": value}
    await tx.upsert(integration_cursor, values, ["integration_id", "kind", "position"])


def _cursor(integration_id: str, kind: str, position: int) -> Any:
    columns = integration_cursor.c
    return and_(columns.integration_id == integration_id, columns.kind == kind, columns.position == position)
