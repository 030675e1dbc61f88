"""The two programs around a mapping: which items count, and how one item becomes many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fairway.jq.engine import Engine
from fairway.jq.program import Program
from fairway.jq.result import Result


@dataclass(frozen=True, slots=True)
class Selected:
    """The verdict of a selector; ``error`` when it gave anything but ``true`` or ``false``."""

    passed: bool
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Expanded:
    """The items one raw item became; ``error`` when the program gave no list, or too long a one."""

    items: list[Any]
    error: str | None = None


async def evaluate_selector(engine: Engine, program: Program, documents: Sequence[Any]) -> list[Selected]:
    """Framework contract 6.4 rule 6: a selector must give exactly ``true`` or ``false``."""
    return [_selected(result) for result in await engine.first_many(program, documents)]


async def expand_items(
    engine: Engine, program: Program, name: str, documents: Sequence[Any], limit: int
) -> list[Expanded]:
    """Framework contract 6.5: one copy of the document per element of the program's list, the element at ``name``.

    At most ``limit`` elements per document; a longer list is an error, because dropping items silently would delete
    their entities.
    """
    results = await engine.first_many(program, documents)
    return [_expanded(result, name, document, limit) for result, document in zip(results, documents, strict=True)]


def _selected(result: Result) -> Selected:
    if isinstance(result.value, bool):
        return Selected(result.value)
    return Selected(False, result.error or f"the selector must give true or false, not {_described(result)}")


def _expanded(result: Result, name: str, document: Any, limit: int) -> Expanded:
    if not isinstance(result.value, list):
        return Expanded([], result.error or f"the items to parse must be a list, not {_described(result)}")
    if len(result.value) > limit:
        return Expanded([], f"the list has {len(result.value)} items; at most {limit} are allowed")
    base = document if isinstance(document, dict) else {}
    return Expanded([{**base, name: item} for item in result.value])


def _described(result: Result) -> str:
    if result.kind == "empty":
        return "nothing"
    names = {type(None): "null", bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "a list"}
    return names.get(type(result.value), "an object")
