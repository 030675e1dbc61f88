"""JSON Schemas of actions, for the API's description."""

from __future__ import annotations

from typing import Any

from fairway.portal.actions.definition.words import EVENTS, EXECUTOR, MAX_BUTTON, MAX_IDENTIFIER, METHODS, OPERATIONS
from fairway.portal.catalog.properties.vocabulary import TYPES

_TEXT: dict[str, Any] = {"type": "string"}
_OBJECT: dict[str, Any] = {"type": "object"}
_TEXTS: dict[str, Any] = {"type": "array", "items": _TEXT}
_FLAG_OR_TEMPLATE: dict[str, Any] = {"type": ["boolean", "string"], "description": "A boolean, or a template."}
_MAP_OF_TEXTS: dict[str, Any] = {"type": "object", "additionalProperties": _TEXT}
_DOCUMENT: dict[str, Any] = {"type": ["object", "array"]}
_JQ: dict[str, Any] = {
    "type": "object",
    "required": ["jqQuery"],
    "properties": {"jqQuery": _TEXT},
    "additionalProperties": False,
}
_FLAG_OR_JQ: dict[str, Any] = {"anyOf": [{"type": "boolean"}, _JQ]}
_QUERY: dict[str, Any] = {
    "type": "object",
    "required": ["combinator", "rules"],
    "properties": {"combinator": {"enum": ["and", "or"]}, "rules": {"type": "array", "items": _OBJECT}},
}


