"""The caller as rules see them: their ``_user`` entity and their teams."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fairway.portal.caller import Caller
from fairway.portal.catalog.model import Schema
from fairway.portal.catalog.reading.rows import load_rows
from fairway.portal.catalog.search.bind import Context
from fairway.portal.catalog.search.compile import Compiler
from fairway.portal.catalog.search.dialects import dialect_of
from fairway.portal.storage.tx import Tx


async def load_context(tx: Tx, schema: Schema, caller: Caller, now: int) -> Context:
    """The context of a caller at a time. Machines are nobody: context values find nothing for them."""
    my_teams = caller.teams | caller.team_names
    if caller.is_machine or not caller.email:
        return Context(now, my_teams=my_teams)
    users = await _documents(tx, schema, "_user", [caller.email])
    teams = await _documents(tx, schema, "_team", sorted(caller.teams))
    return Context(now, users[0] if users else None, tuple(teams), my_teams)


async def _documents(tx: Tx, schema: Schema, blueprint: str, identifiers: Sequence[str]) -> list[dict[str, Any]]:
    """Own values of entities; computed properties have no part in context values."""
    found = schema.get(blueprint)
    if found is None or not identifiers:
        return []
    named = Compiler(dialect_of(tx.dialect)).targets(found.id, tuple(identifiers))
    ids = [row[0] for row in await tx.rows(named)]
    return [
        {
            "identifier": row.identifier,
            "title": row.title,
            "blueprint": blueprint,
            "icon": row.icon,
            "team": row.team,
            "properties": row.properties,
            "createdBy": row.created_by,
            "updatedBy": row.updated_by,
        }
        for row in (await load_rows(tx, ids)).values()
    ]
