"""``itemsToParse``: one raw item becomes one per element of a list in it (contract 6.5)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fairway.jq.dialect import translate
from fairway.jq.parser import parse
from fairway.jq.syntax import (
    Alternative,
    Bind,
    Call,
    Identity,
    Index,
    Literal,
    Node,
    Pipe,
    UnsupportedError,
)

Path = tuple[str | int, ...]


def list_path(program: str) -> Path | None:
    """Where in the raw item the list of ``program`` lies, so that copies can go without it; ``None`` when it is
    computed from several places, which then all stay.

    The first stage of the pipe that is a path counts; ``.``, ``select`` and bindings before it are passed over.
    """
    try:
        tree = parse(translate(program))
    except (UnsupportedError, RecursionError):
        return None
    for stage in _stages(tree):
        if isinstance(stage, Identity) or (isinstance(stage, Call) and stage.name == "select"):
            continue
        return _path(stage)
    return None


def _stages(node: Node) -> Iterator[Node]:
    if isinstance(node, Pipe):
        yield from _stages(node.left)
        yield from _stages(node.right)
    elif isinstance(node, Bind):
        yield from _stages(node.body)
    elif isinstance(node, Alternative):
        yield from _stages(node.left)
    else:
        yield node


def _path(node: Node) -> Path | None:
    keys: list[str | int] = []
    while isinstance(node, Index):
        key = node.key.value if isinstance(node.key, Literal) else None
        if not isinstance(key, str | int) or isinstance(key, bool):
            return None
        keys.append(key)
        node = node.term
    return tuple(reversed(keys)) if isinstance(node, Identity) and keys else None


def without(value: Any, path: Path) -> Any:
    """``value`` without what lies at ``path``; shares everything else with the original."""
    key, rest = path[0], path[1:]
    if isinstance(value, dict) and isinstance(key, str) and key in value:
        if rest:
            return {**value, key: without(value[key], rest)}
        return {name: inner for name, inner in value.items() if name != key}
    if isinstance(value, list) and isinstance(key, int) and -len(value) <= key < len(value):
        copy = list(value)
        if rest:
            copy[key] = without(copy[key], rest)
        else:
            del copy[key]
        return copy
    return value


def copies(item: dict[str, Any], elements: list[Any], name: str, path: Path | None) -> Iterator[dict[str, Any]]:
    """One shallow copy of ``item`` per element, the element at ``name``."""
    base = item if path is None else without(item, path)
    return ({**base, name: element} for element in elements)