def _exact(needed: list[str], /, **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": needed, "properties": properties, "additionalProperties": False}


_INPUT: dict[str, Any] = {
    "type": "object",
    "required": ["type"],
    "description": "An input of the form. `enum`, `default`, `pattern`, `minItems` and `maxItems` may be `{jqQuery}`.",
    "properties": {
        "type": {"enum": list(TYPES)},
        "format": _TEXT,
        "title": _TEXT,
        "description": _TEXT,
        "icon": _TEXT,
        "blueprint": {"type": "string", "description": "Whose entities can be chosen, with format entity."},
        "visible": _FLAG_OR_JQ,
        "disabled": _FLAG_OR_JQ,
        "dependsOn": _TEXTS,
        "dataset": _QUERY,
        "sort": _exact(["property", "order"], property=_TEXT, order={"enum": ["ASC", "DESC"]}),
        "encryption": {"anyOf": [{"enum": ["aes256-gcm"]}, _exact(["algorithm", "key"], algorithm=_TEXT, key=_TEXT)]},
    },
}
_STEP = _exact(["title", "order"], title=_TEXT, order=_TEXTS, visible=_FLAG_OR_JQ)
_TITLE = _exact([], title=_TEXT, description=_TEXT, visible=_FLAG_OR_JQ)
_USER_INPUTS = _exact(
    [],
    properties={"type": "object", "additionalProperties": _INPUT},
    required={"anyOf": [_TEXTS, _JQ]},
    order=_TEXTS,
    steps={"type": "array", "items": _STEP},
    titles={"type": "object", "additionalProperties": _TITLE},
)
_BUTTON: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": MAX_BUTTON}
_SELF_SERVICE = _exact(
    ["type", "operation", "userInputs"],
    type={"enum": ["self-service"]},
    operation={"enum": list(OPERATIONS)},
    blueprintIdentifier=_TEXT,
    userInputs=_USER_INPUTS,
    condition={**_QUERY, "description": "On which entities the action is offered; with `type` SEARCH."},
    actionCardButtonText=_BUTTON,
    executeActionButtonText=_BUTTON,
)
_AUTOMATION = _exact(
    ["type", "event"],
    type={"enum": ["automation"]},
    event=_exact(
        ["type"],
        type={"enum": list(EVENTS)},
        blueprintIdentifier=_TEXT,
        propertyIdentifier=_TEXT,
        actionIdentifier=_TEXT,
    ),
    condition=_exact(
        ["type", "expressions"], type={"enum": ["JQ"]}, expressions=_TEXTS, combinator={"enum": ["and", "or"]}
    ),
)
_METHOD_SHAPES: tuple[dict[str, Any], ...] = (
    _exact(["type"], type={"enum": ["KAFKA"]}, payload=_DOCUMENT),
    _exact(
        ["type", "url"],
        type={"enum": ["WEBHOOK"]},
        url=_TEXT,
        agent=_FLAG_OR_TEMPLATE,
        synchronized=_FLAG_OR_TEMPLATE,
        method={"type": "string", "description": f"{', '.join(METHODS)}, or a template; POST when absent."},
        headers=_MAP_OF_TEXTS,
        body=_DOCUMENT,
        agentLabels=_MAP_OF_TEXTS,
    ),
    _exact(
        ["type", "org", "repo", "workflow"],
        type={"enum": ["GITHUB"]},
        org=_TEXT,
        repo=_TEXT,
        workflow=_TEXT,
        workflowInputs=_OBJECT,
        reportWorkflowStatus=_FLAG_OR_TEMPLATE,
        branch=_TEXT,
    ),
    _exact(
        ["type", "projectName", "groupName"],
        type={"enum": ["GITLAB"]},
        projectName=_TEXT,
        groupName=_TEXT,
        defaultRef=_TEXT,
        pipelineVariables=_OBJECT,
        agentLabels=_MAP_OF_TEXTS,
    ),
    _exact(["type", "org", "webhook"], type={"enum": ["AZURE_DEVOPS"]}, org=_TEXT, webhook=_TEXT, payload=_DOCUMENT),
    _exact(
        ["type", "blueprintIdentifier", "mapping"],
        type={"enum": ["UPSERT_ENTITY"]},
        blueprintIdentifier=_TEXT,
        mapping={
            "type": "object",
            "properties": {
                "identifier": _TEXT,
                "title": _TEXT,
                "team": {"type": ["string", "array"]},
                "icon": _TEXT,
                "properties": _OBJECT,
                "relations": _OBJECT,
            },
        },
    ),
    _exact(
        ["type", "installationId", "integrationActionType", "integrationActionExecutionProperties"],
        type={"enum": ["INTEGRATION_ACTION"]},
        installationId=_TEXT,
        integrationActionType={"type": "string", "pattern": EXECUTOR},
        integrationActionExecutionProperties=_OBJECT,
        agentLabels=_MAP_OF_TEXTS,
    ),
)
INVOCATION: dict[str, Any] = {
    "description": "Strings, and keys of free objects, may hold templates `{{ jq }}`.",
    "oneOf": list(_METHOD_SHAPES),
}
_APPROVAL = _exact(
    ["type"],
    type={"enum": ["ANY", "ALL"]},
    quorum={"type": "integer", "minimum": 1, "description": "With ANY: how many have to approve."},
    expiresInSeconds={"type": "integer", "minimum": 1, "description": "A run nobody decides about is declined."},
    allowSelfApproval={"type": "boolean", "default": False},
)
ACTION: dict[str, Any] = _exact(
    ["identifier", "trigger", "invocationMethod"],
    identifier={"type": "string", "minLength": 1, "maxLength": MAX_IDENTIFIER},
    title=_TEXT,
    icon=_TEXT,
    description=_TEXT,
    trigger={"oneOf": [_SELF_SERVICE, _AUTOMATION]},
    invocationMethod=INVOCATION,
    requiredApproval={"anyOf": [{"type": "boolean"}, _APPROVAL]},
    approvalNotification={
        "oneOf": [
            _exact(["type"], type={"enum": ["email"]}),
            _exact(["type", "url"], type={"enum": ["webhook"]}, url=_TEXT, format={"enum": ["json", "slack"]}),
        ]
    },
    publish={"type": "boolean", "default": True},
    allowAnyoneToViewRuns={"type": "boolean"},
)
_NULLABLE_TEXTS: dict[str, Any] = {"type": ["array", "null"], "items": _TEXT}
_POLICY: dict[str, Any] = {
    "type": ["object", "null"],
    "required": ["queries", "conditions"],
    "properties": {
        "queries": {"type": "object", "additionalProperties": _QUERY},
        "conditions": {"type": "array", "items": _TEXT, "minItems": 1},
    },
    "additionalProperties": False,
}
PERMISSIONS: dict[str, Any] = _exact(
    [],
    execute=_exact(
        [],
        users=_NULLABLE_TEXTS,
        roles=_NULLABLE_TEXTS,
        teams=_NULLABLE_TEXTS,
        ownedByTeam={"type": ["boolean", "null"]},
        policy=_POLICY,
    ),
    approve=_exact([], users=_NULLABLE_TEXTS, roles=_NULLABLE_TEXTS, teams=_NULLABLE_TEXTS, policy=_POLICY),
)


def body(schema: dict[str, Any]) -> dict[str, Any]:
    """``openapi_extra`` of a route that reads this body."""
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
