"""Writes the Python of one program; what each kind of node becomes is in the tables of the neighbouring modules."""

from __future__ import annotations

from fairway.jq import branches, streams, textual, values
from fairway.jq.cardinality import single
from fairway.jq.emitter import Function, Module, Scope, Sink
from fairway.jq.syntax import Literal, Node, Pattern, Text, UnsupportedError


class Generator:
    """Writes into one function; nodes with several branches get functions of their own."""

    def __init__(self, module: Module, function: Function) -> None:
        self.module = module
        self.out = function

    def each(self, node: Node, given: str, scope: Scope, sink: Sink) -> None:
        """Writes code that runs ``sink``'s code once per output of ``node`` for the input named ``given``."""
        if single(node):
            sink(self.value(node, given, scope))
            return
        write = streams.select(node)
        if write:
            write(self, node, given, scope, sink)
        else:
            self._through_function(node, given, scope, sink)

    def value(self, node: Node, given: str, scope: Scope) -> str:
        """Writes code that computes the only output of ``node`` and returns its name."""
        write = values.VALUES.get(type(node))
        if write:
            return write(self, node, given, scope)
        # The remaining kinds share their code with the general case; their sink is reached exactly once.
        stream = streams.select(node)
        result: list[str] = []
        if stream:
            stream(self, node, given, scope, result.append)
        if len(result) != 1:
            raise UnsupportedError(type(node).__name__)
        return result[0]

    def array(self, inner: Node | None, given: str, scope: Scope) -> str:
        """All outputs of ``inner`` as a list."""
        found = self.out.name_for("[]")
        if inner is not None:
            self.each(inner, given, scope, lambda item: self.out.line(f"{found}.append({item})"))
        return found

    def bind(self, pattern: Pattern, found: str, scope: Scope) -> Scope:
        """The scope with the pattern's variables."""
        bound = dict(scope)
        for name, path in pattern:
            atom = found
            for step in path:
                atom = self.out.name_for(f"index({self.module.constant(step)}, {atom})")
            bound[name] = self.out.name_for(atom)
        return bound

    def apply(self, function: object, *atoms: str) -> str:
        """The name of the result of a runtime function."""
        return self.out.name_for(f"{self.module.constant(function)}({', '.join(atoms)}, b)")

    def key(self, key: Node, atom: str) -> str:
        """A value as object key."""
        return atom if isinstance(key, Literal | Text) else self.out.name_for(f"key_of({atom})")

    def string(self, atom: str) -> str:
        """A value as text."""
        tostring = self.module.constant(textual.tostring)
        return self.out.name_for(f"{atom} if {atom}.__class__ is str else {tostring}({atom}, b)")

    def caught(self, handler: Node, error: str) -> str:
        """The input of a ``catch``. A message that libjq may word differently must not become a value."""
        if isinstance(handler, Literal):
            return "None"
        with self.out.block(f"if not {error}.exact:"):
            self.out.line("raise UncertainError")
        return self.out.name_for(f"{error}.value")

    def call(self, function: Function, given: str, scope: Scope) -> str:
        """The call of a function made by :meth:`Module.function`."""
        self.module.add(function)
        return f"{function.name}({', '.join([given, 'b', *scope.values()])})"

    def _through_function(self, node: Node, given: str, scope: Scope, sink: Sink) -> None:
        write = branches.BRANCHES.get(type(node))
        if write is None:
            raise UnsupportedError(type(node).__name__)
        function, inner = self.module.function(scope)
        write(Generator(self.module, function), node, inner)
        # A generator function stays one even if no branch has an output.
        function.line("return")
        function.line("yield")
        item = self.out.fresh()
        with self.out.block(f"for {item} in {self.call(function, given, scope)}:"):
            sink(item)
