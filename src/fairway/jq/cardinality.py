"""Which nodes always have exactly one output (or an error)."""

from __future__ import annotations

from fairway.jq.syntax import Array, Call, Comma, Index, Iterate, Node, Object, Reduce, Slice, Try

_MANY = frozenset({"select", "empty"})
_ONE = frozenset({"any", "all", "sort_by", "group_by", "unique_by", "min_by", "max_by", "map_values"})


def single(node: Node) -> bool:
    """True when the node has exactly one output for every input that raises no error."""
    match node:
        case Array():
            return True
        case Comma() | Iterate() | Try(_, None) | Index(_, _, True) | Slice(_, _, _, True):
            return False
        case Call():
            return node.name in _ONE or (not _many(node) and all(map(single, node.arguments)))
        case Reduce(_, _, start, _):
            return single(start)
    return all(map(single, children(node)))


def _many(node: Call) -> bool:
    return node.name in _MANY or (node.name == "first" and len(node.arguments) == 1)


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below."""
    if isinstance(node, Object):
        return tuple(part for pair in node.pairs for part in pair)
    found: list[Node] = []
    for name in node.__slots__:
        part = getattr(node, name)
        if isinstance(part, Node):
            found.append(part)
        elif isinstance(part, tuple):
            found.extend(item for item in part if isinstance(item, Node))
    return tuple(found)
