"""What an entity looks like after a write (contract 3.3)."""

from __future__ import annotations

from typing import Any

from fairway.kit.errors import InvalidRequest
from fairway.portal.catalog.entities.model import CLEAR, Draft, Stored
from fairway.portal.catalog.model import Blueprint
from fairway.portal.catalog.properties.mismatch import missing
from fairway.portal.catalog.properties.validator import validator_of


def merged(blueprint: Blueprint, base: Stored, draft: Draft, *, keep: bool, fresh: bool) -> Stored:
    """The entity with the draft applied; relations are left for the caller to resolve. ``keep`` merges, otherwise what
    the draft does not name is cleared.

    Raises:
        InvalidRequest: a property does not fit, a required one is missing, or the team is inherited.
    """
    if draft.team is not None and blueprint.inherited_team_path is not None:
        raise InvalidRequest(
            f'Blueprint "{blueprint.identifier}" inherits its team, so "team" cannot be written on its entities',
            code="inherited_ownership_enabled",
        )
    title = _text(draft.title, base.title, keep)
    return Stored(
        id=base.id,
        identifier=base.identifier,
        title=base.identifier if fresh and title is None and draft.title is not CLEAR else title,
        icon=_text(draft.icon, base.icon, keep),
        team=_text(draft.team, base.team, keep),
        properties=_properties(blueprint, base, draft, keep=keep, fresh=fresh),
        relations={},
        datasource_id=base.datasource_id,
        created_at=base.created_at,
        created_by=base.created_by,
        updated_at=base.updated_at,
        updated_by=base.updated_by,
    )


def _text(value: Any, present: Any, keep: bool) -> Any:
    if value is CLEAR:
        return None
    if value is None:
        return present if keep else None
    return value


def _properties(blueprint: Blueprint, base: Stored, draft: Draft, *, keep: bool, fresh: bool) -> dict[str, Any]:
    validator = validator_of(blueprint)
    given = draft.properties
    if fresh:
        given = validator.apply_defaults(given)
    valid = validator.validate(given, partial=keep)
    if not keep:
        return valid
    kept = {name: value for name, value in base.properties.items() if given.get(name, value) is not None}
    after = {**kept, **valid}
    absent = blueprint.required - after.keys()
    if absent:
        raise missing(blueprint.document, sorted(absent))
    return after


def check_required_relations(blueprint: Blueprint, after: Stored) -> None:
    """Every required relation holds a value.

    Raises:
        InvalidRequest: code ``required_relation``.
    """
    for relation in blueprint.relations.values():
        if relation.required and not after.relations.get(relation.identifier):
            raise InvalidRequest(
                f'Relation "{relation.identifier}" of blueprint "{blueprint.identifier}" is required: '
                f'name an entity of "{relation.target}"',
                code="required_relation",
            )
