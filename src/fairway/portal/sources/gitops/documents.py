"""Sources and passes as answers show them."""

from __future__ import annotations

from typing import Any

from fairway.kit.clock import rfc3339
from fairway.portal.sources.gitops import options
from fairway.portal.sources.gitops.model import Outcome, PassRecord, Source, SourceTotals

_FIGURES = ("created", "updated", "cleared", "deleted", "held", "unchanged", "conflicts", "pending", "stale")


def when(millis: int | None) -> str | None:
    """An instant as the wire has it."""
    return None if millis is None else rfc3339(millis)


def pass_document(record: PassRecord) -> dict[str, Any]:
    """A pass."""
    found = record.document
    return {
        "id": record.id,
        "kind": found.get("kind", "reconcile"),
        "status": record.status.value,
        "startedAt": rfc3339(record.started_at),
        "endedAt": when(record.ended_at),
        "progress": {"repositories": 0, "total": None, "changed": 0, "failed": 0, **found.get("progress", {})},
        "figures": {**dict.fromkeys(_FIGURES, 0), **found.get("figures", {})},
        "requests": found.get("requests", 0),
        "budgetLeft": found.get("budgetLeft"),
        "problem": found.get("problem"),
        "notices": found.get("notices", []),
        "failures": found.get("failures", []),
    }


def state_document(source: Source, last: PassRecord | None, totals: SourceTotals) -> dict[str, Any]:
    """How a source is doing."""
    outcome = source.outcome
    if outcome in (Outcome.COMPLETE, Outcome.PARTIAL, Outcome.HELD):
        outcome = Outcome.HELD if totals.plans else Outcome.COMPLETE if outcome is Outcome.HELD else outcome
    return {
        "status": outcome.value,
        "pass": None if last is None else pass_document(last),
        "nextPassAt": when(source.next_pass_at),
        "heldPlans": totals.plans,
        "problems": {"errors": totals.errors, "warnings": totals.warnings},
    }


def definition(source: Source, base_url: str) -> dict[str, Any]:
    """What people configured, as events and Admins see it; of secrets only which there are."""
    return {
        "id": source.id,
        "title": source.title,
        "kind": source.kind.value,
        "url": source.url,
        "enabled": source.enabled,
        "settings": dict(source.settings),
        "secrets": dict.fromkeys(source.secrets, True),
        "options": options.shown(source.options),
        "webhook": {
            "url": f"{base_url}/ingest/gitops/{source.id}",
            "lastEventAt": when(source.last_event_at),
            "lastBadSignatureAt": when(source.last_bad_signature_at),
            "refused": source.refused,
            "accepted": source.accepted,
        },
        "removal": source.removal,
        "createdAt": rfc3339(source.created_at),
        "createdBy": source.created_by,
        "updatedAt": rfc3339(source.updated_at),
        "updatedBy": source.updated_by,
    }


def source_document(
    source: Source, base_url: str, last: PassRecord | None, totals: SourceTotals, *, whole: bool
) -> dict[str, Any]:
    """A source; without ``whole`` nothing of how it logs in and of where events go."""
    found = definition(source, base_url)
    if not whole:
        found |= {"settings": {}, "secrets": {}, "webhook": None}
    return {**found, "state": state_document(source, last, totals)}
