"""What entity writes take and give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol

from fairway.kit.clock import rfc3339
from fairway.kit.errors import FairwayError
from fairway.portal.caller import Caller
from fairway.portal.catalog.model import Blueprint
from fairway.portal.storage.tx import Tx


class Mode(Enum):
    """What a write does when the entity is missing, and when it exists (contract 3.3)."""

    CREATE = "create"
    """Creates; existing is a conflict."""
    REPLACE = "replace"
    """Replaces; missing is not found."""
    PATCH = "patch"
    """Merges; missing is not found."""
    UPSERT_REPLACE = "upsert_replace"
    """Creates or replaces."""
    UPSERT_MERGE = "upsert_merge"
    """Creates or merges."""

    @property
    def merges(self) -> bool:
        """Keeps what the body does not name."""
        return self in (Mode.PATCH, Mode.UPSERT_MERGE)

    @property
    def creates(self) -> bool:
        """May make a new entity."""
        return self in (Mode.CREATE, Mode.UPSERT_REPLACE, Mode.UPSERT_MERGE)


@dataclass(frozen=True, slots=True)
class WriteOptions:
    """The query flags of the write routes."""

    mode: Mode = Mode.CREATE
    validation_only: bool = False
    create_missing: bool = False
    """``create_missing_related_entities``."""
    run_id: str | None = None
    managed: bool = False
    """The portal's own write to a system blueprint: managed properties may change, permissions are not asked."""
    notes: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    """What the ``context`` of an entity's event says besides, by identifier."""


RelationValue = list[tuple[int, str]]
"""Targets of one relation: (entity id, identifier), in the order sent."""


@dataclass(slots=True)
class Stored:
    """An entity in memory: own values only."""

    id: int
    identifier: str
    title: str | None
    icon: str | None
    team: list[str] | None
    properties: dict[str, Any]
    relations: dict[str, RelationValue]
    datasource_id: int
    created_at: int
    created_by: str
    updated_at: int
    updated_by: str

    def document(self, blueprint: Blueprint) -> dict[str, Any]:
        """Own values in the shape of contract 3.5, without computed ones: what audit diffs show."""
        relations: dict[str, Any] = {}
        for name, relation in blueprint.relations.items():
            targets = self.relations.get(name, ())
            if relation.many:
                relations[name] = [identifier for _, identifier in targets]
            else:
                relations[name] = targets[0][1] if targets else None
        return {
            "identifier": self.identifier,
            "title": self.title,
            "blueprint": blueprint.identifier,
            "icon": self.icon,
            "team": self.team or [],
            "properties": self.properties,
            "relations": relations,
            "createdAt": rfc3339(self.created_at),
            "createdBy": self.created_by,
            "updatedAt": rfc3339(self.updated_at),
            "updatedBy": self.updated_by,
        }


@dataclass(slots=True)
class Outcome:
    """What became of one item of a write."""

    index: int
    identifier: str
    created: bool = False
    changed: bool = False
    entity_id: int | None = None
    """The key it was written under; none when it was only validated."""
    stored: Stored | None = None
    """Own values after the write."""
    error: FairwayError | None = None
    additional: dict[str, Any] | None = None
    """``additionalData`` of contract 2.9."""


@dataclass(frozen=True, slots=True)
class EntityChange:
    """A change as observers see it, inside its transaction."""

    blueprint: Blueprint
    entity_id: int
    before: dict[str, Any] | None
    after: dict[str, Any] | None


class EntityObserver(Protocol):
    """Keeps something in step with entities of certain blueprints, in the same transaction."""

    @property
    def watches(self) -> frozenset[str]:
        """Identifiers of the blueprints whose changes are told."""
        ...

    async def entities_changed(
        self, tx: Tx, caller: Caller, changes: Sequence[EntityChange]
    ) -> dict[int, dict[str, Any]]:
        """Called before the commit; may refuse by raising. Returns ``additionalData`` by entity id."""
        ...


@dataclass(slots=True)
class Draft:
    """A parsed write body. ``None`` in a field means "not named"; :data:`CLEAR` means null was sent."""

    index: int
    identifier: str | None
    identifier_query: dict[str, Any] | None = None
    title: Any = None
    icon: Any = None
    team: Any = None
    properties: dict[str, Any] = field(default_factory=dict)
    relations: dict[str, Any] = field(default_factory=dict)


class _Clear:
    """The type of :data:`CLEAR`."""

    def __repr__(self) -> str:
        return "CLEAR"


CLEAR = _Clear()
"""Null was sent for a field that may be null."""
