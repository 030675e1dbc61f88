"""Which keys of the document a program reads, so that libjq need not parse the rest."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fairway.jq.cardinality import children
from fairway.jq.syntax import Call, Identity, Index, Literal, Node, Pipe, Reduce

_BLIND = frozenset({"empty", "now", "env", "infinite", "nan"})
"""Builtins that do not look at their input."""


class _Whole(Exception):
    """The program may look at everything."""


def keys_read(tree: Node) -> frozenset[str] | None:
    """The top-level keys that can matter when the document is an object; ``None`` when all may."""
    found: set[str] = set()
    try:
        _walk(tree, True, found)
    except _Whole:
        return None
    return frozenset(found)


def prune(document: Any, reads: Iterable[frozenset[str] | None]) -> Any:
    """The part of ``document`` that programs with these ``reads`` can see."""
    if type(document) is not dict:
        return document
    keys: set[str] = set()
    for read in reads:
        if read is None:
            return document
        keys |= read
    return _picked(document, keys)


def _picked(document: Mapping[str, Any], keys: set[str]) -> dict[str, Any]:
    return {key: document[key] for key in keys if key in document}


def _walk(node: Node, at_root: bool, found: set[str]) -> None:
    match node:
        case Identity() if at_root:
            raise _Whole
        case Index(Identity(), Literal(str() as key)) if at_root:
            found.add(key)
        case Pipe(Identity(), right):
            _walk(right, at_root, found)
        case Pipe(left, right):
            _walk(left, at_root, found)
            _walk(right, False, found)
        case Reduce():
            _walk(node.source, at_root, found)
            _walk(node.start, at_root, found)
            _walk(node.update, False, found)
        case Call() if at_root and not (node.name == "error" and node.arguments) and node.name not in _BLIND:
            raise _Whole
        case _:
            for child in children(node):
                _walk(child, at_root, found)
