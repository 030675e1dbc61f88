"""One resource in one run: fetch, map, and write are stages that work at the same time (contract section 21.2)."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import orjson

from fairway.integration.definition import Context, Handler
from fairway.integration.mapping.batch import MOST_PROBLEMS, MappedBatch
from fairway.integration.mapping.compiled import CompiledResource
from fairway.integration.model import Entity, KindReport, Problem, RawItem, State
from fairway.integration.portal_api import PortalApi
from fairway.integration.resync.bounded import ByteQueue
from fairway.integration.resync.diff import Differ
from fairway.integration.resync.fetch import Fetching
from fairway.integration.resync.load import Loader, Trouble
from fairway.integration.resync.targets import Targets
from fairway.kit.errors import FairwayError
from fairway.kit.logs import get_logger

log = get_logger(__name__)

_QUEUE_BYTES = 1024 * 1024
"""As JSON; as objects it is some ten times as much. A larger page waits alone."""
_SAMPLED = 10
_USUAL_BYTES = 1024
_JOINED = 32
"""Pages that are compared and written together when they wait anyway: small pages fill the bulks."""
_EXAMPLES = 5
_SHOWN_NULLS = 10


@dataclass(frozen=True, slots=True)
class Workshop:
    """What the kinds of a run share."""

    api: PortalApi
    differ: Differ
    loader: Loader
    targets: Targets | None
    examples: bool
    totals: Counter[str] = field(default_factory=Counter)
    """Entities by blueprint that were mapped."""


class KindRun:
    """``protect`` says afterwards why nothing of the kind may be deleted."""

    def __init__(self, compiled: CompiledResource, handlers: Sequence[Handler], context: Context) -> None:
        self.report = KindReport(compiled.resource)
        self.protect: str | None = None
        self._compiled = compiled
        self._fetching = Fetching(handlers, context)
        self._raw: ByteQueue[list[RawItem]] = ByteQueue(_QUEUE_BYTES)
        self._mapped: ByteQueue[list[Entity]] = ByteQueue(_QUEUE_BYTES)
        self._trouble = Trouble()
        self._nulls: Counter[tuple[str, str]] = Counter()

    async def run(self, shop: Workshop) -> None:
        """Works until the last entity is written; the report tells how it went."""
        began = time.monotonic()
        self.report.state = State.SYNCING
        try:
            async with asyncio.TaskGroup() as stages:
                stages.create_task(self._fetch(shop, stages))
                stages.create_task(self._map(shop))
                stages.create_task(self._write(shop))
        except BaseExceptionGroup as group:
            error = group.exceptions[0]
            if not isinstance(error, FairwayError):
                raise error from None
            self._problem("run", error.message)
            self._trouble.outage = error.message
        finally:
            self.report.seconds = time.monotonic() - began
        self._conclude()

    async def _fetch(self, shop: Workshop, stages: asyncio.TaskGroup) -> None:
        async for page in self._fetching.pages():
            self.report.pages += 1
            if self.report.pages == 1 and shop.examples and page:
                stages.create_task(shop.api.examples(self.report.resource.kind, page[:_EXAMPLES]))
            await self._raw.put(page, _size(page))
        await self._raw.close()

    async def _map(self, shop: Workshop) -> None:
        while pages := await self._raw.take():
            for page in pages:
                batch = await self._compiled.map(page)
                self._note(batch)
                if shop.targets is not None:
                    await shop.targets.note(batch.entities)
                shop.totals.update(each.blueprint for each in batch.entities)
                await self._mapped.put(batch.entities, _size(page))
        await self._mapped.close()

    async def _write(self, shop: Workshop) -> None:
        while pages := await self._mapped.take(_JOINED):
            entities = [each for page in pages for each in page]
            if not entities:
                continue
            changed, unchanged = await shop.differ.changed(self.report.resource, entities)
            self.report.counts.unchanged += unchanged
            if changed:
                await shop.loader.write(changed, self.report, self._trouble)

    def _note(self, batch: MappedBatch) -> None:
        counts = self.report.counts
        for name in ("raw", "filtered", "dropped", "failed", "mapped"):
            setattr(counts, name, getattr(counts, name) + getattr(batch.counts, name))
        room = MOST_PROBLEMS - len(self.report.problems)
        self.report.problems += batch.problems[:room]
        self._nulls.update({(place, program): count for (place, program), count in batch.nulls.items()})

    def _problem(self, where: str, message: str) -> None:
        self.report.problems.insert(0, Problem(where, message))
        del self.report.problems[MOST_PROBLEMS:]

    def _conclude(self) -> None:
        report, counts = self.report, self.report.counts
        for message in reversed(self._fetching.errors[:MOST_PROBLEMS]):
            self._problem("fetch", message)
        if self._fetching.errors:
            self.protect = f'fetching "{report.resource.name}" failed'
        elif counts.failed:
            self.protect = f'{counts.failed} items of "{report.resource.name}" could not be mapped'
        elif self._trouble.outage is not None:
            self.protect = f'writing "{report.resource.name}" failed: {self._trouble.outage}'
        report.state = State.FAILED if self.protect else State.COMPLETED
        if self.protect is None and (counts.dropped or self._trouble.unknown):
            count = counts.dropped + self._trouble.unknown
            self.protect = f'{count} items of "{report.resource.name}" have no identifier or blueprint'
            report.state = State.WARNINGS
        if report.state is State.COMPLETED and counts.rejected:
            report.state = State.WARNINGS
        self._tell()

    def _tell(self) -> None:
        name = self.report.resource.name
        for problem in self.report.problems:
            log.warning(
                "kind_problem", kind=name, where=problem.where, problem=problem.message, program=problem.program,
                item=problem.item,
            )  # fmt: skip
        for (place, program), count in self._nulls.most_common(_SHOWN_NULLS):
            log.info("field_null", kind=name, field=place, program=program, entities=count)
        log.info("kind_ended", kind=name, state=self.report.state.value, pages=self.report.pages)


def _size(page: Sequence[RawItem]) -> int:
    """Bytes of a page, by a sample."""
    sample = page[:_SAMPLED]
    if not sample:
        return 0
    try:
        return max(1, len(orjson.dumps(sample)) * len(page) // len(sample))
    except TypeError:
        return _USUAL_BYTES * len(page)
