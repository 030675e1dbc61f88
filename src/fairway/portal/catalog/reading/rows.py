"""SQL of reads: entity rows and relation values, a whole page in one statement."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from fairway.kit.clock import rfc3339
from fairway.kit.jsonio import dumps_text, loads
from fairway.portal.catalog.model import Blueprint
from fairway.portal.catalog.tables import datasource
from fairway.portal.storage.tx import Tx

_HEAD = "id, blueprint_id, identifier, title, icon"
_TAIL = "datasource_id, created_at, created_by, updated_at, updated_by"
_FULL = f"SELECT {_HEAD}, team, properties, {_TAIL} FROM entity WHERE"  # noqa: S608 constants
_LIGHT = f"SELECT {_HEAD}, NULL, NULL, {_TAIL} FROM entity WHERE"  # noqa: S608 constants
_BY_ID = {"sqlite": "id IN (SELECT value FROM json_each(?))", "postgresql": "id = ANY($1::bigint[])"}
_BY_IDENTIFIER = {
    "sqlite": "SELECT id FROM entity WHERE blueprint_id = ? AND identifier = ?",
    "postgresql": "SELECT id FROM entity WHERE blueprint_id = $1 AND identifier = $2",
}
_EDGES = {
    name: (
        "SELECT g.relation_id, g.source_id, g.target_id, t.identifier, t.title "  # noqa: S608 constants
        f"FROM relation_edge g JOIN entity t ON t.id = g.target_id WHERE {condition} ORDER BY g.position"
    )
    for name, condition in (
        (
            "sqlite",
            "g.source_id IN (SELECT value FROM json_each(?)) AND g.relation_id IN (SELECT value FROM json_each(?))",
        ),
        ("postgresql", "g.source_id = ANY($1::bigint[]) AND g.relation_id = ANY($2::bigint[])"),
    )
}


@dataclass(slots=True)
class EntityRow:
    """A stored entity."""

    id: int
    blueprint_id: int
    identifier: str
    title: str | None
    icon: str | None
    team: list[str]
    properties: dict[str, Any]
    datasource_id: int
    created_at: int
    created_by: str
    updated_at: int
    updated_by: str

    def meta(self, name: str, blueprint: Blueprint, datasources: Mapping[int, str]) -> Any:
        """The value of ``$identifier``, ``$title``, ..."""
        column = _META_COLUMNS.get(name)
        if column is not None:
            return getattr(self, column)
        if name in _STAMPS:
            return rfc3339(getattr(self, _STAMPS[name]))
        if name == "$datasource":
            return datasources.get(self.datasource_id)
        return blueprint.identifier if name == "$blueprint" else None


_META_COLUMNS = {
    "$identifier": "identifier", "$title": "title", "$team": "team", "$icon": "icon",
    "$createdBy": "created_by", "$updatedBy": "updated_by",
}  # fmt: skip
_STAMPS = {"$createdAt": "created_at", "$updatedAt": "updated_at"}


@dataclass(frozen=True, slots=True)
class Target:
    """One value of a relation."""

    id: int
    identifier: str
    title: str | None


class Edges:
    """Relation values read so far."""

    def __init__(self) -> None:
        self._found: dict[int, dict[int, list[Target]]] = {}
        self._asked: dict[int, set[int]] = {}

    def of(self, relation: int, source: int) -> Sequence[Target]:
        """The values of a relation of an entity, in their order."""
        return self._found.get(relation, {}).get(source, ())

    async def load(self, tx: Tx, sources: Collection[int], relations: Iterable[int]) -> None:
        """Reads what of this was not read yet."""
        wanted = [each for each in relations if not self._asked.setdefault(each, set()).issuperset(sources)]
        if not wanted or not sources:
            return
        for each in wanted:
            self._found.setdefault(each, {}).update({source: [] for source in sources})
            self._asked[each].update(sources)
        arguments = _list(tx, list(sources)), _list(tx, wanted)
        for relation, source, target, identifier, title in await tx.raw(_EDGES[tx.dialect], *arguments):
            self._found[relation][source].append(Target(target, identifier, title))


async def load_rows(tx: Tx, ids: Iterable[int], *, light: bool = False) -> dict[int, EntityRow]:
    """Entities by surrogate key; ``light`` leaves properties and teams out."""
    sql = f"{_LIGHT if light else _FULL} {_BY_ID[tx.dialect]}"
    return {row[0]: _row(row) for row in await tx.raw(sql, _list(tx, list(ids)))}


async def find_entity(tx: Tx, blueprint: Blueprint, identifier: str) -> int | None:
    """The surrogate key of an entity."""
    rows = await tx.raw(_BY_IDENTIFIER[tx.dialect], blueprint.id, identifier)
    return int(rows[0][0]) if rows else None


async def load_datasources(tx: Tx, keys: Iterable[int]) -> dict[int, str]:
    """``User-Agent`` texts by key."""
    rows = await tx.rows(select(datasource.c.id, datasource.c.value).where(tx.any_of(datasource.c.id, set(keys))))
    return {row.id: row.value for row in rows}


def _row(row: Sequence[Any]) -> EntityRow:
    team, properties = row[5], row[6]
    return EntityRow(
        row[0], row[1], row[2], row[3], row[4], _json(team) if team else [], _json(properties) if properties else {},
        row[7], row[8], row[9], row[10], row[11],
    )  # fmt: skip


def _json(value: Any) -> Any:
    """SQLite hands JSON out as text, PostgreSQL parsed."""
    return loads(value) if isinstance(value, str) else value


def _list(tx: Tx, values: list[int]) -> Any:
    return values if tx.dialect == "postgresql" else dumps_text(values)
