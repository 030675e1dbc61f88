"""Where a definition is in a spec file, and how its author indents. Looks at nodes only: nothing is constructed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from fairway.gitops.model import EntityKey
from fairway.gitops.scaffold.model import CannotEdit


@dataclass(frozen=True, slots=True)
class Place:
    """Which document, and which item of its list (None: the document itself)."""

    document: int
    item: int | None
    node: yaml.MappingNode


@dataclass(frozen=True, slots=True)
class Layout:
    """A file as its author wrote it."""

    roots: tuple[yaml.Node | None, ...]
    places: dict[EntityKey, Place]
    indent: int
    """Of mappings."""
    dash: int
    """Columns in front of the dash of a list, counted from its key."""
    shared: frozenset[int]
    """Nodes that aliases refer to."""


def layout(text: str) -> Layout:
    """Reads the nodes of a file that the spec reader could read.

    Raises:
        CannotEdit: it is no YAML.
    """
    try:
        roots = tuple(yaml.compose_all(text, Loader=yaml.SafeLoader))
    except yaml.YAMLError as error:
        raise CannotEdit(f"The spec file is no YAML: {error}") from None
    places: dict[EntityKey, Place] = {}
    for number, root in enumerate(roots):
        for item, node in _definitions(root):
            key = _key(node)
            if key is not None:
                places.setdefault(key, Place(number, item, node))
    indent, dash = _habits(roots)
    return Layout(roots, places, indent, dash, _shared(roots))


def _definitions(root: yaml.Node | None) -> Iterator[tuple[int | None, yaml.MappingNode]]:
    if isinstance(root, yaml.MappingNode):
        yield None, root
    elif isinstance(root, yaml.SequenceNode):
        for item, node in enumerate(root.value):
            if isinstance(node, yaml.MappingNode):
                yield item, node


def _key(node: yaml.MappingNode) -> EntityKey | None:
    """By the text as it is written: ``007`` is not 7."""
    found = {key.value: value for key, value in node.value if isinstance(key, yaml.ScalarNode)}
    blueprint, identifier = found.get("blueprint"), found.get("identifier")
    if isinstance(blueprint, yaml.ScalarNode) and isinstance(identifier, yaml.ScalarNode):
        return EntityKey(blueprint.value, identifier.value)
    return None


def child(node: yaml.MappingNode, name: str) -> yaml.Node | None:
    """The value of a key."""
    return next((value for key, value in node.value if isinstance(key, yaml.ScalarNode) and key.value == name), None)


def is_alias(node: yaml.MappingNode, name: str) -> bool:
    """Whether a key's value was written somewhere before the key."""
    for key, value in node.value:
        if isinstance(key, yaml.ScalarNode) and key.value == name:
            return bool(value.start_mark.index < key.start_mark.index)
    return False


def _walk(roots: tuple[yaml.Node | None, ...]) -> Iterator[tuple[yaml.Node, yaml.Node]]:
    """Each (parent, child), every node's children once, however often aliases refer to it."""
    seen: set[int] = set()
    waiting = [root for root in roots if root is not None]
    while waiting:
        node = waiting.pop()
        if id(node) in seen or not isinstance(node, yaml.CollectionNode):
            continue
        seen.add(id(node))
        for each in node.value:
            for part in each if isinstance(each, tuple) else (each,):
                yield node, part
                waiting.append(part)


def _habits(roots: tuple[yaml.Node | None, ...]) -> tuple[int, int]:
    """The usual indentation of mappings in mappings, and of dashes."""
    indents: Counter[int] = Counter()
    dashes: Counter[int] = Counter()
    for parent, node in _walk(roots):
        if not isinstance(parent, yaml.MappingNode) or not isinstance(node, yaml.CollectionNode) or node.flow_style:
            continue
        distance = node.start_mark.column - parent.start_mark.column
        if isinstance(node, yaml.MappingNode) and distance > 0:
            indents[distance] += 1
        elif isinstance(node, yaml.SequenceNode) and distance >= 0:
            dashes[distance] += 1
    indent = indents.most_common(1)[0][0] if indents else 2
    dash = dashes.most_common(1)[0][0] if dashes else 2
    if any(isinstance(root, yaml.SequenceNode) and root.start_mark.column == 0 for root in roots):
        dash = 0  # the writer indents all lists alike, that of the document, too
    return indent, dash


def _shared(roots: tuple[yaml.Node | None, ...]) -> frozenset[int]:
    counts = Counter(id(node) for _, node in _walk(roots))
    return frozenset(each for each, times in counts.items() if times > 1)
