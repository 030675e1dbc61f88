"""Relations and team: what they name, or how to find it. Section 2.7 of the contract."""

from __future__ import annotations

from collections.abc import Mapping as Map
from typing import Any

from fairway.gitops.catalog import BlueprintShape, RelationShape
from fairway.gitops.spec.draft import VALUE, Draft, Path
from fairway.gitops.spec.identifiers import identifier_problem
from fairway.gitops.spec.nodes import Mapping, Node, Scalar, Sequence
from fairway.gitops.spec.scalars import text_value
from fairway.gitops.spec.search import node_kind, read_search
from fairway.gitops.spec.values import ANYTHING, TEXT, Schema
from fairway.gitops.spec.wording import quoted

Shapes = Map[str, BlueprintShape]
TEAM = "_team"
"""The blueprint that searches in ``team`` look through."""


def read_relations(
    node: Mapping | None, shape: BlueprintShape | None, shapes: Shapes | None, draft: Draft
) -> dict[str, Any]:
    """The values of ``relations``: identifiers, lists of them, searches, or None to clear.

    With a shape a single value of a relation to many becomes a list, and a list of one to a single relation its item.
    """
    found: dict[str, Any] = {}
    for key, value in node.pairs if node is not None else ():
        path = ("relations", key.text)
        draft.key(path, key, value)
        draft.check_text(key.text, key, "The name of a relation")
        relation = shape.relations.get(key.text) if shape is not None else None
        found[key.text] = _fitted(_relation(value, relation, shapes, draft, path), relation)
    return found


def read_team(node: Node, shapes: Shapes | None, draft: Draft) -> Any:
    """The value of ``team``: a name, names, a search, or None to clear."""
    if isinstance(node, Mapping):
        return read_search(node, _schemas(TEAM, shapes), draft, ("team",))
    if isinstance(node, Sequence):
        return [_team(item, draft) for item in node.items]
    text = text_value(node)
    return None if text is None else _team(node, draft)


def _team(node: Node, draft: Draft) -> str:
    text = text_value(node) if isinstance(node, Scalar) else None
    if text is None:
        message = f'A team is {node_kind(node)}; "team" takes a name, a list of names, or a search'
        draft.note("E_FIELD_TYPE", message, node)
        return ""
    draft.check_text(text, node, '"team"')
    return text


def _relation(node: Node, relation: RelationShape | None, shapes: Shapes | None, draft: Draft, path: Path) -> Any:
    if isinstance(node, Mapping):
        return read_search(node, _schemas(relation.target if relation else None, shapes), draft, path)
    if isinstance(node, Sequence):
        for number, item in enumerate(node.items):
            draft.marks[(VALUE, *path, str(number))] = item.mark
        return [_target(item, draft, path) for item in node.items]
    text = text_value(node)
    return None if text is None else _target(node, draft, path)


def _target(node: Node, draft: Draft, path: Path) -> str:
    what = f"Relation {quoted(path[1])}"
    text = text_value(node) if isinstance(node, Scalar) else None
    if text is None:
        message = f"{what} names {node_kind(node)}; an entity's identifier is needed"
        hint = "To search, let the relation itself be the search" if isinstance(node, Mapping) else None
        draft.note("E_FIELD_TYPE", message, node, hint)
        return ""
    problem = identifier_problem(text, node.mark, f"{what}: the identifier")
    if problem is not None:
        draft.problems.append(problem)
    draft.check_text(text, node, what)
    return text


def _fitted(value: Any, relation: RelationShape | None) -> Any:
    if relation is not None and relation.many and isinstance(value, str):
        return [value]
    if relation is not None and not relation.many and isinstance(value, list) and len(value) == 1:
        return value[0]
    return value


def _schemas(blueprint: str | None, shapes: Shapes | None) -> Any:
    """What values the properties of a blueprint take; names with ``$`` are the catalog's own and take text."""
    shape = shapes.get(blueprint) if shapes is not None and blueprint is not None else None

    def schema_of(name: str) -> Schema:
        if name.startswith("$"):
            return TEXT
        return shape.properties.get(name, ANYTHING) if shape is not None else ANYTHING

    return schema_of
