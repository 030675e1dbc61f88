"""What the synchronisation asks of a catalog: over the network from beside a forge, or in the portal's own process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from fairway.gitops.model import EntityKey


@dataclass(frozen=True, slots=True)
class RelationShape:
    """A relation as its blueprint declares it."""

    target: str
    many: bool = False
    required: bool = False


@dataclass(frozen=True, slots=True)
class BlueprintShape:
    """What definitions are checked against."""

    identifier: str
    properties: Mapping[str, Mapping[str, Any]]
    """JSON Schema of each property, as the blueprint has it."""
    required: frozenset[str] = frozenset()
    relations: Mapping[str, RelationShape] = field(default_factory=dict)
    searchable: frozenset[str] = frozenset()
    """Further names that search relations may use: mirror properties and meta properties."""


@dataclass(frozen=True, slots=True)
class Found:
    """An entity as the catalog has it."""

    key: EntityKey
    title: str | None
    icon: str | None
    team: Any
    properties: Mapping[str, Any]
    relations: Mapping[str, Any]
    updated_at: str
    """Changes with each write, whoever made it."""


@dataclass(frozen=True, slots=True)
class Write:
    """One entity to upsert. Keys that are None are cleared; absent ones stay, unless ``replace``."""

    key: EntityKey
    document: Mapping[str, Any]
    """identifier and whatever of title, icon, team, properties and relations is to be set."""
    replace: bool = False


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a :class:`Write`. ``error`` is the API's code; ``target_missing`` asks for another try later."""

    key: EntityKey
    created: bool = False
    error: str | None = None
    message: str | None = None
    target_missing: bool = False

    @property
    def ok(self) -> bool:
        """Whether it was stored."""
        return self.error is None


class Catalog(Protocol):
    """A portal of the reference API. Calls raise the errors of ``fairway.kit.errors``."""

    async def organisation(self) -> str:
        """Who the credentials are; checks that they work."""
        ...

    async def blueprints(self) -> Sequence[BlueprintShape]:
        """All, system blueprints included."""
        ...

    async def find(self, keys: Iterable[EntityKey]) -> Mapping[EntityKey, Found]:
        """Those of ``keys`` that exist."""
        ...

    async def revisions(self, keys: Iterable[EntityKey]) -> Mapping[EntityKey, str]:
        """``updated_at`` of those of ``keys`` that exist: :meth:`find` without the contents."""
        ...

    async def search(self, blueprint: str, rule: Mapping[str, Any], limit: int) -> Sequence[str]:
        """Identifiers that match, at most ``limit`` of them."""
        ...

    async def write(self, writes: Sequence[Write], *, create_missing: bool) -> Sequence[Written]:
        """Upserts of one blueprint, in one or more batches; an answer for each, in their order."""
        ...

    async def check(self, write: Write) -> Written:
        """What a write would answer; nothing is stored."""
        ...

    async def delete(self, key: EntityKey, *, dependents: bool) -> Written:
        """Deletes one; an entity that is not there is deleted. ``has_dependents`` when others relate to it."""
        ...
