"""SQL of migrations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import insert, select, update

from fairway.kit.clock import rfc3339
from fairway.portal.catalog.tables import migration
from fairway.portal.storage.tx import Tx

ENDED = ("COMPLETED", "FAILURE", "CANCELLED")


async def add(tx: Tx, identifier: str, actor: str, source: str, document: dict[str, Any], now: int) -> None:
    """A new migration, RUNNING."""
    await tx.run(
        insert(migration).values(
            id=identifier,
            actor=actor,
            source_blueprint=source,
            document=document,
            status="RUNNING",
            created_at=now,
            updated_at=now,
        )
    )


async def get(tx: Tx, identifier: str) -> Any:
    """The row, or none."""
    return await tx.row(select(migration).where(migration.c.id == identifier))


async def list_all(tx: Tx, statuses: Sequence[str], actor: str | None, blueprint: str | None) -> Sequence[Any]:
    """Rows, newest first, with what the filters ask."""
    statement = select(migration).order_by(migration.c.created_at.desc()).limit(1000)
    if statuses:
        statement = statement.where(tx.any_of(migration.c.status, list(statuses)))
    if actor:
        statement = statement.where(migration.c.actor == actor)
    if blueprint:
        statement = statement.where(migration.c.source_blueprint == blueprint)
    return await tx.rows(statement)


async def save(tx: Tx, identifier: str, document: dict[str, Any], status: str, now: int) -> None:
    """Progress or an end; an ended migration stays as it ended."""
    await tx.run(
        update(migration)
        .where(migration.c.id == identifier, migration.c.status.not_in(ENDED))
        .values(document=document, status=status, updated_at=now)
    )


def shown(row: Any) -> dict[str, Any]:
    """The migration as answers show it (contract 10.10)."""
    document = row.document
    return {
        "id": row.id,
        "actor": row.actor,
        "sourceBlueprint": row.source_blueprint,
        "mapping": document.get("mapping") or {},
        "status": row.status,
        "deleteBlueprint": bool(document.get("deleteBlueprint")),
        "deleteEntities": bool(document.get("deleteEntities")),
        "successCount": int(document.get("successCount", 0)),
        "failureCount": int(document.get("failureCount", 0)),
        "message": document.get("message"),
        "createdAt": rfc3339(row.created_at),
        "updatedAt": rfc3339(row.updated_at),
    }
