"""Nodes with exactly one output, whose code differs from that of a loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fairway.jq import calls
from fairway.jq.cardinality import single
from fairway.jq.emitter import Scope, truthy
from fairway.jq.syntax import (
    Alternative,
    Array,
    Call,
    Identity,
    If,
    Literal,
    Logic,
    Node,
    Reduce,
    Try,
    UnsupportedError,
    Variable,
)

if TYPE_CHECKING:
    from fairway.jq.generator import Generator

Value = Callable[["Generator", Any, str, Scope], str]


def _identity(generator: Generator, node: Identity, given: str, scope: Scope) -> str:
    return given


def _literal(generator: Generator, node: Literal, given: str, scope: Scope) -> str:
    return generator.module.constant(node.value)


def _variable(generator: Generator, node: Variable, given: str, scope: Scope) -> str:
    if node.name not in scope:
        raise UnsupportedError(f"variable {node.name}")
    return scope[node.name]


def _array(generator: Generator, node: Array, given: str, scope: Scope) -> str:
    return generator.array(node.inner, given, scope)


def _if(generator: Generator, node: If, given: str, scope: Scope) -> str:
    out = generator.out
    verdict = generator.value(node.condition, given, scope)
    result = out.fresh()
    with out.block(f"if {truthy(verdict)}:"):
        out.line(f"{result} = {generator.value(node.then, given, scope)}")
    with out.block("else:"):
        out.line(f"{result} = {generator.value(node.otherwise, given, scope)}")
    return result


def _alternative(generator: Generator, node: Alternative, given: str, scope: Scope) -> str:
    out = generator.out
    result = out.name_for(generator.value(node.left, given, scope))
    with out.block(f"if {result} is None or {result} is False:"):
        out.line(f"{result} = {generator.value(node.right, given, scope)}")
    return result


def _logic(generator: Generator, node: Logic, given: str, scope: Scope) -> str:
    out = generator.out
    result = out.name_for(truthy(generator.value(node.left, given, scope)))
    with out.block(f"if {'' if node.operator == 'and' else 'not '}{result}:"):
        out.line(f"{result} = {truthy(generator.value(node.right, given, scope))}")
    return result


def _try(generator: Generator, node: Try, given: str, scope: Scope) -> str:
    out = generator.out
    assert node.handler
    result, error = out.fresh(), out.fresh()
    with out.block("try:"):
        out.line(f"{result} = {generator.value(node.body, given, scope)}")
        out.line(f"{error} = None")
    with out.block("except JqError as caught:"):
        out.line(f"{error} = caught")
    with out.block(f"if {error} is not None:"):
        out.line(f"{result} = {generator.value(node.handler, generator.caught(node.handler, error), scope)}")
    return result


def _reduce(generator: Generator, node: Reduce, given: str, scope: Scope) -> str:
    if not single(node.update):
        raise UnsupportedError("reduce with several updates")
    total = generator.out.name_for(generator.value(node.start, given, scope))

    def step(item: str) -> None:
        bound = generator.bind(node.pattern, item, scope)
        generator.out.line(f"{total} = {generator.value(node.update, total, bound)}")

    generator.each(node.source, given, scope, step)
    return total


def _call(generator: Generator, node: Call, given: str, scope: Scope) -> str:
    return calls.write(generator, node, given, scope)


VALUES: dict[type[Node], Value] = {
    Identity: _identity,
    Literal: _literal,
    Variable: _variable,
    Array: _array,
    If: _if,
    Alternative: _alternative,
    Logic: _logic,
    Try: _try,
    Reduce: _reduce,
    Call: _call,
}
