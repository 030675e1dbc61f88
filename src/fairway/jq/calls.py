"""Builtins with exactly one output."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from fairway.jq import builtins, ordering
from fairway.jq.cardinality import single
from fairway.jq.emitter import Scope, truthy
from fairway.jq.regex import compile_regex
from fairway.jq.syntax import Call, Identity, Iterate, Literal, Pipe, UnsupportedError

if TYPE_CHECKING:
    from fairway.jq.generator import Generator


def write(generator: Generator, node: Call, given: str, scope: Scope) -> str:
    """Writes the call and returns the name of its result."""
    if not node.arguments:
        return generator.apply(builtins.NO_ARGUMENT[node.name], given)
    special = _SPECIAL.get(node.name)
    if special:
        return special(generator, node, given, scope)
    argument = generator.value(node.arguments[0], given, scope)
    return generator.apply(builtins.VALUE_ARGUMENT[node.name], argument, given)


def _texts(node: Call) -> list[str]:
    texts = [argument.value for argument in node.arguments if isinstance(argument, Literal)]
    if len(texts) != len(node.arguments) or not all(isinstance(text, str) for text in texts):
        raise UnsupportedError("computed regex")
    return texts


def _test(generator: Generator, node: Call, given: str, scope: Scope) -> str:
    return generator.apply(compile_regex(*_texts(node)).test, given)


def _substitute(generator: Generator, node: Call, given: str, scope: Scope) -> str:
    expression, replacement = _texts(node)
    replace = compile_regex(expression, replacing=True).replace
    count = generator.module.constant(1 if node.name == "sub" else 0)
    return generator.apply(replace, given, generator.module.constant(replacement), count)


def _by(generator: Generator, node: Call, given: str, scope: Scope) -> str:
    """Sorts by the list of all outputs of the argument, as jq does."""
    pairs = generator.out.name_for("[]")
    item = generator.out.fresh()
    with generator.out.block(f"for {item} in {generator.module.constant(ordering.elements)}({given}, b):"):
        generator.out.line(f"{pairs}.append(({generator.array(node.arguments[0], item, scope)}, {item}))")
    return generator.apply(ordering.BY[node.name], pairs)


def _quantified(generator: Generator, node: Call, given: str, scope: Scope) -> str:
    """``any(f)`` and ``all(f)`` stop early, so they are functions of their own."""
    function, inner = generator.module.function(scope)
    is_any = node.name == "any"

    def decide(verdict: str) -> None:
        with function.block(f"if {truthy(verdict) if is_any else f'not ({truthy(verdict)})'}:"):
            function.line(f"return {is_any}")

    nested = type(generator)(generator.module, function)
    nested.each(Pipe(Iterate(Identity()), node.arguments[0]), "i", inner, decide)
    function.line(f"return {not is_any}")
    return generator.out.name_for(generator.call(function, given, scope))


def _map_values(generator: Generator, node: Call, given: str, scope: Scope) -> str:
    out, body = generator.out, node.arguments[0]
    if not single(body):
        raise UnsupportedError("map_values with several outputs")
    result, key, item = out.fresh(), out.fresh(), out.fresh()
    out.line(f"items({given}, b)")
    with out.block(f"if {given}.__class__ is dict:"):
        out.line(f"{result} = {{}}")
        with out.block(f"for {key}, {item} in {given}.items():"):
            out.line(f"{result}[{key}] = {generator.value(body, item, scope)}")
    with out.block("else:"):
        out.line(f"{result} = []")
        with out.block(f"for {item} in {given}:"):
            out.line(f"{result}.append({generator.value(body, item, scope)})")
    return result


_SPECIAL: dict[str, Callable[[Generator, Call, str, Scope], str]] = {
    "test": _test,
    "sub": _substitute,
    "gsub": _substitute,
    "any": _quantified,
    "all": _quantified,
    "map_values": _map_values,
    **dict.fromkeys(ordering.BY, _by),
}
