"""Undoing deletions: tombstones are listed, restored with their relations, and forgotten after the retention."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, select

from fairway.kit.clock import Clock, rfc3339, to_millis
from fairway.kit.errors import FairwayError, InvalidRequest
from fairway.portal.access.decisions import require_admin
from fairway.portal.caller import Caller
from fairway.portal.catalog.entities.model import Mode, WriteOptions
from fairway.portal.catalog.entities.service import EntityService
from fairway.portal.catalog.tables import deleted_entity
from fairway.portal.storage.database import Database
from fairway.portal.storage.tx import Tx

MAX_RESTORE = 500
"""Entities restored by one call."""
_SWEEP = 1000


@dataclass(frozen=True, slots=True)
class Restored:
    """What became of one tombstone."""

    id: int
    identifier: str
    error: FairwayError | None


class RestoreService:
    """Lists and restores deleted entities."""

    def __init__(self, db: Database, clock: Clock, entities: EntityService, retention_days: int) -> None:
        self._db = db
        self._clock = clock
        self._entities = entities
        self._retention_ms = retention_days * 86_400_000

    async def page(
        self, caller: Caller, blueprint: str | None, reason: str | None, before: int | None, limit: int
    ) -> list[dict[str, Any]]:
        """Tombstones, newest first; ``before`` is the key to continue from."""
        require_admin(caller, "see deleted entities")
        statement = select(deleted_entity).order_by(deleted_entity.c.deleted_at.desc(), deleted_entity.c.id.desc())
        if blueprint:
            statement = statement.where(deleted_entity.c.blueprint == blueprint)
        if reason:
            statement = statement.where(deleted_entity.c.reason == reason)
        if before is not None:
            statement = statement.where(deleted_entity.c.id < before)
        rows = await self._db.read(lambda tx: tx.rows(statement.limit(limit)))
        return [_shown(row) for row in rows]

    async def restore(self, caller: Caller, ids: Sequence[Any]) -> list[Restored]:
        """Brings entities back as they were, oldest deletion last, so that targets exist before what points at them.
        One whose identifier was taken meanwhile, or whose relation target is gone, says so and stays deleted.

        Raises:
            InvalidRequest: ``ids`` is not a list of tombstone keys.
        """
        require_admin(caller, "restore deleted entities")
        if not ids or len(ids) > MAX_RESTORE or not all(map(_is_key, ids)):
            raise InvalidRequest(f'"ids" must be a list of 1 to {MAX_RESTORE} keys of deleted entities')
        return await self._db.write(lambda tx: self._restore(tx, caller, list(ids)))

    async def _restore(self, tx: Tx, caller: Caller, ids: list[int]) -> list[Restored]:
        rows = list(await tx.rows(select(deleted_entity).where(tx.any_of(deleted_entity.c.id, ids))))
        results: dict[int, Restored] = {}
        waiting = rows
        while waiting:
            missing = []
            for row in waiting:
                results[row.id] = await self._restore_one(tx, caller, row)
                error = results[row.id].error
                if error is not None and error.code == "not_found":
                    missing.append(row)
            if len(missing) == len(waiting):
                break
            waiting = missing
        return [results[row.id] for row in rows]

    async def _restore_one(self, tx: Tx, caller: Caller, row: Any) -> Restored:
        options = WriteOptions(Mode.CREATE)
        try:
            (outcome,) = await self._entities.write_in(tx, caller, row.blueprint, [row.document], options)
        except FairwayError as error:
            return Restored(row.id, row.identifier, error)
        if outcome.error is None:
            await tx.run(delete(deleted_entity).where(deleted_entity.c.id == row.id))
        return Restored(row.id, row.identifier, outcome.error)

    async def sweep(self) -> int:
        """Forgets tombstones older than the retention, a bounded batch at a time; answers how many."""
        oldest = to_millis(self._clock.now()) - self._retention_ms

        async def work(tx: Tx) -> int:
            rows = await tx.rows(select(deleted_entity.c.id).where(deleted_entity.c.deleted_at < oldest).limit(_SWEEP))
            ids = [row.id for row in rows]
            return await tx.run(delete(deleted_entity).where(tx.any_of(deleted_entity.c.id, ids))) if ids else 0

        return await self._db.write(work)


def _shown(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "blueprint": row.blueprint,
        "identifier": row.identifier,
        "entity": row.document,
        "datasource": row.datasource,
        "reason": row.reason,
        "deletedAt": rfc3339(row.deleted_at),
        "deletedBy": row.deleted_by,
    }


def _is_key(value: Any) -> bool:
    """A number that a database can look for."""
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63
