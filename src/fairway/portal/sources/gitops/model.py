"""Sources, passes and notices in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

from fairway.gitops.forges.base import ForgeKind
from fairway.gitops.options import SourceOptions
from fairway.portal.sources.gitops.options import source_options

Removal = Literal["delete", "detach", "keep"]
REMOVALS: tuple[Removal, ...] = ("delete", "detach", "keep")
RESOURCE = "gitopsSource"
"""``resourceType`` of the events of sources."""


class Outcome(StrEnum):
    """How the last pass ended."""

    NEVER = "never"
    RUNNING = "running"
    COMPLETE = "complete"
    PARTIAL = "partial"
    FAILED = "failed"
    HELD = "held"
    REFUSED = "refused"
    ABORTED = "aborted"
    """Of passes alone: the source counts as partial."""


@dataclass(frozen=True, slots=True)
class Source:
    """A source with its secrets opened; never logged, never shown as it is."""

    id: str
    title: str
    kind: ForgeKind
    url: str
    enabled: bool
    settings: Mapping[str, Any]
    options: Mapping[str, Any]
    """What was given; defaults are added by :attr:`engine_options`."""
    secrets: Mapping[str, str] = field(repr=False)
    revision: int
    outcome: Outcome
    removal: Removal | None
    sync_asked_at: int
    abort_asked_at: int
    next_pass_at: int | None
    last_event_at: int | None
    last_bad_signature_at: int | None
    accepted: int
    refused: int
    created_at: int
    created_by: str
    updated_at: int
    updated_by: str

    @property
    def engine_options(self) -> SourceOptions:
        """Options as the engine takes them."""
        return source_options(self.options, self.kind)

    @property
    def works(self) -> bool:
        """Whether passes and events are due."""
        return self.enabled and self.removal is None


@dataclass(frozen=True, slots=True)
class PassRecord:
    """A pass as it is kept. ``document`` has progress, figures, requests, budgetLeft and problem."""

    id: str
    source: str
    started_at: int
    ended_at: int | None
    status: Outcome
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SourceTotals:
    """What lists say beside a source."""

    plans: int = 0
    errors: int = 0
    warnings: int = 0
