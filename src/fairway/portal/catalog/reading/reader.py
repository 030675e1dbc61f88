"""Reads entities as the API shows them. Work is set-wise: a page costs the same few statements whatever its size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

from fairway.jq import Engine
from fairway.kit.clock import Clock, to_millis
from fairway.portal.caller import Caller
from fairway.portal.catalog.entities.model import Outcome
from fairway.portal.catalog.model import Blueprint, Schema
from fairway.portal.catalog.reading.aggregations import Aggregator, Values
from fairway.portal.catalog.reading.calculations import Calculator
from fairway.portal.catalog.reading.documents import Assembler, Document, View, with_nulls
from fairway.portal.catalog.reading.follow import EndValues
from fairway.portal.catalog.reading.loading import Loaded, load
from fairway.portal.catalog.reading.needs import Need, need_for_names, needs_of
from fairway.portal.catalog.reading.options import EVERYTHING, ReadOptions
from fairway.portal.catalog.reading.problems import ProblemLog
from fairway.portal.catalog.reading.rows import EntityRow
from fairway.portal.catalog.schema import SchemaCache
from fairway.portal.storage.database import Database
from fairway.portal.storage.tx import Tx

MAX_DEPTH = 8
"""Computed properties that show computed properties of other entities, one behind the other; deeper is null."""
MAX_READS = 1000
"""Reads of other entities' computed properties that one page may cause; beyond, such a value is null."""
_CHUNK = 500
"""Entities whose computed properties are worked out at a time."""


_WRITTEN = ReadOptions(exclude=frozenset({"scorecards"}))


class ScorecardResults(Protocol):
    """Results of scorecards on entities."""

    async def results(
        self, schema: Schema, blueprint: Blueprint, documents: Sequence[Document]
    ) -> list[dict[str, Any]]:
        """``scorecards`` of contract 3.5, one for each whole document, in order."""
        ...


@dataclass(slots=True)
class _Budget:
    """What one page may still cost."""

    reads: int = MAX_READS


@dataclass(frozen=True, slots=True)
class _Page:
    """What one page is worked out with."""

    loaded: Loaded
    values: EndValues
    now: int
    depth: int
    budget: _Budget

    @property
    def schema(self) -> Schema:
        return self.loaded.schema


