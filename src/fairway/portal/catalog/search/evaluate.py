"""Rules on one entity document, in Python: scorecards, conditions, policies, and what SQL cannot answer."""

from __future__ import annotations

from collections.abc import Callable

from fairway.kit.errors import InvalidRequest
from fairway.portal.catalog.model import Blueprint
from fairway.portal.catalog.search.bind import (
    AllOf,
    AnyOf,
    Bound,
    Constant,
    Context,
    Document,
    Leaf,
    Reaches,
    Related,
    SchemaSubject,
    bind,
    names_list,
    names_predicate,
    value_of,
)
from fairway.portal.catalog.search.predicates import holds
from fairway.portal.catalog.search.rules import Rule

Graph = Callable[[Related | Reaches, Document], bool]
"""Answers the positive form of a rule about the graph for one entity."""


def matches(
    rule: Rule,
    document: Document,
    context: Context,
    *,
    blueprint: Blueprint | None = None,
    graph: Graph | None = None,
) -> bool:
    """Whether an assembled entity document (contract 3.5) satisfies a rule.

    ``blueprint`` is needed by ``propertySchema`` rules, ``graph`` by ``relatedTo`` and paths.

    Raises:
        InvalidRequest: the rule needs one of the two and it is not given.
    """
    return satisfies(bind(rule, context), document, blueprint=blueprint, graph=graph)


def satisfies(
    bound: Bound, document: Document, *, blueprint: Blueprint | None = None, graph: Graph | None = None
) -> bool:
    """:func:`matches` for a rule bound once and asked of many documents."""
    match bound:
        case Constant(value):
            return value
        case AllOf(nodes):
            return all(satisfies(node, document, blueprint=blueprint, graph=graph) for node in nodes)
        case AnyOf(nodes):
            return any(satisfies(node, document, blueprint=blueprint, graph=graph) for node in nodes)
        case Leaf():
            return _leaf(bound, document, blueprint)
        case Related(_, negated) | Reaches(_, _, negated):
            if graph is None:
                raise InvalidRequest("relatedTo and matchAny with a path need the catalog; they cannot be used here")
            return graph(bound, document) != negated


def _leaf(leaf: Leaf, document: Document, blueprint: Blueprint | None) -> bool:
    if isinstance(leaf.subject, SchemaSubject):
        if blueprint is None:
            raise InvalidRequest("propertySchema needs a blueprint; it cannot be used here")
        names = leaf.subject.properties(blueprint)
        return any(holds(leaf.predicate, value_of(name, document)) for name in names) != leaf.negated
    value = value_of(leaf.subject, document)
    predicate = leaf.predicate
    if isinstance(value, list) and names_list(leaf.subject, document):
        predicate = names_predicate(predicate)
    return holds(predicate, value) != leaf.negated
