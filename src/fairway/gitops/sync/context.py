"""What every part of the synchronisation of one source is given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from urllib.parse import quote

from fairway.gitops.catalog import BlueprintShape, Catalog
from fairway.gitops.forges.base import Forge
from fairway.gitops.ledger.fields import digest
from fairway.gitops.ledger.store import LedgerStore
from fairway.gitops.model import Repository
from fairway.gitops.options import SourceOptions
from fairway.gitops.patterns import Patterns
from fairway.kit.clock import Clock, to_millis
from fairway.kit.ids import random_id


@dataclass(frozen=True)
class Context:
    """One source."""

    source: str
    forge: Forge
    catalog: Catalog
    store: LedgerStore
    options: SourceOptions
    clock: Clock
    holder: str = field(default_factory=lambda: random_id("engine_"))
    """Who takes leases."""

    def now(self) -> int:
        """Milliseconds since the epoch."""
        return to_millis(self.clock.now())

    def link_to(self, repository: Repository) -> str | None:
        """Where people read about a repository."""
        page = self.options.page
        return None if page is None else f"{page}/repositories/{quote(repository.id, safe='')}"

    @cached_property
    def settings(self) -> str:
        """Changes when files have to be read again because of the options."""
        options = self.options
        return digest(
            [
                options.patterns.globs, options.branch, options.branches, options.merge_mode,
                [(patterns.globs, mode) for patterns, mode in options.merge_modes], options.metadata_property,
                options.priority, sorted(options.blueprints or ()), options.blueprints is None,
                options.identifier_prefix, options.yields,
            ]
        )  # fmt: skip

    def branch_of(self, repository: Repository) -> str | None:
        """The branch that is asked for; None: the default one."""
        for glob, branch in self.options.branches:
            if Patterns((glob,)).matches(repository.label):
                return branch
        return self.options.branch


_COMBINATIONS = 1000
"""Sets of blueprints whose hash is remembered: repositories of a kind use the same ones."""


class Shapes(Mapping[str, BlueprintShape]):
    """The blueprints of the catalog, as they are at the start of a run."""

    def __init__(self, shapes: Iterable[BlueprintShape]) -> None:
        self._shapes = {each.identifier: each for each in shapes}
        self._hashes: dict[str, str] = {}
        self._combined: dict[tuple[str, ...], str] = {}

    def __getitem__(self, identifier: str) -> BlueprintShape:
        return self._shapes[identifier]

    def __iter__(self) -> Iterator[str]:
        return iter(self._shapes)

    def __len__(self) -> int:
        return len(self._shapes)

    def hash_of(self, names: Iterable[str]) -> str:
        """Changes with any of the named blueprints, and when one comes or goes."""
        wanted = tuple(sorted(names))
        if wanted not in self._combined:
            if len(self._combined) >= _COMBINATIONS:
                self._combined.clear()
            self._combined[wanted] = digest([self._hash(name) for name in wanted])
        return self._combined[wanted]

    def _hash(self, name: str) -> str:
        if name not in self._hashes:
            shape = self._shapes.get(name)
            self._hashes[name] = "" if shape is None else _shape_hash(shape)
        return self._hashes[name]


def _shape_hash(shape: BlueprintShape) -> str:
    relations = {name: (each.target, each.many, each.required) for name, each in shape.relations.items()}
    return digest([shape.properties, sorted(shape.required), relations])
