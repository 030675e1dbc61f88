"""Shapes of answers that the contract decides rather than the reference (section 15, items 7, 8 and 10)."""

from __future__ import annotations

from typing import Any

ERROR: dict[str, Any] = {
    "type": "object",
    "required": ["ok", "error", "message"],
    "properties": {
        "ok": {"const": False},
        "error": {"type": "string", "pattern": "^[a-z][a-z0-9_]*$"},
        "message": {"type": "string", "minLength": 1},
        "details": {"type": "object"},
    },
    "additionalProperties": False,
}
"""Section 1.4."""

_TIME = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"}
_TITLED = {"type": "object", "required": ["identifier", "title"]}
_RELATED = {"anyOf": [{"type": ["string", "null"]}, _TITLED]}

ENTITY: dict[str, Any] = {
    "type": "object",
    "required": ["identifier"],
    "properties": {
        "identifier": {"type": "string"},
        "title": {"type": ["string", "null"]},
        "blueprint": {"type": "string"},
        "icon": {"type": ["string", "null"]},
        "team": {"type": "array", "items": {"type": "string"}},
        "properties": {"type": "object"},
        "relations": {
            "type": "object",
            "additionalProperties": {"anyOf": [_RELATED, {"type": "array", "items": _RELATED}]},
        },
        "scorecards": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "required": ["level", "rules"],
                "properties": {
                    "level": {"type": "string"},
                    "rules": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "required": ["identifier", "status", "level"],
                            "properties": {"status": {"enum": ["SUCCESS", "FAILURE"]}},
                        },
                    },
                },
            },
        },
        "createdAt": _TIME,
        "updatedAt": _TIME,
        "createdBy": {"type": "string"},
        "updatedBy": {"type": "string"},
    },
}
"""Section 3.5; everything but the identifier may be left out by ``include`` and ``exclude``."""


def _answer(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["ok", *properties],
        "properties": {"ok": {"const": True}, **properties},
    }


def _stamped(*required: str, **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": [*required, "createdAt", "updatedAt"],
        "properties": {"createdAt": _TIME, "updatedAt": _TIME, **properties},
    }


_LIST = {"type": "array"}
_OBJECT = {"type": "object"}
_SCORECARD = _stamped(
    "id", "identifier", "title", "blueprint", "levels", "rules", "createdBy", "updatedBy", levels=_LIST, rules=_LIST
)
_WEBHOOK = _stamped("identifier", "webhookKey", "url", "security", "mappings", security=_OBJECT, mappings=_LIST)
_PAGE = _stamped("identifier", "id", "type", widgets=_LIST)
_SECRET = {**_stamped("secretName"), "not": {"required": ["secretValue"]}}
_MIGRATION = _stamped(
    "id", "actor", "sourceBlueprint", "mapping", "status",
    mapping=_OBJECT, successCount={"type": "integer"}, failureCount={"type": "integer"},
)  # fmt: skip
_GRANT = {
    "type": "object",
    "required": ["users", "roles", "teams"],
    "properties": {"users": _LIST, "roles": _LIST, "teams": _LIST},
}
_ENTITY_GRANTS = {
    "type": "object",
    "required": ["entities"],
    "properties": {
        "entities": {
            "type": "object",
            "required": ["register", "unregister", "update", "read"],
            "properties": dict.fromkeys(("register", "unregister", "update", "read"), _GRANT),
        }
    },
}
_ORGANIZATION = {
    "type": "object",
    "required": ["id", "name", "featureFlags"],
    "properties": {"id": {"type": "string"}, "name": {"type": "string"}, "featureFlags": _LIST},
}

_EMAILS = {"type": "array", "items": {"type": "string"}}
_WRITTEN_TEAM = _stamped("id", "name", "provider", users=_EMAILS)  # 15.8

_SERIES = {
    "type": "object",
    "required": ["minDate", "maxDate", "data"],
    "properties": {"data": {"type": "array", "items": {"type": "object", "required": ["date"]}}},
}

_NODE_RUN = {
    "type": "object",
    "required": ["identifier", "nodeUid", "status", "config", "node", "output"],
    "properties": {
        "identifier": {"type": "string", "pattern": "^wfnr_"},
        "nodeUid": {"type": "string"},
        "status": {"enum": ["IN_PROGRESS", "COMPLETED"]},
        "result": {"enum": ["SUCCESS", "FAILED", "CANCELLED", None]},
        "config": {"type": ["object", "null"]},
        "node": {"type": "object", "required": ["config"]},
        "links": {"type": "array", "items": {"type": "string"}},
        "statusLabel": {"anyOf": [{"type": "null"}, {"type": "object", "required": ["text"]}]},
    },
}
_NODE_RUNS = {"type": "array", "items": _NODE_RUN}
_WORKFLOW = _stamped("identifier", "nodes", "connections", nodes=_LIST, connections=_LIST)
_ONE_NODE_RUN = "/v1/workflows/nodes/runs/{identifier}"

_SCORECARDS = "/v1/blueprints/{blueprint_identifier}/scorecards"
_ONE_SCORECARD = _SCORECARDS + "/{scorecard_identifier}"
_BLUEPRINT_PERMISSIONS = "/v1/blueprints/{blueprint_identifier}/permissions"
_SECRETS = "/v1/organization/secrets"
_DONE = _answer()

