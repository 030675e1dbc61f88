"""Pieces of the API description of access and people."""

from __future__ import annotations

from typing import Any

from fairway.portal.access.passwords import MAX_LENGTH, MIN_LENGTH

_ERROR = {
    "type": "object",
    "required": ["ok", "error", "message"],
    "properties": {"ok": {"const": False}, "error": {"type": "string"}, "message": {"type": "string"}},
}
_MEANING = {
    400: "The body is not JSON.",
    401: "No valid credentials.",
    403: "The caller may not do this; the message says what it needs.",
    404: "There is no such thing.",
    409: "Its present state forbids the change.",
    413: "The body is too large.",
    422: "The body does not fit.",
    429: "Too many attempts.",
    503: "The identity provider does not answer.",
}

STRING: dict[str, Any] = {"type": "string"}
BOOLEAN: dict[str, Any] = {"type": "boolean"}
INSTANT: dict[str, Any] = {"type": "string", "format": "date-time"}
PASSWORD: dict[str, Any] = {"type": "string", "minLength": MIN_LENGTH, "maxLength": MAX_LENGTH}
STRINGS: dict[str, Any] = {"type": "array", "items": STRING}


def record(required: list[str] | None = None, /, **properties: dict[str, Any]) -> dict[str, Any]:
    """An object schema."""
    return {"type": "object", "required": required or [], "properties": properties}


def list_of(item: dict[str, Any]) -> dict[str, Any]:
    """An array schema."""
    return {"type": "array", "items": item}


def answers(*errors: int, **fields: dict[str, Any]) -> dict[int | str, dict[str, Any]]:
    """``responses`` of a route: success with these fields beside ``ok``, and the error statuses it can give."""
    success = {"type": "object", "required": ["ok", *fields], "properties": {"ok": {"const": True}, **fields}}
    found: dict[int | str, dict[str, Any]] = {200: {"description": "Done.", "content": _json(success)}}
    for status in errors:
        found[status] = {"description": _MEANING[status], "content": _json(_ERROR)}
    return found


def body(schema: dict[str, Any], *, required: bool = True) -> dict[str, Any]:
    """``openapi_extra`` of a route that reads its JSON body by hand."""
    return {"requestBody": {"required": required, "content": _json(schema)}}


def query(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    """``openapi_extra`` of a route with one query parameter that it reads by hand."""
    parameter = {"in": "query", "name": name, "required": False, "schema": schema, "description": description}
    return {"parameters": [parameter]}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}
