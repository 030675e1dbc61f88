"""Lowered rules: tests on values with known types, joined by and/or."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from fairway.portal.catalog.search.bind import Constant, Leaf
from fairway.portal.catalog.search.predicates import Equals, OneOf, Predicate

Kind = Literal["string", "number", "boolean", "array", "object"]


@dataclass(frozen=True, slots=True)
class Own:
    """An own property; ``key`` when the index answers for it, ``dated`` when that holds instants."""

    name: str
    kind: Kind
    items: str = "string"
    key: int | None = None
    dated: bool = False


@dataclass(frozen=True, slots=True)
class Text:
    """A text column of the entity table."""

    column: Literal["identifier", "title", "icon", "created_by", "updated_by"]


@dataclass(frozen=True, slots=True)
class Team:
    """The team column, a set of names."""

    key: int | None = None


@dataclass(frozen=True, slots=True)
class Stamp:
    """A column of milliseconds, shown as an instant."""

    column: Literal["created_at", "updated_at"]


@dataclass(frozen=True, slots=True)
class Datasource:
    """Who wrote last."""


Direct = Own | Text | Team | Stamp | Datasource


@dataclass(frozen=True, slots=True)
class Along:
    """A value of the entities at the end of relations; of all of them, as one array, when one relation is many."""

    steps: tuple[int, ...]
    many: bool
    end: Direct
    target: int
    """Blueprint of the entities at the end."""


Subject = Direct | Along


@dataclass(frozen=True, slots=True)
class Test:
    """A predicate that the type of ``subject`` can satisfy."""

    subject: Subject
    predicate: Predicate
    negated: bool


@dataclass(frozen=True, slots=True)
class Closure:
    """Entities reachable from given ones."""

    start: tuple[int, tuple[str, ...]]
    """Blueprint and identifiers."""
    forward: bool
    relations: tuple[int, ...] | None
    """The relations that may be followed; none means all."""
    negated: bool


@dataclass(frozen=True, slots=True)
class Walk:
    """Entities from which (``forward`` is false) or to which a path leads; see contract 4.6."""

    start: tuple[int, tuple[str, ...]]
    steps: tuple[tuple[int, int], ...]
    """Relation and how often it may be followed, in the order walked from ``start``."""
    forward: bool
    negated: bool


@dataclass(frozen=True, slots=True)
class Written:
    """Last written by one of these datasources: a test on :class:`Datasource` once its table was read."""

    datasources: tuple[int, ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class Residual:
    """What only the assembled document can answer."""

    leaf: Leaf


@dataclass(frozen=True, slots=True)
class And:
    """All of them."""

    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """One of them."""

    nodes: tuple[Node, ...]


Node = And | Or | Test | Closure | Walk | Written | Residual | Constant

TRUE, FALSE = Constant(True), Constant(False)


def conjunction(nodes: Iterable[Node]) -> Node:
    """All of ``nodes``, flattened and folded."""
    flat: dict[str, Node] = {}
    for node in nodes:
        if node == FALSE:
            return FALSE
        flat.update({repr(each): each for each in _parts(node, And)})
    kept = tuple(flat.values())
    return kept[0] if len(kept) == 1 else And(kept) if kept else TRUE


def disjunction(nodes: Iterable[Node]) -> Node:
    """One of ``nodes``, flattened and folded; equalities about one value become one."""
    flat: dict[str, Node] = {}
    for node in nodes:
        if node == TRUE:
            return TRUE
        flat.update({repr(each): each for each in _parts(node, Or)})
    kept = _merged(flat.values())
    return kept[0] if len(kept) == 1 else Or(kept) if kept else FALSE


def _parts(node: Node, kind: type[And] | type[Or]) -> tuple[Node, ...]:
    """The members of a group of that kind. They are told apart by ``repr``: to ``==``, 1 and ``True`` are one."""
    return node.nodes if isinstance(node, kind) else () if isinstance(node, Constant) else (node,)


def _merged(nodes: Iterable[Node]) -> tuple[Node, ...]:
    merged: dict[Any, Node] = {}
    for node in nodes:
        if isinstance(node, Test) and not node.negated and isinstance(node.predicate, Equals | OneOf):
            place = (node.subject, type(node.predicate))
            earlier = merged.get(place)
            if isinstance(earlier, Test) and isinstance(earlier.predicate, Equals | OneOf):
                values = (*earlier.predicate.values, *node.predicate.values)
                merged[place] = Test(node.subject, type(node.predicate)(values), False)  # type: ignore[arg-type]
            else:
                merged[place] = node
        else:
            merged[repr(node)] = node
    return tuple(merged.values())
