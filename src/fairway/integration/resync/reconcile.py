"""Deletes what no kind saw, as far as the guard allows (contract section 7.7)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from fairway.integration.model import AppConfig, EntityKey, Kept, KindReport, Resource
from fairway.integration.portal_api import PortalApi
from fairway.integration.resync.diff import Baseline
from fairway.integration.resync.documents import key_hash
from fairway.integration.resync.guard import Limits, Stale, judge
from fairway.integration.resync.load import Change, Observer
from fairway.integration.resync.targets import Targets
from fairway.integration.state import StateStore
from fairway.jq.literals import literal
from fairway.kit.errors import FairwayError
from fairway.kit.logs import get_logger
from fairway.wire.entities import MAX_BULK_DELETE

log = get_logger(__name__)

SUSPICIOUS = 50
"""A kind that had more entities than this and now has no items at all is doubted once."""


@dataclass(slots=True)
class Reconciled:
    """What became of unseen entities."""

    deleted: int = 0
    kept: list[Kept] = field(default_factory=list)
    problem: str | None = None
    """The listing or a deletion failed."""


class Reconciliation:
    """Of one run."""

    def __init__(
        self, api: PortalApi, store: StateStore, config: AppConfig, run: str, before: datetime, dry: Observer | None
    ) -> None:
        self._api = api
        self._store = store
        self._config = config
        self._run = run
        self._before = before
        self._dry = dry

    async def run(
        self,
        limits: Limits,
        totals: Mapping[str, int],
        targets: Targets | None,
        baseline: Baseline,
        reports: Sequence[KindReport],
    ) -> Reconciled:
        """Never raises for the portal's sake: what could not be deleted stays until the next run."""
        if limits.everything is None and baseline.source in ("state", "contents") and not await self._store.unseen():
            return Reconciled()
        try:
            stale, listed = await self._stale(targets)
        except FairwayError as error:
            return Reconciled(problem=f"what is at the portal could not be listed: {error.message}")
        verdict = judge(stale, Counter(totals) + listed, limits)
        found = Reconciled(kept=verdict.kept)
        for kept in verdict.kept:
            log.warning("entities_kept", blueprint=kept.blueprint, count=kept.count, reason=kept.reason)
        await self._delete(verdict.delete, reports, found)
        _count_kept(stale, verdict.delete, reports)
        return found

    async def _stale(self, targets: Targets | None) -> tuple[list[Stale], Counter[str]]:
        """Unseen entities, and how many of them there are by blueprint: all that were seen are counted elsewhere."""
        stale: list[Stale] = []
        async for page in self._api.datasource(self._before):
            keys = [EntityKey(each.blueprint, each.identifier) for each in page]
            hashes = [key_hash(key) for key in keys]
            fates = await self._store.fates(hashes)
            for key, value, fate in zip(keys, hashes, fates, strict=True):
                if not fate.seen:
                    stale.append(Stale(key, fate.kinds, targets is not None and targets.holds(value)))
        return stale, Counter(each.key.blueprint for each in stale)

    async def _delete(self, stale: Sequence[Stale], reports: Sequence[KindReport], found: Reconciled) -> None:
        by_blueprint: dict[str, list[Stale]] = {}
        for each in stale:
            by_blueprint.setdefault(each.key.blueprint, []).append(each)
        size = MAX_BULK_DELETE if self._config.delete_dependent_entities else 1
        for blueprint, members in by_blueprint.items():
            for start in range(0, len(members), size):
                part = members[start : start + size]
                if self._dry is not None:
                    for each in part:
                        self._dry(Change("delete", each.key))
                else:
                    await self._part(blueprint, part, reports, found)

    async def _part(
        self, blueprint: str, part: Sequence[Stale], reports: Sequence[KindReport], found: Reconciled
    ) -> None:
        try:
            gone = await self._api.entities.delete(
                blueprint,
                [each.key.identifier for each in part],
                dependents=self._config.delete_dependent_entities,
                event="resync",
                run=self._run,
            )
        except FairwayError as error:
            names = tuple(each.key.identifier for each in part[:5])
            found.kept.append(Kept(f"the portal refused: {error.message}", len(part), blueprint, names))
            log.warning("deletion_failed", blueprint=blueprint, count=len(part), error=error.message)
            return
        found.deleted += len(gone)
        known = {each.key.identifier: each for each in part}
        for identifier in gone:
            _count(known.get(identifier), reports, "deleted")


def _count(each: Stale | None, reports: Sequence[KindReport], name: str) -> None:
    """To the first resource of a kind that wrote it."""
    for report in reports:
        if each is not None and report.resource.kind in each.kinds:
            setattr(report.counts, name, getattr(report.counts, name) + 1)
            return


def _count_kept(stale: Sequence[Stale], deleted: Sequence[Stale], reports: Sequence[KindReport]) -> None:
    going = {each.key for each in deleted}
    for each in stale:
        if each.key not in going:
            _count(each, reports, "kept")


def blueprints_of(resource: Resource, *, related: bool) -> frozenset[str] | None:
    """The blueprints that a resource can make; None when a mapping computes them, or when its relations lead to others
    and ``related`` entities are created that are missing."""
    if related and any(mapping.get("relations") for mapping in resource.mappings):
        return None
    found = [literal(str(mapping.get("blueprint", ""))) for mapping in resource.mappings]
    return frozenset(filter(None, found)) if found and all(found) else None


def searches(resource: Resource) -> bool:
    """Whether entities of it are, or relate to, what the portal finds by a query."""
    return any(
        isinstance(value, Mapping)
        for mapping in resource.mappings
        for value in (mapping.get("identifier"), mapping.get("team"), *(mapping.get("relations") or {}).values())
    )


def doubted(report: KindReport, had: int, already: bool) -> str | None:
    """Why the empty answer of a kind is not believed yet (section 7.7)."""
    if report.counts.raw or had <= SUSPICIOUS or already:
        return None
    return f'"{report.resource.kind}" had {had} entities and now has no items; that is believed when it happens twice'
