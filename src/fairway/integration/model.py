"""What every room of the integration framework speaks of. Terms as in section 1 of the contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

RawItem = dict[str, Any]
"""What the third party returned, possibly enriched."""


class EntityKey(NamedTuple):
    """What an entity is found by. An identifier that is a search stands as its canonical JSON."""

    blueprint: str
    identifier: str


@dataclass(slots=True)
class Entity:
    """What a raw item maps to. ``document`` is the body of its write: identifier and exactly the other keys of the
    mapping, null where a program gave nothing."""

    blueprint: str
    document: dict[str, Any]

    @property
    def identifier(self) -> Any:
        """Text, or a search."""
        return self.document["identifier"]


@dataclass(frozen=True, slots=True)
class Resource:
    """One entry of the mapping (section 6.2). ``index`` is its place; ``selector`` is without ``query``."""

    index: int
    kind: str
    query: str
    mappings: tuple[Mapping[str, Any], ...]
    selector: Mapping[str, Any] = field(default_factory=dict)
    enable_delete: bool = True
    items_to_parse: str | None = None
    items_to_parse_name: str = "item"
    items_to_parse_top_level_transform: bool = True
    listed: bool = False
    """The mappings are a list, even if of one; tells the JSON pointers of its programs."""

    @property
    def name(self) -> str:
        """The kind identifier: ``project-0``."""
        return f"{self.kind}-{self.index}"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in a mapping or an item that a person has to look at."""

    where: str
    """A JSON pointer into the mapping, or a field as ``properties.url``."""
    message: str
    program: str | None = None
    item: str | None = None
    """Enough of a raw item to find it again."""


@dataclass(frozen=True, slots=True)
class AppConfig:
    """The mapping of an installation (section 6.1): switches, and the resources that are sound."""

    resources: tuple[Resource, ...] = ()
    delete_dependent_entities: bool = True
    create_missing_related_entities: bool = True
    enable_merge_entity: bool = True
    entity_deletion_threshold: float | None = None
    """None: not given, so the framework's own limits count."""
    problems: tuple[Problem, ...] = ()
    """What is wrong with resources that were left out; with any, nothing of their kinds is deleted."""


class Trigger(StrEnum):
    """Why something runs."""

    START = "start"
    REQUEST = "request"
    SCHEDULE = "schedule"
    CONFIGURATION = "configuration"
    MANUAL = "manual"
    LIVE = "live"


class State(StrEnum):
    """How a kind or a run ended, as the portal is told."""

    PENDING = "pending"
    SYNCING = "syncing"
    COMPLETED = "completed"
    WARNINGS = "completed_with_warnings"
    FAILED = "failed"
    ABORTED = "aborted"


@dataclass(slots=True)
class Counts:
    """What became of the items of a kind (section 6.6). Raw items count after ``itemsToParse``."""

    raw: int = 0
    filtered: int = 0
    """The selector was false."""
    dropped: int = 0
    """No identifier or blueprint."""
    failed: int = 0
    """An error: the selector was no boolean, or time ran out."""
    mapped: int = 0
    unchanged: int = 0
    loaded: int = 0
    rejected: int = 0
    """The portal refused them."""
    deleted: int = 0
    kept: int = 0
    """Not deleted although nobody saw them, because a limit or a failure forbade it."""


@dataclass(slots=True)
class KindReport:
    """One resource in one run. ``problems`` are the first 20."""

    resource: Resource
    state: State = State.PENDING
    counts: Counts = field(default_factory=Counts)
    problems: list[Problem] = field(default_factory=list)
    pages: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Kept:
    """Entities that nobody saw and that were not deleted all the same."""

    reason: str
    count: int
    blueprint: str
    sample: tuple[str, ...] = ()
    """Some of their identifiers."""


@dataclass(slots=True)
class SyncReport:
    """One run."""

    id: str
    trigger: Trigger
    state: State = State.PENDING
    kinds: Sequence[KindReport] = ()
    problem: str | None = None
    kept: Sequence[Kept] = ()
    deleted: int = 0
    seconds: float = 0.0
