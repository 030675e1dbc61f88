"""A program: its text, and its Python function when the compiler covers it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

Budget = list[int]
"""One mutable number: steps left to a compiled program."""


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """Made by :meth:`fairway.jq.engine.Engine.compile`; may be kept and shared for as long as the process lives."""

    text: str
    """As the user wrote it."""
    source: str
    """As libjq gets it: single quotes translated."""
    function: Callable[[Any, Budget], Iterator[Any]] | None = None
    """Yields the outputs for a document; ``None`` outside the compiled subset."""
    single: Callable[[Any, Budget], Any] | None = None
    """Returns the only output, for programs that always have exactly one (or an error)."""

    @property
    def compiled(self) -> bool:
        """True when no worker process is needed."""
        return self.function is not None
