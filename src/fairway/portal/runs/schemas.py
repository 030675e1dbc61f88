"""Pieces of the API description of runs."""

from __future__ import annotations

from typing import Any

from fairway.portal.access.schemas import BOOLEAN, STRING, STRINGS, list_of, record
from fairway.portal.runs.claim_requests import DEFAULT_LIMIT, MAX_LIMIT, MAX_WAIT_MS
from fairway.portal.runs.listing import SOURCES
from fairway.portal.runs.reports import MAX_REPORTS
from fairway.wire.runs import AGENT, DEFAULT_VISIBILITY_MS, MAX_VISIBILITY_MS

_OBJECT: dict[str, Any] = {"type": "object"}
_LABEL = {**STRING, "description": "Shown in place of the status."}
_LINK = {"oneOf": [STRING, STRINGS], "description": "Replaces the links of the run."}
_ENDINGS = {**STRING, "enum": ["SUCCESS", "FAILURE"]}
_LEVEL = {**STRING, "enum": ["INFO", "WARN", "ERROR", "DEBUG"], "default": "INFO"}
_RESPONSE = {"type": ["object", "array", "string", "null"]}

RUN: dict[str, Any] = {
    "type": "object",
    "description": "A run.",
    "required": ["id", "status", "action", "properties", "requiredApproval", "source"],
    "properties": {
        "id": STRING,
        "status": {
            "enum": ["IN_PROGRESS", "SUCCESS", "FAILURE", "WAITING_FOR_APPROVAL", "DECLINED"],
        },
        "statusLabel": {"type": ["string", "null"]},
        "summary": STRING,
        "action": _OBJECT,
        "blueprint": {"type": ["object", "null"]},
        "entity": {"type": ["object", "null"]},
        "properties": _OBJECT,
        "source": {"enum": list(SOURCES)},
        "requiredApproval": {"type": ["boolean", "object"]},
        "payload": {"type": ["object", "null"], "description": "The rendered invocation method; secrets are masked."},
    },
}
LOG: dict[str, Any] = record(
    ["id", "runId", "message", "createdBy", "createdAt"],
    id=STRING,
    runId=STRING,
    message=STRING,
    level=_LEVEL,
    statusLabel=STRING,
    createdBy=STRING,
    createdAt=STRING,
)
START = record(
    properties={**_OBJECT, "description": "Values of the action's inputs."},
    entity={**STRING, "description": "Identifier of the entity that a DAY-2 or DELETE action runs on."},
)
PATCH = record(
    status=_ENDINGS,
    statusLabel=_LABEL,
    link=_LINK,
    summary=STRING,
    externalRunId=STRING,
    message={**_OBJECT, "deprecated": True, "description": "Becomes the summary of a run that has none."},
)
NEW_LOG = record(
    ["message"],
    message=STRING,
    level=_LEVEL,
    statusLabel=_LABEL,
    terminationStatus={**_ENDINGS, "description": "Ends the run; once."},
)
RESPONSE = record(["response"], response=_RESPONSE)
CLAIM = record(
    installationId={**STRING, "default": AGENT, "description": "Whose runs: the agents', or those of an integration."},
    limit={"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
    visibilityTimeoutMs={
        "type": "integer",
        "minimum": 1,
        "maximum": MAX_VISIBILITY_MS,
        "default": DEFAULT_VISIBILITY_MS,
        "description": "Until then nobody else gets the runs, unless they are acknowledged.",
    },
    exclude={**STRINGS, "description": "Actions whose runs are not wanted now."},
    invocationMethod={**STRING, "enum": ["WEBHOOK", "GITLAB"]},
    invocationMethods={"type": "array", "items": {"enum": ["WEBHOOK", "GITLAB"]}},
    labels={**_OBJECT, "description": "Labels of the agent: runs with agentLabels go to agents that have all of them."},
    waitMs={"type": "integer", "minimum": 0, "maximum": MAX_WAIT_MS, "description": "How long to wait for a run."},
    agentId={**STRING, "description": "A name that heartbeats and releases give, too."},
)
ACKNOWLEDGE = record(runIds=STRINGS, runId=STRING)
HELD = record(
    runIds=STRINGS,
    nodeRunIdentifiers=STRINGS,
    agentId={**STRING, "description": "Only claims of this agent."},
    visibilityTimeoutMs={"type": "integer", "minimum": 1, "maximum": MAX_VISIBILITY_MS},
)
REPORTS = record(
    ["reports"],
    reports={
        **list_of(
            record(
                runId=STRING,
                nodeRunIdentifier=STRING,
                ack=BOOLEAN,
                logs=list_of(record(["message"], message=STRING, level=_LEVEL)),
                status=_ENDINGS,
                statusLabel=_LABEL,
                link=_LINK,
                summary=STRING,
                externalRunId=STRING,
                response=_RESPONSE,
            )
        ),
        "maxItems": MAX_REPORTS,
    },
)
RESULTS = list_of(record(["id", "ok"], id={"type": ["string", "null"]}, ok=BOOLEAN, error=STRING, message=STRING))
AFFECTED = list_of(
    record(
        ["blueprint", "identifier", "action"],
        blueprint=STRING,
        identifier=STRING,
        title={"type": ["string", "null"]},
        action={**STRING, "enum": ["CREATE", "UPDATE", "DELETE"]},
        updatedAt=STRING,
    )
)


def _parameter(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": description}


LIST_PARAMETERS = [
    _parameter("action", STRINGS, "Runs of these actions; also as action_identifier."),
    _parameter("entity", STRING, "Runs on this entity."),
    _parameter("blueprint", STRING, "Runs of this blueprint's actions."),
    _parameter("active", BOOLEAN, "True: in progress or waiting for approval. False: ended."),
    _parameter("status", STRINGS, "Runs with one of these statuses."),
    _parameter("awaiting_me", BOOLEAN, "True: runs that the caller was asked to approve and has not decided about."),
    _parameter("user_email", STRING, "Runs of this user."),
    _parameter("user_id", STRING, "Runs of this user or client id."),
    _parameter("external_run_id", STRING, "The run that its backend knows by this id."),
    _parameter("source", {"type": "array", "items": {"enum": list(SOURCES)}}, "How the runs were started."),
    _parameter("exclude", STRINGS, "Fields to leave out of the runs; other words are actions whose runs to leave out."),
    _parameter("limit", {"type": "integer", "minimum": 1, "maximum": 1000}, "At most so many; the newest."),
]
"""Query parameters of lists of runs."""
RESUME: list[dict[str, Any]] = [
    {
        "name": "Last-Event-ID",
        "in": "header",
        "required": False,
        "schema": STRING,
        "description": "Leaves out lines before this event, as browsers do by themselves after a break.",
    },
    _parameter("last_event_id", STRING, "The same for clients that cannot set headers."),
]
TOGETHER = _parameter("together", {"type": "boolean"}, "Lines that are there at the same time come as one event.")
FROM = _parameter("from", STRING, "`next` of the page before.")


def parameters(*found: dict[str, Any]) -> dict[str, Any]:
    """``openapi_extra`` with query parameters that a route reads by hand."""
    return {"parameters": list(found)}


def number(name: str, low: int, high: int, default: int) -> dict[str, Any]:
    """An integer parameter; out of its range it is clamped."""
    return _parameter(name, {"type": "integer", "minimum": low, "maximum": high, "default": default}, "Clamped.")
