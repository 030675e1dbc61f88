"""Datasets of entity inputs as concrete queries (contract 6.3, 4.2)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from fairway.kit.errors import InvalidRequest
from fairway.portal.actions.forms.expressions import Outcome, is_expression, text_of
from fairway.portal.catalog.search.rules import MAX_DEPTH, parse_query

Evaluate = Callable[[str], Awaitable[Outcome]]


async def concrete_dataset(dataset: Mapping[str, Any], evaluate: Evaluate) -> Outcome:
    """The dataset with the expressions in its rule values replaced by their values, checked as a query."""
    resolved = await _resolved(dataset, evaluate, 1)
    if resolved.problem is not None:
        return resolved
    query = {key: value for key, value in resolved.value.items() if key != "type"}
    try:
        parse_query(query, "dataset")
    except InvalidRequest as error:
        return Outcome(problem=error.message)
    return Outcome(query)


async def _resolved(node: Any, evaluate: Evaluate, depth: int) -> Outcome:
    if not isinstance(node, Mapping) or depth > MAX_DEPTH + 1:
        return Outcome(node)
    found = dict(node)
    if is_expression(found.get("value")):
        outcome = await evaluate(text_of(found["value"]))
        if outcome.problem is not None:
            return outcome
        found["value"] = _identifiers(outcome.value)
    for key in ("rules", "conditions"):
        if isinstance(found.get(key), list):
            rules = []
            for rule in found[key]:
                outcome = await _resolved(rule, evaluate, depth + 1)
                if outcome.problem is not None:
                    return outcome
                rules.append(outcome.value)
            found[key] = rules
    return Outcome(found)


def _identifiers(value: Any) -> Any:
    """Where a rule gets an entity, its identifier is meant."""
    if isinstance(value, list):
        return [_identifiers(each) for each in value]
    if isinstance(value, Mapping) and isinstance(value.get("identifier"), str):
        return value["identifier"]
    return value
