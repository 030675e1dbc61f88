"""One definition: from its mapping to a :class:`Definition`. Section 2.3 of the contract."""

from __future__ import annotations

from collections.abc import Mapping as Map
from dataclasses import dataclass
from typing import Any

from fairway.gitops.catalog import BlueprintShape
from fairway.gitops.model import Definition, EntityKey
from fairway.gitops.spec.draft import Draft
from fairway.gitops.spec.identifiers import blueprint_problem, identifier_problem
from fairway.gitops.spec.links import read_relations, read_team
from fairway.gitops.spec.nodes import Mapping, Node, Scalar
from fairway.gitops.spec.problems import Problem
from fairway.gitops.spec.references import SCHEME, FileReference, locate
from fairway.gitops.spec.scalars import is_null, text_value
from fairway.gitops.spec.search import node_kind
from fairway.gitops.spec.values import ANYTHING, entries, value_of
from fairway.gitops.spec.wording import did_you_mean, listed, quoted

FIELDS = ("identifier", "blueprint", "title", "properties", "relations", "team", "icon")
_OPTIONAL = ("title", "icon", "team")

Shapes = Map[str, BlueprintShape]
Pairs = dict[str, tuple[Scalar, Node]]


@dataclass(frozen=True, slots=True)
class Read:
    """What became of one definition. ``key`` and ``definition`` are None when it cannot be told which entity it is."""

    key: EntityKey | None
    definition: Definition | None
    good: bool
    problems: tuple[Problem, ...]
    node: Mapping
    needs: tuple[FileReference, ...] = ()


def read_entity(node: Mapping, place: str, path: str, shapes: Shapes | None) -> Read:
    """Reads a definition of the file ``path``; ``place`` says which of the file's entities it is."""
    draft = Draft()
    draft.marks[()] = node.mark
    found = entries(node)
    for name, (scalar, value) in found.items():
        draft.key((name,), scalar, value)
    blueprint = _name(found, "blueprint", node, place, draft)
    identifier = _name(found, "identifier", node, place, draft)
    shape = shapes.get(blueprint) if shapes is not None and blueprint is not None else None
    _unknown_fields(found, shape, draft)
    key = EntityKey(blueprint, identifier) if blueprint is not None and identifier is not None else None
    texts = {name: _text(found[name][1], name, draft) for name in ("title", "icon") if name in found}
    team = read_team(found["team"][1], shapes, draft) if "team" in found else None
    properties = _properties(found, shape, draft)
    relations = read_relations(_mapping(found, "relations", draft), shape, shapes, draft)
    needs = _references(properties, key, path, draft)
    if key is None:
        return Read(None, None, False, tuple(draft.problems), node)
    definition = Definition(
        key, texts.get("title"), texts.get("icon"), team, properties, relations,
        present=frozenset(name for name in _OPTIONAL if name in found),
        marks=draft.marks,
        references=tuple(dict.fromkeys(need.path for need in needs)),
    )  # fmt: skip
    return Read(key, definition, draft.good, tuple(draft.problems), node, needs)


def _name(found: Pairs, name: str, node: Mapping, place: str, draft: Draft) -> str | None:
    """The identifier or the blueprint; None when it is missing or not allowed."""
    if name not in found or _is_null(found[name][1]):
        at = found[name][0] if name in found else node
        without = "is null" if name in found else "is missing"
        near = did_you_mean_this(name, found)
        message = f'The field "{name}" {without} in {place}{near}'
        draft.problems.append(Problem("E_FIELD_MISSING", message, at.mark, f'Add "{name}: …"', at.end_line))
        return None
    value = found[name][1]
    if not isinstance(value, Scalar):
        why = "; an entity cannot be searched here" if name == "identifier" and isinstance(value, Mapping) else ""
        draft.note("E_FIELD_TYPE", f'"{name}" is {node_kind(value)}; a string is needed{why}', value)
        return None
    check = identifier_problem if name == "identifier" else blueprint_problem
    problem = check(value.text, value.mark)
    if problem is not None:
        draft.problems.append(problem)
        return None
    return value.text


def did_you_mean_this(name: str, found: Pairs) -> str:
    """Names a field of the file that is nearly ``name``."""
    near = [other for other in found if other not in FIELDS and did_you_mean(other, (name,))]
    return f"; {quoted(near[0])} in line {found[near[0]][0].mark.line} is nearly that" if near else ""


def _unknown_fields(found: Pairs, shape: BlueprintShape | None, draft: Draft) -> None:
    for name, (key, _) in found.items():
        if name in FIELDS:
            continue
        message = f"{quoted(name)} is not a field of an entity, and is ignored{did_you_mean(name, FIELDS)}"
        hint = f"Fields are {listed(FIELDS)}"
        if shape is not None and (name in shape.properties or name in shape.relations):
            group = "properties" if name in shape.properties else "relations"
            hint = f'Blueprint "{shape.identifier}" has it among its {group}: put it under "{group}"'
        draft.note("W_UNKNOWN_FIELD", message, key, hint)


def _text(node: Node, name: str, draft: Draft) -> str | None:
    if not isinstance(node, Scalar):
        draft.note("E_FIELD_TYPE", f'"{name}" is {node_kind(node)}; a string is needed', node)
        return None
    text = text_value(node)
    if text is not None:
        draft.check_text(text, node, f'"{name}"')
    return text


def _is_null(node: Node) -> bool:
    return isinstance(node, Scalar) and is_null(node)


def _mapping(found: Pairs, name: str, draft: Draft) -> Mapping | None:
    """The mapping of a field; missing and null count as empty."""
    node = found[name][1] if name in found else None
    if node is None or _is_null(node):
        return None
    if isinstance(node, Mapping):
        return node
    draft.note(
        "E_FIELD_TYPE",
        f'"{name}" is {node_kind(node)}; a mapping is needed',
        node,
        f'Write "name: value" under "{name}:", indented',
    )
    return None


def _properties(found: Pairs, shape: BlueprintShape | None, draft: Draft) -> dict[str, Any]:
    node = _mapping(found, "properties", draft)
    values: dict[str, Any] = {}
    for key, value in node.pairs if node is not None else ():
        path = ("properties", key.text)
        draft.key(path, key, value)
        draft.check_text(key.text, key, "The name of a property")
        schema = shape.properties.get(key.text, ANYTHING) if shape is not None else ANYTHING
        values[key.text] = value_of(value, schema, draft, path)
        text = values[key.text]
        if isinstance(text, str) and text.startswith("search://"):
            message = f"{quoted(text)} is kept as text: nothing is searched in a property"
            draft.note("W_SEARCH_SCHEME", message, value, "Use a search object under a relation")
    return values


def _references(
    properties: dict[str, Any], key: EntityKey | None, path: str, draft: Draft
) -> tuple[FileReference, ...]:
    needs = []
    for name, value in properties.items():
        if isinstance(value, str) and value.startswith(SCHEME):
            mark = draft.marks[("", "properties", name)]
            located = locate(value, path, mark)
            if isinstance(located, Problem):
                draft.problems.append(located)
            elif key is not None:
                needs.append(FileReference(located, key, name, mark))
    return tuple(needs)
