"""CONDITION nodes: the first outlet whose expression gives ``true`` (contract 15.23: one that fails is false)."""

from __future__ import annotations

from typing import Any

from fairway.jq import Engine, JqSyntaxError
from fairway.portal.workflows.engine import Outcome
from fairway.portal.workflows.expressions import program_text
from fairway.portal.workflows.model import JsonObject, outlets_of


async def choose(engine: Engine, config: JsonObject, document: JsonObject) -> Outcome:
    """The end of the node; without an outlet that holds, its fallback connection is followed."""
    logs: list[tuple[str, str]] = []
    for outlet in outlets_of(config):
        name = str(outlet["identifier"])
        holds, problem = await _holds(engine, str(outlet["expression"]), document)
        if problem is not None:
            logs.append(("WARN", f'Outlet "{name}" counts as false: {problem}'))
        if holds:
            logs.append(("INFO", f'Outlet "{name}" holds'))
            return Outcome(
                "SUCCESS", {"selectedOutlet": described(outlet)}, name, text_of(outlet.get("statusLabel")),
                text_of(outlet.get("workflowStatusLabel")), logs=tuple(logs),
            )  # fmt: skip
    logs.append(("INFO", "No outlet holds"))
    return Outcome("SUCCESS", {"selectedOutlet": None}, logs=tuple(logs))


def described(outlet: JsonObject) -> dict[str, Any]:
    """An outlet in an output."""
    return {"identifier": outlet["identifier"], "title": outlet.get("title")}


def text_of(label: Any) -> str | None:
    """The text of a status label, which may be an object."""
    text = label.get("text") if isinstance(label, dict) else label
    return text if isinstance(text, str) else None


async def _holds(engine: Engine, text: str, document: JsonObject) -> tuple[bool, str | None]:
    try:
        result = await engine.first(engine.compile(program_text(text)), document)
    except JqSyntaxError as error:
        return False, error.message
    if result.failed:
        return False, str(result.error)[:500]
    return result.value is True, None
