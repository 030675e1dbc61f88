"""From nodes to values, directed by what the target takes. Section 2.4 of the contract."""

from __future__ import annotations

import math
from collections.abc import Mapping as Map
from typing import Any

from fairway.gitops.spec.draft import VALUE, Draft, Path
from fairway.gitops.spec.nodes import Mapping, Node, Scalar, Sequence
from fairway.gitops.spec.scalars import core_value, text_value
from fairway.gitops.spec.wording import cut, quoted

Schema = Map[str, Any]
TEXT: Schema = {"type": "string"}
ANYTHING: Schema = {}


def value_of(node: Node, schema: Schema, draft: Draft, path: Path) -> Any:
    """The value of a node; strings of ``schema`` are taken by their source text. ``path`` is that of its key."""
    if isinstance(node, Scalar):
        return _scalar(node, schema, draft, path)
    if isinstance(node, Sequence):
        items = item_schema(schema)
        return [_child(item, items, draft, (*path, str(number))) for number, item in enumerate(node.items)]
    declared = schema.get("properties")
    found = {}
    for key, value in node.pairs:
        inner = declared.get(key.text) if isinstance(declared, Map) else None
        draft.check_text(key.text, key, "The key")
        found[key.text] = _child(value, inner if isinstance(inner, Map) else ANYTHING, draft, (*path, key.text))
    return found


def plain_value(node: Node, schema: Schema = ANYTHING) -> Any:
    """The value of a node where nobody asks for places."""
    return value_of(node, schema, Draft(), ())


def takes_text(schema: Schema) -> bool:
    """Whether values are strings."""
    kind = schema.get("type")
    if isinstance(kind, list):
        return "string" in kind and {"string", "null"}.issuperset(kind)
    return kind == "string"


def item_schema(schema: Schema) -> Schema:
    """What the items of a list property are: strings, unless the blueprint says otherwise."""
    if schema.get("type") != "array":
        return ANYTHING
    items = schema.get("items")
    if isinstance(items, Map) and "type" not in items:
        return {**items, "type": "object" if items.get("format") == "labeled-url" else "string"}
    if isinstance(items, Map):
        return items
    return TEXT if items is None else ANYTHING


def entries(node: Mapping) -> dict[str, tuple[Scalar, Node]]:
    """The pairs of a mapping by the text of their keys."""
    return {key.text: (key, value) for key, value in node.pairs}


def _child(node: Node, schema: Schema, draft: Draft, path: Path) -> Any:
    draft.marks[(VALUE, *path)] = node.mark
    return value_of(node, schema, draft, path)


def _scalar(node: Scalar, schema: Schema, draft: Draft, path: Path) -> Any:
    value = text_value(node) if takes_text(schema) else core_value(node)
    name = path[1] if len(path) > 1 else (path or ("value",))[0]
    if isinstance(value, str):
        draft.check_text(value, node, f"The value of {quoted(name)}")
    elif isinstance(value, float) and not math.isfinite(value):
        code = "E_PROPERTY_TYPE" if path[:1] == ("properties",) else "E_FIELD_TYPE"
        draft.note(code, f"The value of {quoted(name)} is {cut(node.text)}, a number that JSON does not have", node)
    return value
