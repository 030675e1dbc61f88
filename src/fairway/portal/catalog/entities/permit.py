"""Asking ``access`` whether an entity may be written, and answering 404 for what the caller may not even see."""

from __future__ import annotations

from collections.abc import Collection

from fairway.kit.errors import Forbidden, InvalidRequest, NotFound
from fairway.portal.access.decisions import Decision, WriteVerb, decide_write
from fairway.portal.catalog.entities.context import Context
from fairway.portal.catalog.entities.model import CLEAR, Draft, Stored
from fairway.portal.catalog.entities.ownership import owner_teams
from fairway.portal.catalog.model import Blueprint
from fairway.portal.catalog.system import managed_properties


async def permit_write(
    context: Context, blueprint: Blueprint, draft: Draft, before: Stored | None, after: Stored | None
) -> None:
    """Lets an allowed write pass; ``before`` is none for a new entity, ``after`` for one that a relation implies.

    Raises:
        Forbidden: the caller sees the entity and may not write it so; the reason is told.
        NotFound: the caller may not see the entity.
        InvalidRequest: the entity belongs to the portal itself.
    """
    caller = context.caller
    if blueprint.system:
        _protect(blueprint, draft)
    if caller.is_admin:
        return
    teams = await owner_teams(context, blueprint, draft, before, after)
    verb: WriteVerb = "update" if before else "register"
    changed = _changed(before, after, draft)
    decision = decide_write(
        caller, blueprint.identifier, blueprint.permissions, verb, teams, changed, list(draft.relations)
    )
    if decision.allowed:
        return
    if before is not None:
        await hide_unreadable(context, blueprint, before)
    raise refusal(f'{verb} entities of blueprint "{blueprint.identifier}"', decision)


async def hide_unreadable(context: Context, blueprint: Blueprint, stored: Stored) -> None:
    """Raises:
    NotFound: the caller may not know that the entity exists (contract 15.18).
    """
    readable = context.lookups.readable(context.tx, context.schema, context.caller, blueprint, stored.id)
    if not await readable:
        raise missing_entity(stored.identifier, blueprint)


def missing_entity(identifier: str, blueprint: Blueprint) -> NotFound:
    """The one wording for an entity that is not there, or not to be seen."""
    return NotFound(f'Entity with identifier "{identifier}" was not found in blueprint "{blueprint.identifier}"')


def refusal(what: str, decision: Decision) -> Forbidden:
    """A refusal that carries its reason."""
    return Forbidden(
        f"You may not {what}: {decision.reason}", details={"reason": decision.reason, "rule": decision.rule}
    )


def _changed(before: Stored | None, after: Stored | None, draft: Draft) -> Collection[str]:
    """Property ids and ``$`` fields that the write touches, for granular rules."""
    if before is None or after is None:
        return list(draft.properties)
    names = {
        name
        for name in before.properties.keys() | after.properties.keys()
        if before.properties.get(name) != after.properties.get(name)
    }
    for field, one, other in (("$title", before.title, after.title), ("$icon", before.icon, after.icon)):
        if one != other:
            names.add(field)
    if draft.team is not None and (before.team or []) != (after.team or []):
        names.add("$team")
    if draft.identifier is not None and draft.identifier != before.identifier:
        names.add("$identifier")
    return names


def _protect(blueprint: Blueprint, draft: Draft) -> None:
    """Results of scorecards are the portal's; people and teams are written by anyone who may."""
    if blueprint.identifier in ("_user", "_team"):
        return
    managed = managed_properties(blueprint.identifier) & draft.properties.keys()
    if managed or draft.title not in (None, CLEAR):
        names = ", ".join(f'"{name}"' for name in sorted(managed)) or '"title"'
        raise InvalidRequest(
            f'{names} of entity "{draft.identifier}" in "{blueprint.identifier}" is maintained by the portal',
            code="protected_entity",
        )
