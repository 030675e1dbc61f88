"""Deleting entities: dependents, tombstones, events (contract 3.10)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select

from fairway.kit.errors import HasDependents
from fairway.portal.access.decisions import decide_write
from fairway.portal.catalog.entities import repository
from fairway.portal.catalog.entities.context import Context, DeleteOptions
from fairway.portal.catalog.entities.model import EntityChange, Stored
from fairway.portal.catalog.entities.ownership import owner_teams
from fairway.portal.catalog.entities.permit import hide_unreadable, missing_entity, refusal
from fairway.portal.catalog.model import Blueprint
from fairway.portal.catalog.tables import datasource, entity, relation_edge
from fairway.portal.storage import outbox
from fairway.portal.storage.outbox import Change
from fairway.portal.storage.tx import Tx

Doomed = list[tuple[Blueprint, Stored]]


async def delete_entities(
    context: Context, blueprint: Blueprint, identifiers: Sequence[str], options: DeleteOptions
) -> list[str]:
    """See :meth:`EntityService.delete`."""
    names = list(dict.fromkeys(identifiers))
    found = await repository.load_by_identifier(context.tx, blueprint, names)
    missing = [name for name in names if name not in found]
    if missing and not options.missing_ok:
        raise missing_entity(missing[0], blueprint)
    doomed: Doomed = [(blueprint, stored) for stored in found.values()]
    if not options.managed:
        await _permit(context, doomed)
    if not options.emptying:
        dependents = await _dependents(context, doomed, options)
        if not options.managed:
            await _permit(context, dependents)
        doomed += dependents
    await _erase(context, doomed, options)
    return [name for name in names if name in found]


async def _permit(context: Context, doomed: Doomed) -> None:
    if context.caller.is_admin:
        return
    for blueprint, stored in doomed:
        teams = await owner_teams(context, blueprint, None, stored, None)
        decision = decide_write(context.caller, blueprint.identifier, blueprint.permissions, "unregister", teams)
        if not decision.allowed:
            await hide_unreadable(context, blueprint, stored)
            raise refusal(f'delete entity "{stored.identifier}" of blueprint "{blueprint.identifier}"', decision)


async def _dependents(context: Context, doomed: Doomed, options: DeleteOptions) -> Doomed:
    """Follows required relations backwards, transitively: what cannot live without its target.

    Raises:
        HasDependents: there are some, and ``delete_dependents`` is false.
    """
    required = sorted(rel.id for each in context.schema for rel in each.relations.values() if rel.required)
    by_id = {each.id: each for each in context.schema}
    seen = {stored.id for _, stored in doomed}
    found: Doomed = []
    frontier = list(seen) if required else []
    while frontier:
        rows = await _sources(context.tx, frontier, required)
        fresh = {row.source_id: row.identifier for row in rows if row.source_id not in seen}
        if fresh and not options.delete_dependents:
            names = ", ".join(f'"{name}"' for name in sorted(fresh.values())[:5])
            raise HasDependents(
                f"Required relations of {len(fresh)} entities point here (has_dependents), among them {names}; "
                "delete them first, or pass delete_dependents=true"
            )
        frontier = list(fresh)
        seen.update(frontier)
        if frontier:
            found += await repository.load_by_id(context.tx, by_id, frontier)
    return found


async def _sources(tx: Tx, targets: list[int], relations: list[int]) -> Sequence[Any]:
    return await tx.rows(
        select(relation_edge.c.source_id, entity.c.identifier)
        .join(entity, entity.c.id == relation_edge.c.source_id)
        .where(tx.any_of(relation_edge.c.target_id, targets), tx.any_of(relation_edge.c.relation_id, relations))
    )


async def _erase(context: Context, doomed: Doomed, options: DeleteOptions) -> None:
    """Removes entities, leaving tombstones and events."""
    if not doomed:
        return
    tx, now, by = context.tx, context.now, context.caller.principal_id
    sources = {row.id: row.value for row in await tx.rows(select(datasource))}
    documents = [stored.document(blueprint) for blueprint, stored in doomed]
    graves, changes = [], []
    for (blueprint, stored), document in zip(doomed, documents, strict=True):
        source = sources.get(stored.datasource_id, "")
        name = stored.identifier
        graves.append((stored.id, blueprint.identifier, name, document, source, options.reason, now, by))
        changes.append(
            Change(
                "DELETE", "entity", name, document, None, blueprint.identifier, name, options.run_id,
                message=options.reason, destination=blueprint.changelog_destination,
            )
        )  # fmt: skip
    await repository.bury(tx, graves)
    await repository.remove_entities(tx, [stored.id for _, stored in doomed])
    await outbox.append(tx, context.caller, now, changes)
    await tell(
        context,
        [
            EntityChange(blueprint, stored.id, document, None)
            for (blueprint, stored), document in zip(doomed, documents, strict=True)
        ],
    )


async def tell(context: Context, changes: Sequence[EntityChange]) -> dict[int, dict[str, Any]]:
    """Tells each observer what it watches; answers their ``additionalData``."""
    additional: dict[int, dict[str, Any]] = {}
    for observer in context.observers:
        watched = [change for change in changes if change.blueprint.identifier in observer.watches]
        if watched:
            additional.update(await observer.entities_changed(context.tx, context.caller, watched))
    return additional
