"""How a source is read and applied. Section 11 of the contract; names of the wire are camelCase forms of these."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from fairway.gitops.patterns import Patterns


class MergeMode(StrEnum):
    """What happens to keys that a definition does not have. Section 2.5."""

    MERGE = "merge"
    OVERRIDE = "override"
    OWNED = "owned"


class OrphanPolicy(StrEnum):
    """What happens to entities that nothing defines any more."""

    DELETE = "delete"
    KEEP = "keep"


@dataclass(frozen=True, slots=True)
class RepositoryFilter:
    """Which repositories of a listing count. Section 3."""

    include: tuple[str, ...] = ()
    """Globs on the label; none: all."""
    exclude: tuple[str, ...] = ()
    topics: frozenset[str] = frozenset()
    """Any of them is enough; none: all."""
    visibility: frozenset[str] = frozenset()
    archived: bool = False
    forks: bool = False
    mirrors: bool = False
    disabled: bool = False
    personal: bool = False


@dataclass(frozen=True, slots=True)
class SourceOptions:
    """Everything that people set about a source, apart from where its forge is and how to log in there."""

    patterns: Patterns = field(default_factory=Patterns)
    branch: str | None = None
    branches: tuple[tuple[str, str], ...] = ()
    """Pairs of a glob on the label and a branch; the first that matches counts."""
    merge_mode: MergeMode = MergeMode.OWNED
    merge_modes: tuple[tuple[Patterns, MergeMode], ...] = ()
    """Modes for some spec files; the first whose patterns match counts."""
    create_missing_related: bool = True
    delete_dependents: bool = False
    deletion_threshold: float | None = None
    """``entityDeletionThreshold``: a fraction of all; the stricter of it and the limits of section 7.3 counts."""
    deletion_most: int | None = None
    """So many ends of claims a run at most; the strictest limit counts."""
    metadata_property: str | None = "gitopsMetadata"
    """None turns it off."""
    orphans: OrphanPolicy = OrphanPolicy.DELETE
    priority: int = 0
    blueprints: frozenset[str] | None = None
    """Those that may be defined; None: all but system blueprints."""
    identifier_prefix: str | None = None
    yields: bool = False
    """Keys that other sources write, too, are left to them."""
    drift_repair: bool = True
    repositories: RepositoryFilter = field(default_factory=RepositoryFilter)
    deletion_grace_seconds: float = 120
    reconcile_seconds: float = 6 * 3600
    validate_requests: bool = True
    concurrency: int = 16
    dry_run: bool = False
    page: str | None = None
    """Where people read about the source, with repositories below: statuses of pull requests lead there."""

    def mode_of(self, path: str) -> MergeMode:
        """The merge mode of a spec file."""
        return next((mode for patterns, mode in self.merge_modes if patterns.matches(path)), self.merge_mode)
