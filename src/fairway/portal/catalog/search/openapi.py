"""What the API description says about bodies and answers of searches."""

from __future__ import annotations

from typing import Any

from fairway.portal.catalog.search.presets import PRESETS
from fairway.portal.catalog.search.timeline import INTERVALS

_QUERY: dict[str, Any] = {
    "type": "object",
    "required": ["combinator", "rules"],
    "properties": {
        "combinator": {"enum": ["and", "or"]},
        "rules": {
            "type": "array",
            "description": "Rules {property, operator, value} and the other forms of the search language, or groups.",
            "items": {"type": "object"},
        },
    },
    "example": {"combinator": "and", "rules": [{"property": "$blueprint", "operator": "=", "value": "service"}]},
}
_STRINGS = {"type": "array", "items": {"type": "string"}}
_ENTITIES = {"type": "array", "items": {"type": "object"}}
_PAGED: dict[str, Any] = {
    "type": "object",
    "properties": {
        "query": _QUERY,
        "include": _STRINGS,
        "exclude": _STRINGS,
        "limit": {"type": "number", "default": 200, "description": "1 to 1000; clamped."},
        "from": {"type": "string", "description": "The next of an earlier answer."},
    },
}
_SORT = {
    "type": "object",
    "required": ["property"],
    "properties": {"property": {"type": "string"}, "order": {"enum": ["asc", "desc"]}},
}
_TIME = {
    "timeInterval": {"enum": list(INTERVALS)},
    "timeRange": {
        "type": "object",
        "required": ["preset"],
        "properties": {"preset": {"enum": list(PRESETS)}, "timeZone": {"type": "string", "example": "Europe/Berlin"}},
    },
}
SEARCH_BODY = _QUERY
PAGED_BODY = _PAGED
TOP_BODY = {**_PAGED, "properties": {**_PAGED["properties"], "sort": _SORT}}
DATASOURCE_BODY: dict[str, Any] = {
    "type": "object",
    "required": ["datasource_prefix", "datasource_suffix"],
    "properties": {
        "datasource_prefix": {"type": "string"},
        "datasource_suffix": {"type": "string"},
        "limit": {
            "type": "number",
            "description": "1 to 5000; without it and without a cursor everything is answered.",
        },
        "before": {"type": "string", "description": "Only entities last updated before this instant."},
        "from": {"type": "string"},
    },
}
AGGREGATE_BODY: dict[str, Any] = {
    "type": "object",
    "required": ["func", "query"],
    "properties": {
        "func": {"enum": ["count", "sum", "average", "min", "max", "median", "countValues"]},
        "calculationBy": {"enum": ["entities", "property"]},
        "property": {"type": "string"},
        "relation": {"type": "string"},
        "scorecard": {"type": "string"},
        "rule": {"type": "string"},
        "averageOf": {"enum": ["hour", "day", "week", "month", "total"]},
        "measureTimeBy": {"type": "string"},
        "query": _QUERY,
    },
}
OVER_TIME_BODY: dict[str, Any] = {
    "type": "object",
    "required": ["blueprint", "timeRange", "timeInterval", "measureTimeBy", "aggregationType"],
    "properties": {
        "blueprint": {"type": "string"},
        "measureTimeBy": {"type": "string"},
        "aggregationType": {"description": "countEntities or aggregatePropertiesValues, or an object with that type."},
        "func": {"enum": ["count", "average", "sum", "min", "max", "median", "last"]},
        "properties": _STRINGS,
        "breakdownProperty": {"type": "string"},
        "query": _QUERY,
        **_TIME,
    },
}
HISTORY_BODY: dict[str, Any] = {
    "type": "object",
    "required": ["entityIdentifier", "blueprintIdentifier", "propertyNames", "timeInterval", "timeRange"],
    "properties": {
        "entityIdentifier": {"type": "string"},
        "blueprintIdentifier": {"type": "string"},
        "propertyNames": _STRINGS,
        **_TIME,
    },
}

PAGE_ANSWER = {"ok": {"const": True}, "entities": _ENTITIES, "next": {"type": "string"}}
SEARCH_ANSWER = {"ok": {"const": True}, "entities": _ENTITIES, "matchingBlueprints": _STRINGS}
RESULT_ANSWER: dict[str, Any] = {"ok": {"const": True}, "result": {}}


def described(body: dict[str, Any], answer: dict[str, Any], *parameters: dict[str, Any]) -> dict[str, Any]:
    """Keyword arguments of a route: its body, its parameters and its answers."""
    success = {"type": "object", "required": ["ok"], "properties": answer}
    errors = {422: "The body does not fit; the message says where and what would be right.", 401: "No valid token."}
    return {
        "openapi_extra": {
            "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
            "parameters": list(parameters),
        },
        "responses": {
            200: {"description": "Found.", "content": {"application/json": {"schema": success}}},
            **{status: {"description": text} for status, text in errors.items()},
        },
    }
