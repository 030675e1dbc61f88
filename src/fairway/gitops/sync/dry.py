"""A catalog that takes writes without passing them on: what dry runs are made against."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from fairway.gitops.catalog import BlueprintShape, Catalog, Found, Write, Written
from fairway.gitops.model import EntityKey

_TOUCHED = "dry run"


class DryCatalog:
    """Answers as the catalog would, were everything written that is told so; its validation is not asked."""

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._written: set[EntityKey] = set()
        self._deleted: set[EntityKey] = set()

    async def organisation(self) -> str:
        return await self._catalog.organisation()

    async def blueprints(self) -> Sequence[BlueprintShape]:
        return await self._catalog.blueprints()

    async def find(self, keys: Iterable[EntityKey]) -> Mapping[EntityKey, Found]:
        return await self._catalog.find([key for key in keys if key not in self._deleted])

    async def revisions(self, keys: Iterable[EntityKey]) -> Mapping[EntityKey, str]:
        wanted = list(keys)
        found = await self._catalog.revisions([key for key in wanted if key not in self._deleted])
        return {**found, **{key: _TOUCHED for key in wanted if key in self._written}}

    async def search(self, blueprint: str, rule: Mapping[str, Any], limit: int) -> Sequence[str]:
        return await self._catalog.search(blueprint, rule, limit)

    async def write(self, writes: Sequence[Write], *, create_missing: bool) -> Sequence[Written]:
        present = await self.revisions([each.key for each in writes])
        self._written.update(each.key for each in writes)
        self._deleted.difference_update(each.key for each in writes)
        return [Written(each.key, created=each.key not in present) for each in writes]

    async def check(self, write: Write) -> Written:
        return await self._catalog.check(write)

    async def delete(self, key: EntityKey, *, dependents: bool) -> Written:
        self._deleted.add(key)
        self._written.discard(key)
        return Written(key)
