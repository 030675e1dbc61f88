"""What became of a page of raw items."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from fairway.integration.model import Counts, Entity, Problem

MOST_PROBLEMS = 20
"""Contract 6.6."""
_ALIKE = 3
"""Of the problems kept, so many may be of the same field; else one bad field hides the others."""


class NullField(NamedTuple):
    """A field of the mapping that gave nothing."""

    field: str
    program: str


@dataclass(slots=True)
class MappedBatch:
    """With a list of mappings, ``counts`` count an item that was selected once for each of them."""

    entities: list[Entity] = field(default_factory=list)
    unselected: list[Entity] = field(default_factory=list)
    """With ``parse_all``: what the items that the selector refused would have been."""
    counts: Counts = field(default_factory=Counts)
    problems: list[Problem] = field(default_factory=list)
    """The first 20, at most three of the same field. Those with a failed item stand in ``counts.failed``; a field
    whose program failed is null in its entity."""
    nulls: Counter[NullField] = field(default_factory=Counter)
    """In how many entities a field was null (contract 6.4 rule 9)."""
    _failures: int = 0

    def note(self, problem: Problem) -> None:
        """Keeps a problem, as far as there is room."""
        self._keep(len(self.problems), problem)

    def fail(self, problem: Problem) -> None:
        """An item is lost: nothing of its kind may be deleted. Its problem goes before those of single fields."""
        self.counts.failed += 1
        if self._keep(self._failures, problem):
            self._failures += 1

    def _keep(self, at: int, problem: Problem) -> bool:
        if at >= MOST_PROBLEMS:
            return False
        alike = sum(known.where == problem.where and known.program == problem.program for known in self.problems)
        if alike >= _ALIKE:
            return False
        self.problems.insert(at, problem)
        del self.problems[MOST_PROBLEMS:]
        return True