CONTRACT_SHAPES: dict[tuple[str, str], dict[str, Any]] = {
    ("POST", "/v1/entities/aggregate"): _answer(result={}),  # 3.9
    ("POST", "/v1/entities/properties-history"): _answer(result=_SERIES),  # 3.9
    ("GET", "/v1/scorecards"): _answer(scorecards={"type": "array", "items": _SCORECARD}),
    ("GET", _SCORECARDS): _answer(scorecards={"type": "array", "items": _SCORECARD}),
    ("PUT", _SCORECARDS): _answer(scorecards={"type": "array", "items": _SCORECARD}),
    ("POST", _SCORECARDS): _answer(scorecard=_SCORECARD),
    ("GET", _ONE_SCORECARD): _answer(scorecard=_SCORECARD),
    ("PUT", _ONE_SCORECARD): _answer(scorecard=_SCORECARD),
    ("DELETE", _ONE_SCORECARD): _DONE,
    ("GET", _BLUEPRINT_PERMISSIONS): _answer(permissions=_ENTITY_GRANTS),
    ("PATCH", _BLUEPRINT_PERMISSIONS): _answer(permissions=_ENTITY_GRANTS),
    ("GET", "/v1/audit-log"): _answer(audits=_LIST),
    ("PATCH", "/v1/actions/runs/ack"): _answer(ackedCount={"type": "integer"}),  # 7.6
    ("GET", "/v1/integration"): _answer(integrations=_LIST),
    ("GET", "/v1/integration/provision-enabled"): _answer(integrations=_LIST),
    ("GET", "/v1/integration/{identifier}"): _answer(integration=_OBJECT),
    ("PATCH", "/v1/integration/{identifier}"): _answer(integration=_OBJECT),
    ("DELETE", "/v1/integration/{identifier}"): _DONE,
    ("DELETE", "/v1/blueprints/{blueprint_identifier}/all-entities"): _answer(migrationId={"type": "string"}),
    ("GET", "/v1/migrations"): _answer(migrations={"type": "array", "items": _MIGRATION}),
    ("POST", "/v1/migrations"): _answer(migration=_MIGRATION),
    ("GET", "/v1/migrations/{migration_id}"): _answer(migration=_MIGRATION),
    ("POST", "/v1/migrations/{migration_id}/cancel"): _answer(migration=_MIGRATION),
    ("GET", "/v1/organization"): _answer(organization=_ORGANIZATION),
    ("GET", _SECRETS): _answer(secrets={"type": "array", "items": _SECRET}),
    ("POST", _SECRETS): _answer(secret=_SECRET),
    ("GET", _SECRETS + "/{secret_name}"): _answer(secret=_SECRET),
    ("PATCH", _SECRETS + "/{secret_name}"): _answer(secret=_SECRET),
    ("DELETE", _SECRETS + "/{secret_name}"): _DONE,
    ("GET", "/v1/pages"): _answer(pages=_LIST),
    ("GET", "/v1/pages/{identifier}"): _answer(page=_PAGE),
    ("GET", "/v1/pages/{page_identifier}/permissions"): _answer(permissions=_OBJECT),
    ("PATCH", "/v1/pages/{page_identifier}/permissions"): _answer(permissions=_OBJECT),
    ("POST", "/v1/blueprints/{blueprint_identifier}/entities"): {
        **_answer(entity=ENTITY),
        "additionalProperties": False,
        "properties": {"ok": {"const": True}, "entity": ENTITY, "additionalData": _OBJECT},  # 2.9
    },
    ("PATCH", "/v1/users/{user_email}"): _answer(user=_OBJECT, email={"type": "string"}),
    ("POST", "/v1/teams"): _answer(team=_WRITTEN_TEAM),
    ("PUT", "/v1/teams/{name}"): _answer(team=_WRITTEN_TEAM),
    ("PATCH", "/v1/teams/{name}"): _answer(team=_WRITTEN_TEAM),
    ("GET", "/v1/webhooks"): _answer(webhooks={"type": "array", "items": _WEBHOOK}, integrations=_LIST),
    ("POST", "/v1/webhooks"): _answer(webhook=_WEBHOOK, integration=_WEBHOOK),
    ("GET", "/v1/webhooks/{identifier}"): _answer(webhook=_WEBHOOK, integration=_WEBHOOK),
    ("PUT", "/v1/webhooks/{identifier}"): _answer(webhook=_WEBHOOK, integration=_WEBHOOK),
    ("PATCH", "/v1/webhooks/{identifier}"): _answer(webhook=_WEBHOOK, integration=_WEBHOOK),
    ("DELETE", "/v1/webhooks/{identifier}"): _DONE,
    ("POST", "/v1/workflows/runs/claim-pending"): _answer(nodeRuns=_NODE_RUNS),  # 7.6, and all that follow
    ("PATCH", "/v1/workflows/runs/ack"): _answer(acked={"const": True}),
    ("GET", "/v1/workflows/nodes/runs"): _answer(nodeRuns=_NODE_RUNS),
    ("GET", _ONE_NODE_RUN): _answer(nodeRun=_NODE_RUN),
    ("PATCH", _ONE_NODE_RUN): _answer(nodeRun=_NODE_RUN),
    ("POST", f"{_ONE_NODE_RUN}/logs"): _DONE,
    ("POST", "/v1/workflows"): _answer(workflow=_WORKFLOW),
    ("GET", "/v1/workflows/{identifier}"): _answer(workflow=_WORKFLOW),
    ("PUT", "/v1/workflows/{identifier}"): _answer(workflow=_WORKFLOW),
    ("DELETE", "/v1/workflows/{identifier}"): _DONE,
}
"""Operations without a success schema in the reference, by sections 5, 8, 9 and 10."""
