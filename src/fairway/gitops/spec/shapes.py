"""Blueprints as the catalog's API answers them, and as exports hold them, as shapes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairway.gitops.catalog import BlueprintShape, RelationShape
from fairway.kit.errors import InvalidRequest

META = ("$identifier", "$title", "$team", "$icon", "$blueprint", "$createdAt", "$createdBy", "$updatedAt", "$updatedBy")
"""What every entity has besides its properties, by the names that searches use."""


def shape_of(document: Mapping[str, Any]) -> BlueprintShape:
    """The shape of a blueprint document.

    Raises:
        InvalidRequest: it is no blueprint.
    """
    identifier = document.get("identifier")
    if not isinstance(identifier, str) or not identifier:
        raise InvalidRequest('A blueprint needs an "identifier"')
    where = f'Blueprint "{identifier}"'
    schema = _mapping(document, "schema", where)
    relations = {
        name: RelationShape(str(spec.get("target", "")), spec.get("many") is True, spec.get("required") is True)
        for name, spec in _mappings(document, "relations", where).items()
    }
    mirrors = _mappings(document, "mirrorProperties", where)
    required = schema.get("required") or []
    if not isinstance(required, list):
        raise InvalidRequest(f'{where}: "required" must be a list of properties')
    return BlueprintShape(
        identifier=identifier,
        properties=_mappings(schema, "properties", where),
        required=frozenset(name for name in required if isinstance(name, str)),
        relations=relations,
        searchable=frozenset((*META, *(name for name, spec in mirrors.items() if _one_level(spec, relations)))),
    )


def _one_level(mirror: Mapping[str, Any], relations: Mapping[str, RelationShape]) -> bool:
    """Section 2.7: mirrors through one relation to a single entity can be searched."""
    relation, _, rest = str(mirror.get("path", "")).partition(".")
    return relation in relations and not relations[relation].many and "." not in rest


def _mapping(document: Mapping[str, Any], name: str, where: str) -> Mapping[str, Any]:
    value = document.get(name)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise InvalidRequest(f'{where}: "{name}" must be a mapping')
    return value


def _mappings(document: Mapping[str, Any], name: str, where: str) -> Mapping[str, Mapping[str, Any]]:
    found = _mapping(document, name, where)
    for key, value in found.items():
        if not isinstance(value, Mapping):
            raise InvalidRequest(f'{where}: "{name}.{key}" must be a mapping')
    return found
