"""Conditions of automations: false unless they say true (contract 6.5, 15.23)."""

from __future__ import annotations

from dataclasses import dataclass

from fairway.jq import Engine, JqSyntaxError
from fairway.portal.automations.model import JsonObject


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a condition holds, and what went wrong on the way."""

    passed: bool
    problem: str | None = None


async def evaluate(engine: Engine, condition: JsonObject | None, document: JsonObject) -> Verdict:
    """An expression passes when its first result is ``true``; one that fails or takes too long does not. No condition,
    or one without expressions, holds."""
    if condition is None or not condition.get("expressions"):
        return Verdict(True)
    passed, problems = [], []
    for text in condition["expressions"]:
        result, problem = await _one(engine, text, document)
        passed.append(result)
        if problem is not None:
            problems.append(problem)
    holds = any(passed) if condition.get("combinator") == "or" else all(passed)
    return Verdict(holds, "; ".join(problems) or None)


async def _one(engine: Engine, text: str, document: JsonObject) -> tuple[bool, str | None]:
    try:
        result = await engine.first(engine.compile(text), document)
    except JqSyntaxError as error:
        return False, error.message
    if result.failed:
        return False, f"`{text[:200]}` could not be evaluated: {str(result.error)[:500]}"
    return result.value is True, None
