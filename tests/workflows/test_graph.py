"""What comes next in a workflow: examples, and laws that hold whatever the graph and whoever is faster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairway.portal.workflows.graph import progress
from fairway.portal.workflows.model import connections_of, nodes_of
from support.flow import call, node, workflow


@dataclass
class State:
    """A node that a run has come to."""

    result: str | None = None
    outlet: str | None = None

    @property
    def ended(self) -> bool:
        """It has a result."""
        return self.result is not None


DONE = State("SUCCESS")


def _call(name: str, **config: Any) -> dict[str, Any]:
    return call(name, "http://x", **config)


def _which(*outlets: str) -> dict[str, Any]:
    return node("which", "CONDITION", outlets=[{"identifier": each, "expression": "true"} for each in outlets])


DIAMOND = workflow(
    _call("a"), _call("b"), _call("end"), arrows=[("start", "a"), ("start", "b"), ("a", "end"), ("b", "end")]
)
BRANCHES = workflow(
    _which("x"), _call("a"), _call("b"), _call("end"),
    arrows=[
        ("start", "which"), ("which", "a", {"sourceOutletIdentifier": "x"}), ("which", "b", {"fallback": True}),
        ("a", "end"), ("b", "end"),
    ],
)  # fmt: skip
RESCUE = workflow(
    _call("a"), _call("b"), _call("rescue"), arrows=[("start", "a"), ("a", "b"), ("a", "rescue", {"fallback": True})]
)
CAREFREE = workflow(_call("a", onFailure="continue"), _call("b"), arrows=[("start", "a"), ("a", "b")])


@pytest.mark.parametrize(
    ("definition", "states", "ready", "failed", "finished"),
    [
        (DIAMOND, {"start": DONE}, {"a", "b"}, None, False),
        (DIAMOND, {"start": DONE, "a": DONE, "b": State()}, set(), None, False),
        (DIAMOND, {"start": DONE, "a": DONE, "b": DONE}, {"end"}, None, False),
        (DIAMOND, {"start": DONE, "a": DONE, "b": DONE, "end": DONE}, set(), None, True),
        (DIAMOND, {"start": DONE, "a": State("FAILED"), "b": State()}, set(), "a", False),
        (DIAMOND, {"start": DONE, "a": State("CANCELLED"), "b": State()}, set(), "a", False),
        (BRANCHES, {"start": DONE, "which": State("SUCCESS", "x")}, {"a"}, None, False),
        (BRANCHES, {"start": DONE, "which": State("SUCCESS")}, {"b"}, None, False),
        (BRANCHES, {"start": DONE, "which": State("SUCCESS", "x"), "a": DONE}, {"end"}, None, False),
        (RESCUE, {"start": DONE, "a": DONE}, {"b"}, None, False),
        (RESCUE, {"start": DONE, "a": State("FAILED")}, {"rescue"}, None, False),
        (RESCUE, {"start": DONE, "a": State("FAILED"), "rescue": DONE}, set(), None, True),
        (CAREFREE, {"start": DONE, "a": State("FAILED")}, {"b"}, None, False),
        (CAREFREE, {"start": DONE, "a": State("CANCELLED")}, set(), "a", False),
    ],
)
def test_what_comes_next(
    definition: dict[str, Any], states: dict[str, State], ready: set[str], failed: str | None, finished: bool
) -> None:
    found = progress(definition, "start", states)
    assert (set(found.ready), found.failed, found.finished) == (ready, failed, finished)


def test_nodes_behind_another_trigger_alone_are_left_out() -> None:
    other = node("other", "SELF_SERVE_TRIGGER")
    definition = workflow(
        other, _call("a"), _call("b"), arrows=[("start", "a"), ("other", "a"), ("other", "b"), ("b", "a")]
    )
    assert progress(definition, "start", {"start": DONE}).ready == ("a",)
    assert progress(definition, "other", {"other": DONE}).ready == ("b",)


@dataclass(frozen=True)
class Case:
    """A graph, how each of its nodes will end, and in which order those that run at the same time do."""

    definition: dict[str, Any]
    ends: dict[str, State]
    orders: tuple[list[int], list[int]]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Arrows lead from earlier nodes to later ones."""
    count = draw(st.integers(1, 8))
    nodes, arrows, ends = [], [], {}
    for at in range(count):
        name = f"n{at}"
        branch = draw(st.booleans())
        if branch:
            outlets = [{"identifier": "x", "expression": "true"}, {"identifier": "y", "expression": "true"}]
            nodes.append(node(name, "CONDITION", outlets=outlets))
        else:
            nodes.append(_call(name, onFailure=draw(st.sampled_from(["terminate", "continue"]))))
        result = draw(st.sampled_from(["SUCCESS", "SUCCESS", "SUCCESS", "FAILED"]))
        outlet = draw(st.sampled_from(["x", "y", None])) if branch and result == "SUCCESS" else None
        ends[name] = State(result, outlet)
        for source in draw(st.sets(st.integers(-1, at - 1), max_size=3)):
            branches = source >= 0 and nodes[source]["config"]["type"] == "CONDITION"
            kinds: list[dict[str, Any]] = [{}, {"fallback": True}]
            kinds += [{"sourceOutletIdentifier": each} for each in ("x", "y")] if branches else []
            arrows.append(("start" if source < 0 else f"n{source}", name, draw(st.sampled_from(kinds))))
    orders = draw(st.lists(st.integers(0, 7), min_size=20, max_size=20)), [0] * 20
    return Case(workflow(*nodes, arrows=arrows), ends, orders)


def _play(case: Case, order: list[int]) -> tuple[dict[str, State], bool]:
    """The states at the end of a run whose nodes end in this order, and whether it failed."""
    states = {"start": State("SUCCESS")}
    picks = iter(order)
    for _ in range(30):
        found = progress(case.definition, "start", states)
        if found.failed is not None:
            return states, True
        for name in found.ready:
            assert name not in states, "a node starts once"
            states[name] = State()
        running = [name for name, each in states.items() if not each.ended]
        assert found.finished is (not running)
        if not running:
            return states, False
        chosen = running[next(picks) % len(running)]
        states[chosen] = case.ends[chosen]
    raise AssertionError("the run does not end")


@given(cases())
def test_runs_end_and_their_order_decides_nothing(case: Case) -> None:
    """Unless a node failed: then what was slower has not run."""
    (states, failed), (others, also_failed) = (_play(case, order) for order in case.orders)
    assert failed is also_failed
    if not failed:
        assert states == others


@given(cases())
def test_a_node_runs_when_something_led_to_it(case: Case) -> None:
    states, _ = _play(case, case.orders[0])
    arrows = connections_of(case.definition)
    for name in states.keys() - {"start"}:
        sources = [each.source for each in arrows if each.target == name]
        assert any(source in states and states[source].ended for source in sources)
        assert all(states[source].ended for source in sources if source in states)
    assert states.keys() <= nodes_of(case.definition).keys()
