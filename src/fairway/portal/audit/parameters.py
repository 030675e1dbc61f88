"""The query parameters of the audit log."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request

from fairway.kit.clock import parse_instant, to_millis
from fairway.kit.errors import InvalidRequest
from fairway.portal.audit.records import FIELDS, event_number
from fairway.portal.audit.repository import AuditFilter
from fairway.portal.http.requests import flag, query_list

STATUSES = ("SUCCESS", "FAILURE")
ACTION_TYPES = ("automation", "self-service")
RESOURCES = ("blueprint", "entity", "run", "webhook", "scorecard", "action", "integration")
MAX_LIMIT = 1000
_DAY_MS = 86_400_000
_NO_EVENT = -1

PARAMETERS: dict[str, Any] = {
    "parameters": [
        {"name": name, "in": "query", "schema": schema, "description": text}
        for name, schema, text in (
            ("identifier", {"type": "string"}, "One event, by its identifier."),
            ("entity", {"type": "string"}, "Identifier of the entity that changed."),
            ("include_deleted_entities", {"type": "boolean"}, "Needs entity, blueprint, status, and a day at most."),
            ("blueprint", {"type": "string"}, "Blueprint of the entity, or the blueprint itself."),
            ("run_id", {"type": "string"}, "Changes made in the name of a run."),
            ("webhookId", {"type": "string"}, "Changes that came through an inbound webhook."),
            ("webhookEventId", {"type": "string"}, "Changes that came with one event of a webhook."),
            ("InstallationId", {"type": "string"}, "Changes of an integration."),
            ("origin", {"type": "array", "items": {"type": "string"}}, "UI, API, or the name of what wrote."),
            ("resources", {"type": "array", "items": {"type": "string"}}, f"Such as {', '.join(RESOURCES)}."),
            ("includes", {"type": "array", "items": {"enum": list(FIELDS)}}, "Fields to answer; all when absent."),
            ("from", {"type": "string", "format": "date-time"}, "Not before this instant."),
            ("to", {"type": "string", "format": "date-time"}, "Not after this instant."),
            ("action", {"type": "string"}, "CREATE, UPDATE, DELETE, ..."),
            ("status", {"enum": list(STATUSES)}, "Whether the change succeeded."),
            ("limit", {"type": "integer", "default": MAX_LIMIT}, f"At most {MAX_LIMIT}; more is clamped."),
            ("actionType", {"enum": list(ACTION_TYPES)}, "Kind of the action that changed."),
        )
    ]
}


def read_filter(request: Request) -> AuditFilter:
    """The filter that a request asks for.

    Raises:
        InvalidRequest: a parameter is not what it must be.
    """
    query = request.query_params
    identifier = query.get("identifier")
    wanted = AuditFilter(
        event_id=None if identifier is None else (event_number(identifier) or _NO_EVENT),
        entity=query.get("entity"),
        blueprint=query.get("blueprint"),
        run_id=query.get("run_id"),
        webhook=query.get("webhookId"),
        webhook_event=query.get("webhookEventId"),
        installation=query.get("InstallationId"),
        origins=query_list(request, "origin"),
        resources=query_list(request, "resources"),
        action=query.get("action"),
        status=_one_of(query.get("status"), "status", STATUSES),
        action_type=_one_of(query.get("actionType"), "actionType", ACTION_TYPES),
        since=_instant(query.get("from"), "from"),
        until=_instant(query.get("to"), "to"),
    )
    if flag(request, "include_deleted_entities"):
        _check_deleted(wanted)
    return wanted


def _check_deleted(wanted: AuditFilter) -> None:
    """Deleted entities are always included; upstream's conditions for asking are held all the same (10.7)."""
    since, until = wanted.since, wanted.until
    complete = wanted.entity and wanted.blueprint and wanted.status and since is not None and until is not None
    if not complete or until is None or since is None or not 0 <= until - since <= _DAY_MS:
        raise InvalidRequest(
            '"include_deleted_entities" needs "entity", "blueprint", "status", "from" and "to", at most one day apart'
        )


def _one_of(value: str | None, name: str, known: tuple[str, ...]) -> str | None:
    if value is not None and value not in known:
        raise InvalidRequest(f'Query parameter "{name}" must be one of {", ".join(known)}, not "{value[:50]}"')
    return value


def _instant(text: str | None, name: str) -> int | None:
    if not text:
        return None
    instant = parse_instant(text.replace(" ", "+") if "T" in text else text)
    if instant is None:
        raise InvalidRequest(
            f'Query parameter "{name}" must be an ISO 8601 instant such as 2026-01-28T10:00:00.000Z, not "{text[:50]}"'
        )
    return to_millis(instant)
