"""Pairs (entity of the page, related entity), as SQL: along a path, or through any relations at all."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from sqlalchemy import Select, select, union
from sqlalchemy.sql import ColumnElement

from fairway.portal.catalog.model import Blueprint, Schema
from fairway.portal.catalog.reading.plans import Aggregation
from fairway.portal.catalog.tables import relation_edge
from fairway.portal.storage.tx import Tx

Pairs = Select[tuple[int, int]]
"""Rows ``(root, node)``, each once."""
_CACHE_KEY = "reading.reach"


def pairs(tx: Tx, schema: Schema, blueprint: Blueprint, aggregation: Aggregation, ids: Sequence[int]) -> Pairs | None:
    """Every target related to one of ``ids``; ``None`` when the model allows none."""
    if aggregation.path is not None:
        return _along(tx, aggregation.path, ids, backwards=aggregation.from_target)
    directions = [
        _closure(tx, relations, ids, forward=forward)
        for forward in (True, False)
        if (relations := relations_between(schema, blueprint, aggregation.target, forward=forward))
    ]
    if not directions:
        return None
    if len(directions) == 1:
        return directions[0]
    both = union(*directions).subquery()
    return select(both.c.root, both.c.node)


def _along(tx: Tx, steps: Sequence[int], ids: Sequence[int], *, backwards: bool) -> Pairs:
    edges = [relation_edge.alias() for _ in steps]
    first, last = edges[0].c.source_id, edges[-1].c.target_id
    root, node = (last, first) if backwards else (first, last)
    conditions: list[ColumnElement[bool]] = [tx.any_of(root, ids)]
    conditions += [edge.c.relation_id == step for edge, step in zip(edges, steps, strict=True)]
    conditions += [after.c.source_id == before.c.target_id for before, after in itertools.pairwise(edges)]
    return select(root.label("root"), node.label("node")).where(*conditions).distinct()


def _closure(tx: Tx, relations: Sequence[int], ids: Sequence[int], *, forward: bool) -> Pairs:
    """Transitive; only over relations that can lead to the target, so that the walk stays on its way. An entity is
    not related to itself, even where relations form a circle."""
    start, end = ("source_id", "target_id") if forward else ("target_id", "source_id")
    edge = relation_edge.alias()
    first = select(edge.c[start].label("root"), edge.c[end].label("node"))
    reach = first.where(tx.any_of(edge.c[start], ids), tx.any_of(edge.c.relation_id, relations)).cte(recursive=True)
    again = select(reach.c.root, edge.c[end]).where(
        edge.c[start] == reach.c.node, tx.any_of(edge.c.relation_id, relations)
    )
    reach = reach.union(again)
    return select(reach.c.root, reach.c.node).where(reach.c.root != reach.c.node)


def relations_between(schema: Schema, start: Blueprint, goal: Blueprint, *, forward: bool) -> list[int]:
    """Relations on any way from ``start`` to ``goal``: reached from the one and leading to the other."""
    key = f"{_CACHE_KEY}:{goal.id}:{forward}"
    found: list[int] | None = start.cache.get(key)
    if found is None:
        found = start.cache[key] = _relations_between(schema, start.identifier, goal.identifier, forward=forward)
    return found


def _relations_between(schema: Schema, start: str, goal: str, *, forward: bool) -> list[int]:
    ahead: dict[str, set[str]] = defaultdict(set)
    back: dict[str, set[str]] = defaultdict(set)
    edges: list[tuple[int, str, str]] = []
    for blueprint in schema:
        for relation in blueprint.relations.values():
            here, there = blueprint.identifier, relation.target
            if not forward:
                here, there = there, here
            ahead[here].add(there)
            back[there].add(here)
            edges.append((relation.id, here, there))
    reachable, leading = _reach(ahead, start), _reach(back, goal)
    return sorted(number for number, here, there in edges if here in reachable and there in leading)


def _reach(graph: Mapping[str, Iterable[str]], start: str) -> set[str]:
    """``start`` and everything that can be reached from it."""
    found, waiting = {start}, [start]
    while waiting:
        for following in graph.get(waiting.pop(), ()):
            if following not in found:
                found.add(following)
                waiting.append(following)
    return found
