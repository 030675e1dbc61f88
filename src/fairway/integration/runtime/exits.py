"""Exit codes (contract 4.1 [X]): schedules turn red when a run fails."""

from __future__ import annotations

from fairway.integration.model import State, SyncReport

COMPLETED = 0
FAILED = 1
CONFIGURATION = 2
ABORTED = 3


def exit_code(report: SyncReport) -> int:
    """Of a process that makes one run."""
    if report.state is State.ABORTED:
        return ABORTED
    return COMPLETED if report.state in (State.COMPLETED, State.WARNINGS) else FAILED
