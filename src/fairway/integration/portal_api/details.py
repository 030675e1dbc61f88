"""What a portal of ours is told beyond the contract's metric events (:mod:`fairway.wire.sync_details`)."""

from __future__ import annotations

from dataclasses import asdict

from fairway.integration.model import KindReport, Problem, State, SyncReport
from fairway.wire.sync_details import (
    MOST_PROBLEMS,
    MOST_TEXT,
    KeptEntities,
    KindDetails,
    Quality,
    RunDetails,
    SyncProblem,
)


def kind_details(report: KindReport, state: State) -> KindDetails:
    """Of one kind."""
    counts = {name: count for name, count in asdict(report.counts).items() if count}
    return {"state": state.value, "counts": counts, "problems": [_problem(e) for e in report.problems[:MOST_PROBLEMS]]}


def run_details(state: State, report: SyncReport | None, quality: Quality | None) -> RunDetails:
    """Of the whole sync; ``report`` when it has ended."""
    return {
        "state": state.value,
        "problem": report.problem if report else None,
        "kept": [_kept(each.reason, each.count, each.blueprint, each.sample) for each in report.kept] if report else [],
        "quality": quality,
    }


def _kept(reason: str, count: int, blueprint: str, sample: tuple[str, ...]) -> KeptEntities:
    return {"reason": reason, "count": count, "blueprint": blueprint, "sample": list(sample)}


def _problem(problem: Problem) -> SyncProblem:
    return {
        "where": problem.where,
        "message": problem.message[:MOST_TEXT],
        "program": problem.program and problem.program[:MOST_TEXT],
        "item": problem.item and problem.item[:MOST_TEXT],
    }
