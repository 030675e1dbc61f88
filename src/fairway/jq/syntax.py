"""The tree of the covered subset. Sugar is gone: ``map(f)`` is an array around an iteration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


class UnsupportedError(Exception):
    """The program uses something that is not covered (or is not jq); libjq decides."""


@dataclass(frozen=True, slots=True)
class Node:
    """Any expression."""


@dataclass(frozen=True, slots=True)
class Identity(Node):
    """``.``"""


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """A constant."""

    value: Any


@dataclass(frozen=True, slots=True)
class Variable(Node):
    """``$name``"""

    name: str


@dataclass(frozen=True, slots=True)
class Index(Node):
    """``term[key]``, also ``.name``."""

    term: Node
    key: Node
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Slice(Node):
    """``term[low:high]`` with constant bounds."""

    term: Node
    low: int | None
    high: int | None
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Iterate(Node):
    """``term[]``"""

    term: Node
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Pipe(Node):
    """``left | right``"""

    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Comma(Node):
    """``left, right``"""

    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Binary(Node):
    """Arithmetic and comparison."""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Logic(Node):
    """``and``, ``or``"""

    operator: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Alternative(Node):
    """``left // right``"""

    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class If(Node):
    """``if condition then then else otherwise end``"""

    condition: Node
    then: Node
    otherwise: Node


@dataclass(frozen=True, slots=True)
class Try(Node):
    """``try body catch handler``, also ``body?``."""

    body: Node
    handler: Node | None


@dataclass(frozen=True, slots=True)
class Array(Node):
    """``[inner]``"""

    inner: Node | None


@dataclass(frozen=True, slots=True)
class Object(Node):
    """``{key: value, ...}``"""

    pairs: tuple[tuple[Node, Node], ...]


@dataclass(frozen=True, slots=True)
class Text(Node):
    """A string with interpolations."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Call(Node):
    """A builtin with its arguments."""

    name: str
    arguments: tuple[Node, ...]


Pattern = tuple[tuple[str, tuple[str | int, ...]], ...]
"""Variables of a binding and where each lies in the bound value."""


@dataclass(frozen=True, slots=True)
class Bind(Node):
    """``source as pattern | body``"""

    source: Node
    pattern: Pattern
    body: Node


@dataclass(frozen=True, slots=True)
class Reduce(Node):
    """``reduce source as pattern (start; update)``"""

    source: Node
    pattern: Pattern
    start: Node
    update: Node
