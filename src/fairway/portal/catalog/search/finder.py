"""Pages of entity ids in ascending order, whatever part of a rule the database cannot answer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from dataclasses import dataclass

from fairway.kit.clock import Clock, to_millis
from fairway.portal.caller import Caller
from fairway.portal.catalog.model import Blueprint, Schema
from fairway.portal.catalog.reading.loading import Loaded
from fairway.portal.catalog.reading.options import ReadOptions
from fairway.portal.catalog.reading.reader import EntityReader
from fairway.portal.catalog.schema import SchemaCache
from fairway.portal.catalog.search.bind import Bound, Constant, Context, bind
from fairway.portal.catalog.search.context import load_context
from fairway.portal.catalog.search.plan import Planner
from fairway.portal.catalog.search.residue import decide
from fairway.portal.catalog.search.rules import Rule
from fairway.portal.catalog.search.targets import Target, targets_of
from fairway.portal.storage.database import Database
from fairway.portal.storage.tx import Tx

BATCH = 500
"""Candidates whose documents are assembled at a time to decide about them."""
_TO_DECIDE = ReadOptions(attach_title_to_relation=True)

Chooser = Callable[[Schema], Iterable[Blueprint]]


@dataclass(frozen=True, slots=True)
class Search:
    """A search by one caller, worked out for one version of the model."""

    schema: Schema
    context: Context
    targets: list[Target]


class Finder:
    """Finds ids."""

    def __init__(self, db: Database, clock: Clock, schemas: SchemaCache, reader: EntityReader) -> None:
        self._db = db
        self._clock = clock
        self._schemas = schemas
        self._reader = reader
        self.planner = Planner(db.dialect)

    async def prepare(self, tx: Tx, caller: Caller, rule: Rule | None, choose: Chooser) -> Search:
        """Works a rule out for the blueprints that ``choose`` picks; no rule matches everything."""
        schema = await self._schemas.current(tx)
        context = await load_context(tx, schema, caller, to_millis(self._clock.now()))
        bound: Bound = Constant(True) if rule is None else bind(rule, context)
        return Search(schema, context, targets_of(schema, caller, context, bound, choose(schema)))

    async def page(self, search: Search, after: int, limit: int) -> list[int]:
        """The first ``limit`` matching ids behind ``after``."""
        found: list[int] = []
        for target in search.targets:
            found += await self._page_of(search.schema, target, after, limit)
        return sorted(found)[:limit]

    async def pages(self, search: Search, size: int) -> AsyncIterator[list[int]]:
        """All matching ids, in pages of about ``size``."""
        buffers: list[list[int]] = [[] for _ in search.targets]
        position = [0] * len(buffers)
        open_ends = set(range(len(buffers)))
        while True:
            for number in sorted(open_ends):
                if not buffers[number]:
                    more = await self._page_of(search.schema, search.targets[number], position[number], size)
                    buffers[number] = more
                    position[number] = more[-1] if more else 0
                    if len(more) < size:
                        open_ends.discard(number)
            if not any(buffers):
                return
            bound = min((position[number] for number in open_ends), default=None)
            ready = sorted(each for buffer in buffers for each in buffer if bound is None or each <= bound)
            buffers = [[each for each in buffer if bound is not None and each > bound] for buffer in buffers]
            yield ready

    async def count(self, search: Search) -> int:
        """How many entities match."""
        total = 0
        for target in search.targets:
            parts = target.parts
            if parts.rest is None:
                total += await self._db.read(lambda tx, t=target: self.planner.count(tx, t.ids, t.parts.candidates))  # type: ignore[misc]
            else:
                async for page in self.pages(Search(search.schema, search.context, [target]), BATCH):
                    total += len(page)
        return total

    async def _page_of(self, schema: Schema, target: Target, after: int, limit: int) -> list[int]:
        if target.parts.rest is None:
            candidates = target.parts.candidates
            return await self._db.read(lambda tx: self.planner.ids(tx, target.ids, candidates, after, limit))
        found: list[int] = []
        while len(found) < limit:
            ids, kept = await self._decided(schema, target, after)
            found += kept
            if len(ids) < BATCH:
                break
            after = ids[-1]
        return found[:limit]

    async def _decided(self, schema: Schema, target: Target, after: int) -> tuple[list[int], list[int]]:
        """A batch of candidates, and those of them that match."""
        parts = target.parts
        rest = parts.rest
        assert rest is not None

        async def work(tx: Tx) -> tuple[list[int], dict[int, dict[str, bool]], Loaded]:
            ids = await self.planner.ids(tx, target.ids, parts.candidates, after, BATCH)
            facts = await self.planner.facts(tx, ids, parts.facts())
            return ids, facts, await self._reader.load(tx, schema, ids, _TO_DECIDE)

        ids, facts, loaded = await self._db.read(work)
        documents = await self._reader.assemble(loaded, _TO_DECIDE)
        blueprints = {blueprint.id: blueprint for blueprint in target.blueprints}
        kept = [
            each
            for each, document in zip(loaded.order, documents, strict=True)
            if decide(rest, document, blueprints[loaded.rows[each].blueprint_id], facts[each])
        ]
        return ids, kept


def one(identifier: str) -> Chooser:
    """Chooses one blueprint, which has to exist."""
    return lambda schema: [schema.require(identifier)]


def every(schema: Schema) -> Sequence[Blueprint]:
    """Chooses all blueprints."""
    return list(schema)
