"""A JSON Schema of spec files for editors: completion, descriptions, and marks while typing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fairway.gitops.catalog import BlueprintShape, RelationShape
from fairway.gitops.spec.limits import MAX_BLUEPRINT, MAX_DEFINITIONS, MAX_IDENTIFIER
from fairway.gitops.spec.search import COMBINATORS, OPERATORS
from fairway.gitops.spec.values import item_schema, takes_text

Schema = dict[str, Any]
_TEXT = ["string", "number", "boolean"]
"""What an editor takes an unquoted string for: ``1.10`` and ``no`` need no quotes."""
_SHOWN = ("title", "description", "enum", "default", "minimum", "maximum", "pattern", "minItems", "maxItems")
_FILE: Schema = {"type": "string", "pattern": "^file://"}
_SEARCH: Schema = {"$ref": "#/definitions/search"}


def editor_schema(shapes: Mapping[str, BlueprintShape] | None = None) -> Schema:
    """The schema (draft 7); with ``shapes`` it knows blueprints, their properties and relations."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "port.yml",
        "description": "Catalog entities of this repository",
        "oneOf": [
            {"$ref": "#/definitions/entity"},
            {"type": "array", "maxItems": MAX_DEFINITIONS, "items": {"$ref": "#/definitions/entity"}},
            {"type": "null"},
        ],
        "definitions": {"entity": _entity(shapes or {}), "search": _search(), "rule": _rule()},
    }


def _entity(shapes: Mapping[str, BlueprintShape]) -> Schema:
    blueprint: Schema = {
        "description": "The blueprint that the entity is of",
        "type": _TEXT,
        "maxLength": MAX_BLUEPRINT,
    }
    if shapes:
        blueprint["enum"] = sorted(shapes)
    entity: Schema = {
        "type": "object",
        "required": ["identifier", "blueprint"],
        "additionalProperties": False,
        "properties": {
            "identifier": {
                "description": "Names the entity within its blueprint; letters, digits and @ _ . + : \\ / = -",
                "type": _TEXT,
                "maxLength": MAX_IDENTIFIER,
            },
            "blueprint": blueprint,
            "title": {"description": "Shown instead of the identifier; null clears", "type": [*_TEXT, "null"]},
            "icon": {"description": "Name of an icon; null clears", "type": [*_TEXT, "null"]},
            "team": {
                "description": "Owning team, a list of teams, or a search for them; null clears",
                "anyOf": [{"type": [*_TEXT, "null"]}, {"type": "array", "items": {"type": _TEXT}}, _SEARCH],
            },
            "properties": {
                "description": "Values of the blueprint's properties; null clears, file://PATH takes a file's content",
                "type": ["object", "null"],
            },
            "relations": {
                "description": "Identifiers of related entities, or searches for them; null clears",
                "type": ["object", "null"],
                "additionalProperties": _relation(RelationShape("", many=True)),
            },
        },
    }
    if shapes:
        entity["allOf"] = [_of_blueprint(shape) for _, shape in sorted(shapes.items())]
    return entity


def _of_blueprint(shape: BlueprintShape) -> Schema:
    properties = {name: _property(spec) for name, spec in sorted(shape.properties.items())}
    relations = {name: _relation(relation) for name, relation in sorted(shape.relations.items())}
    closed: Schema = {"additionalProperties": False}
    return {
        "if": {"required": ["blueprint"], "properties": {"blueprint": {"const": shape.identifier}}},
        "then": {
            "properties": {
                "properties": {"properties": properties, **closed},
                "relations": {"properties": relations, **closed},
            }
        },
    }


def _property(spec: Mapping[str, Any]) -> Schema:
    shown: Schema = {name: spec[name] for name in _SHOWN if name in spec}
    if isinstance(shown.get("enum"), list):
        return {**shown, "enum": [*shown["enum"], None]}
    if takes_text(spec):
        return {**shown, "type": [*_TEXT, "null"]}
    kind = spec.get("type")
    about: Schema = {name: shown.pop(name) for name in ("title", "description", "default") if name in shown}
    value: Schema = {**shown, "type": [kind, "null"]} if isinstance(kind, str) else shown
    if kind == "array" and (items := item_schema(spec)):
        value["items"] = {"type": _TEXT} if takes_text(items) else {"type": items["type"]} if "type" in items else {}
    return {**about, "anyOf": [value, _FILE]} if kind in ("object", "array") else {**about, **value}


def _relation(relation: RelationShape) -> Schema:
    about = {"description": f'Entities of blueprint "{relation.target}"'} if relation.target else {}
    several: Schema = {"type": "array", "items": {"type": _TEXT}}
    if not relation.many:
        several |= {"minItems": 1, "maxItems": 1}
    return {**about, "anyOf": [{"type": [*_TEXT, "null"]}, several, _SEARCH]}


def _search() -> Schema:
    return {
        "description": "Finds entities by rules, each time the file is applied",
        "type": "object",
        "required": ["combinator", "rules"],
        "additionalProperties": False,
        "properties": {
            "combinator": {"enum": list(COMBINATORS)},
            "rules": {
                "type": "array",
                "minItems": 1,
                "items": {"anyOf": [{"$ref": "#/definitions/rule"}, _SEARCH]},
            },
        },
    }


def _rule() -> Schema:
    return {
        "type": "object",
        "required": ["property", "operator", "value"],
        "additionalProperties": False,
        "properties": {
            "property": {"description": "A property, or $identifier or $title", "type": "string"},
            "operator": {"enum": list(OPERATORS)},
            "value": {"anyOf": [{"type": [*_TEXT, "null"]}, {"type": "array", "items": {"type": [*_TEXT, "null"]}}]},
        },
    }
