"""Whatever third party, portal and process do: the catalog is what the third party has, or nothing of a kind that was
not seen whole is deleted."""

from __future__ import annotations

import asyncio
import socket
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test
from pydantic import SecretStr

from fairway.integration.model import SyncReport
from fairway.integration.state import StateStore
from fairway.kit.clock import SystemClock
from fairway.kit.settings import Settings
from fairway.portal.app import create_app
from fairway.portal.services import build_portal
from support.http import logged_in
from support.integrations import SyncWorld, blueprint, mapping, resource, sync_world
from support.own_portal import until

KINDS = {"repo": "service", "team": "team"}
BOTH = st.sampled_from(sorted(KINDS))
NAMES = st.sampled_from([f"n{number}" for number in range(6)])
TROUBLES = st.lists(
    st.tuples(st.sampled_from(["entities/bulk", "entities/delete", "datasource-entities", "syncMetrics", "examples"]),
              st.sampled_from([500, 503, 401, 413])),
    max_size=2,
)  # fmt: skip
CHECKS = [HealthCheck.too_slow, HealthCheck.filter_too_much]


class Machine(RuleBasedStateMachine):
    """Keeps what the third party has beside a world."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.stack = AsyncExitStack()
        self.has: dict[str, dict[str, int]] = {kind: {} for kind in KINDS}
        self.ever: dict[str, set[str]] = {kind: set() for kind in KINDS}
        self.broken: dict[str, int] = {}
        """Kinds whose listing breaks, and after how many pages."""
        self.one: SyncWorld = self.do(self._world())

    async def _world(self) -> SyncWorld:
        folder = Path(self.stack.enter_context(tempfile.TemporaryDirectory()))
        listener = self.stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        chosen = Settings(
            data_dir=folder, base_url=f"http://127.0.0.1:{listener.getsockname()[1]}", client_id="testclient",
            client_secret=SecretStr("s" * 64), secret_key=SecretStr("k" * 48),
        )  # fmt: skip
        portal = await build_portal(chosen, SystemClock())
        self.stack.push_async_callback(portal.close)
        app = create_app(portal)
        client = await self.stack.enter_async_context(logged_in(app, chosen))
        found = await self.stack.enter_async_context(sync_world(app, client, chosen, folder, listener))
        found.source.pages = {kind: [] for kind in KINDS}
        resources = [resource(kind, name) for kind, name in KINDS.items()]
        await found.set_up(
            mapping(*resources, entityDeletionThreshold=1), *(blueprint(name) for name in KINDS.values())
        )
        return found

    def do(self, work: Any) -> Any:
        return self.loop.run_until_complete(work)

    def teardown(self) -> None:
        self.broken.clear()
        self.one.watched.troubles.clear()
        self.sync()
        assert self.sync().state == "completed"
        assert self.catalog() == self.has
        self.do(self.stack.aclose())
        self.loop.close()

    def catalog(self) -> dict[str, dict[str, Any]]:
        found = {kind: self.do(self.one.entities(name)) for kind, name in KINDS.items()}
        return {
            kind: {name: each["properties"]["size"] for name, each in entities.items()}
            for kind, entities in found.items()
        }

    def pages(self, kind: str) -> list[Any]:
        found: list[Any] = [[{"id": name, "name": name, "size": size}] for name, size in self.has[kind].items()]
        if kind in self.broken:
            found = [*found[: self.broken[kind]], RuntimeError("away")]
        return found

    def sync(self) -> SyncReport:
        """One run; what holds after every run is checked."""
        before = self.catalog()
        self.one.source.pages = {kind: self.pages(kind) for kind in KINDS}
        report: SyncReport = self.do(self.one.run())
        self.one.watched.troubles.clear()
        self.check(before, report)
        return report

    def check(self, before: dict[str, dict[str, Any]], report: SyncReport) -> None:
        after = self.catalog()
        for kind in KINDS:
            assert after[kind].keys() <= self.ever[kind]
            assert after[kind].keys() >= before[kind].keys() & self.has[kind].keys(), "what is there was deleted"
            if kind in self.broken:
                assert after[kind].keys() >= before[kind].keys(), "a kind that was not seen whole lost something"
        if report.state == "completed":
            assert after == self.has

    @rule(kind=BOTH, name=NAMES, size=st.integers(0, 3))
    def put(self, kind: str, name: str, size: int) -> None:
        """An item is made or changed."""
        self.has[kind][name] = size
        self.ever[kind].add(name)

    @rule(kind=BOTH, name=NAMES)
    def drop(self, kind: str, name: str) -> None:
        """An item goes."""
        self.has[kind].pop(name, None)

    @rule(kind=BOTH, pages=st.integers(0, 3))
    def breaks(self, kind: str, pages: int) -> None:
        """A listing breaks off."""
        self.broken[kind] = pages

    @rule(kind=BOTH)
    def mended(self, kind: str) -> None:
        """It does not any more."""
        self.broken.pop(kind, None)

    @rule(troubles=TROUBLES)
    def run(self, troubles: list[tuple[str, int]]) -> None:
        """A run, with a portal that is in trouble at times."""
        for part, status in troubles:
            self.one.watched.trouble(part, *[status] * 3)
        self.sync()

    @rule()
    def lose_the_state_file(self) -> None:
        """The process begins anew without what it remembered."""

        async def anew() -> None:
            await self.one.store.close()
            self.one.store = StateStore(None)
            await self.one.store.open(self.one.url)

        self.do(anew())

    @rule(kind=BOTH)
    def given_up(self, kind: str) -> None:
        """A run is given up while a listing is on its way."""
        before = self.catalog()
        self.do(self._give_up(kind))
        after = self.catalog()
        for each in KINDS:
            assert after[each].keys() >= before[each].keys()

    async def _give_up(self, kind: str) -> None:
        source, stop = self.one.source, asyncio.Event()
        source.pages = {each: self.pages(each) for each in KINDS}
        source.pages[kind] = [[], [{"id": "never", "name": "never", "size": 1}]]
        source.gate, source.asked = asyncio.Event(), []
        running = asyncio.create_task(self.one.run(stop=stop))
        await until(lambda: kind in source.asked)
        stop.set()
        assert (await running).state == "aborted"
        source.gate = None


def test_the_catalog_is_what_the_third_party_has() -> None:
    chosen = settings(max_examples=3, stateful_step_count=12, suppress_health_check=CHECKS, deadline=None)
    run_state_machine_as_test(Machine, settings=chosen)  # type: ignore[no-untyped-call] # hypothesis has no types here


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_catalog_is_what_the_third_party_has_at_length() -> None:
    chosen = settings(max_examples=60, stateful_step_count=20, suppress_health_check=CHECKS, deadline=None)
    run_state_machine_as_test(Machine, settings=chosen)  # type: ignore[no-untyped-call]
