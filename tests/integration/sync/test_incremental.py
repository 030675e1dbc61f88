"""Passes over what changed (contract section 11)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

from fairway.integration.definition import Context, Integration
from fairway.integration.model import SyncReport, Trigger
from fairway.integration.resync import Incremental
from support.integrations import SyncWorld, blueprint, items, kinds_of, mapping, resource

INTERVAL = timedelta(minutes=15)


class Changes:
    """A third party that is asked for what changed."""

    def __init__(self, world: SyncWorld) -> None:
        self.since: dict[str, list[datetime]] = {}
        self.pages: dict[str, list[Any]] = {}
        self._world = world
        world.integration = Integration("fake")
        for kind in ("repo", "team"):
            world.integration.on_resync(kind)(self._pages)
            world.integration.on_incremental_resync(kind)(self._pages)

    async def _pages(self, context: Context) -> AsyncIterator[list[Any]]:
        assert context.cursor is not None
        self.since.setdefault(str(context.kind), []).append(context.cursor)
        for page in self.pages.get(str(context.kind), []):
            if isinstance(page, Exception):
                raise page
            yield page

    async def run(self) -> SyncReport:
        """One pass."""
        one = self._world
        self._world.watched.calls.clear()
        return await Incremental(one.api, one.store, one.engine, one.context(), INTERVAL).run(Trigger.SCHEDULE)


async def _ready(world: SyncWorld) -> Changes:
    changes = Changes(world)
    config = mapping(resource("repo"), resource("team", "team"))
    await world.set_up(config, blueprint("service"), blueprint("team"))
    return changes


async def test_the_first_pass_looks_back_an_interval_and_the_next_to_its_start(world: SyncWorld) -> None:
    changes = await _ready(world)
    changes.pages = {"repo": [items("a", size=1)]}
    began = datetime.now(UTC)
    report = await changes.run()
    assert report.state == "completed"
    assert abs(changes.since["repo"][0] - (began - INTERVAL)) < timedelta(seconds=20)
    assert set(await world.entities()) == {"a"}
    assert {"PUT /v1/integration/scn/cursor", "POST /v1/integration/scn/cursor"} <= set(world.watched.paths("cursor"))
    await changes.run()
    first, second = changes.since["repo"]
    assert abs(second - first) < timedelta(milliseconds=1), "from the start of the pass before, an interval earlier"
    assert "POST /v1/integration/scn/cursor" not in world.watched.paths("cursor")


async def test_it_deletes_nothing_and_tells_no_state(world: SyncWorld) -> None:
    changes = await _ready(world)
    await world.ours("old")
    changes.pages = {"repo": [items("a")]}
    await changes.run()
    assert set(await world.entities()) == {"a", "old"}
    for part in ("resync-state", "syncMetrics", "search", "datasource-entities", "delete"):
        assert world.watched.paths(part) == []


async def test_an_error_of_one_kind_keeps_its_cursor_and_lets_the_others_go_on(world: SyncWorld) -> None:
    changes = await _ready(world)
    changes.pages = {"repo": [items("a"), RuntimeError("away")], "team": [items("t")]}
    report = await changes.run()
    assert kinds_of(report) == {"repo-0": "failed", "team-1": "completed"}
    assert (set(await world.entities()), set(await world.entities("team"))) == ({"a"}, {"t"})
    cursors = [
        (await world.client.get(f"/v1/integration/scn/cursor?kind={kind}&index={index}")).json()["cursor"]
        for kind, index in (("repo", 0), ("team", 1))
    ]
    assert cursors[0] is None
    assert cursors[1]["primary"]


async def test_a_refused_write_keeps_the_cursor(world: SyncWorld) -> None:
    changes = await _ready(world)
    changes.pages = {"repo": [items("a", size="large")]}
    report = await changes.run()
    assert kinds_of(report)["repo-0"] == "failed"
    assert report.kinds[0].problems[0].item == "service/a"
    assert world.watched.paths("PUT /v1/integration/scn/cursor") == ["PUT /v1/integration/scn/cursor"]
