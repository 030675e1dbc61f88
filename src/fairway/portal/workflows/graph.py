"""Where a run is and what comes next: a pure function of the definition and of what the nodes so far came to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Protocol

from fairway.portal.workflows.model import CONDITION, Connection, JsonObject, Node, connections_of, nodes_of


class State(Protocol):
    """What is known of a node that the run has come to."""

    @property
    def ended(self) -> bool:
        """It has a result."""
        ...

    @property
    def result(self) -> str | None:
        """``SUCCESS``, ``FAILED`` or ``CANCELLED``."""
        ...

    @property
    def outlet(self) -> str | None:
        """The branch that a CONDITION or INPUT chose."""
        ...


@dataclass(frozen=True, slots=True)
class Progress:
    """What to do next."""

    ready: tuple[str, ...] = ()
    """Nodes to start now."""
    failed: str | None = None
    """The node whose failure ends the run."""
    finished: bool = False
    """Nothing runs and nothing will."""


def progress(definition: JsonObject, trigger: str, states: Mapping[str, State]) -> Progress:
    """What comes next. A node starts when of all arrows that lead to it none is undecided and one is followed: so a
    join waits for every branch that will come, and not for those that were not taken."""
    nodes, connections = nodes_of(definition), connections_of(definition)
    failed = next((name for name, state in states.items() if _ends_run(nodes[name], state, connections)), None)
    if failed is not None:
        return Progress(failed=failed)
    decided: dict[str, bool | None] = {}
    ready: list[str] = []
    for name in _order(nodes, connections):
        if name in states:
            continue
        incoming = [_followed(nodes, states, decided, each) for each in connections if each.target == name]
        if name == trigger or None in incoming:
            decided[name] = None
        elif any(incoming):
            decided[name] = None
            ready.append(name)
        else:
            decided[name] = False
    running = any(not state.ended for state in states.values())
    return Progress(tuple(ready), finished=not ready and not running)


def _followed(
    nodes: Mapping[str, Node], states: Mapping[str, State], decided: Mapping[str, bool | None], arrow: Connection
) -> bool | None:
    """Whether the run follows an arrow; none while that is open."""
    state = states.get(arrow.source)
    if state is None:
        return decided.get(arrow.source)
    if not state.ended:
        return None
    return follows(nodes[arrow.source], state, arrow)


def follows(node: Node, state: State, arrow: Connection) -> bool:
    """Whether an arrow is followed behind a node that has ended."""
    if state.result != "SUCCESS":
        return arrow.fallback or (state.result == "FAILED" and node.goes_on and arrow.outlet is None)
    if arrow.outlet is not None:
        return arrow.outlet == state.outlet
    if arrow.fallback:
        return node.type == CONDITION and state.outlet is None
    return True


def _ends_run(node: Node, state: State, connections: list[Connection]) -> bool:
    if not state.ended or state.result == "SUCCESS":
        return False
    if state.result == "FAILED" and node.goes_on:
        return False
    return not any(each.source == node.identifier and each.fallback for each in connections)


def _order(nodes: Mapping[str, Node], connections: list[Connection]) -> list[str]:
    graph: dict[str, set[str]] = {name: set() for name in nodes}
    for each in connections:
        graph[each.target].add(each.source)
    return list(TopologicalSorter(graph).static_order())
