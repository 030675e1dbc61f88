"""From program text to a Python function, when the program lies in the covered subset."""

from __future__ import annotations

from typing import Any

from fairway.jq.cardinality import check_variables, children
from fairway.jq.dialect import translate
from fairway.jq.emitter import GLOBALS, Function, Module
from fairway.jq.generator import Generator
from fairway.jq.parser import parse
from fairway.jq.program import NOTHING, Program
from fairway.jq.reading import keys_read
from fairway.jq.sugar import check_calls
from fairway.jq.syntax import Identity, Index, Iterate, Literal, Node, Slice, UnsupportedError


def compile_program(text: str) -> Program:
    """The program for ``text``; not ``compiled`` when it uses anything that is not covered, or is not jq at all."""
    source = translate(text)
    reads: frozenset[str] | None = None
    try:
        tree = parse(source)
        reads = keys_read(tree)
        check_calls(tree)
        check_variables(tree)
        functions = _functions(tree)
    except (UnsupportedError, RecursionError):
        return Program(text, source, reads=reads)
    constructs = not _selects(tree)
    return Program(text, source, functions["outputs"], functions["first"], constructs=constructs, reads=reads)


def _functions(tree: Node) -> dict[str, Any]:
    module = Module()
    first = Function("first", ["i", "b"])
    Generator(module, first).each(tree, "i", {}, lambda atom: first.line(f"return {atom}"))
    first.line("return NOTHING")
    module.add(first)
    outputs = Function("outputs", ["i", "b"])
    Generator(module, outputs).each(tree, "i", {}, lambda atom: outputs.line(f"yield {atom}"))
    outputs.line("return")
    outputs.line("yield")
    module.add(outputs)
    names: dict[str, Any] = {**GLOBALS, **module.constants, "NOTHING": NOTHING, "__builtins__": {}}
    names.update(str=str, dict=dict)
    # The source consists of numbered names and fixed text; the program's own text is only in the constants.
    exec(compile("\n".join(module.functions), "<jq>", "exec"), names)  # noqa: S102
    return names


def _selects(node: Node) -> bool:
    """True for plain paths and constants, whose values are parts of the document and need no measuring."""
    if isinstance(node, Identity | Literal):
        return True
    return isinstance(node, Index | Iterate | Slice) and all(map(_selects, children(node)))
