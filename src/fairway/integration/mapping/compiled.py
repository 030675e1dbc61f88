"""Resources ready to run: every program compiled once, applied to pages of raw items (contract 6.3 to 6.6)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fairway.integration.mapping.batch import MappedBatch
from fairway.integration.mapping.expansion import copies, list_path
from fairway.integration.mapping.items import NotJson, excerpt, plain
from fairway.integration.mapping.outcome import NoEntity, entity_of, null_fields, program_text
from fairway.integration.mapping.reader import pointer, shown
from fairway.integration.model import AppConfig, Problem, RawItem, Resource
from fairway.jq import Engine, EntityMapping, JqSyntaxError, MappedEntity, Program, Result
from fairway.jq.pace import Pace
from fairway.kit.errors import InvalidRequest

SLICE = 200
"""Items that are expanded and mapped together; more would only cost memory (contract 6.5)."""


class InvalidResource(InvalidRequest):
    """Programs of a resource are not JQ; ``problems`` has all of them."""

    def __init__(self, resource: Resource, problems: Sequence[Problem]) -> None:
        super().__init__(f'resource "{resource.name}": ' + "; ".join(f"{p.where}: {p.message}" for p in problems))
        self.problems = tuple(problems)


@dataclass(frozen=True, slots=True)
class Expression:
    """One program of a resource and where it stands."""

    where: str
    """A JSON pointer into the mapping."""
    program: Program


@dataclass(frozen=True, slots=True)
class CompiledConfig:
    """The resources that can run, and what is wrong with all others."""

    resources: tuple[CompiledResource, ...]
    problems: tuple[Problem, ...]


def compile_config(engine: Engine, config: AppConfig) -> CompiledConfig:
    """Compiles every resource; a program that is not JQ leaves out its resource only."""
    resources: list[CompiledResource] = []
    problems = list(config.problems)
    for resource in config.resources:
        try:
            resources.append(CompiledResource.of(engine, resource))
        except InvalidResource as error:
            problems += error.problems
    return CompiledConfig(tuple(resources), tuple(problems))


class CompiledResource:
    """Made by :meth:`of`; may be used from any task."""

    def __init__(self, engine: Engine, resource: Resource, expressions: Sequence[Expression]) -> None:
        self.resource = resource
        self.expressions = tuple(expressions)
        self._engine = engine
        self._query = engine.compile(resource.query)
        parse = resource.items_to_parse
        self._parse = None if parse is None else engine.compile(parse)
        self._path = list_path(parse) if parse and resource.items_to_parse_top_level_transform else None
        several = len(resource.mappings) > 1
        self._mappings = [
            (f"mappings.{number}." if several else "", mapping, EntityMapping(engine, mapping))
            for number, mapping in enumerate(resource.mappings)
        ]

    @classmethod
    def of(cls, engine: Engine, resource: Resource) -> CompiledResource:
        """Compiles all programs of ``resource``.

        Raises:
            InvalidResource: some are not JQ.
        """
        expressions: list[Expression] = []
        problems: list[Problem] = []
        for where, text in programs_of(resource):
            try:
                expressions.append(Expression(where, engine.compile(text)))
            except JqSyntaxError as error:
                problems.append(Problem(where, error.message, text))
        if problems:
            raise InvalidResource(resource, problems)
        return cls(engine, resource, expressions)

    async def map(self, items: Sequence[RawItem], *, parse_all: bool = False) -> MappedBatch:
        """The entities of raw items, in order. Other tasks of the event loop get a turn at least every 20 ms, unless
        a single program takes longer on a single item.

        With ``parse_all`` the items that the selector refuses are mapped too (6.4 rule 11).
        """
        batch, pace = MappedBatch(), Pace()
        async for page in self._pages(items, batch, pace):
            selected, refused = await self._select(page, batch, pace)
            await self._map(selected, batch, pace)
            if parse_all and refused:
                aside = MappedBatch()
                await self._map(refused, aside, pace)
                batch.unselected += aside.entities
        return batch

    async def _pages(self, items: Sequence[RawItem], batch: MappedBatch, pace: Pace) -> AsyncIterator[list[RawItem]]:
        for start in range(0, len(items), SLICE):
            page = await self._plain(items[start : start + SLICE], batch, pace)
            if self._parse is None:
                batch.counts.raw += len(page)
                yield page
                continue
            async for expanded in self._expanded(self._parse, page, batch, pace):
                batch.counts.raw += len(expanded)
                yield expanded

    async def _plain(self, items: Sequence[RawItem], batch: MappedBatch, pace: Pace) -> list[RawItem]:
        page: list[RawItem] = []
        for item in items:
            if pace.due():
                await pace.turn()
            try:
                page.append(plain(item))
            except NotJson as error:
                batch.counts.raw += 1
                batch.fail(Problem("item", str(error), item=excerpt(item)))
        return page

    async def _expanded(
        self, program: Program, page: list[RawItem], batch: MappedBatch, pace: Pace
    ) -> AsyncIterator[list[RawItem]]:
        """The copies of a page's items, a slice at a time, so that few of them exist at once."""
        name, waiting = self.resource.items_to_parse_name, list[RawItem]()
        for item, result in zip(page, await self._engine.first_many(program, page, pace), strict=True):
            if not isinstance(result.value, list):
                batch.counts.raw += 1
                reason = result.error or f"the items to parse must be a list, not {_shown(result)}"
                batch.fail(Problem("itemsToParse", reason, program.text, excerpt(item)))
                continue
            for copy in copies(item, result.value, name, self._path):
                waiting.append(copy)
                if len(waiting) == SLICE:
                    yield waiting
                    waiting = []
        if waiting:
            yield waiting

    async def _select(self, page: list[RawItem], batch: MappedBatch, pace: Pace) -> tuple[list[RawItem], list[RawItem]]:
        selected: list[RawItem] = []
        refused: list[RawItem] = []
        for item, result in zip(page, await self._engine.first_many(self._query, page, pace), strict=True):
            if result.value is True:
                selected.append(item)
            elif result.value is False:
                refused.append(item)
            else:
                reason = result.error or f"the selector must give true or false, not {_shown(result)}"
                batch.fail(Problem("selector.query", reason, self._query.text, self._excerpt(item)))
        batch.counts.filtered += len(refused)
        return selected, refused

    async def _map(self, items: list[RawItem], batch: MappedBatch, pace: Pace) -> None:
        for prefix, mapping, compiled in self._mappings:
            evaluated = await compiled.evaluate(items, pace)
            for item, mapped in zip(items, evaluated, strict=True):
                if pace.due():
                    await pace.turn()
                if self._report(mapped, item, prefix, batch):
                    self._finish(mapped, item, prefix, mapping, batch)

    def _report(self, mapped: MappedEntity, item: RawItem, prefix: str, batch: MappedBatch) -> bool:
        """Notes fields whose programs failed; false when one ran over a limit, which fails the item (6.4 rule 12)."""
        overran = False
        for problem in mapped.problems:
            overran = overran or problem.kind == "limit"
            batch.note(Problem(prefix + problem.field, problem.error, problem.program, self._excerpt(item)))
        batch.counts.failed += overran
        return not overran

    def _finish(
        self, mapped: MappedEntity, item: RawItem, prefix: str, mapping: Mapping[str, Any], batch: MappedBatch
    ) -> None:
        for null in null_fields(mapping, mapped.fields):
            batch.nulls[null._replace(field=prefix + null.field)] += 1
        try:
            batch.entities.append(entity_of(mapped.fields))
        except NoEntity as reason:
            program = program_text(mapping[reason.field])
            batch.note(Problem(prefix + reason.field, str(reason), program, self._excerpt(item)))
            batch.counts.failed += reason.error
            batch.counts.dropped += not reason.error
        else:
            batch.counts.mapped += 1

    def _excerpt(self, item: RawItem) -> str:
        return excerpt(item, self.resource.items_to_parse_name if self._parse else None)


def programs_of(resource: Resource) -> Iterator[tuple[str, str]]:
    """The programs of a resource by JSON pointer."""
    at = pointer("resources", resource.index)
    yield f"{at}/selector/query", resource.query
    if resource.items_to_parse is not None:
        yield f"{at}/port/itemsToParse", resource.items_to_parse
    for number, mapping in enumerate(resource.mappings):
        place = f"{at}/port/entity/mappings" + (pointer(number) if resource.listed else "")
        yield from _leaves(mapping, place)


def _leaves(value: Any, at: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield at, value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _leaves(inner, at + pointer(name))
    elif isinstance(value, list | tuple):
        for number, inner in enumerate(value):
            yield from _leaves(inner, at + pointer(number))


def _shown(result: Result) -> str:
    return "nothing" if result.kind == "empty" else shown(result.value)
