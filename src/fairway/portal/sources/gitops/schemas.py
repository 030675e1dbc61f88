"""Request bodies and parameters of the routes of GitOps sources, as OpenAPI shows them; the services check them."""

from __future__ import annotations

from typing import Any

from fairway.gitops.forges.base import ForgeKind
from fairway.portal.sources.gitops import insight_rows, options
from fairway.portal.sources.gitops.model import REMOVALS

_TEXT = {"type": ["string", "null"]}
_SOURCE: dict[str, Any] = {
    "title": {"type": "string", "minLength": 1, "maxLength": 100},
    "kind": {"enum": [each.value for each in ForgeKind]},
    "url": {**_TEXT, "maxLength": 2000},
    "settings": {"type": "object", "description": "Whose repositories, and as whom; null removes one"},
    "secrets": {
        "type": "object",
        "description": "token, password, privateKey, webhookSecret, webhookSecretPrevious; only those that are given "
        "change, null removes one, and none is ever shown",
        "additionalProperties": _TEXT,
    },
    "options": {
        "type": "object",
        "description": "null is the default",
        "properties": {name: {} for name in options.KEYS},
        "additionalProperties": False,
    },
    "enabled": {"type": ["boolean", "null"]},
}
ERRORS: dict[int | str, dict[str, Any]] = {
    401: {"description": "No valid token."},
    403: {"description": "Only Admins."},
    404: {"description": "There is no such source, or nothing of that name in it."},
    409: {"description": "It does not fit the present state of the source."},
    422: {"description": "The body or a parameter does not fit."},
}
INGEST: dict[int | str, dict[str, Any]] = {
    202: {"description": "Taken in."},
    401: {"description": "The signature or token is missing or wrong, or the source has no secret."},
    404: {"description": "There is no such source."},
    413: {"description": "More than 25 MB."},
}


def body(schema: dict[str, Any]) -> dict[str, Any]:
    """``openapi_extra`` of a route with this JSON body."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def _object(properties: dict[str, Any], *required: str) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(required)} if required else {
        "type": "object", "properties": properties,
    }  # fmt: skip


CREATE = body(_object(_SOURCE, "title", "kind"))
CHANGE = body(_object(_SOURCE))
CHECK = body(_object({**_SOURCE, "id": {**_TEXT, "description": "A stored source whose secrets may be used"}}))
PIN = body(
    _object(
        {"source": {"type": "string"}, "repository": {"type": "string"}, "pinned": {"type": "boolean"}},
        "source", "repository", "pinned",
    )
)  # fmt: skip
EVENT = {"requestBody": {"required": True, "content": {"application/json": {"schema": {}}}}}


def _query(name: str, schema: dict[str, Any], *, required: bool = False) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": required, "schema": schema}


def limit(default: int, most: int) -> dict[str, Any]:
    """The parameter ``limit``."""
    return _query("limit", {"type": "integer", "minimum": 1, "maximum": most, "default": default})


REMOVAL = {"parameters": [_query("entities", {"enum": list(REMOVALS)}, required=True)]}
PASSES = {"parameters": [limit(20, 50)]}
REPOSITORIES = {
    "parameters": [
        _query("state", {"enum": list(insight_rows.STATES), "default": "all"}),
        _query("q", {"type": "string"}),
        _query("from", {"type": "string"}),
        limit(100, 200),
    ]
}
JOURNAL = {"parameters": [_query("before", {"type": "string"}), limit(50, 200)]}
