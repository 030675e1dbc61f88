"""A run for people and programs: ``/status``, the command line and its JSON lines."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fairway.integration.model import KindReport, SyncReport


def report_document(report: SyncReport) -> dict[str, Any]:
    """Everything about a run."""
    return {
        "id": report.id,
        "trigger": report.trigger.value,
        "state": report.state.value,
        "seconds": round(report.seconds, 3),
        "problem": report.problem,
        "deleted": report.deleted,
        "kept": [asdict(each) for each in report.kept],
        "kinds": [_kind(each) for each in report.kinds],
    }


def _kind(report: KindReport) -> dict[str, Any]:
    return {
        "name": report.resource.name,
        "kind": report.resource.kind,
        "state": report.state.value,
        "pages": report.pages,
        "seconds": round(report.seconds, 3),
        "counts": {name: count for name, count in asdict(report.counts).items() if count},
        "problems": [asdict(each) for each in report.problems],
    }
