"""Writes what changed, and notes what the portal said about each entity (contract section 7.5)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from fairway.integration.mapping.batch import MOST_PROBLEMS
from fairway.integration.mapping.outcome import key_of
from fairway.integration.model import AppConfig, EntityKey, KindReport, Problem
from fairway.integration.portal_api.entities import EntityApi, Failure, Written, serialised
from fairway.integration.resync.diff import Prepared
from fairway.integration.resync.documents import key_hash
from fairway.integration.state import StateStore

MOST_DEFERRED = 100_000
"""Entities kept for another try, in the state file; more are reported as refused."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a dry run would do."""

    action: str
    """``write`` or ``delete``."""
    key: EntityKey
    document: dict[str, object] | None = None


Observer = Callable[[Change], None]


@dataclass(slots=True)
class Trouble:
    """What went wrong with the writes of a kind."""

    outage: str | None = None
    """The portal did not take part at all."""
    unknown: int = 0
    """Refused writes of which nobody knows which entity they were for."""


class Loader:
    """Shared by the kinds of a run. With ``dry`` nothing is written."""

    def __init__(
        self, entities: EntityApi, store: StateStore, config: AppConfig, run: str, dry: Observer | None = None
    ) -> None:
        self._entities = entities
        self._store = store
        self._config = config
        self._run = run
        self._dry = dry
        self.deferred = 0

    async def write(self, prepared: Sequence[Prepared], report: KindReport, trouble: Trouble) -> None:
        """All of them count as seen, stored or not, so that a refused write never leads to a deletion."""
        if self._dry is not None:
            await self._pretend(prepared, report, self._dry)
            return
        by_blueprint: dict[str, list[Prepared]] = {}
        for each in prepared:
            by_blueprint.setdefault(each.entity.blueprint, []).append(each)
        await asyncio.gather(
            *(self._blueprint(name, members, report, trouble) for name, members in by_blueprint.items())
        )

    async def _pretend(self, prepared: Sequence[Prepared], report: KindReport, dry: Observer) -> None:
        for each in prepared:
            dry(Change("write", key_of(each.entity), each.entity.document))
        report.counts.loaded += len(prepared)
        await self._store.see(report.resource.name, {each.key: each.body for each in prepared})

    async def _blueprint(
        self, blueprint: str, members: Sequence[Prepared], report: KindReport, trouble: Trouble
    ) -> None:
        members = [each for each in members if not self._store.is_overtaken(each.key)]
        bodies = [serialised(each.entity.document) for each in members]
        written = await self._entities.upsert(blueprint, bodies, self._config, event="resync", run=self._run)
        seen: dict[bytes, bytes | None] = {each.key: None for each in members if not each.search}
        for index, identifier in written.stored.items():
            each = members[index]
            key = key_hash(EntityKey(blueprint, identifier)) if each.search else each.key
            seen[key] = each.body
        report.counts.loaded += len(written.stored)
        await self._store.see(report.resource.name, seen)
        await self._failures(blueprint, members, bodies, written, report, trouble)

    async def _failures(
        self,
        blueprint: str,
        members: Sequence[Prepared],
        bodies: Sequence[bytes],
        written: Written,
        report: KindReport,
        trouble: Trouble,
    ) -> None:
        later: list[tuple[str, bytes]] = []
        for index, failure in sorted(written.failed.items()):
            each = members[index]
            retried = failure.lacks_target and not self._config.create_missing_related_entities and not each.search
            if retried and self.deferred < MOST_DEFERRED:
                self.deferred += 1
                later.append((blueprint, bodies[index]))
                continue
            reject(report, key_of(each.entity), failure)
            trouble.unknown += each.search
            if is_outage(failure):
                trouble.outage = failure.message
        if later:
            await self._store.defer(report.resource.name, later)


def is_outage(failure: Failure) -> bool:
    """Whether it says nothing about the entity: the portal is away, or does not know us."""
    return failure.status in (0, 401) or failure.status >= 500


def reject(report: KindReport, key: EntityKey, failure: Failure) -> None:
    """Counts a refused entity, and keeps the first few with the portal's reason."""
    report.counts.rejected += 1
    if len(report.problems) < MOST_PROBLEMS:
        where = f"{key.blueprint}/{key.identifier}"
        report.problems.append(Problem("portal", f"{failure.message} ({failure.code})", item=where))
