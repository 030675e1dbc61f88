"""How an event of the outbox is told: as an audit record, and as a change-log message."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from fairway.portal.storage.outbox import Event

_PREFIX = "event_"
FIELDS = (
    "identifier", "action", "resourceType", "status", "trigger", "context", "diff", "message", "additionalData",
)  # fmt: skip


def event_identifier(event_id: int) -> str:
    """The identifier of an event outside of the database."""
    return f"{_PREFIX}{event_id}"


def event_number(identifier: str) -> int | None:
    """The event that an identifier names, or none when it names none."""
    digits = identifier.removeprefix(_PREFIX)
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 19 else None


def change_message(event: Event) -> dict[str, Any]:
    """The change-log event of contract 7.10."""
    return {
        "action": event.action,
        "resourceType": event.resource_type,
        "status": event.status,
        "trigger": event.trigger,
        "context": event.context,
        "diff": event.diff,
        "changelogDestination": event.destination,
    }


def audit_record(event: Event, fields: Collection[str] = ()) -> dict[str, Any]:
    """The audit record of contract 10.7, or only some ``fields`` of it."""
    record = {
        "identifier": event_identifier(event.id),
        "action": event.action,
        "resourceType": event.resource_type,
        "status": event.status,
        "trigger": event.trigger,
        "context": event.context,
        "diff": event.diff,
        "message": event.message,
        "additionalData": event.additional or {},
    }
    return {key: value for key, value in record.items() if key in fields} if fields else record
