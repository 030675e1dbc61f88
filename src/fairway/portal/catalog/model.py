"""The data model as the rest of the portal sees it: an immutable snapshot of all blueprints."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from fairway.kit.errors import NotFound

META_PROPERTIES = (
    "$identifier", "$title", "$blueprint", "$team", "$icon", "$createdAt", "$updatedAt", "$createdBy", "$updatedBy",
    "$datasource",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation of a blueprint."""

    id: int
    identifier: str
    target: str
    many: bool
    required: bool


@dataclass(frozen=True, slots=True, eq=False)
class Blueprint:
    """A blueprint with what reads and writes need of it at hand."""

    id: int
    identifier: str
    document: Mapping[str, Any]
    """As its writer sent it (contract 2.2); never modify."""
    permissions: Mapping[str, Any]
    system: bool
    relations: Mapping[str, Relation]
    indexed: Mapping[str, int]
    """Property identifier (``$team`` included) to ``property_key.id``, in any state: writes maintain all of these."""
    searchable: frozenset[str]
    """Those of ``indexed`` that are complete: searches may use them."""
    created_at: int
    created_by: str
    updated_at: int
    updated_by: str
    cache: dict[str, Any] = field(default_factory=dict, compare=False, repr=False)
    """Compiled things that live as long as this version of the blueprint, by the name of who keeps them."""

    @property
    def title(self) -> str:
        return str(self.document.get("title") or self.identifier)

    @property
    def properties(self) -> Mapping[str, Mapping[str, Any]]:
        """Own properties by identifier."""
        schema: Mapping[str, Any] = self.document.get("schema") or {}
        return schema.get("properties") or {}

    @property
    def required(self) -> frozenset[str]:
        """Own properties that must be set."""
        schema: Mapping[str, Any] = self.document.get("schema") or {}
        return frozenset(schema.get("required") or ())

    @property
    def mirrors(self) -> Mapping[str, Mapping[str, Any]]:
        """Mirror properties: ``{path, title?}``."""
        return self.document.get("mirrorProperties") or {}

    @property
    def calculations(self) -> Mapping[str, Mapping[str, Any]]:
        """Calculation properties (contract 2.4)."""
        return self.document.get("calculationProperties") or {}

    @property
    def aggregations(self) -> Mapping[str, Mapping[str, Any]]:
        """Aggregation properties (contract 2.4)."""
        return self.document.get("aggregationProperties") or {}

    @property
    def inherited_team_path(self) -> tuple[str, ...] | None:
        """Relations to follow to the blueprint that owns the team; ``None`` when teams are written directly."""
        ownership = self.document.get("ownership") or {}
        return tuple(str(ownership["path"]).split(".")) if ownership.get("type") == "Inherited" else None

    @property
    def changelog_destination(self) -> dict[str, Any] | None:
        """Where its change events go besides the audit log."""
        return self.document.get("changelogDestination") or None


class Schema:
    """All blueprints at one version of the catalog."""

    def __init__(self, version: int, blueprints: Mapping[str, Blueprint]) -> None:
        self.version = version
        self._by_identifier = blueprints
        self._by_id = {blueprint.id: blueprint for blueprint in blueprints.values()}

    def __iter__(self) -> Iterator[Blueprint]:
        return iter(self._by_identifier.values())

    def get(self, identifier: str) -> Blueprint | None:
        """The blueprint, if it exists."""
        return self._by_identifier.get(identifier)

    def by_id(self, blueprint_id: int) -> Blueprint:
        """The blueprint of a surrogate key read from the same snapshot."""
        return self._by_id[blueprint_id]

    def require(self, identifier: str) -> Blueprint:
        """The blueprint.

        Raises:
            NotFound: with the identifier in double quotes, as clients search for it.
        """
        found = self._by_identifier.get(identifier)
        if found is None:
            raise NotFound(f'Blueprint with identifier "{identifier}" was not found')
        return found

    def targeting(self, identifier: str) -> list[tuple[Blueprint, Relation]]:
        """Relations of any blueprint whose target is this one."""
        return [(bp, rel) for bp in self for rel in bp.relations.values() if rel.target == identifier]
