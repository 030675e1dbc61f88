"""A YAML document as written: with places, and with scalars as their source text."""

from __future__ import annotations

from dataclasses import dataclass, field

from fairway.gitops.model import Mark


@dataclass(slots=True, eq=False)
class Scalar:
    """A leaf. ``tag`` is the short form of an explicit tag of the core schema, such as ``str``."""

    mark: Mark
    text: str
    plain: bool
    tag: str | None = None
    end_line: int = 0
    nodes: int = 1
    characters: int = 0
    height: int = 0


@dataclass(slots=True, eq=False)
class Sequence:
    """A list."""

    mark: Mark
    items: list[Node] = field(default_factory=list)
    end_line: int = 0
    nodes: int = 1
    characters: int = 0
    height: int = 1


@dataclass(slots=True, eq=False)
class Mapping:
    """A mapping in the order of the file, with what ``<<`` brought in behind the keys of its own."""

    mark: Mark
    pairs: list[tuple[Scalar, Node]] = field(default_factory=list)
    end_line: int = 0
    nodes: int = 1
    characters: int = 0
    height: int = 1


Node = Scalar | Sequence | Mapping
"""``nodes``, ``characters`` and ``height`` are what the node has with its aliases expanded, once it is complete. The
graph has no circles."""
