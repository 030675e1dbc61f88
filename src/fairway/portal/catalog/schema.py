"""Loading the schema snapshot: cached per process, checked against the catalog version in every unit of work."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import select, update

from fairway.portal.catalog.model import Blueprint, Relation, Schema
from fairway.portal.catalog.tables import blueprint, property_key, relation
from fairway.portal.storage.tables import marker
from fairway.portal.storage.tx import Tx

_VERSION = "catalog_version"
_READ_VERSION = {
    "sqlite": "SELECT value FROM marker WHERE name = 'catalog_version'",
    "postgresql": "SELECT value FROM marker WHERE name = 'catalog_version'",
}
_LOCK_VERSION = {
    "sqlite": _READ_VERSION["sqlite"],
    "postgresql": _READ_VERSION["postgresql"] + " FOR SHARE",
}


class SchemaCache:
    """Hands out :class:`Schema`. A write of the model calls :meth:`bump` in its transaction."""

    def __init__(self) -> None:
        self._schema: Schema | None = None

    async def current(self, tx: Tx, *, lock: bool = False) -> Schema:
        """The schema of this transaction. ``lock`` keeps the model from changing until the transaction ends: writers
        of entities ask for it, so that no entity is validated against a model that is just being replaced."""
        version = await self._version(tx, lock=lock)
        while self._schema is None or self._schema.version != version:
            tables = await self._read(tx)
            # Each statement sees what was committed before it: tables of one version are read between two equal ones.
            before, version = version, await self._version(tx, lock=lock)
            if version == before:
                self._schema = _schema(version, *tables)
                return self._schema
        return self._schema

    async def _version(self, tx: Tx, *, lock: bool) -> int:
        rows = await tx.raw((_LOCK_VERSION if lock else _READ_VERSION)[tx.dialect])
        return int(rows[0][0]) if rows else 0

    async def bump(self, tx: Tx) -> None:
        """Tells every process that the model changed; holds off writers of entities until the commit."""
        await tx.insert_ignore(marker, {"name": _VERSION, "value": "0"})
        statement = select(marker.c.value).where(marker.c.name == _VERSION)
        value = int(await tx.scalar(statement.with_for_update() if tx.dialect == "postgresql" else statement))
        await tx.run(update(marker).where(marker.c.name == _VERSION).values(value=str(value + 1)))
        self._schema = None
        tx.after_commit(self.forget)

    def forget(self) -> None:
        """Drops the cached snapshot: it may stem from a transaction that was rolled back."""
        self._schema = None

    async def _read(self, tx: Tx) -> tuple[list[Any], list[Any], list[Any]]:
        relations, keys = list(await tx.rows(select(relation))), list(await tx.rows(select(property_key)))
        return relations, keys, list(await tx.rows(select(blueprint).order_by(blueprint.c.id)))


def _schema(version: int, relations: list[Any], property_keys: list[Any], blueprints: list[Any]) -> Schema:
    relation_ids = {(row.blueprint_id, row.identifier): row.id for row in relations}
    keys: dict[int, dict[str, int]] = defaultdict(dict)
    ready: dict[int, set[str]] = defaultdict(set)
    for row in property_keys:
        keys[row.blueprint_id][row.identifier] = row.id
        if row.state == "ready":
            ready[row.blueprint_id].add(row.identifier)
    found = {}
    for row in blueprints:
        found[row.identifier] = _blueprint(row, relation_ids, keys[row.id], frozenset(ready[row.id]))
    return Schema(version, found)


def _blueprint(
    row: Any, relation_ids: dict[tuple[int, str], int], indexed: dict[str, int], searchable: frozenset[str]
) -> Blueprint:
    relations = {
        name: Relation(
            relation_ids[row.id, name],
            name,
            str(spec["target"]),
            bool(spec.get("many", False)),
            bool(spec.get("required", False)),
        )
        for name, spec in (row.document.get("relations") or {}).items()
    }
    return Blueprint(
        row.id, row.identifier, row.document, row.permissions, row.system, relations, indexed, searchable,
        row.created_at, row.created_by, row.updated_at, row.updated_by,
    )  # fmt: skip
