"""What a check found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Tier(StrEnum):
    """Steps of the quality scale; each asks for everything of those before."""

    BRONZE = "bronze"
    SILVER = "silver"
    GOLD = "gold"


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule, and where it is broken."""

    rule: str
    tier: Tier
    asks: str
    broken: tuple[str, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether nothing breaks it."""
        return not self.broken


@dataclass(frozen=True, slots=True)
class Checked:
    """An integration's folder under check."""

    type: str
    version: str
    served: tuple[str, ...]
    """Kinds with handlers; ``*`` when any kind is served."""
    mapped: tuple[str, ...]
    """Kinds of the default mapping."""
    native: int
    """Expressions that run in the process."""
    libjq: int
    """Expressions that need a worker process."""
    findings: tuple[Finding, ...]

    @property
    def tier(self) -> Tier | None:
        """The highest tier reached; ``None`` below bronze, which an integration needs to be of use."""
        return reached(self.findings)


def reached(findings: Sequence[Finding]) -> Tier | None:
    """The last tier up to which every rule holds."""
    best: Tier | None = None
    for tier in Tier:
        if not all(finding.holds for finding in findings if finding.tier is tier):
            break
        best = tier
    return best
