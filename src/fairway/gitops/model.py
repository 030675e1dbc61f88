"""What every room of GitOps speaks of. Terms as in section 1 of the contract."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

SPEC_NAMES = ("port.yml", "port.yaml")
"""In the order in which they are read when both lie in one folder."""


class EntityKey(NamedTuple):
    """What a definition defines."""

    blueprint: str
    identifier: str

    def __str__(self) -> str:
        return f"{self.blueprint}/{self.identifier}"


class Mark(NamedTuple):
    """A place in a file; both count from 1."""

    line: int
    column: int


class Location(NamedTuple):
    """Where something is defined. ``repository`` is the forge's unchanging id within ``source``."""

    source: str
    repository: str
    branch: str
    path: str


@dataclass(frozen=True, slots=True)
class Definition:
    """One entity as written at one location, with its values as the file's text says them.

    A key that is absent from the file is absent here; ``None`` clears. ``marks`` has the place of each key by its path:
    ``("identifier",)``, ``("properties", "tier")``, ``("relations", "owner")``; ``()`` is the definition itself.
    """

    key: EntityKey
    title: str | None
    icon: str | None
    team: Any
    properties: Mapping[str, Any]
    relations: Mapping[str, Any]
    present: frozenset[str]
    """Which of title, icon and team the file has."""
    marks: Mapping[tuple[str, ...], Mark]
    references: tuple[str, ...] = ()
    """Normalised paths of the files that values were read from."""

    @property
    def mark(self) -> Mark:
        """Where the definition begins."""
        return self.marks[()]


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository as its forge lists it."""

    id: str
    """Unchanging: renames and transfers keep it."""
    label: str
    """``project/slug`` or the full path: for people and filters only."""
    url: str
    """Its page, for links."""
    default_branch: str | None = None
    """None when the listing does not say; empty repositories have none either."""
    archived: bool = False
    fork: bool = False
    mirror: bool = False
    disabled: bool = False
    personal: bool = False
    visibility: str = "private"
    topics: frozenset[str] = frozenset()
    address: Mapping[str, str] = field(default_factory=dict)
    """What the forge's client needs to call it: project key and slug, owner and name, clone URL."""


class Tip(NamedTuple):
    """What a branch points at."""

    branch: str
    commit: str
