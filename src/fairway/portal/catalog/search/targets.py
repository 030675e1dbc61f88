"""What a search comes down to: for each group of blueprints, candidates that SQL finds and a rest to decide.

What a caller may read is part of the candidates, never a filter behind them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from fairway.portal.access.decisions import read_scope
from fairway.portal.caller import Caller
from fairway.portal.catalog.model import Blueprint, Schema
from fairway.portal.catalog.search.bind import AnyOf, Bound, Constant, Context, Leaf, bind
from fairway.portal.catalog.search.lower import lower
from fairway.portal.catalog.search.nodes import FALSE, Node, conjunction
from fairway.portal.catalog.search.predicates import OneOf
from fairway.portal.catalog.search.residue import Split, split
from fairway.portal.catalog.search.rules import parse_query


@dataclass(frozen=True, slots=True)
class Target:
    """Blueprints for which a search means the same."""

    blueprints: tuple[Blueprint, ...]
    parts: Split

    @property
    def ids(self) -> list[int]:
        """Surrogate keys of the blueprints."""
        return [blueprint.id for blueprint in self.blueprints]


def targets_of(
    schema: Schema, caller: Caller, context: Context, bound: Bound, blueprints: Iterable[Blueprint]
) -> list[Target]:
    """Groups of ``blueprints`` in which ``bound`` can match something that the caller may read."""
    groups: dict[str, tuple[Node, list[Blueprint]]] = {}
    for blueprint in blueprints:
        node = conjunction([readable_node(schema, caller, context, blueprint), lower(bound, blueprint, schema)])
        if node != FALSE:
            groups.setdefault(repr(node), (node, []))[1].append(blueprint)
    return [Target(tuple(members), split(node)) for node, members in groups.values()]


def readable_node(schema: Schema, caller: Caller, context: Context, blueprint: Blueprint) -> Node:
    """What of a blueprint the caller may read."""
    scope = read_scope(caller, blueprint.identifier, blueprint.permissions)
    grants: list[Bound] = []
    if scope.owned_by:
        grants.append(Leaf("$team", OneOf(tuple(sorted(scope.owned_by)))))
    if scope.policy is not None:
        grants.append(bind(parse_query(scope.policy, "policy"), context))
    bound = Constant(True) if scope.everything else AnyOf(tuple(grants))
    return lower(bound, blueprint, schema)
