"""Metric events of a resync (framework contract 14.1): reading, and showing in the reference's shape."""

from __future__ import annotations

from typing import Any

from fairway.kit.clock import rfc3339
from fairway.kit.errors import InvalidRequest

RUNTIME = "__runtime__"
"""Pseudo kind whose state is that of the whole resync."""
_COUNTED_PHASES = ("extract", "transform", "load", "delete")
_COUNTS = ("raw_extracted", "failed", "transformed", "filtered_out", "loaded", "skipped", "deleted")
_TEXTS = (
    "integrationIdentifier", "integrationType", "integrationVersion", "kind", "kindIdentifier", "eventId",
    "oceanVersion", "syncState",
)  # fmt: skip
_KEY_LENGTH = 200


def check_event(value: Any) -> dict[str, Any]:
    """A metric event with what storing it needs.

    Raises:
        InvalidRequest: not an object, or without ``eventId`` or ``kindIdentifier``.
    """
    if not isinstance(value, dict):
        raise InvalidRequest("A metric event must be a JSON object")
    for key in ("eventId", "kindIdentifier"):
        key_text(value.get(key), key)
    return value


def key_text(value: Any, name: str) -> str:
    """A text that may be part of a key.

    Raises:
        InvalidRequest: not a string of 1 to 200 characters.
    """
    if not isinstance(value, str) or not 0 < len(value) <= _KEY_LENGTH:
        raise InvalidRequest(f'"{name}" must be a string of 1 to {_KEY_LENGTH} characters')
    return value


def state_of(event: dict[str, Any]) -> str | None:
    """The state of the whole resync, when this event tells it."""
    state = event.get("syncState")
    return state[:32] if event["kindIdentifier"] == RUNTIME and isinstance(state, str) else None


def shown(row: Any) -> dict[str, Any]:
    """A stored event in the shape of the reference: known keys alone, texts and counts never missing."""
    event: dict[str, Any] = row.document
    answer: dict[str, Any] = {key: str(event.get(key) or "") for key in _TEXTS}
    if isinstance(event.get("blueprint"), str):
        answer["blueprint"] = event["blueprint"]
    if isinstance(event.get("kindIndex"), int):
        answer["kindIndex"] = event["kindIndex"]
    stamps = {"createdAt": rfc3339(row.created_at), "updatedAt": rfc3339(row.updated_at)}
    return {**answer, "metrics": {"phase": _phases(event)}, **stamps}


def counts(event: dict[str, Any]) -> dict[str, int]:
    """All object counts of an event by ``phase.type``, zeros left out."""
    found = {}
    for phase, body in _phases(event).items():
        for name, count in body.get("object_count_type", {}).items():
            if count["object_count"]:
                found[f"{phase}.{name}"] = count["object_count"]
    return found


def _phases(event: dict[str, Any]) -> dict[str, Any]:
    given = _object(_object(event.get("metrics")).get("phase"))
    phases: dict[str, Any] = {}
    for phase in _COUNTED_PHASES:
        if isinstance(given.get(phase), dict):
            sent = _object(given[phase].get("object_count_type"))
            phases[phase] = {"object_count_type": {name: _count(sent[name]) for name in _COUNTS if name in sent}}
    resync = _object(given.get("resync"))
    numbers = {key: resync[key] for key in ("duration_seconds", "success") if isinstance(resync.get(key), int | float)}
    return {**phases, "resync": numbers} if numbers else phases


def _count(value: Any) -> dict[str, Any]:
    number = _object(value).get("object_count")
    if not isinstance(number, int | float):
        return {"object_count": 0}
    return {"object_count": int(number) if float(number).is_integer() else number}


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
