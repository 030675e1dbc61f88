"""Reading the audit log."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from fairway.portal.audit import repository
from fairway.portal.audit.records import audit_record
from fairway.portal.audit.repository import AuditFilter
from fairway.portal.audit.visibility import Sight, sight
from fairway.portal.caller import Caller
from fairway.portal.catalog.schema import SchemaCache
from fairway.portal.storage import Database, Tx
from fairway.portal.storage.outbox import Event


class AuditService:
    """Contract 10.7."""

    def __init__(self, db: Database, schemas: SchemaCache) -> None:
        self._db = db
        self._schemas = schemas

    async def search(
        self, caller: Caller, wanted: AuditFilter, limit: int, fields: Collection[str] = ()
    ) -> list[dict[str, Any]]:
        """Audit records that fit and that the caller may see, newest first."""

        async def work(tx: Tx) -> list[Event]:
            return await repository.newest(tx, wanted, await self.sight(tx, caller), limit)

        return [audit_record(event, fields) for event in await self._db.read(work)]

    async def sight(self, tx: Tx, caller: Caller) -> Sight:
        """What of the event table the caller may see now."""
        return sight(caller, await self._schemas.current(tx))
