"""JSON Schemas of scorecards, for the API's description."""

from __future__ import annotations

from typing import Any

_CONDITION: dict[str, Any] = {
    "type": "object",
    "description": "A condition about a property or relation of the entity, or a nested group of conditions.",
    "properties": {
        "property": {"type": "string"},
        "relation": {"type": "string"},
        "operator": {"type": "string"},
        "value": {},
        "not": {"type": "boolean"},
    },
}
QUERY: dict[str, Any] = {
    "type": "object",
    "required": ["combinator", "conditions"],
    "properties": {
        "combinator": {"enum": ["and", "or"]},
        "conditions": {"type": "array", "minItems": 1, "items": _CONDITION},
    },
}
SCORECARD: dict[str, Any] = {
    "type": "object",
    "required": ["identifier", "title", "rules"],
    "properties": {
        "identifier": {"type": "string", "minLength": 1, "maxLength": 100},
        "title": {"type": "string"},
        "levels": {
            "type": "array",
            "description": "Lowest first; the first one holds no rules. Basic, Bronze, Silver, Gold when absent.",
            "items": {
                "type": "object",
                "required": ["title", "color"],
                "properties": {"title": {"type": "string"}, "color": {"type": "string"}},
            },
        },
        "filter": {**QUERY, "type": ["object", "null"], "description": "Entities that do not pass have no result."},
        "rules": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["identifier", "title", "level", "query"],
                "properties": {
                    "identifier": {"type": "string", "pattern": r"^[A-Za-z0-9@_=\\-]+$", "maxLength": 100},
                    "title": {"type": "string"},
                    "description": {"type": ["string", "null"]},
                    "level": {"type": "string"},
                    "query": QUERY,
                },
            },
        },
    },
}


def body(schema: dict[str, Any]) -> dict[str, Any]:
    """``openapi_extra`` of a route that reads this body."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
