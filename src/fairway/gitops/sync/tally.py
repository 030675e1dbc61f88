"""What a run did, in numbers and findings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, fields

from fairway.gitops.diagnostics import Diagnostic, Severity

MOST = 1000
"""Findings that a report holds; beyond it they are counted only."""


@dataclass(slots=True)
class Tally:
    """Entities and claims by what became of them."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    cleared: int = 0
    """Fields that were emptied, and entities that git let go of."""
    deleted: int = 0
    pending: int = 0
    refused: int = 0
    shadowed: int = 0
    orphaned: int = 0
    restored: int = 0

    def add(self, other: Tally) -> None:
        """Adds another's numbers."""
        for each in fields(other):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))

    @property
    def writes(self) -> int:
        """Entities that were written."""
        return self.created + self.updated


@dataclass(slots=True)
class Findings:
    """Diagnostics, no more than a report can hold."""

    shown: list[Diagnostic] = field(default_factory=list)
    errors: int = 0
    warnings: int = 0

    def add(self, found: Iterable[Diagnostic]) -> None:
        """Counts them, and keeps them while there is room."""
        for each in found:
            self.errors += each.severity is Severity.ERROR
            self.warnings += each.severity is Severity.WARNING
            if len(self.shown) < MOST:
                self.shown.append(each)
