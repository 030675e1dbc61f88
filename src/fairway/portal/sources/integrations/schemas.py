"""Request bodies of the registry's routes, as OpenAPI shows them; the services check them."""

from __future__ import annotations

from typing import Any

_NULLABLE = {"type": ["string", "null"]}
_CONFIG = {
    "type": ["object", "null"],
    "description": "The mapping, stored and answered verbatim: resources[] and the switches of a sync.",
}
_WRITABLE = {
    "title": _NULLABLE,
    "installationAppType": _NULLABLE,
    "version": _NULLABLE,
    "config": _CONFIG,
    "changelogDestination": {
        "type": ["object", "null"],
        "description": "{} while polling, {type: KAFKA}, or {type: WEBHOOK, url}",
        "properties": {"type": {"enum": ["KAFKA", "WEBHOOK"]}, "url": {"type": "string"}, "agent": {"type": "boolean"}},
    },
    "actionsProcessingEnabled": {"type": ["boolean", "null"]},
    "incrementalSyncEnabled": {"type": ["boolean", "null"]},
    "arePortResourcesInitialized": {"type": ["boolean", "null"]},
    "processingMode": _NULLABLE,
    "createPortResourcesOrigin": _NULLABLE,
    "spec": {"type": ["object", "null"]},
}
_TIME = {"type": ["string", "null"]}

CREATE = {
    "type": "object",
    "properties": {"installationId": {"type": "string", "minLength": 1, "maxLength": 500}, **_WRITABLE},
    "required": ["installationId"],
}
PATCH = {"type": "object", "properties": _WRITABLE}
CONFIG = {"type": "object", "properties": {"config": _CONFIG}, "required": ["config"]}
PREVIEW = {"type": "object", "properties": {"config": _CONFIG}}
RESYNC_STATE = {
    "type": "object",
    "properties": {
        "status": {"enum": ["running", "completed", "failed", "aborted"]},
        "lastResyncStart": _TIME,
        "lastResyncEnd": _TIME,
        "nextResync": _TIME,
        "intervalInMinuets": {"type": ["number", "null"]},
    },
}
EXAMPLES = {"type": "object", "properties": {"examples": {"type": "array"}}, "required": ["examples"]}
CURSOR = {"type": "object", "properties": {"primary": {"type": "string"}}, "required": ["primary"]}
LOGS = {
    "type": "object",
    "properties": {
        "logs": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "message": {"type": "string"},
                    "level": {"type": "string"},
                    "timestamp": {"type": "string"},
                },
            },
        }
    },
    "required": ["logs"],
}
_METRIC = {"type": "object", "required": ["eventId", "kindIdentifier"]}
METRICS = {"type": "object", "properties": {"syncKindsMetrics": {"type": "array", "items": _METRIC}}}
METRIC = {"type": "object", "properties": {"syncKindMetrics": _METRIC}, "required": ["syncKindMetrics"]}
HEARTBEAT = {"type": "object", "properties": {"eventId": {"type": "string"}}, "required": ["eventId"]}
PROBE = {"type": "object", "properties": {"status": {"type": "string"}, "checks": {"type": "array"}}}


def body(schema: dict[str, Any], *, required: bool = True) -> dict[str, Any]:
    """``openapi_extra`` of a route with this JSON body."""
    return {"requestBody": {"required": required, "content": {"application/json": {"schema": schema}}}}


def query(*names: str) -> dict[str, Any]:
    """``openapi_extra`` of a route with these optional text parameters."""
    return {
        "parameters": [{"name": name, "in": "query", "required": False, "schema": {"type": "string"}} for name in names]
    }
