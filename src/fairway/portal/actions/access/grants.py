"""What a caller may run, for ``GET /v1/auth/permissions`` (contract 6.8)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from fairway.portal.access.decisions import granted
from fairway.portal.actions.tables import action as table
from fairway.portal.caller import Caller
from fairway.portal.storage.database import Database


@dataclass(frozen=True, slots=True)
class ActionGrants:
    """A source of ``execute:actions:<id>`` and ``execute:team_entities:actions:<id>``."""

    db: Database

    async def granted(self, caller: Caller, query: Mapping[str, str]) -> list[str]:
        """One entry for each action that the caller is offered: an Admin has every one of them. There are no actions
        of version ``v1``."""
        if query.get("action_version", "v2") != "v2":
            return []
        columns = (table.c.identifier, table.c.kind, table.c.published, table.c.permissions)
        statement = select(*columns).order_by(table.c.identifier)
        rows = await self.db.read(lambda tx: tx.rows(statement))
        return [entry for row in rows for entry in _entries(caller, row)]


def _entries(caller: Caller, row: Any) -> Iterator[str]:
    if caller.is_admin:
        yield f"execute:actions:{row.identifier}"
    elif row.kind == "self-service" and row.published:
        block = row.permissions.get("execute") or {}
        if granted(caller, block, "execute") is not None:
            yield f"execute:actions:{row.identifier}"
        if block.get("ownedByTeam") and caller.teams:
            yield f"execute:team_entities:actions:{row.identifier}"
