"""JSON Schemas of the bodies of pages, for the API's description."""

from __future__ import annotations

from typing import Any

_TEXT = {"type": ["string", "null"]}
_STRINGS = {"type": ["array", "null"], "items": {"type": "string"}}
WIDGET: dict[str, Any] = {
    "type": "object",
    "required": ["type"],
    "properties": {"id": {"type": "string"}, "type": {"type": "string"}},
    "description": "Kept as sent; only `type` is checked.",
}
_PATCHABLE: dict[str, Any] = {
    "identifier": {"type": "string", "minLength": 1, "maxLength": 1000},
    "title": _TEXT,
    "icon": _TEXT,
    "description": _TEXT,
    "blueprint": _TEXT,
    "parent": {**_TEXT, "description": "Folder of the sidebar; implies `sidebar: catalog`."},
    "after": {**_TEXT, "description": "Sibling in the sidebar that this page follows."},
    "section": _TEXT,
    "locked": {"type": ["boolean", "null"]},
    "showInSidebar": {"type": ["boolean", "null"]},
    "widgets": {"type": ["array", "null"], "items": WIDGET},
    "pageFilters": {"type": ["array", "null"]},
}
PAGE_PATCH: dict[str, Any] = {"type": "object", "additionalProperties": False, "properties": _PATCHABLE}
PAGE: dict[str, Any] = {
    "type": "object",
    "required": ["identifier"],
    "properties": {
        **_PATCHABLE,
        "type": {**_TEXT, "description": "blueprint-entities, dashboard (default), home, entity, ..."},
        "sidebar": {"enum": ["catalog", None]},
        "requiredQueryParams": _STRINGS,
    },
}
NEW_WIDGET: dict[str, Any] = {
    "type": "object",
    "required": ["widget", "parentWidgetId"],
    "properties": {"widget": WIDGET, "parentWidgetId": {"type": "string"}},
}
_GRANT: dict[str, Any] = {
    "type": ["object", "null"],
    "additionalProperties": False,
    "properties": {"users": _STRINGS, "roles": _STRINGS, "teams": _STRINGS},
}
PERMISSIONS: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {"read": _GRANT, "update": _GRANT},
}
_FOLDER: dict[str, Any] = {
    "identifier": {"type": "string", "minLength": 1, "maxLength": 1000},
    "title": {"type": "string"},
    "parent": _TEXT,
    "after": _TEXT,
}
FOLDER: dict[str, Any] = {"type": "object", "required": ["identifier", "title"], "properties": _FOLDER}
FOLDER_PATCH: dict[str, Any] = {"type": "object", "properties": _FOLDER}


def body(schema: dict[str, Any]) -> dict[str, Any]:
    """``openapi_extra`` of a route that reads this body."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
