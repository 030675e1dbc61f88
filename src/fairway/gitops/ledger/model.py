"""What the ledger remembers. Sections 6.1 and 7.1 of the contract; instants are milliseconds since the epoch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from fairway.gitops.diagnostics import Diagnostic
from fairway.gitops.model import EntityKey, Location


class ClaimState(StrEnum):
    """Where a claim stands."""

    ACTIVE = "active"
    """It defines its entity, and the catalog has what it says."""
    PENDING = "pending"
    """It defines its entity, and the catalog does not have it yet; ``reason`` says why."""
    SHADOWED = "shadowed"
    """Another claim defines the entity."""
    ORPHANED = "orphaned"
    """No repository says it any more; the entity is still there."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A location's assertion that it defines an entity. One per entity and repository."""

    key: EntityKey
    location: Location
    line: int
    state: ClaimState
    claimed_at: int
    """The start of the run that saw it first, so that claims of one run are equal."""
    body: bytes
    """What the file says, as ``ledger/fields.py`` writes it."""
    wish: str
    """Hash of ``body``'s values and whatever else decides about what is written."""
    column: int = 1
    priority: int = 0
    pinned: bool = False
    commit: str = ""
    """The commit at which the definition became what it is."""
    applied_wish: str | None = None
    """The ``wish`` that the catalog has accepted."""
    applied: Mapping[str, str] = field(default_factory=dict)
    """Field to the hash of the value that git wrote there."""
    created_by_git: bool = False
    foreign: bool = False
    """Somebody else has written the entity since git created it."""
    revision: str | None = None
    """The entity's ``updated_at`` after git's last write; None while a write is under way."""
    searches: bool = False
    """Some of its relations are searches, to be evaluated again at each reconcile."""
    stale: bool = False
    """The file cannot be read as it is now; what counts is its last good version."""
    held_by: tuple[str, ...] = ()
    """The definition is gone, but these files became unreadable at the same time and may hold it."""
    waits_for: tuple[EntityKey, ...] = ()
    """Targets of relations that do not exist."""
    pending_since: int | None = None
    orphaned_since: int | None = None
    kept: bool = False
    """Orphaned, and to stay so: the policy, an administrator, or entities that depend on it."""
    contested: tuple[str, ...] = ()
    """Fields that somebody else writes, too."""
    reason: str | None = None
    code: str | None = None
    """The diagnostic's code that goes with ``reason``."""

    @property
    def owner(self) -> ClaimId:
        """What it is stored under."""
        return (self.key, self.location.source, self.location.repository)

    @property
    def holds(self) -> bool:
        """Whether the entity bears traces of it."""
        return self.created_by_git or bool(self.applied)


ClaimId = tuple[EntityKey, str, str]
"""Entity, source, repository."""


@dataclass(frozen=True, slots=True)
class FileState:
    """A spec file as it was last looked at."""

    path: str
    version: str
    readable: bool = True
    nameless: int = 0
    dependencies: Mapping[str, str] = field(default_factory=dict)
    """Path of each file it refers to, to the git blob id of its content; empty for one that is missing."""
    diagnostics: tuple[Diagnostic, ...] = ()
    last_good: str | None = None
    """The commit at which it could last be read."""

    @property
    def broken(self) -> bool:
        """Whether a definition that is missing from it may still be in it."""
        return not self.readable or self.nameless > 0


@dataclass(frozen=True, slots=True)
class RepositoryState:
    """A repository as it was last looked at."""

    source: str
    id: str
    label: str
    url: str = ""
    address: Mapping[str, str] = field(default_factory=dict)
    """What the forge's client needs to call it."""
    branch: str | None = None
    tip: str | None = None
    settings: str = ""
    """Hash of the options that reading depends on."""
    blueprints: tuple[str, ...] = ()
    """Those that its definitions name, good and bad."""
    shapes: str = ""
    """Hash of what those blueprints looked like."""
    files: Mapping[str, FileState] = field(default_factory=dict)
    problem: str | None = None
    """Why the last attempt failed."""
    last_attempt: int = 0
    last_success: int = 0
    revision: int = 0
    """Counts commits; whoever planned with another one has to look again."""
    listed: int = 0
    """Generation of the last pass whose listing had it."""
    checked: int = 0
    """Generation of the last pass that dealt with it."""
    excluded: bool = False
    """Listed, but filtered out."""
    missing_since: int | None = None
    """Start of the first complete pass that did not list it."""
    missed: int = 0
    """Complete passes in a row that did not list it."""

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """Those of all its files."""
        return tuple(each for path in sorted(self.files) for each in self.files[path].diagnostics)


@dataclass(frozen=True, slots=True)
class Listed:
    """What a listing said of a repository."""

    id: str
    label: str
    url: str
    excluded: bool = False


@dataclass(frozen=True, slots=True)
class SourceState:
    """A source between passes."""

    source: str
    generation: int = 0
    started_at: int = 0
    """Of the pass of that generation."""
    finished_at: int | None = None
    """None while it is under way, or when it was interrupted."""
    status: str = ""
    identity: str = ""
    """Who the credentials were."""
    organisation: str = ""
    settings: str = ""
    listed: int = 0
    """Repositories in the listing of the last pass that was complete."""
    last_complete: int = 0
    report: bytes = b""
    """The last report's JSON."""


class Effect(StrEnum):
    """What the end of a claim does to its entity."""

    DELETE = "delete"
    CLEAR = "clear"


@dataclass(frozen=True, slots=True)
class HeldPlan:
    """Deletions that wait for an administrator. Section 7.3."""

    id: str
    source: str
    created_at: int
    settings: str
    organisation: str
    reasons: tuple[str, ...]
    deletes: int
    clears: int
    by_blueprint: Mapping[str, int]
    keys: tuple[EntityKey, ...]

    def document(self, samples: int = 20) -> dict[str, object]:
        """The JSON form, with some of the entities."""
        return {
            "id": self.id,
            "source": self.source,
            "createdAt": self.created_at,
            "reasons": list(self.reasons),
            "deletes": self.deletes,
            "clears": self.clears,
            "byBlueprint": dict(self.by_blueprint),
            "samples": [{"blueprint": key.blueprint, "identifier": key.identifier} for key in self.keys[:samples]],
        }


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """An entity as it was before git deleted or cleared it; kept for 30 days."""

    id: str
    source: str
    key: EntityKey
    effect: Effect
    at: int
    reason: str
    location: Location
    content: bytes
    """JSON: title, icon, team, properties and relations; for a clearing only what was cleared."""
    restored_at: int | None = None
