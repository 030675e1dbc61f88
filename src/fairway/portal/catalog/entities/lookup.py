"""Stored entities by name or key, for the rooms above the catalog, without asking who may see them."""

from __future__ import annotations

from collections.abc import Iterable

from fairway.portal.catalog.entities.repository import as_list, load_by_id
from fairway.portal.storage import Tx

_KEYS = {
    "sqlite": "SELECT identifier, id FROM entity "
    "WHERE blueprint_id = ? AND identifier IN (SELECT value FROM json_each(?))",
    "postgresql": "SELECT identifier, id FROM entity WHERE blueprint_id = $1 AND identifier = ANY($2::text[])",
}


async def find_keys(tx: Tx, blueprint_id: int, identifiers: Iterable[str]) -> dict[str, int]:
    """Surrogate keys of the entities that exist, by identifier."""
    return dict(await tx.raw(_KEYS[tx.dialect], blueprint_id, as_list(tx, list(identifiers))))


__all__ = ["find_keys", "load_by_id"]
