"""What is kept of a pass, while it runs and after."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from fairway.gitops.sync import Failure, PassReport, Status
from fairway.portal.sources.gitops.engines import Opened
from fairway.portal.sources.gitops.model import Outcome

_SHOWN = 20
_NO_PROGRESS = frozenset({"listed", "vanished"})
_REFUSALS = frozenset({"forge_refused", "forge_circuit_open"})
_OUTCOMES = {
    Status.COMPLETE: Outcome.COMPLETE,
    Status.PARTIAL: Outcome.PARTIAL,
    Status.FAILED: Outcome.FAILED,
    Status.INTERRUPTED: Outcome.ABORTED,
}


class Meter:
    """Describes the pass that an opened source makes."""

    def __init__(self, opened: Opened, expected: int, before: int = 0) -> None:
        """``expected``: repositories of the last listing; ``before``: requests made until the pass was interrupted."""
        opened.progress = None
        self._opened = opened
        self._expected = expected
        self._requests = opened.forge.figures.requests - before

    def document(self) -> dict[str, Any]:
        """As it is now."""
        figures = self._opened.forge.figures
        used = {"requests": figures.requests - self._requests, "budgetLeft": figures.budget_left}
        report = self._opened.progress
        return {"kind": "reconcile", **used, **({} if report is None else described(report, self._expected))}


def described(report: PassReport, expected: int = 0) -> dict[str, Any]:
    """Progress and figures of a report."""
    seen = asdict(report.repositories)
    done = sum(count for name, count in seen.items() if name not in _NO_PROGRESS)
    total = max(expected, report.repositories.listed, done) or None
    entities = report.entities
    return {
        "progress": {
            "repositories": done,
            "total": total if report.finished_at == 0 else done,
            "changed": report.repositories.changed,
            "failed": report.repositories.failed,
        },
        "figures": {
            "created": entities.created,
            "updated": entities.updated,
            "cleared": entities.cleared,
            "deleted": entities.deleted,
            "held": 0 if report.ends.held is None else len(report.ends.held.keys),
            "pending": entities.pending,
        },
    }


def concluded(report: PassReport, claims: Mapping[str, int]) -> dict[str, Any]:
    """A report at its end. ``claims`` are counts of active, shadowed, pending and stale ones."""
    found = described(report)
    entities = report.entities
    found["figures"] |= {
        "unchanged": max(0, claims.get("active", 0) - entities.created - entities.updated),
        "conflicts": claims.get("shadowed", 0),
        "pending": claims.get("pending", 0),
        "stale": claims.get("stale", 0),
    }
    failures = [{"repository": each.repository, "message": each.message} for each in report.failures[:_SHOWN]]
    return {**found, "problem": _problem(report), "notices": report.notices[:_SHOWN], "failures": failures}


def outcome_of(report: PassReport) -> Outcome:
    """How a pass ended."""
    if report.failure is not None and is_refusal(report.failure):
        return Outcome.REFUSED
    if report.ends.held is not None and report.status in (Status.COMPLETE, Status.PARTIAL):
        return Outcome.HELD
    return _OUTCOMES[report.status]


def is_refusal(failure: Failure) -> bool:
    """Whether the forge does not accept the login any more."""
    return failure.code in _REFUSALS


def _problem(report: PassReport) -> str | None:
    if report.failure is not None:
        return report.failure.message
    if report.ends.held is not None:
        return "; ".join(report.ends.held.reasons) or None
    if report.ends.due and report.ends.stops:
        return "Nothing was deleted: " + "; ".join(report.ends.stops)
    return None
