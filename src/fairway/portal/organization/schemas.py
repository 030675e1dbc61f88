"""Request bodies of the organisation's routes, as OpenAPI shows them; the services check them."""

from __future__ import annotations

from typing import Any

_TEXT = {"type": "string"}
_WRITABLE = {
    "name": {"type": "string", "minLength": 1},
    "settings": {
        "type": "object",
        "properties": {
            "hiddenBlueprints": {"type": "array", "items": _TEXT},
            "federatedLogout": {"type": "boolean"},
            "portalIcon": _TEXT,
            "portalTitle": {"type": "string", "maxLength": 30},
            "portAgentStreamerName": _TEXT,
        },
    },
    "isOnboarded": {"type": "boolean"},
    "toolSelectionProvisioning": {"type": "object"},
    "announcement": {
        "type": "object",
        "properties": {
            "enabled": {"type": "boolean"},
            "content": {"type": "string", "maxLength": 300},
            "link": {"type": ["string", "null"], "maxLength": 300},
            "color": _TEXT,
        },
    },
}
_DESCRIPTION = {"type": ["string", "null"], "maxLength": 200}

ORGANIZATION_PATCH = {"type": "object", "properties": _WRITABLE}
ORGANIZATION_PUT = {"type": "object", "properties": _WRITABLE, "required": ["name"]}
SECRET_CREATE = {
    "type": "object",
    "properties": {
        "secretName": {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,100}$"},
        "secretValue": _TEXT,
        "description": _DESCRIPTION,
    },
    "required": ["secretName", "secretValue"],
}
SECRET_PATCH = {"type": "object", "properties": {"secretValue": _TEXT, "description": _DESCRIPTION}}


def body(schema: dict[str, Any], *, required: bool = True) -> dict[str, Any]:
    """``openapi_extra`` of a route with this JSON body."""
    return {"requestBody": {"required": required, "content": {"application/json": {"schema": schema}}}}
