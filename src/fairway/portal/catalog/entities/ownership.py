"""Who owns an entity that is about to be written: its own teams, or those its blueprint inherits (contract 2.6)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from fairway.portal.catalog.entities import repository
from fairway.portal.catalog.entities.context import Context
from fairway.portal.catalog.entities.model import Draft, Stored
from fairway.portal.catalog.model import Blueprint
from fairway.portal.catalog.tables import entity, relation_edge


async def owner_teams(
    context: Context, blueprint: Blueprint, draft: Draft | None, before: Stored | None, after: Stored | None
) -> list[str]:
    """Teams whose members count as owners: of the entity as stored, or of the body when it is new."""
    path = blueprint.inherited_team_path
    if path is None:
        shown = before or after
        return (shown.team if shown else None) or []
    reached = await _first_step(context, blueprint, path[0], draft, before)
    at = blueprint.relations[path[0]].target
    for step in path[1:]:
        relation = context.schema.require(at).relations[step]
        reached, at = await _targets(context, relation.id, reached), relation.target
    rows = await context.tx.rows(select(entity.c.team).where(context.tx.any_of(entity.c.id, reached)))
    return sorted({team for row in rows for team in row.team or ()})


async def _first_step(
    context: Context, blueprint: Blueprint, name: str, draft: Draft | None, before: Stored | None
) -> list[int]:
    relation = blueprint.relations[name]
    if before is not None:
        return [target for target, _ in before.relations.get(name, ())]
    named: Any = draft.relations.get(name) if draft else None
    names = [named] if isinstance(named, str) else [each for each in named or () if isinstance(each, str)]
    found = await repository.find_targets(context.tx, context.schema.require(relation.target).id, names)
    return list(found.values())


async def _targets(context: Context, relation_id: int, sources: list[int]) -> list[int]:
    rows = await context.tx.rows(
        select(relation_edge.c.target_id).where(
            relation_edge.c.relation_id == relation_id, context.tx.any_of(relation_edge.c.source_id, sources)
        )
    )
    return [row.target_id for row in rows]
