"""Which properties searches filter and sort on: counted in memory, so that the index follows use."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from fairway.portal.catalog.model import Blueprint
from fairway.portal.catalog.search.nodes import And, Node, Or, Own, Test
from fairway.portal.catalog.search.predicates import Compare, Equals, OneOf, Within

USES = 3
"""Uses after which an index is asked for; again after ten times as many, as the blueprint may have grown."""
_MOST_PAIRS = 10_000
"""Pairs counted at a time; beyond, counting starts over."""

Pair = tuple[int, str]
"""Blueprint id and property."""


class Usage:
    """Counts of one process."""

    def __init__(self) -> None:
        self._counts: Counter[Pair] = Counter()
        self._due: set[Pair] = set()

    def searched(self, blueprints: Sequence[Blueprint], node: Node) -> None:
        """Notes the properties of a rule that an index could answer and does not."""
        for name in _unindexed(node):
            for blueprint in blueprints:
                self.used(blueprint, name)

    def used(self, blueprint: Blueprint, name: str) -> None:
        """Notes one use of an own property."""
        if name in blueprint.indexed or name not in blueprint.properties:
            return
        if len(self._counts) > _MOST_PAIRS:
            self._counts.clear()
        pair = (blueprint.id, name)
        self._counts[pair] += 1
        if _is_step(self._counts[pair]):
            self._due.add(pair)

    def take_due(self) -> list[Pair]:
        """Pairs that were used often enough, once."""
        if not self._due:
            return []
        due, self._due = sorted(self._due), set()
        return due


def _is_step(count: int) -> bool:
    while count > USES and count % 10 == 0:
        count //= 10
    return count == USES


def _unindexed(node: Node) -> set[str]:
    if isinstance(node, And | Or):
        return {name for each in node.nodes for name in _unindexed(each)}
    if isinstance(node, Test) and not node.negated and isinstance(node.subject, Own) and _helps(node.subject, node):
        return {node.subject.name}
    return set()


def _helps(own: Own, test: Test) -> bool:
    """Whether an index on the property would answer the test."""
    if own.key is not None or own.kind == "object":
        return False
    if isinstance(test.predicate, Equals | OneOf):
        return True
    return isinstance(test.predicate, Compare | Within) and (own.kind == "number" or own.dated)
