"""Calculation properties: a jq program on the whole entity, one batch for each program and page (contract 2.4)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from fairway.jq import Engine, JqSyntaxError
from fairway.portal.catalog.model import Blueprint
from fairway.portal.catalog.reading.plans import Calculation
from fairway.portal.catalog.reading.problems import ProblemLog

MAX_DEPTH = 64
"""Nesting of a result; deeper is null, as a request body that deep would be refused."""


_INTEGERS = 1 << 63
_FLOATS = 1 << 1023


class Calculator:
    """Runs calculations; a program that fails or gives something of another type gives null."""

    def __init__(self, jq: Engine, problems: ProblemLog) -> None:
        self._jq = jq
        self._problems = problems

    async def run(
        self, blueprint: Blueprint, calculations: Sequence[Calculation], documents: Sequence[Mapping[str, Any]]
    ) -> dict[str, list[Any]]:
        """The values of each calculation, one for each document, in order. No calculation sees another one."""
        found = {}
        for calculation in calculations:
            found[calculation.name] = await self._values(blueprint, calculation, documents)
        return found

    async def _values(
        self, blueprint: Blueprint, calculation: Calculation, documents: Sequence[Mapping[str, Any]]
    ) -> list[Any]:
        try:
            program = self._jq.compile(calculation.program)
        except JqSyntaxError as error:
            self._problems.report(blueprint, calculation, None, error.message)
            return [None] * len(documents)
        values = []
        for document, result in zip(documents, await self._jq.first_many(program, documents), strict=True):
            if result.kind == "limit":
                self._problems.report(blueprint, calculation, str(document["identifier"]), str(result.error))
            values.append(None if result.failed else _of_type(result.value, calculation.type))
        return values


def _of_type(value: Any, wanted: str) -> Any:
    match wanted:
        case "string":
            fits = isinstance(value, str)
        case "number":
            return _number(value)
        case "boolean":
            fits = isinstance(value, bool)
        case "object":
            fits = isinstance(value, dict) and _shallow(value)
        case _:
            fits = isinstance(value, list) and _shallow(value)
    return value if fits else None


def _number(value: Any) -> Any:
    """A number that JSON text can carry: 64 bits as an integer, else finite as a float."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if isinstance(value, int):
        return value if -_INTEGERS <= value < _INTEGERS else float(value) if abs(value) < _FLOATS else None
    return value if math.isfinite(value) else None


def _shallow(root: Any) -> bool:
    """Nothing in ``root`` is nested deeper than :data:`MAX_DEPTH`."""
    level = [root]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for value in level
            for child in (value.values() if isinstance(value, dict) else value)
            if isinstance(child, dict | list)
        ]
        if not level:
            return True
    return False
