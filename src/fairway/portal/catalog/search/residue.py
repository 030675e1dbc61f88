"""What of a lowered rule SQL answers, and what is left to decide on the assembled document."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from fairway.portal.catalog.model import Blueprint
from fairway.portal.catalog.search.bind import Document
from fairway.portal.catalog.search.evaluate import satisfies
from fairway.portal.catalog.search.nodes import TRUE, And, Node, Or, Residual, conjunction, disjunction


@dataclass(frozen=True, slots=True)
class Split:
    """A rule in two parts: candidates, then a decision about each."""

    candidates: Node
    """What SQL can say: holds for every match, and for some others when there is a rest."""
    rest: Node | None
    """What remains to be decided of a candidate; none when the candidates are the matches."""

    def facts(self) -> list[Node]:
        """Parts of the rest that SQL answers; :func:`decide` wants to know them."""
        return [] if self.rest is None else list(_facts(self.rest))


def split(node: Node) -> Split:
    """Splits a lowered rule."""
    if not has_residual(node):
        return Split(node, None)
    if isinstance(node, And):
        rest = conjunction(each for each in node.nodes if has_residual(each))
        return Split(conjunction(map(_candidates, node.nodes)), rest)
    return Split(_candidates(node), node)


def has_residual(node: Node) -> bool:
    """Whether some leaf needs the document."""
    return any(map(has_residual, node.nodes)) if isinstance(node, And | Or) else isinstance(node, Residual)


def decide(rest: Node, document: Document, blueprint: Blueprint, facts: Mapping[str, bool]) -> bool:
    """Whether a candidate matches; ``facts`` by ``repr`` of what :meth:`Split.facts` gave."""
    if not has_residual(rest):
        return facts[repr(rest)]
    if isinstance(rest, Residual):
        return satisfies(rest.leaf, document, blueprint=blueprint)
    assert isinstance(rest, And | Or)
    answers = (decide(each, document, blueprint, facts) for each in rest.nodes)
    return all(answers) if isinstance(rest, And) else any(answers)


def _candidates(node: Node) -> Node:
    match node:
        case Residual():
            return TRUE
        case And(nodes):
            return conjunction(map(_candidates, nodes))
        case Or(nodes):
            return disjunction(map(_candidates, nodes))
    return node


def _facts(node: Node) -> Iterator[Node]:
    if not has_residual(node):
        yield node
    elif isinstance(node, And | Or):
        for each in node.nodes:
            yield from _facts(each)
