"""Blueprints as the portal's API answers them, in the form that definitions are checked against."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairway.gitops.catalog import BlueprintShape, RelationShape

_META = ("$identifier", "$title", "$team", "$icon", "$createdAt", "$createdBy", "$updatedAt", "$updatedBy")


def shape_of(blueprint: Mapping[str, Any]) -> BlueprintShape:
    """From a blueprint's document; fields that a portal leaves out count as empty."""
    schema = _object(blueprint.get("schema"))
    relations = _object(blueprint.get("relations"))
    return BlueprintShape(
        identifier=str(blueprint["identifier"]),
        properties={name: _object(each) for name, each in _object(schema.get("properties")).items()},
        required=frozenset(str(name) for name in schema.get("required") or ()),
        relations={name: _relation(_object(each)) for name, each in relations.items()},
        searchable=frozenset({*_META, *_object(blueprint.get("mirrorProperties"))}),
    )


def _relation(relation: Mapping[str, Any]) -> RelationShape:
    return RelationShape(str(relation.get("target")), bool(relation.get("many")), bool(relation.get("required")))


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}
