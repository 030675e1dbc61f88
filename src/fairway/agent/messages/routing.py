"""What decides whose work a message is: its type, its ``agent`` flag, and the key that keeps order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

TYPES = frozenset({"WEBHOOK", "GITLAB"})
"""Invocations that an execution agent carries out."""


def flag(value: Any) -> bool:
    """A flag that may have been rendered from a template: truthy, and not the text ``false``."""
    return bool(value) and not (isinstance(value, str) and value.strip().lower() == "false")


def type_of(method: Mapping[str, Any]) -> str:
    """The invocation's type; without one it is a webhook."""
    found = method.get("type")
    return "WEBHOOK" if found is None else str(found)


def foreign(method: Mapping[str, Any]) -> str:
    """Why an invocation is not for execution agents; empty when it is."""
    if not flag(method.get("agent")):
        return 'its "agent" is not true'
    kind = type_of(method)
    return "" if kind in TYPES else f'its type is "{kind[:60]}"; agents run {" and ".join(sorted(TYPES))}'


def order_key(blueprint: Any, entity: Any, otherwise: str) -> str:
    """``blueprint/entity`` when the work is about an entity."""
    about = _identifier(entity)
    return f"{_identifier(blueprint)}/{about}" if about else otherwise


def _identifier(value: Any) -> str:
    found = value.get("identifier") if isinstance(value, Mapping) else value
    return found if isinstance(found, str) else ""


def mapping(value: Any) -> dict[str, Any]:
    """``value`` when it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}
