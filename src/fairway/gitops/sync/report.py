"""Reports of passes and pushes, for people, files and the portal's pages. Sections 10.2 and 10.3 of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from fairway.gitops.diagnostics import Diagnostic
from fairway.gitops.forges.base import ForgeFigures
from fairway.gitops.ledger.model import HeldPlan
from fairway.gitops.sync.tally import MOST, Findings, Tally
from fairway.kit.clock import rfc3339
from fairway.kit.errors import FairwayError


class Status(StrEnum):
    """How a pass ended. Section 6.3."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    """Some repositories failed; they keep their state."""
    FAILED = "failed"
    """The listing is incomplete, or nothing could be done at all."""
    INTERRUPTED = "interrupted"
    """Stopped; the next pass goes on from here."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why something could not be done. ``blame`` is portal, forge or ledger."""

    code: str
    message: str
    status: int
    blame: str = ""
    repository: str | None = None

    @classmethod
    def of(cls, error: FairwayError, blame: str, repository: str | None = None) -> Failure:
        """From an error."""
        return cls(error.code, error.message, error.status, blame, repository)


@dataclass(slots=True)
class Seen:
    """Repositories by what became of them."""

    listed: int = 0
    excluded: int = 0
    skipped: int = 0
    """Done before the pass was interrupted."""
    unchanged: int = 0
    changed: int = 0
    failed: int = 0
    refused: int = 0
    """The credentials may not look at them; that alone proves nothing, and does not keep a pass from being complete."""
    gone: int = 0
    """Listed, but not there when looked at."""
    empty: int = 0
    vanished: int = 0
    """Missing for so long that their claims ended."""


@dataclass(slots=True)
class Ends:
    """What became of claims that ended."""

    due: int = 0
    stops: tuple[str, ...] = ()
    """Why none took effect."""
    held: HeldPlan | None = None
    orphaned: int = 0
    """Entities that stay, marked."""


@dataclass(slots=True)
class PassReport:
    """A full pass over a source."""

    source: str
    generation: int = 0
    started_at: int = 0
    finished_at: int = 0
    status: Status = Status.COMPLETE
    repositories: Seen = field(default_factory=Seen)
    entities: Tally = field(default_factory=Tally)
    ends: Ends = field(default_factory=Ends)
    findings: Findings = field(default_factory=Findings)
    failures: list[Failure] = field(default_factory=list)
    """The first of them; ``repositories.failed`` and ``refused`` count all."""
    failure: Failure | None = None
    """What ended the pass."""
    forge: ForgeFigures = field(default_factory=ForgeFigures)
    notices: list[str] = field(default_factory=list)
    dry_run: bool = False

    def fail(self, failure: Failure, *, refused: bool = False) -> None:
        """Notes a repository that failed, or that may not be looked at."""
        self.repositories.failed += not refused
        self.repositories.refused += refused
        if len(self.failures) < MOST:
            self.failures.append(failure)

    def document(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "source": self.source,
            "kind": "reconcile",
            "status": self.status.value,
            "dryRun": self.dry_run,
            "generation": self.generation,
            "startedAt": rfc3339(self.started_at),
            "finishedAt": rfc3339(self.finished_at),
            "seconds": round((self.finished_at - self.started_at) / 1000, 3),
            "repositories": asdict(self.repositories),
            "entities": {**asdict(self.entities), "held": 0 if self.ends.held is None else len(self.ends.held.keys)},
            "deletions": _ends(self.ends),
            "errors": self.findings.errors,
            "warnings": self.findings.warnings,
            "diagnostics": [each.document() for each in self.findings.shown],
            "failures": [asdict(each) for each in self.failures],
            "failure": None if self.failure is None else asdict(self.failure),
            "forge": asdict(self.forge),
            "notices": self.notices,
        }


def _ends(ends: Ends) -> Mapping[str, Any]:
    return {
        "due": ends.due,
        "stops": list(ends.stops),
        "orphaned": ends.orphaned,
        "held": None if ends.held is None else ends.held.document(),
    }


@dataclass(slots=True)
class DeltaReport:
    """What a push, or a second look at one repository, led to."""

    repository: str
    label: str = ""
    commit: str | None = None
    changed: bool = False
    entities: Tally = field(default_factory=Tally)
    ends: Ends = field(default_factory=Ends)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        """The JSON form."""
        return {
            "kind": "delta",
            "repository": self.label or self.repository,
            "commit": self.commit,
            "changed": self.changed,
            "entities": asdict(self.entities),
            "deletions": _ends(self.ends),
            "diagnostics": [each.document() for each in self.diagnostics],
            "notices": self.notices,
        }
