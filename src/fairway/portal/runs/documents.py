"""Runs and log lines as answers, events and streams show them (contract 7.2, 7.4)."""

from __future__ import annotations

from typing import Any

from fairway.kit.clock import rfc3339
from fairway.kit.jsonio import dumps_text
from fairway.portal.runs.log_repository import LogLine
from fairway.portal.runs.model import JsonObject, Run
from fairway.wire.runs import AGENT

_NOTHING_DELETED: frozenset[str] = frozenset()

FIELDS = frozenset(
    {
        "id", "status", "statusLabel", "summary", "blueprint", "entity", "action", "properties", "rawProperties",
        "source", "link", "requiredApproval", "approval", "response", "payload", "pendingExecution", "claimedUntil",
        "installationId", "externalRunId", "createdBy", "impersonatedBy", "updatedBy", "createdAt", "updatedAt",
        "endedAt",
    }
)  # fmt: skip
"""Keys of the run object."""


def run_document(run: Run, deleted: frozenset[str] = _NOTHING_DELETED) -> dict[str, Any]:
    """The run object. ``deleted`` names what of ``action``, ``blueprint`` and ``entity`` is gone."""
    kept = run.definition
    approval = run.required_approval
    return {
        "id": run.id,
        "status": run.status,
        "statusLabel": run.status_label,
        "summary": run.summary,
        "blueprint": _reference(run.blueprint, kept.get("blueprint") or {}, "blueprint" in deleted),
        "entity": _reference(run.entity, kept.get("entity") or {}, "entity" in deleted),
        "action": _reference(run.action, kept, "action" in deleted),
        "properties": run.properties,
        "rawProperties": run.raw_properties,
        "source": run.source,
        "link": list(run.link),
        "requiredApproval": False if approval is None else approval,
        "approval": run.approval,
        "response": run.response,
        "payload": run.payload,
        "pendingExecution": run.pending,
        "claimedUntil": rfc3339(run.claimed_until) if run.claimed_until else None,
        "installationId": installation_of(run),
        "externalRunId": run.external_run_id,
        "createdBy": run.created_by,
        "impersonatedBy": run.impersonated_by,
        "updatedBy": run.updated_by,
        "createdAt": rfc3339(run.created_at),
        "updatedAt": rfc3339(run.updated_at),
        "endedAt": None if run.ended_at is None else rfc3339(run.ended_at),
    }


def claimed_document(run: Run, payload: JsonObject) -> dict[str, Any]:
    """The run object for whoever executes it: with the real payload, which always has a ``body`` that an agent can
    extend (contract 7.6), and with the labels that it was given for."""
    document = run_document(run)
    document["payload"] = {**payload, "body": {}} if payload.get("body") is None else dict(payload)
    if run.labels:
        document["labels"] = run.labels
    return document


def installation_of(run: Run) -> str | None:
    """Whoever claims: ``_PORT_EXEC_AGENT``, an integration's installation id, or nobody."""
    return AGENT if run.queue is not None and run.queue.startswith(f"{AGENT}:") else run.queue


def log_document(line: LogLine) -> dict[str, Any]:
    """``runLog``; ``level`` and ``statusLabel`` are more than upstream shows."""
    document = {
        "id": f"rl_{line.number}",
        "runId": line.run_id,
        "message": line.message,
        "level": line.level,
        "createdBy": line.created_by,
        "createdAt": rfc3339(line.created_at),
    }
    return document if line.status_label is None else {**document, "statusLabel": line.status_label}


def presentable_response(value: Any) -> Any:
    """``response`` as runs can show it: an object, an array or a text."""
    return value if value is None or isinstance(value, dict | list | str) else dumps_text(value)


def _reference(identifier: str | None, described: JsonObject, deleted: bool) -> dict[str, Any] | None:
    if identifier is None:
        return None
    return {
        "identifier": identifier,
        "title": described.get("title"),
        "icon": described.get("icon"),
        "deleted": deleted,
    }
