"""Which entities have to be written. The state file knows what the portal has; without it the portal is asked: once,
by one listing, or page by page when the listing cannot be had (contract section 7.4 and 21.3)."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from fairway.integration.model import AppConfig, Entity, EntityKey, Resource
from fairway.integration.portal_api.entities import EntityApi, serialised
from fairway.integration.resync.documents import (
    body_hash,
    entity_hash,
    is_search,
    is_volatile,
    key_hash,
    says_the_same,
)
from fairway.integration.state import StateStore
from fairway.kit.errors import FairwayError
from fairway.kit.logs import get_logger

log = get_logger(__name__)

_SEARCHED_FROM = 11
"""Fewer entities are written without asking (section 7.4)."""
_INSERTED = 1000
Source = Literal["state", "contents", "search"]


@dataclass(slots=True)
class Prepared:
    """An entity on its way to the portal."""

    entity: Entity
    key: bytes
    body: bytes | None
    """Hash of the body; ``None`` when a write is needed whatever the portal has."""

    @property
    def search(self) -> bool:
        """The portal finds out which entity it is."""
        return is_search(self.entity)


class Baseline:
    """What of ours the portal had when the run began, listed once, when it is first needed."""

    def __init__(self, entities: EntityApi, store: StateStore, before: datetime, *, contents: bool = False) -> None:
        self._entities = entities
        self._store = store
        self._before = before
        self._contents = contents or not store.complete
        self._lock = asyncio.Lock()
        self.source: Source | None = None

    async def ready(self) -> Source:
        """Where to look."""
        async with self._lock:
            if self.source is None:
                self.source = await self._list()
            return self.source

    async def _list(self) -> Source:
        try:
            async for page in self._entities.listing(self._before, contents=self._contents):
                rows = [
                    (
                        key_hash(EntityKey(each.blueprint, each.identifier)),
                        serialised(each.document) if self._contents else None,
                    )
                    for each in page
                ]
                for start in range(0, len(rows), _INSERTED):
                    await self._store.add_listed(rows[start : start + _INSERTED])
        except FairwayError as error:
            log.warning("listing_failed", error=error.message)
            return "search"
        return "contents" if self._contents else "state"


class Differ:
    """Shared by the kinds of a run."""

    def __init__(self, entities: EntityApi, store: StateStore, baseline: Baseline, config: AppConfig) -> None:
        self._entities = entities
        self._store = store
        self._baseline = baseline
        self._merge = config.enable_merge_entity

    async def changed(self, resource: Resource, entities: Sequence[Entity]) -> tuple[list[Prepared], int]:
        """What has to be written, and how many need not be: the portal has them, or a live event has newer ones."""
        prepared = [each for each in map(self._prepare, entities) if not self._store.is_overtaken(each.key)]
        stable = {each.key: each for each in prepared if each.body is not None}
        source = await self._baseline.ready()
        bodies = {key: each.body for key, each in stable.items() if each.body is not None}
        same = await self._store.unchanged(resource.name, bodies)
        if source == "contents":
            same |= await self._listed(stable, same)
        elif source == "search" and len(prepared) >= _SEARCHED_FROM and len(stable) == len({e.key for e in prepared}):
            same |= await self._searched([each for key, each in stable.items() if key not in same])
        await self._store.see(resource.name, {key: bodies[key] for key in same})
        left = [each for each in prepared if each.key not in same or each.body != bodies.get(each.key)]
        return left, len(entities) - len(left)

    def _prepare(self, entity: Entity) -> Prepared:
        volatile = is_volatile(entity)
        return Prepared(
            entity, entity_hash(entity), None if volatile else body_hash(entity.document, merge=self._merge)
        )

    async def _listed(self, stable: Mapping[bytes, Prepared], same: set[bytes]) -> set[bytes]:
        wanted = [key for key in stable if key not in same]
        documents = await self._store.documents(wanted)
        return {key for key, document in documents.items() if self._same(stable[key], document)}

    async def _searched(self, wanted: Sequence[Prepared]) -> set[bytes]:
        by_blueprint: dict[str, list[Prepared]] = {}
        for each in wanted:
            by_blueprint.setdefault(each.entity.blueprint, []).append(each)
        same: set[bytes] = set()
        for blueprint, members in by_blueprint.items():
            names = [str(each.entity.identifier) for each in members]
            try:
                found = await self._entities.search(blueprint, names, _included(members))
            except FairwayError as error:  # everything is written then
                log.warning("search_failed", blueprint=blueprint, error=error.message)
                continue
            known = {each.identifier: each.document for each in found}
            same |= {
                each.key
                for each, name in zip(members, names, strict=True)
                if name in known and self._same(each, known[name])
            }
        return same

    def _same(self, each: Prepared, document: Mapping[str, Any]) -> bool:
        return says_the_same(each.entity.document, document, merge=self._merge)


def _included(members: Sequence[Prepared]) -> list[str]:
    names = {"blueprint", "identifier"}
    for each in members:
        for name, value in each.entity.document.items():
            if name in ("properties", "relations"):
                names |= {f"{name}.{inner}" for inner in value or ()}
            else:
                names.add(name)
    return sorted(names)
