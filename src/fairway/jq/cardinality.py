"""Which nodes always have exactly one output (or an error)."""

from __future__ import annotations

from fairway.jq.syntax import (
    Array,
    Bind,
    Call,
    Comma,
    Index,
    Iterate,
    Node,
    Object,
    Reduce,
    Slice,
    Try,
    UnsupportedError,
    Variable,
)

_MANY = frozenset({"select", "empty", "limit"})
_ONE = frozenset({"any", "all", "sort_by", "group_by", "unique_by", "min_by", "max_by", "map_values"})


def single(node: Node) -> bool:
    """True when the node has exactly one output for every input that raises no error."""
    match node:
        case Array():
            return True
        case Comma() | Iterate() | Try(handler=None) | Index(optional=True) | Slice(optional=True):
            return False
        case Call():
            return node.name in _ONE or (not _many(node) and all(map(single, node.arguments)))
        case Reduce():
            return single(node.start)
    return all(map(single, children(node)))


def _many(node: Call) -> bool:
    return node.name in _MANY or (node.name in {"first", "last"} and len(node.arguments) == 1)


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below."""
    if isinstance(node, Object):
        return tuple(part for pair in node.pairs for part in pair)
    found: list[Node] = []
    names: tuple[str, ...] = getattr(type(node), "__slots__", ())
    for name in names:
        part = getattr(node, name)
        if isinstance(part, Node):
            found.append(part)
        elif isinstance(part, tuple):
            found.extend(item for item in part if isinstance(item, Node))
    return tuple(found)


def check_variables(node: Node, known: frozenset[str] = frozenset()) -> None:
    """Raises :class:`UnsupportedError` for variables that are not bound, even where they are never reached."""
    if isinstance(node, Variable) and node.name not in known:
        raise UnsupportedError(f"variable {node.name}")
    if isinstance(node, Bind | Reduce):
        bound = known.union(pair[0] for pair in node.pattern)
        inner = {id(node.body)} if isinstance(node, Bind) else {id(node.update)}
        for child in children(node):
            check_variables(child, bound if id(child) in inner else known)
        return
    for child in children(node):
        check_variables(child, known)
