"""SQL of blueprints."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import delete, func, insert, select, update

from fairway.portal.catalog.tables import blueprint, entity, prop_index, property_key, relation, relation_edge
from fairway.portal.storage.tx import Tx

# Moving a key inside stored properties; the path is quoted, so a key may hold any character but a double quote.
_DROP_KEY = {
    "sqlite": "UPDATE entity SET properties = json_remove(properties, ?2) "
    "WHERE blueprint_id = ?1 AND json_type(properties, ?2) IS NOT NULL",
    "postgresql": "UPDATE entity SET properties = properties - $2::text "
    "WHERE blueprint_id = $1 AND jsonb_exists(properties, $2::text)",
}
_MOVE_KEY = {
    "sqlite": "UPDATE entity SET properties = json_set(json_remove(properties, ?2), ?3, json(properties -> ?2)) "
    "WHERE blueprint_id = ?1 AND json_type(properties, ?2) IS NOT NULL",
    "postgresql": "UPDATE entity SET properties = (properties - $2::text) "
    "|| jsonb_build_object($3::text, properties -> $2::text) "
    "WHERE blueprint_id = $1 AND jsonb_exists(properties, $2::text)",
}


def _key(tx: Tx, name: str) -> str:
    return f'$."{name}"' if tx.dialect == "sqlite" else name


async def insert_blueprint(
    tx: Tx, identifier: str, document: dict[str, Any], permissions: dict[str, Any], *, system: bool, now: int, by: str
) -> int:
    """A new row; answers its key."""
    (fresh,) = await tx.allocate_ids("blueprint", 1)
    await tx.run(
        insert(blueprint).values(
            id=fresh,
            identifier=identifier,
            document=document,
            permissions=permissions,
            system=system,
            created_at=now,
            created_by=by,
            updated_at=now,
            updated_by=by,
        )
    )
    return fresh


async def update_blueprint(tx: Tx, blueprint_id: int, **values: Any) -> None:
    """Changes columns of a row."""
    await tx.run(update(blueprint).where(blueprint.c.id == blueprint_id).values(**values))


async def delete_blueprint(tx: Tx, blueprint_id: int) -> None:
    """Removes a blueprint that has no entities, with its keys."""
    await tx.run(delete(blueprint).where(blueprint.c.id == blueprint_id))
    await tx.run(delete(relation).where(relation.c.blueprint_id == blueprint_id))
    await tx.run(delete(property_key).where(property_key.c.blueprint_id == blueprint_id))


async def set_relations(tx: Tx, blueprint_id: int, present: Iterable[str], wanted: Iterable[str]) -> None:
    """Keys for new relations; values and keys of dropped ones go."""
    present_names, wanted_names = set(present), set(wanted)
    fresh = [name for name in wanted if name not in present_names]
    if fresh:
        ids = await tx.allocate_ids("relation", len(fresh))
        rows = [(number, blueprint_id, name) for number, name in zip(ids, fresh, strict=True)]
        await tx.insert_many(relation, ("id", "blueprint_id", "identifier"), rows)
    for name in present_names - wanted_names:
        key = await tx.scalar(
            select(relation.c.id).where(relation.c.blueprint_id == blueprint_id, relation.c.identifier == name)
        )
        await tx.run(delete(relation_edge).where(relation_edge.c.relation_id == key))
        await tx.run(delete(relation).where(relation.c.id == key))


async def rename_relation(tx: Tx, blueprint_id: int, old: str, new: str) -> None:
    """Edges hold the key, so this is one row."""
    await tx.run(
        update(relation)
        .where(relation.c.blueprint_id == blueprint_id, relation.c.identifier == old)
        .values(identifier=new)
    )


async def relation_in_use(tx: Tx, relation_id: int) -> bool:
    """Whether any entity carries a value."""
    return (
        await tx.row(select(relation_edge.c.source_id).where(relation_edge.c.relation_id == relation_id).limit(1))
        is not None
    )


async def drop_property(tx: Tx, blueprint_id: int, name: str) -> None:
    """Removes a property's values and its index."""
    await tx.raw(_DROP_KEY[tx.dialect], blueprint_id, _key(tx, name))
    key = await tx.scalar(_property_key(blueprint_id, name))
    if key is not None:
        for column in (prop_index.c.text, prop_index.c.number):  # each of the two indexes finds its own rows
            await tx.run(delete(prop_index).where(prop_index.c.key_id == key, column.is_not(None)))
        await tx.run(delete(property_key).where(property_key.c.id == key))


async def rename_property(tx: Tx, blueprint_id: int, old: str, new: str) -> None:
    """Moves a property's values and its index."""
    await tx.raw(_MOVE_KEY[tx.dialect], blueprint_id, _key(tx, old), _key(tx, new))
    await tx.run(
        update(property_key)
        .where(property_key.c.blueprint_id == blueprint_id, property_key.c.identifier == old)
        .values(identifier=new)
    )


def _property_key(blueprint_id: int, name: str) -> Any:
    return select(property_key.c.id).where(
        property_key.c.blueprint_id == blueprint_id, property_key.c.identifier == name
    )


async def index_property(tx: Tx, blueprint_id: int, name: str, state: str) -> None:
    """Gives a property rows in ``prop_index`` from now on."""
    (fresh,) = await tx.allocate_ids("property_key", 1)
    await tx.insert_ignore(
        property_key, {"id": fresh, "blueprint_id": blueprint_id, "identifier": name, "state": state}
    )


async def count_entities(tx: Tx, blueprint_id: int) -> int:
    """How many entities a blueprint has."""
    return int(await tx.scalar(select(func.count()).select_from(entity).where(entity.c.blueprint_id == blueprint_id)))


async def has_entities(tx: Tx, blueprint_id: int) -> bool:
    """Whether a blueprint has any entity."""
    return await tx.row(select(entity.c.id).where(entity.c.blueprint_id == blueprint_id).limit(1)) is not None


async def next_identifiers(tx: Tx, blueprint_id: int, limit: int) -> Sequence[str]:
    """Identifiers of the oldest entities of a blueprint."""
    rows = await tx.rows(
        select(entity.c.identifier).where(entity.c.blueprint_id == blueprint_id).order_by(entity.c.id).limit(limit)
    )
    return [row.identifier for row in rows]
