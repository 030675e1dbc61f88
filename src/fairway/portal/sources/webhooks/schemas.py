"""Request bodies of the webhook routes, as OpenAPI shows them; the services check them."""

from __future__ import annotations

from typing import Any

_TEXT = {"type": ["string", "null"]}
_JQ_OR_SEARCH = {"type": ["string", "object"], "description": "jq, or a search object whose values are jq"}
_MAPPING = {
    "type": "object",
    "required": ["blueprint", "entity"],
    "properties": {
        "blueprint": {"type": "string"},
        "operation": {
            "description": "create (upsert with merge, the default) or delete",
            "anyOf": [
                {"enum": ["create", "delete", None]},
                {
                    "type": "object",
                    "properties": {"type": {"enum": ["create", "delete"]}, "deleteDependents": {"type": "boolean"}},
                },
            ],
        },
        "filter": {**_TEXT, "description": "jq that must give true"},
        "itemsToParse": {**_TEXT, "description": "jq that gives a list; each element is .item"},
        "entity": {
            "type": "object",
            "required": ["identifier"],
            "properties": {
                "identifier": _JQ_OR_SEARCH,
                "title": _TEXT,
                "icon": _TEXT,
                "team": {"description": "jq, or a search object"},
                "properties": {"type": ["object", "null"], "description": "jq by property"},
                "relations": {"type": ["object", "null"], "description": "jq or a search object by relation"},
            },
        },
    },
}
_SECURITY = {
    "type": ["object", "null"],
    "properties": {
        "secret": _TEXT,
        "signatureHeaderName": _TEXT,
        "signatureAlgorithm": {"enum": ["sha1", "sha256", "plain", None]},
        "signaturePrefix": _TEXT,
        "requestIdentifierPath": _TEXT,
    },
}
_PAYLOAD = {
    "type": "object",
    "required": ["body"],
    "properties": {
        "body": {},
        "headers": {"type": ["object", "null"]},
        "queryParams": {"type": ["object", "null"]},
        "rawBody": {**_TEXT, "description": "The bytes that were signed, when they differ from the compact body"},
    },
}
_MAPPINGS = {"type": ["array", "null"], "items": _MAPPING}

WEBHOOK = {
    "type": "object",
    "properties": {
        "identifier": {"type": ["string", "null"], "maxLength": 30},
        "title": {**_TEXT, "maxLength": 100},
        "description": {**_TEXT, "maxLength": 200},
        "icon": _TEXT,
        "enabled": {"type": ["boolean", "null"]},
        "mappings": _MAPPINGS,
        "security": _SECURITY,
        "integrationType": {"enum": ["custom", "template", None]},
    },
}
PREVIEW = {
    "type": "object",
    "required": ["mappings", "payload"],
    "properties": {"mappings": {"type": "array", "items": _MAPPING}, "security": _SECURITY, "payload": _PAYLOAD},
}
PREVIEW_STORED = {
    "type": "object",
    "required": ["payload"],
    "properties": {"mappings": _MAPPINGS, "security": _SECURITY, "payload": _PAYLOAD},
}


def body(schema: dict[str, Any]) -> dict[str, Any]:
    """``openapi_extra`` of a route with this JSON body."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


ANY_BODY = {"requestBody": {"required": True, "content": {"application/json": {"schema": {}}}}}
"""The intake takes anything; what is not JSON is recorded as failed."""
