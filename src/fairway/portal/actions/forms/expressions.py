"""Evaluating the expressions of one form, within a budget of time."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fairway.jq import Engine, JqSyntaxError
from fairway.kit.clock import Clock, to_millis
from fairway.kit.errors import MalformedBody
from fairway.kit.jsonio import dumps, parse_body

KEY = "jqQuery"
_MILLIS = 5_000
"""What all expressions of a form together may take; a single one has the engine's second (contract 15.23)."""
_MOST_OVERRUNS = 2
"""After so many that went over their limit, the rest of the form is not tried."""
_PAUSE_EVERY = 10
"""Expressions between two turns of the event loop."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A value, or why there is none."""

    value: Any = None
    problem: str | None = None


def is_expression(value: Any) -> bool:
    """Whether a definition says ``{"jqQuery": ...}`` here."""
    return isinstance(value, Mapping) and KEY in value


def text_of(value: Any) -> str:
    """The program of an expression."""
    return str(value[KEY])


class Evaluator:
    """Lives as long as one form is being worked out."""

    def __init__(self, jq: Engine, clock: Clock) -> None:
        self._jq = jq
        self._clock = clock
        self._until = to_millis(clock.now()) + _MILLIS
        self._overruns = 0
        self._count = 0

    async def first(self, text: str, document: Any) -> Outcome:
        """The first output of a program, null when it has none; never raises for what the program does."""
        if self._overruns >= _MOST_OVERRUNS or to_millis(self._clock.now()) > self._until:
            return Outcome(problem="it was not tried, because other expressions of this form take too long")
        self._count += 1
        if self._count % _PAUSE_EVERY == 0:
            await asyncio.sleep(0)
        try:
            program = self._jq.compile(text)
        except JqSyntaxError as error:
            return Outcome(problem=error.message)
        result = await self._jq.first(program, document)
        self._overruns += result.kind == "limit"
        if result.failed:
            return Outcome(problem=result.error)
        problem = _unfit(result.value)
        return Outcome(None if problem else result.value, problem)


def _unfit(value: Any) -> str | None:
    """Why a result cannot go on: what no request body may hold cannot be stored or searched for either."""
    if value is None or isinstance(value, bool):
        return None
    try:
        parse_body(dumps(value))
    except MalformedBody as error:
        return f"its result cannot be used: {error.message.replace('The request body', 'it')}"
    except TypeError as error:
        return f"its result cannot be written as JSON: {error}"
    return None
