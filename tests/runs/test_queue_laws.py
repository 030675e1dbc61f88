"""The queue of runs as a state machine: each run has one place, whatever is done, and the right ones are given."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from fairway.kit.settings import Settings
from fairway.portal.runs import queue_repository
from fairway.portal.runs.model import Run
from fairway.portal.runs.queue_repository import Share, Terms, labels_text
from fairway.portal.storage import Database, Tx, open_database

ACTIONS = st.sampled_from(["a", "b", "c"])
LABELS = st.dictionaries(st.sampled_from(["zone", "env"]), st.sampled_from(["x", "y"]), max_size=2)
AGENTS = st.sampled_from([None, "one", "two"])
SHARES = st.lists(st.integers(1, 4), min_size=1, max_size=3)
_NUMBERS = count(1)
_QUEUES = count(1)


@dataclass
class Place:
    """What the model knows of a run in line."""

    number: int
    action: str
    labels: dict[str, str]
    until: int = 0
    by: str | None = None
    released: bool = False


def _run(number: int, queue: str, action: str, labels: dict[str, str]) -> Run:
    """A run, of which the queue sees its number, id, queue, action and labels alone."""
    return Run(
        id=f"r_{number}", number=number, action=action, blueprint=None, entity=None, status="IN_PROGRESS",
        status_label=None, summary="", source="API", link=[], properties={}, raw_properties={},
        required_approval=None, approval=None, response=None, payload={}, external_run_id=None, definition={},
        context="", secret=False, queue=queue, labels=labels or None, depth=0, parent=None, terminal_log=False,
        expires_at=None, created_by="x", creator_email=None, impersonated_by=None, updated_by="x", created_at=0,
        updated_at=0, ended_at=None,
    )  # fmt: skip


class Queue(RuleBasedStateMachine):
    """Does the same to the database and to a dictionary."""

    db: Database
    runner: asyncio.Runner

    def __init__(self) -> None:
        super().__init__()
        self.queue = f"q{next(_QUEUES)}"
        self.places: dict[str, Place] = {}
        self.now = 1_000
        self.odd = 0

    def do(self, work: Callable[[Tx], Coroutine[Any, Any, Any]]) -> Any:
        """Work in a transaction."""
        return self.runner.run(self.db.write(work))

    def some(self, picks: list[int]) -> list[str]:
        """A few ids, of which one is unknown."""
        ids = list(self.places)
        return ["r_unknown", *{ids[pick % len(ids)] for pick in picks if ids}]

    @rule(action=ACTIONS, labels=LABELS)
    def enqueue(self, action: str, labels: dict[str, str]) -> None:
        fresh = _run(next(_NUMBERS), self.queue, action, labels)
        for _ in range(2):  # twice changes nothing
            self.do(lambda tx: queue_repository.enqueue(tx, fresh))
        self.places[fresh.id] = Place(fresh.number, action, labels)

    @rule(exclude=st.sets(ACTIONS, max_size=2), labels=LABELS, limits=SHARES, visibility=st.integers(1, 50), by=AGENTS)
    def claim(
        self, exclude: set[str], labels: dict[str, str], limits: list[int], visibility: int, by: str | None
    ) -> None:
        self.odd ^= 1
        terms = Terms(self.queue, tuple(sorted(exclude)), labels_text(labels))
        shares = [Share(limit, self.now + visibility, by) for limit in limits]
        parts = self.do(lambda tx: queue_repository.claim(tx, terms, shares, self.now, self.odd))
        found = [run_id for part in parts for run_id in part]
        open_to = {
            run_id: place
            for run_id, place in self.places.items()
            if place.until <= self.now and place.action not in exclude and place.labels.items() <= labels.items()
        }
        assert len(set(found)) == len(found), "no run twice"
        assert set(found) <= open_to.keys(), "none that somebody has, or that was not wanted"
        assert len(found) == min(sum(limits), len(open_to)), "as many as there are"
        assert all(len(part) <= limit for part, limit in zip(parts, limits, strict=True))
        self._in_order(found, open_to)
        for run_id in found:
            place = self.places[run_id]
            place.until, place.by, place.released = self.now + visibility, by, False

    def _in_order(self, found: list[str], open_to: dict[str, Place]) -> None:
        """Of those of one action that nobody has had, the oldest are given, and of those that ran out some are."""
        for action in "abc":
            fresh = [p.number for p in open_to.values() if p.action == action and not p.until]
            given = [open_to[run_id].number for run_id in found if not open_to[run_id].until]
            mine = sorted(set(given) & set(fresh))
            assert mine == sorted(fresh)[: len(mine)]
        expired = sorted((p.until, p.number) for p in open_to.values() if p.until)
        taken = sorted((open_to[run_id].until, open_to[run_id].number) for run_id in found if open_to[run_id].until)
        assert taken == expired[: len(taken)], "who waited longest for another claim comes first"
        if len(found) > 1 and expired:
            assert taken, "those that ran out are not left behind"
        if len(found) > 1 and any(not p.until for p in open_to.values()):
            assert len(taken) < len(found), "nor keep the others waiting"

    @rule(picks=st.lists(st.integers(0, 100), max_size=3))
    def acknowledge(self, picks: list[int]) -> None:
        ids = self.some(picks)
        assert set(self.do(lambda tx: queue_repository.acknowledge(tx, ids))) == set(ids) - {"r_unknown"}
        for run_id in ids[1:]:
            del self.places[run_id]

    @rule(picks=st.lists(st.integers(0, 100), max_size=3), by=AGENTS, keep=st.booleans())
    def extend_or_release(self, picks: list[int], by: str | None, keep: bool) -> None:
        ids = self.some(picks)
        held = {
            run_id
            for run_id in ids[1:]
            if (place := self.places[run_id]).until > self.now and (by is None or place.by == by)
        }
        until = self.now + 30 if keep else 0
        if keep:
            found = self.do(lambda tx: queue_repository.extend(tx, ids, by, until, self.now))
        else:
            found = self.do(lambda tx: queue_repository.release(tx, ids, by, self.now))
        assert set(found) == held
        for run_id in held:
            self.places[run_id].until = until

    @rule(pause=st.integers(1, 40))
    def wait(self, pause: int) -> None:
        self.now += pause

    @invariant()
    def anything(self) -> None:
        known = any(place.until <= self.now for place in self.places.values())
        assert self.runner.run(self.db.read(lambda tx: queue_repository.anything(tx, self.queue, self.now))) == known


def test_the_queue_keeps_its_laws(settings_of_a_portal: Settings) -> None:
    with asyncio.Runner() as runner:
        db = runner.run(open_database(settings_of_a_portal))
        machine = type("KnownQueue", (Queue,), {"db": db, "runner": runner})
        limits = settings(
            max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)
        )
        run_state_machine_as_test(machine, settings=limits)  # type: ignore[no-untyped-call]  # the library has no types here
        runner.run(db.close())


@pytest.fixture
def settings_of_a_portal(settings: Settings) -> Settings:
    """Under another name: Hypothesis has settings, too."""
    return settings
