"""Runs compiled programs within their budget. Values may share parts with the document: do not change either."""

from __future__ import annotations

from itertools import islice
from typing import Any

from fairway.jq import codec
from fairway.jq.limits import Limits
from fairway.jq.program import NOTHING, Budget, Program
from fairway.jq.result import EMPTY, Result, failure
from fairway.jq.runtime import JqError, UncertainError, measure


def first_output(program: Program, document: Any, budget: Budget, limits: Limits) -> Any:
    """The first output of a compiled program, or :data:`NOTHING`.

    Raises:
        JqError: the program failed.
        UncertainError: only libjq can tell.
    """
    assert program.first
    budget[0] = limits.steps
    try:
        value = program.first(document, budget)
        if program.constructs and type(value) in _CONTAINERS:
            measure(value, budget, limits.output_bytes)
    except RecursionError:
        raise UncertainError from None
    return value


def first_compiled(program: Program, document: Any, limits: Limits) -> Result | None:
    """The first output, or ``None`` when only libjq can tell."""
    if program.first is None:
        return None
    try:
        value = first_output(program, document, [0], limits)
    except JqError as error:
        return failure(codec.message(error.value))
    except UncertainError:
        return None
    return EMPTY if value is NOTHING else Result(value)


def all_compiled(program: Program, document: Any, limit: int, limits: Limits) -> Result | None:
    """Up to ``limit`` outputs as one result's value, or ``None`` when only libjq can tell."""
    if program.outputs is None:
        return None
    budget = [limits.steps]
    try:
        values = list(islice(program.outputs(document, budget), limit))
        measure(values, budget, limits.output_bytes)
    except JqError as error:
        return failure(codec.message(error.value))
    except (UncertainError, RecursionError):
        return None
    return Result(values)


_CONTAINERS = frozenset({list, dict})
