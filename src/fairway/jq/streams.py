"""Nodes whose outputs can be written as nested loops, with the place for the outputs written once."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fairway.jq import builtins, textual
from fairway.jq.emitter import Scope, Sink, truthy
from fairway.jq.syntax import Binary, Bind, Call, Index, Iterate, Literal, Node, Object, Pipe, Slice, Text

if TYPE_CHECKING:
    from fairway.jq.generator import Generator

Stream = Callable[["Generator", Any, str, Scope, Sink], None]
_OPERATORS = {
    "==": "equal",
    "!=": "not_equal",
    "<": "less",
    "<=": "less_equal",
    ">": "greater",
    ">=": "greater_equal",
    "+": "add",
    "-": "subtract",
    "*": "multiply",
    "/": "divide",
    "%": "modulo",
}


def select(node: Node) -> Stream | None:
    """The writer for ``node``, if it is of this kind."""
    if isinstance(node, Call):
        return _CALLS.get(node.name) or (_with_argument if node.name in builtins.VALUE_ARGUMENT else None)
    return _STREAMS.get(type(node))


def _pipe(generator: Generator, node: Pipe, given: str, scope: Scope, sink: Sink) -> None:
    generator.each(node.left, given, scope, lambda middle: generator.each(node.right, middle, scope, sink))


def _iterate(generator: Generator, node: Iterate, given: str, scope: Scope, sink: Sink) -> None:
    def loop(found: str) -> None:
        item = generator.out.fresh()
        visit = "items_or_none" if node.optional else "items"
        with generator.out.block(f"for {item} in {visit}({found}, b):"):
            sink(item)

    generator.each(node.term, given, scope, loop)


def _bind(generator: Generator, node: Bind, given: str, scope: Scope, sink: Sink) -> None:
    def body(found: str) -> None:
        generator.each(node.body, given, generator.bind(node.pattern, found, scope), sink)

    generator.each(node.source, given, scope, body)


def _binary(generator: Generator, node: Binary, given: str, scope: Scope, sink: Sink) -> None:
    """The right side is the outer loop, as in jq."""
    operate = _OPERATORS[node.operator]

    def outer(second: str) -> None:
        generator.each(
            node.left, given, scope, lambda first: sink(generator.out.name_for(f"{operate}({second}, {first}, b)"))
        )

    generator.each(node.right, given, scope, outer)


def _index(generator: Generator, node: Index, given: str, scope: Scope, sink: Sink) -> None:
    plain = isinstance(node.key, Literal) and isinstance(node.key.value, str)

    def access(holder: str, key: str) -> str:
        if plain:
            return f"{holder}.get({key}) if {holder}.__class__ is dict else field({holder}, {key})"
        return f"index({key}, {holder})"

    def outer(key: str) -> None:
        generator.each(
            node.term,
            given,
            scope,
            lambda holder: _optional(generator, node.optional, access(holder, key), sink),
        )

    generator.each(node.key, given, scope, outer)


def _slice(generator: Generator, node: Slice, given: str, scope: Scope, sink: Sink) -> None:
    def cut(holder: str) -> None:
        _optional(generator, node.optional, f"cut({holder}, {node.low}, {node.high}, b)", sink)

    generator.each(node.term, given, scope, cut)


def _optional(generator: Generator, optional: bool, expression: str, sink: Sink) -> None:
    """Runs the sink with the expression's value; when optional, not at all if it raises."""
    out = generator.out
    if not optional:
        sink(out.name_for(expression))
        return
    found, good = out.fresh(), out.fresh()
    with out.block("try:"):
        out.line(f"{found} = {expression}")
        out.line(f"{good} = True")
    with out.block("except JqError:"):
        out.line(f"{good} = False")
    with out.block(f"if {good}:"):
        sink(found)


def _object(generator: Generator, node: Object, given: str, scope: Scope, sink: Sink) -> None:
    """The first pair is the outermost loop."""

    def nest(at: int, done: list[str]) -> None:
        if at == len(node.pairs):
            sink(generator.out.name_for("{" + ", ".join(done) + "}"))
            return
        key, value = node.pairs[at]

        def pair(name: str) -> None:
            checked = generator.key(key, name)
            generator.each(value, given, scope, lambda found: nest(at + 1, [*done, f"{checked}: {found}"]))

        generator.each(key, given, scope, pair)

    nest(0, [])


def _text(generator: Generator, node: Text, given: str, scope: Scope, sink: Sink) -> None:
    """The last interpolation is the outermost loop."""

    def nest(at: int, done: list[str]) -> None:
        if at < 0:
            sink(generator.apply(textual.glue, f"({', '.join(done)},)") if done else "''")
            return
        part = node.parts[at]
        if isinstance(part, Literal) and isinstance(part.value, str):
            nest(at - 1, [generator.module.constant(part.value), *done])
            return
        generator.each(part, given, scope, lambda found: nest(at - 1, [generator.string(found), *done]))

    nest(len(node.parts) - 1, [])


def _select(generator: Generator, node: Call, given: str, scope: Scope, sink: Sink) -> None:
    def guard(verdict: str) -> None:
        with generator.out.block(f"if {truthy(verdict)}:"):
            sink(given)

    generator.each(node.arguments[0], given, scope, guard)


def _empty(generator: Generator, node: Call, given: str, scope: Scope, sink: Sink) -> None:
    generator.out.line("pass")


def _with_argument(generator: Generator, node: Call, given: str, scope: Scope, sink: Sink) -> None:
    function = builtins.VALUE_ARGUMENT[node.name]
    generator.each(node.arguments[0], given, scope, lambda argument: sink(generator.apply(function, argument, given)))


_STREAMS: dict[type[Node], Stream] = {
    Pipe: _pipe,
    Iterate: _iterate,
    Bind: _bind,
    Binary: _binary,
    Index: _index,
    Slice: _slice,
    Object: _object,
    Text: _text,
}
_CALLS: dict[str, Stream] = {"select": _select, "empty": _empty}