class EntityReader:
    """Assembles entity documents."""

    def __init__(self, db: Database, clock: Clock, schemas: SchemaCache, jq: Engine) -> None:
        self._db = db
        self._clock = clock
        self._schemas = schemas
        self._problems = ProblemLog(db, clock)
        self._calculator = Calculator(jq, self._problems)
        self._scorecards: ScorecardResults | None = None

    async def close(self) -> None:
        """Waits for notes of problems that are being written."""
        await self._problems.settle()

    def show_scorecards(self, scorecards: ScorecardResults) -> None:
        """Adds results of scorecards to documents; only while the portal is built."""
        self._scorecards = scorecards

    async def problems_of(self, blueprint: str) -> list[dict[str, Any]]:
        """Calculations of a blueprint that could not be worked out lately (contract 15.23).

        Raises:
            NotFound: the blueprint does not exist.
        """
        schema = await self._db.read(self._schemas.current)
        return await self._problems.of(schema.require(blueprint))

    async def documents(self, ids: Sequence[int], options: ReadOptions = EVERYTHING) -> list[Document]:
        """Documents of entities by surrogate key, in that order; those that are gone are left out."""

        async def work(tx: Tx) -> Loaded:
            return await self.load(tx, await self._schemas.current(tx), ids, options)

        return await self.assemble(await self._db.read(work), options)

    async def written(self, caller: Caller, blueprint: str, outcome: Outcome) -> Document:
        """An entity just written, without scorecards; after validation only, as it would be, nothing computed."""
        if outcome.entity_id is not None:
            found = await self.documents([outcome.entity_id], _WRITTEN)
            if found:
                return found[0]
        found_blueprint = (await self._db.read(self._schemas.current)).require(blueprint)
        return with_nulls(found_blueprint, outcome.stored.document(found_blueprint) if outcome.stored else {})

    async def load(self, tx: Tx, schema: Schema, ids: Sequence[int], options: ReadOptions = EVERYTHING) -> Loaded:
        """The part of :meth:`documents` that belongs into a unit of work, for callers that have one."""
        scored = self._scorecards is not None

        def need_of(blueprint: Blueprint) -> Need:
            return needs_of(schema, blueprint, options, scored=scored)

        return await load(tx, schema, ids, need_of, light=options.light(scored=scored))

    async def assemble(self, loaded: Loaded, options: ReadOptions = EVERYTHING) -> list[Document]:
        """The rest of :meth:`documents`, outside of any unit of work: expressions run and scorecards are asked."""
        page = await self._page(loaded, to_millis(self._clock.now()), 0, _Budget())
        found: dict[int, Document] = {}
        for blueprint_id, rows in loaded.grouped().items():
            found.update(await self._shown(page, loaded.needs[blueprint_id], rows, options))
        return [found[each] for each in loaded.order]

    async def _shown(
        self, page: _Page, need: Need, rows: Sequence[EntityRow], options: ReadOptions
    ) -> dict[int, Document]:
        assembler, wholes = await self._wholes(page, need, rows)
        view = View(need, options)
        shown = {row.id: view.show(whole, row, assembler) for row, whole in zip(rows, wholes, strict=True)}
        if options.scorecards:
            results: Sequence[dict[str, Any]] = [{} for _ in wholes]
            if self._scorecards is not None:
                results = await self._scorecards.results(page.schema, need.blueprint, wholes)
            for document, result in zip(shown.values(), results, strict=True):
                document["scorecards"] = {name: result[name] for name in options.keys("scorecards", result)}
        return shown

    async def _wholes(self, page: _Page, need: Need, rows: Sequence[EntityRow]) -> tuple[Assembler, list[Document]]:
        aggregated = await self._aggregated(page, need, [row.id for row in rows]) if need.aggregations else {}
        assembler = Assembler(need, page.loaded.edges, page.values, aggregated)
        wholes = [assembler.whole(row) for row in rows]
        if need.calculations:
            calculations = [need.plan.calculations[name] for name in need.calculations]
            columns = await self._calculator.run(need.blueprint, calculations, wholes)
            for at, whole in enumerate(wholes):
                added = {name: column[at] for name, column in columns.items()}
                wholes[at] = {**whole, "properties": {**whole["properties"], **added}}
        return assembler, wholes

    async def _aggregated(self, page: _Page, need: Need, ids: Sequence[int]) -> dict[str, Values]:
        async def column(target: Blueprint, targets: Sequence[int], name: str) -> Mapping[int, Any]:
            wholes = await self._nested(page, target, targets, [name])
            return {each: whole["properties"].get(name) for each, whole in wholes.items()}

        async def documents(target: Blueprint, targets: Sequence[int]) -> dict[int, Document]:
            return await self._nested(page, target, targets, [*target.calculations, *target.aggregations])

        aggregator = Aggregator(self._db, page.schema, need.blueprint, page.now, column, documents)
        aggregations = need.plan.aggregations
        return await aggregator.run([aggregations[name] for name in need.aggregations if name in aggregations], ids)

    async def _page(self, loaded: Loaded, now: int, depth: int, budget: _Budget) -> _Page:
        """A page with the computed properties of other entities that its mirrors show."""
        outer = _Page(loaded, EndValues(loaded.end_rows, loaded.datasources, {}), now, depth, budget)
        demanded: dict[int, tuple[set[str], set[int]]] = {}
        for (blueprint_id, name), ids in loaded.nested.items():
            names, sources = demanded.setdefault(blueprint_id, (set(), set()))
            names.add(name)
            sources |= ids
        computed = {}
        for blueprint_id, (names, sources) in demanded.items():
            wholes = await self._nested(outer, loaded.schema.by_id(blueprint_id), sorted(sources), sorted(names))
            for name in names:
                computed[blueprint_id, name] = {each: whole["properties"].get(name) for each, whole in wholes.items()}
        return _Page(loaded, EndValues(loaded.end_rows, loaded.datasources, computed), now, depth, budget)

    async def _nested(
        self, page: _Page, blueprint: Blueprint, ids: Sequence[int], names: Sequence[str]
    ) -> dict[int, Document]:
        """Whole documents of other entities with the computed properties named, by entity id."""
        found: dict[int, Document] = {}
        if page.depth >= MAX_DEPTH:
            return found
        schema, budget = page.schema, page.budget
        need = need_for_names(schema, blueprint, names)
        for start in range(0, len(ids), _CHUNK):
            budget.reads -= 1
            if budget.reads < 0:
                break
            chunk = ids[start : start + _CHUNK]
            loaded = await self._db.read(partial(load, schema=schema, ids=chunk, need_of=lambda _: need))
            inner = await self._page(loaded, page.now, page.depth + 1, budget)
            rows = [loaded.rows[each] for each in loaded.order]
            _, wholes = await self._wholes(inner, need, rows)
            found.update({row.id: whole for row, whole in zip(rows, wholes, strict=True)})
        return found
