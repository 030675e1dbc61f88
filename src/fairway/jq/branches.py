"""Nodes whose outputs come from several places, or from within a ``try``: bodies of generator functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fairway.jq.emitter import Scope, truthy
from fairway.jq.syntax import Alternative, Call, Comma, If, Literal, Logic, Node, Try, UnsupportedError

if TYPE_CHECKING:
    from fairway.jq.generator import Generator

Branch = Callable[["Generator", Any, Scope], None]


def _comma(generator: Generator, node: Comma, scope: Scope) -> None:
    for side in (node.left, node.right):
        generator.each(side, "i", scope, lambda atom: generator.out.line(f"yield {atom}"))


def _if(generator: Generator, node: If, scope: Scope) -> None:
    out = generator.out

    def either(verdict: str) -> None:
        with out.block(f"if {truthy(verdict)}:"):
            generator.each(node.then, "i", scope, lambda atom: out.line(f"yield {atom}"))
        with out.block("else:"):
            generator.each(node.otherwise, "i", scope, lambda atom: out.line(f"yield {atom}"))

    generator.each(node.condition, "i", scope, either)


def _alternative(generator: Generator, node: Alternative, scope: Scope) -> None:
    """All true outputs of the left side, or else the right side; errors of the left side get through."""
    out = generator.out

    def choose(atom: str) -> None:
        with out.block(f"if {truthy(atom)}:"):
            out.line("found = True")
            out.line(f"yield {atom}")

    out.line("found = False")
    generator.each(node.left, "i", scope, choose)
    with out.block("if not found:"):
        generator.each(node.right, "i", scope, lambda atom: out.line(f"yield {atom}"))


def _logic(generator: Generator, node: Logic, scope: Scope) -> None:
    out = generator.out
    is_or = node.operator == "or"

    def second(atom: str) -> None:
        out.line(f"yield {truthy(atom)}")

    def first(atom: str) -> None:
        with out.block(f"if {truthy(atom) if is_or else f'not ({truthy(atom)})'}:"):
            out.line(f"yield {is_or}")
        with out.block("else:"):
            generator.each(node.right, "i", scope, second)

    generator.each(node.left, "i", scope, first)


def _try(generator: Generator, node: Try, scope: Scope) -> None:
    """Errors of the body end it; errors of whoever consumes the outputs are none of its business."""
    out = generator.out
    out.line("error = None")
    with out.block("try:"):
        generator.each(node.body, "i", scope, lambda atom: out.line(f"yield {atom}"))
    with out.block("except JqError as caught:"):
        out.line("error = caught")
    if node.handler is not None:
        with out.block("if error is not None:"):
            given = generator.caught(node.handler, "error")
            generator.each(node.handler, given, scope, lambda atom: out.line(f"yield {atom}"))


def _call(generator: Generator, node: Call, scope: Scope) -> None:
    write = _CALLS.get(node.name)
    if write is None:
        raise UnsupportedError(node.name)
    write(generator, node, scope)


def _first(generator: Generator, node: Call, scope: Scope) -> None:
    def only(atom: str) -> None:
        generator.out.line(f"yield {atom}")
        generator.out.line("return")

    generator.each(node.arguments[0], "i", scope, only)


def _last(generator: Generator, node: Call, scope: Scope) -> None:
    out = generator.out

    def keep(atom: str) -> None:
        out.line(f"last = {atom}")
        out.line("found = True")

    out.line("found = False")
    generator.each(node.arguments[0], "i", scope, keep)
    with out.block("if found:"):
        out.line("yield last")


def _limit(generator: Generator, node: Call, scope: Scope) -> None:
    out = generator.out
    count, body = node.arguments
    if not isinstance(count, Literal) or type(count.value) is not int or count.value < 1:
        raise UnsupportedError("unusual limit")

    def counted(atom: str) -> None:
        out.line(f"yield {atom}")
        out.line(f"left -= {generator.module.constant(1)}")
        with out.block("if not left:"):
            out.line("return")

    out.line(f"left = {generator.module.constant(count.value)}")
    generator.each(body, "i", scope, counted)


_CALLS: dict[str, Branch] = {"first": _first, "last": _last, "limit": _limit}
BRANCHES: dict[type[Node], Branch] = {
    Comma: _comma,
    If: _if,
    Alternative: _alternative,
    Logic: _logic,
    Try: _try,
    Call: _call,
}
