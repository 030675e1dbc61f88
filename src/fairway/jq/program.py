"""A program: its text, and its Python functions when the compiler covers it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final

Budget = list[int]
"""One mutable number: steps left to a compiled program."""


class Nothing(Enum):
    """The type of :data:`NOTHING`."""

    NOTHING = "nothing"


NOTHING: Final = Nothing.NOTHING
"""What the first output of a program without outputs is."""


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """Made by :meth:`fairway.jq.engine.Engine.compile`; may be kept and shared for as long as the process lives."""

    text: str
    """As the user wrote it."""
    source: str
    """As libjq gets it: single quotes translated."""
    outputs: Callable[[Any, Budget], Iterator[Any]] | None = None
    """Yields every output; ``None`` outside the compiled subset."""
    first: Callable[[Any, Budget], Any] | None = None
    """Returns the first output, or :data:`NOTHING`."""
    constructs: bool = True
    """Whether outputs can be larger than the document."""

    reads: frozenset[str] | None = None
    """Top-level keys of the document the program can see; ``None`` when it may look at everything."""

    @property
    def compiled(self) -> bool:
        """True when no worker process is needed."""
        return self.first is not None
