"""JSON Schemas of workflows, for the API's description."""

from __future__ import annotations

from typing import Any

from fairway.portal.workflows.model import TYPES

ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"description": "The body is not JSON."},
    401: {"description": "No valid token."},
    403: {"description": "The caller may not do this; the message says who may."},
    404: {"description": "There is no such workflow or run."},
    409: {"description": "The identifier is taken, or the state of the run does not allow this."},
    422: {"description": "The body does not fit."},
}
AGENT_ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"description": "The body is not JSON."},
    401: {"description": "No valid token."},
    403: {"description": "Only machine credentials and Admins may do this."},
    404: {"description": "There is no such node run."},
    422: {"description": "The body does not fit."},
}
LIMIT: dict[str, Any] = {
    "parameters": [{"name": "limit", "in": "query", "schema": {"type": "integer", "default": 50, "maximum": 1000}}]
}
_TEXT = {"type": ["string", "null"]}
_NODE: dict[str, Any] = {
    "type": "object",
    "required": ["identifier", "config"],
    "properties": {
        "identifier": {"type": "string", "minLength": 1, "maxLength": 100},
        "title": _TEXT,
        "icon": _TEXT,
        "description": _TEXT,
        "variables": {"type": ["object", "null"], "description": "Replaces the output; sees `.result`."},
        "links": {"type": ["array", "null"], "items": {"type": "string"}},
        "verbose": {"type": ["boolean", "null"]},
        "config": {
            "type": "object",
            "required": ["type"],
            "properties": {"type": {"enum": list(TYPES)}, "onFailure": {"enum": ["terminate", "continue", None]}},
        },
    },
}
_CONNECTION: dict[str, Any] = {
    "type": "object",
    "required": ["sourceIdentifier", "targetIdentifier"],
    "properties": {
        "sourceIdentifier": {"type": "string"},
        "targetIdentifier": {"type": "string"},
        "description": _TEXT,
        "sourceOutletIdentifier": {**_TEXT, "description": "Branch of a CONDITION or INPUT node."},
        "fallback": {"type": ["boolean", "null"], "description": "Followed when no outlet holds, or on failure."},
    },
}
WORKFLOW: dict[str, Any] = {
    "type": "object",
    "required": ["identifier", "nodes"],
    "properties": {
        "identifier": {"type": "string", "minLength": 1, "maxLength": 100},
        "title": _TEXT,
        "icon": _TEXT,
        "description": _TEXT,
        "category": _TEXT,
        "allowAnyoneToViewRuns": {"type": ["boolean", "null"]},
        "nodes": {"type": "array", "minItems": 1, "items": _NODE},
        "connections": {"type": "array", "items": _CONNECTION},
    },
}
START: dict[str, Any] = {
    "type": "object",
    "properties": {
        "inputs": {"type": "object", "description": "Values of the trigger's `userInputs`."},
        "entity": {**_TEXT, "description": "Identifier of the entity that the run is about."},
        "trigger": {**_TEXT, "description": "Which trigger, when the workflow has several to press."},
    },
}
FORM: dict[str, Any] = {
    "type": "object",
    "properties": {
        "form": {"type": "object", "description": "The values given so far, by input."},
        "entity": {**_TEXT, "description": "Identifier of the entity that the run is about."},
        "trigger": {**_TEXT, "description": "Which trigger, when the workflow has several to press."},
    },
}
RESPOND: dict[str, Any] = {
    "type": "object",
    "properties": {
        "inputs": {"type": "object"},
        "button": {**_TEXT, "description": "Identifier of the button pressed."},
    },
}
CLAIM: dict[str, Any] = {
    "type": "object",
    "properties": {
        "installationId": {"type": "string", "description": "`_PORT_EXEC_AGENT`, or an integration's id."},
        "limit": {"type": "integer"},
        "visibilityTimeoutMs": {"type": "integer"},
        "invocationMethod": {"type": "string"},
        "invocationMethods": {"type": "array", "items": {"type": "string"}},
        "exclude": {"type": "array", "items": {"type": "string"}, "description": "`nodeUid`s not wanted now."},
        "labels": {"type": "object", "description": "What the claimer offers; node runs may ask for some."},
        "waitMs": {"type": "integer", "description": "How long to wait for work, at most 30000."},
        "agentId": {"type": "string"},
    },
}
NODE_PATCH: dict[str, Any] = {
    "type": "object",
    "properties": {
        "status": {"enum": ["IN_PROGRESS", "COMPLETED"]},
        "result": {"enum": ["SUCCESS", "FAILED", "CANCELLED"]},
        "output": {"description": "What later nodes see as `.outputs.<node>`."},
        "externalRunId": {"type": "string"},
        "links": {"type": "array", "items": {"type": "string"}},
        "statusLabel": {"type": "object", "properties": {"text": {"type": "string"}}},
        "reauthRequired": {"type": "boolean"},
    },
}
NODE_LOGS: dict[str, Any] = {
    "type": "object",
    "required": ["logs"],
    "properties": {
        "logs": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["message"],
                "properties": {"level": {"enum": ["INFO", "WARN", "ERROR", "DEBUG"]}, "message": {"type": "string"}},
            },
        }
    },
}


def body(schema: dict[str, Any]) -> dict[str, Any]:
    """``openapi_extra`` of a route that reads this body."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
