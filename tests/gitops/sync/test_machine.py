"""Whatever happens to repositories, forge and process: the catalog is what repositories say, or there is a reason."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from fairway.gitops.ledger.model import ClaimState
from fairway.gitops.model import EntityKey
from fairway.gitops.sync import Status
from fairway.kit.errors import FairwayError
from support.gitops_memory_catalog import Crash
from support.gitops_world import ONE_SHOT, World, spec, world

NAMES = st.sampled_from(["s0", "s1", "s2", "s3", "s4"])
LABELS = st.sampled_from(["a/r0", "a/r1", "a/r2", "b/r3"])
PATHS = st.sampled_from(["port.yml", "x/port.yml"])
FIELDS = st.fixed_dictionaries(
    {}, optional={"tier": st.integers(0, 3), "language": st.sampled_from(["go", "rust"]), "readme": st.just("text")}
)
CONTENT = st.dictionaries(NAMES, FIELDS, max_size=3)


class Machine(RuleBasedStateMachine):
    """Keeps what repositories hold beside a world, and compares when everything has settled."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.context = world(None, ONE_SHOT)
        self.one: World = self.loop.run_until_complete(self.context.__aenter__())
        self.held: dict[str, dict[str, dict[str, dict[str, Any]]]] = {}
        """Label, path, identifier, properties."""
        self.foreign: set[str] = set()
        """Entities that somebody else has given an icon."""

    def teardown(self) -> None:
        self.loop.run_until_complete(self.context.__aexit__(None, None, None))
        self.loop.close()

    @initialize(content=CONTENT)
    def begin(self, content: dict[str, dict[str, Any]]) -> None:
        self.push("a/r0", "port.yml", content)
        self.do(self.one.reconcile())

    def do(self, work: Any) -> Any:
        return self.loop.run_until_complete(work)

    def live(self) -> list[str]:
        return [each.label for each in self.one.forge.repositories]

    @rule(label=LABELS, path=PATHS, content=CONTENT)
    def push(self, label: str, path: str, content: dict[str, dict[str, Any]]) -> None:
        """A file says something else."""
        entities = [
            {"identifier": name, "blueprint": "service", "properties": value} for name, value in content.items()
        ]
        self.one.push(label, {path: spec(*entities)})
        self.held.setdefault(label, {})[path] = content

    @rule(name=NAMES)
    def decorate(self, name: str) -> None:
        """Somebody else writes an entity, or makes it."""
        self.one.catalog.put("service", name, icon="Theirs")
        self.foreign.add(name)

    @rule(label=LABELS, path=PATHS)
    def remove(self, label: str, path: str) -> None:
        """A file goes."""
        if label in self.live():
            self.one.push(label, {path: None})
            self.held[label].pop(path, None)

    @rule(label=LABELS, path=PATHS)
    def breaks(self, label: str, path: str) -> None:
        """A file becomes unreadable until it is mended."""
        self.one.push(label, {path: "a: ["})
        self.held.setdefault(label, {})[path] = {}

    @precondition(lambda self: len(self.live()) > 1)
    @rule(label=LABELS)
    def delete(self, label: str) -> None:
        """A repository goes."""
        if label in self.live():
            self.one.forge.repositories.delete(label)
            self.held.pop(label, None)

    @rule(label=LABELS)
    def rename(self, label: str) -> None:
        """A repository is renamed and back; both names are labels only."""
        if label in self.live():
            self.one.forge.repositories.rename(label, "z/elsewhere")
            self.do(self.one.reconcile())
            self.one.forge.repositories.rename("z/elsewhere", label)

    @rule(label=LABELS)
    def delta(self, label: str) -> None:
        """An event, true or not."""
        with suppress(FairwayError):
            self.do(self.one.delta(label))

    @rule(minutes=st.sampled_from([1, 30, 90]))
    def reconcile(self, minutes: int) -> None:
        """A pass."""
        self.do(self.one.reconcile(minutes=minutes))

    @rule(label=LABELS)
    def outage(self, label: str) -> None:
        """A pass while a repository does not answer deletes nothing."""
        before = set(self.one.catalog.entities)
        self.one.forge.outage(label)
        report = self.do(self.one.reconcile())
        self.one.forge.broken.clear()
        if label in self.live() and not report.repositories.skipped:
            assert report.status is not Status.COMPLETE
            assert before <= set(self.one.catalog.entities)

    @rule(pages=st.integers(0, 1))
    def half_a_listing(self, pages: int) -> None:
        """A listing that breaks off deletes nothing."""
        before = set(self.one.catalog.entities)
        self.one.forge.page = 1
        self.one.forge.listing_breaks_after = pages
        report = self.do(self.one.reconcile())
        self.one.forge.listing_breaks_after = None
        if report.status is Status.COMPLETE:
            return  # there was no more than that
        assert before <= set(self.one.catalog.entities)

    @rule(changes=st.integers(0, 4))
    def crash(self, changes: int) -> None:
        """The process ends in the middle of a pass."""
        self.one.catalog.crash_after = changes
        with suppress(Crash):
            self.do(self.one.reconcile())
        self.one.catalog.crash_after = None
        self.one.clock.advance(minutes=20)
        self.one.restart()

    @rule()
    def settled(self) -> None:
        """With everything mended, some passes later, the catalog is what the repositories say."""
        for label, files in self.held.items():
            for path, content in files.items():
                self.push(label, path, content)
        for _ in range(6):
            report = self.do(self.one.reconcile())
        assert report.status is Status.COMPLETE
        assert report.ends.held is None
        said = {name for files in self.held.values() for content in files.values() for name in content}
        assert {key.identifier for key in self.one.catalog.entities} == said | self.foreign
        for name in self.foreign:
            stored = self.one.catalog.entities[EntityKey("service", name)]
            assert stored.icon == "Theirs"
            assert name in said or not stored.properties, "what git wrote is gone, what others wrote is not"
        for name in said:
            claims = self.do(self.one.claims("service", name))
            (winner,) = [each for each in claims if each.state is ClaimState.ACTIVE]
            repository = self.one.forge.repositories.number(int(winner.location.repository))
            assert repository is not None
            content = self.held[repository.label][winner.location.path][name]
            shown = self.one.catalog.shown()[f"service/{name}"]
            assert shown == content
        self.one.catalog.writes.clear()
        self.do(self.one.reconcile())
        assert self.one.catalog.writes == []
        assert EntityKey("service", "none") not in self.one.catalog.entities


CHECKS = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]


def test_the_catalog_is_what_repositories_say() -> None:
    chosen = settings(max_examples=12, stateful_step_count=12, suppress_health_check=CHECKS, deadline=None)
    run_state_machine_as_test(Machine, settings=chosen)  # type: ignore[no-untyped-call] # hypothesis has no types here


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_catalog_is_what_repositories_say_at_length() -> None:
    chosen = settings(max_examples=150, stateful_step_count=30, suppress_health_check=CHECKS, deadline=None)
    run_state_machine_as_test(Machine, settings=chosen)  # type: ignore[no-untyped-call]
