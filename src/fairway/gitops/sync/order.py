"""In which order entities are written: targets before what relates to them. Section 9 of the contract; pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import TypeVar

K = TypeVar("K")


def steps(edges: Mapping[K, Collection[K]]) -> list[dict[K, frozenset[K]]]:
    """Nodes in steps that follow each other; each node of a step comes with the targets to leave out this time. Those
    on a cycle appear twice: without each other, and again with everything. Targets that are no nodes do not matter."""
    inside = {node: [each for each in targets if each in edges] for node, targets in edges.items()}
    groups = _components(inside)
    group_of = {node: number for number, group in enumerate(groups) for node in group}
    found: list[dict[K, frozenset[K]]] = []
    done_at: list[int] = []
    for number, group in enumerate(groups):  # components come with their targets' components before them
        needed = [done_at[group_of[each]] for node in group for each in inside[node] if group_of[each] != number]
        at = max(needed, default=-1) + 1
        members = frozenset(group)
        cyclic = len(group) > 1 or group[0] in inside[group[0]]
        _put(found, at, {node: members & frozenset(inside[node]) for node in group})
        if cyclic:
            at += 1
            _put(found, at, {node: frozenset() for node in group if members & frozenset(inside[node])})
        done_at.append(at)
    return found


def _put(found: list[dict[K, frozenset[K]]], at: int, nodes: Mapping[K, frozenset[K]]) -> None:
    while len(found) <= at:
        found.append({})
    found[at].update(nodes)


def _components(edges: Mapping[K, Sequence[K]]) -> list[list[K]]:
    """Strongly connected components, targets first (Tarjan's algorithm, without recursion)."""
    index: dict[K, int] = {}
    low: dict[K, int] = {}
    stack: list[K] = []
    on_stack: set[K] = set()
    found: list[list[K]] = []
    for root in edges:
        if root in index:
            continue
        work: list[tuple[K, Iterator[K]]] = [(root, iter(edges[root]))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while work:
            node, targets = work[-1]
            for target in targets:
                if target not in index:
                    index[target] = low[target] = len(index)
                    stack.append(target)
                    on_stack.add(target)
                    work.append((target, iter(edges[target])))
                    break
                if target in on_stack:
                    low[node] = min(low[node], index[target])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    found.append(_pop(stack, on_stack, node))
    return found


def _pop(stack: list[K], on_stack: set[K], last: K) -> list[K]:
    group: list[K] = []
    while True:
        node = stack.pop()
        on_stack.discard(node)
        group.append(node)
        if node == last:
            return group
