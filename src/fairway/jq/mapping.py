"""Entity mappings: one jq program per field, evaluated over many items at once.

Contracts: integration framework 6.3 and 6.4, catalog API 9.2. The same class serves integrations, webhooks and
``UPSERT_ENTITY``; what a null identifier means is the caller's decision.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from fairway.jq.codec import message
from fairway.jq.engine import Engine
from fairway.jq.errors import JqSyntaxError
from fairway.jq.evaluate import first_output
from fairway.jq.pace import Pace
from fairway.jq.program import NOTHING, Program
from fairway.jq.result import Result, failure
from fairway.jq.runtime import JqError, UncertainError
from fairway.jq.shape import Container, Shape


@dataclass(frozen=True, slots=True)
class MappingProblem:
    """A field that is null because its program failed."""

    field: str
    """Dotted path inside the mapping, such as ``properties.url``."""
    program: str
    error: str
    kind: Literal["error", "limit"] = "error"


@dataclass(slots=True)
class MappedEntity:
    """What one item maps to: exactly the keys of the mapping, null where a program gave nothing."""

    fields: dict[str, Any]
    problems: list[MappingProblem] = field(default_factory=list)


class EntityMapping:
    """A compiled mapping. Strings are programs; maps and lists are walked; other scalars stand for themselves.

    Raises:
        JqSyntaxError: a program is not jq; ``details`` names the field.
    """

    def __init__(self, engine: Engine, mapping: Mapping[str, Any]) -> None:
        self._engine = engine
        self._programs: list[Program] = []
        self._names: list[str] = []
        self._shape = Shape(mapping, self._leaf)
        self._plan = list(zip(self._programs, self._shape.places, strict=True))

    @property
    def programs(self) -> Mapping[str, Program]:
        """The programs by dotted field path."""
        return dict(zip(self._names, self._programs, strict=True))

    async def evaluate(self, documents: Sequence[Any], pace: Pace | None = None) -> list[MappedEntity]:
        """One entity per document, in order. ``pace`` is given by callers for whom this is a part of something
        longer."""
        entities: list[MappedEntity] = []
        missing: dict[tuple[int, ...], list[tuple[int, list[Container]]]] = {}
        pace = pace or Pace()
        for at, document in enumerate(documents):
            if pace.due():
                await pace.turn()
            containers = self._shape.fresh()
            entity = MappedEntity(containers[0], [])
            entities.append(entity)
            columns = self._compute(document, containers, entity)
            if columns:
                missing.setdefault(tuple(columns), []).append((at, containers))
        for columns_left, places in missing.items():
            await self._ask_libjq(columns_left, places, documents, entities)
        return entities

    def _leaf(self, text: str, name: str) -> None:
        try:
            self._programs.append(self._engine.compile(text))
        except JqSyntaxError as error:
            error.details = {**(error.details or {}), "field": name}
            raise
        self._names.append(name)

    def _compute(self, document: Any, containers: list[Container], entity: MappedEntity) -> list[int]:
        """Runs the compiled programs; returns the columns that only libjq can tell."""
        left: list[int] = []
        budget = [0]
        limits = self._engine.limits
        for column, (program, (number, key)) in enumerate(self._plan):
            if program.first is None:
                left.append(column)
                continue
            try:
                value = first_output(program, document, budget, limits)
            except JqError as error:
                self._report(entity, column, failure(message(error.value)))
            except UncertainError:
                left.append(column)
            else:
                containers[number][key] = None if value is NOTHING else value
        return left

    async def _ask_libjq(
        self,
        columns: Sequence[int],
        places: Sequence[tuple[int, list[Container]]],
        documents: Sequence[Any],
        entities: Sequence[MappedEntity],
    ) -> None:
        programs = [self._programs[column] for column in columns]
        rows = await self._engine.first_by_libjq(programs, [documents[at] for at, _ in places])
        for (at, containers), row in zip(places, rows, strict=True):
            for column, result in zip(columns, row, strict=True):
                number, key = self._shape.places[column]
                containers[number][key] = result.value
                if result.error is not None:
                    self._report(entities[at], column, result)

    def _report(self, entity: MappedEntity, column: int, result: Result) -> None:
        kind: Literal["error", "limit"] = "limit" if result.kind == "limit" else "error"
        problem = MappingProblem(self._names[column], self._programs[column].text, result.error or "", kind)
        entity.problems.append(problem)
