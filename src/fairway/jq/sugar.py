"""Calls of builtins: those defined by other expressions are replaced by them."""

from __future__ import annotations

from collections.abc import Callable

from fairway.jq.builtins import NO_ARGUMENT, VALUE_ARGUMENT
from fairway.jq.cardinality import children
from fairway.jq.syntax import (
    Array,
    Binary,
    Bind,
    Call,
    Identity,
    Index,
    Iterate,
    Literal,
    Logic,
    Node,
    Pipe,
    UnsupportedError,
    Variable,
)

CLOSURE_ARGUMENT = frozenset(
    ("select", "any", "all", "first", "last", "sort_by", "group_by", "unique_by", "min_by", "max_by", "map_values")
)
_IT = "\0it"
"""A variable no program can name."""


def _type_is(name: str) -> Node:
    return Call("select", (Binary("==", Call("type", ()), Literal(name)),))


def _map(body: Node) -> Node:
    return Array(Pipe(Iterate(Identity()), body))


_DEFINED: dict[tuple[str, int], Callable[..., Node]] = {
    ("null", 0): lambda: Literal(None),
    ("true", 0): lambda: Literal(True),
    ("false", 0): lambda: Literal(False),
    ("map", 1): _map,
    ("first", 0): lambda: Index(Identity(), Literal(0)),
    ("last", 0): lambda: Index(Identity(), Literal(-1)),
    ("add", 1): lambda body: Pipe(Array(body), Call("add", ())),
    ("values", 0): lambda: Call("select", (Binary("!=", Identity(), Literal(None)),)),
    ("nulls", 0): lambda: Call("select", (Binary("==", Identity(), Literal(None)),)),
    ("strings", 0): lambda: _type_is("string"),
    ("numbers", 0): lambda: _type_is("number"),
    ("booleans", 0): lambda: _type_is("boolean"),
    ("arrays", 0): lambda: _type_is("array"),
    ("objects", 0): lambda: _type_is("object"),
    ("scalars", 0): lambda: Call(
        "select",
        (
            Logic(
                "and",
                Binary("!=", Call("type", ()), Literal("array")),
                Binary("!=", Call("type", ()), Literal("object")),
            ),
        ),
    ),
    ("with_entries", 1): lambda body: Pipe(Call("to_entries", ()), Pipe(_map(body), Call("from_entries", ()))),
    ("in", 1): lambda other: Bind(Identity(), ((_IT, ()),), Pipe(other, Call("has", (Variable(_IT),)))),
    ("inside", 1): lambda other: Bind(Identity(), ((_IT, ()),), Pipe(other, Call("contains", (Variable(_IT),)))),
}


def call(name: str, arguments: list[Node]) -> Node:
    """The node for a call, or what it stands for."""
    defined = _DEFINED.get((name, len(arguments)))
    return defined(*arguments) if defined else Call(name, tuple(arguments))


def check_calls(node: Node) -> None:
    """Raises :class:`UnsupportedError` for builtins that are not covered."""
    if isinstance(node, Call) and not _covered(node.name, len(node.arguments)):
        raise UnsupportedError(f"builtin {node.name}")
    for child in children(node):
        check_calls(child)


def _covered(name: str, count: int) -> bool:
    return (
        (count == 0 and (name in NO_ARGUMENT or name == "empty"))
        or (count == 1 and (name in VALUE_ARGUMENT or name in CLOSURE_ARGUMENT or name == "test"))
        or (count == 2 and name in {"test", "sub", "gsub", "limit"})
    )
