"""Who may see whom: the read permission of ``_user`` and ``_team`` holds on the user and team routes too."""

from __future__ import annotations

from fairway.portal.access.decisions import read_scope
from fairway.portal.caller import Caller
from fairway.portal.catalog.schema import SchemaCache
from fairway.portal.storage.tx import Tx


async def sees_all(tx: Tx, schemas: SchemaCache, caller: Caller, blueprint: str) -> bool:
    """Whether the caller reads every entity of the blueprint. Whoever does not sees themself and their own teams:
    finer rules hold on the entity routes."""
    schema = await schemas.current(tx)
    return read_scope(caller, blueprint, schema.require(blueprint).permissions).everything
