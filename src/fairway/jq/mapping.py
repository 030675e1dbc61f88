"""Entity mappings: one jq program per field, evaluated over many items at once.

Contracts: integration framework 6.3 and 6.4, catalog API 9.2. The same class serves integrations, webhooks and
``UPSERT_ENTITY``; what a null identifier means is the caller's decision.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from fairway.jq.engine import Engine
from fairway.jq.errors import JqSyntaxError
from fairway.jq.program import Program
from fairway.jq.result import Result


@dataclass(frozen=True, slots=True)
class MappingProblem:
    """A field that is null because its program failed."""

    field: str
    """Dotted path inside the mapping, such as ``properties.url``."""
    program: str
    error: str
    kind: Literal["error", "limit"] = "error"


@dataclass(frozen=True, slots=True)
class MappedEntity:
    """What one item maps to: exactly the keys of the mapping, null where a program gave nothing."""

    fields: dict[str, Any]
    problems: list[MappingProblem] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Leaf:
    column: int


class EntityMapping:
    """A compiled mapping. Strings are programs; maps and lists are walked; other scalars stand for themselves.

    Raises:
        JqSyntaxError: a program is not jq; ``details`` names the field.
    """

    def __init__(self, engine: Engine, mapping: Mapping[str, Any]) -> None:
        self._engine = engine
        self._programs: list[Program] = []
        self._names: list[str] = []
        self._shape = {key: self._compile(value, key) for key, value in mapping.items()}

    @property
    def programs(self) -> Mapping[str, Program]:
        """The programs by dotted field path."""
        return dict(zip(self._names, self._programs, strict=True))

    async def evaluate(self, documents: Sequence[Any]) -> list[MappedEntity]:
        """One entity per document, in order."""
        rows = await self._engine.first_matrix(self._programs, documents)
        return [self._entity(row) for row in rows]

    def _compile(self, value: Any, name: str) -> Any:
        if isinstance(value, str):
            return self._leaf(value, name)
        if isinstance(value, Mapping):
            return {key: self._compile(item, f"{name}.{key}") for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._compile(item, f"{name}.{at}") for at, item in enumerate(value)]
        return value

    def _leaf(self, text: str, name: str) -> _Leaf:
        try:
            program = self._engine.compile(text)
        except JqSyntaxError as error:
            error.details = {**(error.details or {}), "field": name}
            raise
        self._programs.append(program)
        self._names.append(name)
        return _Leaf(len(self._programs) - 1)

    def _entity(self, row: Sequence[Result]) -> MappedEntity:
        return MappedEntity(_fill(self._shape, row), list(self._problems(row)))

    def _problems(self, row: Sequence[Result]) -> Iterator[MappingProblem]:
        for name, program, result in zip(self._names, self._programs, row, strict=True):
            if result.error is not None:
                kind: Literal["error", "limit"] = "limit" if result.kind == "limit" else "error"
                yield MappingProblem(name, program.text, result.error, kind)


def _fill(shape: Any, row: Sequence[Result]) -> Any:
    if isinstance(shape, _Leaf):
        return row[shape.column].value
    if isinstance(shape, dict):
        return {key: _fill(value, row) for key, value in shape.items()}
    if isinstance(shape, list):
        return [_fill(value, row) for value in shape]
    return shape
