"""SQL of entity writes: set-wise reads before, set-wise writes after."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from fairway.kit.jsonio import dumps_text, loads
from fairway.portal.catalog.entities.model import Stored
from fairway.portal.catalog.model import Blueprint
from fairway.portal.catalog.search.index import INDEX_COLUMNS
from fairway.portal.catalog.tables import datasource, deleted_entity, entity, prop_index, relation_edge
from fairway.portal.storage.tx import Tx

_PICK = (
    "id, identifier, title, icon, team, properties, datasource_id, created_at, created_by, updated_at, updated_by "
    "FROM entity WHERE "
)
_BY_IDENTIFIER = {
    "sqlite": f"SELECT {_PICK} blueprint_id = ? AND identifier IN (SELECT value FROM json_each(?))",  # noqa: S608
    "postgresql": f"SELECT {_PICK} blueprint_id = $1 AND identifier = ANY($2::text[]) ORDER BY id FOR UPDATE",
}
_BY_ID = {
    "sqlite": f"SELECT blueprint_id, {_PICK} id IN (SELECT value FROM json_each(?))",  # noqa: S608
    "postgresql": f"SELECT blueprint_id, {_PICK} id = ANY($1::bigint[]) ORDER BY id",
}
_TARGETS = {
    "sqlite": "SELECT identifier, id FROM entity "
    "WHERE blueprint_id = ? AND identifier IN (SELECT value FROM json_each(?))",
    "postgresql": "SELECT identifier, id FROM entity "
    "WHERE blueprint_id = $1 AND identifier = ANY($2::text[]) FOR KEY SHARE",
}
_EDGES = {
    "sqlite": (
        "SELECT g.source_id, g.relation_id, g.target_id, t.identifier FROM relation_edge g "
        "JOIN entity t ON t.id = g.target_id WHERE g.source_id IN (SELECT value FROM json_each(?)) ORDER BY g.position"
    ),
    "postgresql": (
        "SELECT g.source_id, g.relation_id, g.target_id, t.identifier FROM relation_edge g "
        "JOIN entity t ON t.id = g.target_id WHERE g.source_id = ANY($1::bigint[]) ORDER BY g.position"
    ),
}

_TEAMS = {
    "sqlite": "SELECT identifier, title FROM entity WHERE blueprint_id = ?1 AND (identifier IN (SELECT value FROM "
    "json_each(?2)) OR title IN (SELECT value FROM json_each(?2)))",
    "postgresql": "SELECT identifier, title FROM entity WHERE blueprint_id = $1 AND (identifier = ANY($2::text[]) OR "
    "title = ANY($2::text[]))",
}
_DATASOURCE = {
    "sqlite": "SELECT id FROM datasource WHERE value = ?",
    "postgresql": "SELECT id FROM datasource WHERE value = $1",
}

ENTITY_COLUMNS = (
    "id", "blueprint_id", "identifier", "title", "icon", "team", "properties", "datasource_id",
    "created_at", "created_by", "updated_at", "updated_by",
)  # fmt: skip
UPDATED_COLUMNS = ("identifier", "title", "icon", "team", "properties", "datasource_id", "updated_at", "updated_by")
EDGE_COLUMNS = ("source_id", "relation_id", "target_id", "position")


def as_list(tx: Tx, values: Sequence[Any]) -> Any:
    """A list as a parameter of raw SQL."""
    return list(values) if tx.dialect == "postgresql" else dumps_text(list(values))


async def load_by_identifier(tx: Tx, blueprint: Blueprint, identifiers: Sequence[str]) -> dict[str, Stored]:
    """Entities of a blueprint with their relations, locked against other writers."""
    rows = await tx.raw(_BY_IDENTIFIER[tx.dialect], blueprint.id, as_list(tx, identifiers))
    found = {row[1]: _stored(row) for row in rows}
    await _add_relations(tx, blueprint, list(found.values()))
    return found


async def load_by_id(
    tx: Tx, blueprints: dict[int, Blueprint], ids: Sequence[int], *, lock: bool = True
) -> list[tuple[Blueprint, Stored]]:
    """Entities of any blueprint by surrogate key, with their relations; locked against other writers unless told
    otherwise, as where nothing is written."""
    locked = " FOR UPDATE" if lock and tx.dialect == "postgresql" else ""
    rows = await tx.raw(_BY_ID[tx.dialect] + locked, as_list(tx, ids))
    found = [(blueprints[row[0]], _stored(row[1:])) for row in rows]
    for blueprint in {each for each, _ in found}:
        await _add_relations(tx, blueprint, [stored for each, stored in found if each is blueprint])
    return found


def _stored(row: Sequence[Any]) -> Stored:
    return Stored(row[0], row[1], row[2], row[3], _decoded(row[4]), _decoded(row[5]), {}, *row[6:11])


def _decoded(value: Any) -> Any:
    """asyncpg's codec decodes JSONB itself; SQLite gives the text."""
    return loads(value) if isinstance(value, str) else value


