"""What our integrations tell our portal about a sync beyond the contract's metric events. A portal that takes it says
``"details": true`` in ``metricAttributes``; it travels as ``details`` of a metric event."""

from __future__ import annotations

from typing import NotRequired, TypedDict

DETAILS = "details"
MOST_PROBLEMS = 20
"""Of a kind."""
MOST_TEXT = 2_000
"""Characters of any text."""


class SyncProblem(TypedDict):
    """An item that did not become what it should, or a reason that concerns the whole kind."""

    where: str
    message: str
    program: NotRequired[str | None]
    item: NotRequired[str | None]


class KeptEntities(TypedDict):
    """Entities that were not seen and not deleted either."""

    reason: str
    count: int
    blueprint: str
    sample: list[str]


class KindDetails(TypedDict):
    """Of one kind. ``state`` is pending, syncing, completed, completed_with_warnings, failed or aborted; ``counts``
    are raw, filtered, dropped, failed, mapped, unchanged, loaded, rejected, deleted and kept."""

    state: str
    counts: dict[str, int]
    problems: list[SyncProblem]


class BrokenRule(TypedDict):
    """A rule of the quality scale that does not hold."""

    rule: str
    tier: str
    asks: str


class Quality(TypedDict):
    """Where an integration stands on the quality scale; ``tier`` is bronze, silver, gold, or null below bronze."""

    tier: str | None
    broken: list[BrokenRule]


class RunDetails(TypedDict):
    """Of the whole sync."""

    state: str
    problem: str | None
    kept: list[KeptEntities]
    quality: Quality | None
