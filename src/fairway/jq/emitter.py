"""From the tree to Python source.

Every node either has exactly one output (``value`` writes statements and returns the name that holds it) or any number
(``each`` writes loops and calls back once for the innermost place). Where the callback would have to be written twice,
the node becomes a generator function. No text of the user enters the source: names are numbered, and constants are
passed in a table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from fairway.jq import runtime
from fairway.jq.syntax import UnsupportedError

Sink = Callable[[str], None]
Scope = Mapping[str, str]
_DEEPEST = 14
"""Nested blocks in one function; CPython refuses more than twenty."""
_LONGEST = 4_000
"""Lines of one program."""


def truthy(atom: str) -> str:
    """The Python condition for jq's truth."""
    return f"{atom} is not None and {atom} is not False"


class Module:
    """The functions and constants of one program."""

    def __init__(self) -> None:
        self.constants: dict[str, Any] = {}
        self.functions: list[str] = []
        self._by_identity: dict[int, str] = {}
        self._count = 0

    def constant(self, value: Any) -> str:
        """A name or a literal for ``value``."""
        if value is None or value is True or value is False:
            return repr(value)
        known = self._by_identity.get(id(value))
        if known:
            return known
        name = f"k{len(self.constants)}"
        self.constants[name] = value
        self._by_identity[id(value)] = name
        return name

    def add(self, function: Function) -> None:
        """Takes a finished function in."""
        self.functions.append(function.source())
        if sum(text.count("\n") for text in self.functions) > _LONGEST:
            raise UnsupportedError("long program")

    def function(self, scope: Scope) -> tuple[Function, Scope]:
        """A new function that gets the input, the budget and every variable in ``scope``, and its own view of them."""
        self._count += 1
        name = f"f{self._count}"
        inner = {variable: f"v{number}" for number, variable in enumerate(scope)}
        return Function(name, ["i", "b", *inner.values()]), inner


class Function:
    """One Python function while it is written."""

    def __init__(self, name: str, parameters: list[str]) -> None:
        self.name = name
        self._head = f"def {name}({', '.join(parameters)}):"
        self._lines: list[str] = []
        self._indent = 1
        self._names = 0

    def line(self, text: str) -> None:
        """Appends one statement."""
        self._lines.append("    " * self._indent + text)
        if len(self._lines) > _LONGEST:
            raise UnsupportedError("long program")

    def name_for(self, expression: str) -> str:
        """A fresh local name, assigned ``expression``."""
        self._names += 1
        self.line(f"t{self._names} = {expression}")
        return f"t{self._names}"

    def fresh(self) -> str:
        """A fresh local name."""
        self._names += 1
        return f"t{self._names}"

    @contextmanager
    def block(self, head: str) -> Iterator[None]:
        """An indented block."""
        self.line(head)
        self._indent += 1
        if self._indent > _DEEPEST:
            raise UnsupportedError("nested too deep")
        yield
        self.line("pass")
        self._indent -= 1

    def source(self) -> str:
        """The finished text."""
        return "\n".join([self._head, *(self._lines or ["    pass"])]) + "\n"


_RUNTIME = (
    *(runtime.JqError, runtime.UncertainError, runtime.field, runtime.index, runtime.cut, runtime.items),
    *(runtime.items_or_none, runtime.equal, runtime.not_equal, runtime.less, runtime.less_equal, runtime.greater),
    *(runtime.greater_equal, runtime.add, runtime.subtract, runtime.multiply, runtime.divide, runtime.modulo),
    runtime.key_of,
)
GLOBALS: Mapping[str, Any] = {item.__name__: item for item in _RUNTIME}
"""What generated code may call by name; the rest comes through the table of constants."""