async def _add_relations(tx: Tx, blueprint: Blueprint, entities: Sequence[Stored]) -> None:
    if not entities or not blueprint.relations:
        return
    names = {relation.id: relation.identifier for relation in blueprint.relations.values()}
    by_id = {stored.id: stored for stored in entities}
    for source, relation, target, identifier in await tx.raw(_EDGES[tx.dialect], as_list(tx, list(by_id))):
        name = names.get(relation)
        if name is not None:
            by_id[source].relations.setdefault(name, []).append((target, identifier))


async def find_targets(tx: Tx, blueprint_id: int, identifiers: Iterable[str]) -> dict[str, int]:
    """Surrogate keys of the entities that exist."""
    return dict(await tx.raw(_TARGETS[tx.dialect], blueprint_id, as_list(tx, list(identifiers))))


async def find_teams(tx: Tx, blueprint_id: int, names: Iterable[str]) -> Sequence[tuple[str, str | None]]:
    """(identifier, title) of teams that answer to one of the names."""
    return await tx.raw(_TEAMS[tx.dialect], blueprint_id, as_list(tx, list(names)))


async def datasource_key(tx: Tx, value: str) -> int:
    """The key of a ``User-Agent`` text, made when it is new."""
    found = await tx.raw(_DATASOURCE[tx.dialect], value)
    if not found:
        (fresh,) = await tx.allocate_ids("datasource", 1)
        await tx.insert_ignore(datasource, {"id": fresh, "value": value})
        found = await tx.raw(_DATASOURCE[tx.dialect], value)
    return int(found[0][0])


async def insert_entities(tx: Tx, rows: Sequence[tuple[Blueprint, Stored]]) -> None:
    """New entities."""
    values = [
        (
            stored.id, blueprint.id, stored.identifier, stored.title, stored.icon, _json(stored.team),
            dumps_text(stored.properties), stored.datasource_id, stored.created_at, stored.created_by,
            stored.updated_at, stored.updated_by,
        )
        for blueprint, stored in rows
    ]  # fmt: skip
    await tx.insert_many(entity, ENTITY_COLUMNS, values)


async def update_entities(tx: Tx, rows: Sequence[Stored]) -> None:
    """Changed entities."""
    values = [
        (
            stored.identifier, stored.title, stored.icon, _json(stored.team), dumps_text(stored.properties),
            stored.datasource_id, stored.updated_at, stored.updated_by, stored.id,
        )
        for stored in rows
    ]  # fmt: skip
    await tx.update_many(entity, UPDATED_COLUMNS, values)


async def restamp(tx: Tx, rows: Sequence[Stored]) -> None:
    """Entities that another source wrote again without changing them: only the stamp moves."""
    await tx.update_many(entity, ("datasource_id",), [(stored.datasource_id, stored.id) for stored in rows])


async def replace_edges(tx: Tx, dropped: Sequence[tuple[int, int]], added: Sequence[tuple[int, int, int, int]]) -> None:
    """Drops the values of (source, relation) pairs, then adds edges."""
    if dropped:
        await tx.delete_many(relation_edge, ("source_id", "relation_id"), dropped)
    if added:
        await tx.insert_many(relation_edge, EDGE_COLUMNS, added)


async def replace_index(
    tx: Tx, dropped: Sequence[tuple[int, int]], added: Sequence[tuple[int, int, int, str | None, float | None]]
) -> None:
    """Drops index rows of (entity, key) pairs, then adds rows (entity, key, position, text, number)."""
    if dropped:
        await tx.delete_many(prop_index, ("entity_id", "key_id"), dropped)
    if added:
        await tx.insert_many(prop_index, INDEX_COLUMNS, added)


async def remove_entities(tx: Tx, ids: Sequence[int]) -> None:
    """Deletes entities with their edges in both directions and their index rows."""
    keys = [(each,) for each in ids]
    await tx.delete_many(relation_edge, ("source_id",), keys)
    await tx.delete_many(relation_edge, ("target_id",), keys)
    await tx.delete_many(prop_index, ("entity_id",), keys)
    await tx.delete_many(entity, ("id",), keys)


async def bury(tx: Tx, rows: Sequence[tuple[int, str, str, dict[str, Any], str, str, int, str]]) -> None:
    """Keeps what was deleted: (id, blueprint, identifier, document, datasource, reason, at, by)."""
    columns = ("id", "blueprint", "identifier", "document", "datasource", "reason", "deleted_at", "deleted_by")
    values = [(*row[:3], dumps_text(row[3]), *row[4:]) for row in rows]
    await tx.insert_many(deleted_entity, columns, values)


def _json(value: Any) -> str | None:
    return None if value is None else dumps_text(value)
