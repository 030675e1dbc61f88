"""From a write body to a :class:`Draft` (contract 3.2): shape only, nothing is looked up."""

from __future__ import annotations

from typing import Any

from fairway.kit.errors import InvalidRequest
from fairway.portal.catalog.entities.model import CLEAR, Draft
from fairway.portal.catalog.identifiers import check_entity_identifier

MAX_RELATION_TARGETS = 10_000
"""Targets that one many relation may hold; a body of 1 MiB carries about as many."""


def parse_draft(index: int, body: Any, path_identifier: str | None = None) -> Draft:
    """Reads one body; keys that the contract does not know are tolerated.

    Raises:
        InvalidRequest: a field has the wrong type, or the identifier breaks its pattern.
    """
    if not isinstance(body, dict):
        raise InvalidRequest(f"An entity must be a JSON object, item {index} is not")
    identifier = body.get("identifier")
    draft = Draft(index, None)
    if isinstance(identifier, dict):
        draft.identifier_query = identifier
    elif identifier is not None:
        draft.identifier = check_entity_identifier(identifier)
    if draft.identifier is None and draft.identifier_query is None:
        draft.identifier = path_identifier
    draft.title = _text(body, "title")
    draft.icon = _text(body, "icon")
    draft.team = _team(body)
    draft.properties = _object(body, "properties")
    draft.relations = _relations(body)
    return draft


def _text(body: dict[str, Any], key: str) -> Any:
    if key not in body:
        return None
    value = body[key]
    if value is None:
        return CLEAR
    if not isinstance(value, str):
        raise InvalidRequest(f'"{key}" must be a string or null, not {type(value).__name__}')
    return value


def _team(body: dict[str, Any]) -> Any:
    if "team" not in body:
        return None
    value = body["team"]
    if value in (None, "", []):
        return CLEAR
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return list(dict.fromkeys(value))
    raise InvalidRequest('"team" must be a team name, a list of team names, a search object or null')


def _object(body: dict[str, Any], key: str) -> dict[str, Any]:
    value = body.get(key)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InvalidRequest(f'"{key}" must be an object')
    return value


def _relations(body: dict[str, Any]) -> dict[str, Any]:
    found = _object(body, "relations")
    for name, value in found.items():
        fits = (
            value is None
            or isinstance(value, str | dict)
            or (isinstance(value, list) and all(isinstance(item, str) for item in value))
        )
        if not fits:
            raise InvalidRequest(
                f'Relation "{name}" must be an entity identifier, a list of them, a search object or null'
            )
        if isinstance(value, list) and len(value) > MAX_RELATION_TARGETS:
            raise InvalidRequest(f'Relation "{name}" names more than {MAX_RELATION_TARGETS} entities')
    return found
