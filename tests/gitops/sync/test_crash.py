"""A process that ends at any moment, and the one after it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from fairway.gitops.sync import Status
from support.gitops_memory_catalog import Crash
from support.gitops_world import World, spec


def build(one: World) -> None:
    one.push("a/one", spec({"identifier": "d", "blueprint": "domain", "relations": {"parent": "e"}}))
    one.push("a/two", spec({"identifier": "s", "blueprint": "service", "relations": {"domain": "d"}}, "t"))
    one.push("a/three", spec({"identifier": "e", "blueprint": "domain"}))


def change(one: World) -> None:
    one.push("a/one", spec({"identifier": "d", "blueprint": "domain"}))
    one.push("a/two", spec({"identifier": "s", "blueprint": "service", "properties": {"tier": 2}}))
    one.push("a/three", None)
    one.push("a/four", spec("u", tier=4))


AFTER = {"domain/d": {}, "service/s": {"tier": 2}, "service/u": {"tier": 4}}


async def crashing(one: World, changes: int) -> bool:
    """A pass that ends after so many changes of the catalog; whether it did."""
    one.catalog.crash_after = changes
    try:
        await one.reconcile()
    except Crash:
        return True
    finally:
        one.catalog.crash_after = None
        one.clock.advance(minutes=20)  # leases of the dead run out
        one.restart()
    return False


@pytest.mark.parametrize("changes", range(8))
async def test_the_next_process_ends_where_an_uninterrupted_one_would(one: World, changes: int) -> None:
    build(one)
    await crashing(one, changes)
    await one.reconcile()
    assert (await one.reconcile()).status is Status.COMPLETE
    assert sorted(one.catalog.shown()) == ["domain/d", "domain/e", "service/s", "service/t"]
    for key in ("d", "e"):
        assert (await one.claims("domain", key))[0].created_by_git, "it is known whose doing the entity is"
    change(one)
    await crashing(one, changes)
    for _ in range(2):
        await one.reconcile()
    assert one.catalog.shown() == AFTER
    one.catalog.writes.clear()
    await one.reconcile()
    assert one.catalog.writes == []


async def test_a_crash_between_two_versions_forgets_no_field(one: World) -> None:
    one.push("a/one", spec("s", tier=1))
    await one.reconcile()
    one.push("a/one", spec("s", tier=1, language="go"))
    original = one.store.commit
    calls = 0

    async def commit(changes: Any) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:  # the write has arrived, and nobody notes it
            raise Crash
        await original(changes)

    one.store.commit = commit  # type: ignore[method-assign] # the store is ours
    with pytest.raises(Crash):
        await one.reconcile()
    one.store.commit = original  # type: ignore[method-assign]
    assert one.value("s", "language") == "go"
    one.clock.advance(minutes=20)
    one.push("a/one", spec("s", tier=1))
    one.restart()
    await one.reconcile()
    assert one.catalog.shown() == {"service/s": {"tier": 1}}


async def test_an_interrupted_pass_goes_on_where_it_was(one: World) -> None:
    for number in range(30):
        one.push(f"a/r{number:02}", spec(f"s{number}"))
    one.restart(concurrency=2)
    stop = asyncio.Event()
    one.forge.page = 5
    listing = one.forge.listing

    async def some() -> Any:
        count = 0
        async for page in listing():
            yield page
            count += 1
            if count == 3:
                stop.set()

    one.forge.listing = some  # type: ignore[method-assign] # the forge is ours
    first = await one.engine.reconcile(stop)
    one.forge.listing = listing  # type: ignore[method-assign]
    assert first.status is Status.INTERRUPTED
    done = first.repositories.changed
    assert 0 < done < 30
    second = await one.engine.reconcile()
    assert second.generation == first.generation
    assert second.repositories.skipped == done
    assert second.repositories.changed == 30 - done
    assert len(one.catalog.shown()) == 30
    assert "the pass was interrupted; the next one decides" in second.ends.stops
    assert (await one.reconcile()).generation == first.generation + 1


async def test_a_catalog_that_is_down_loses_nothing(one: World) -> None:
    one.push("a/one", spec("s", tier=1))
    await one.reconcile()
    one.push("a/one", spec("s", tier=2))
    one.catalog.down = True
    asked = one.forge.figures.requests
    report = await one.reconcile()
    assert report.status is Status.FAILED
    assert report.failure is not None
    assert (report.failure.blame, report.failure.code) == ("portal", "unavailable")
    assert one.forge.figures.requests == asked, "the forge is not asked before the portal"
    one.catalog.down = False
    await one.reconcile()
    assert one.value("s", "tier") == 2


async def test_two_passes_of_one_source_never_overlap(one: World) -> None:
    from fairway.gitops.sync import AlreadyRunning, Engine

    one.push("a/one", spec("s"))
    one.forge.gate = asyncio.Event()
    passing = asyncio.create_task(one.engine.reconcile())
    while not one.forge.busy:  # noqa: ASYNC110 the forge is asked soon
        await asyncio.sleep(0)
    other = Engine("git", one.forge, one.catalog, one.store, one.options, one.clock)
    with pytest.raises(AlreadyRunning):
        await other.reconcile()
    one.forge.gate.set()
    assert (await passing).status is Status.COMPLETE
    assert (await other.reconcile()).status is Status.COMPLETE


async def test_no_more_repositories_are_looked_at_at_once_than_asked(one: World) -> None:
    for number in range(40):
        one.push(f"a/r{number}", spec(f"s{number}"))
    one.forge.page = 40
    one.restart(concurrency=4)
    await one.reconcile()
    assert one.forge.busiest <= 4


async def test_a_forge_that_is_down_is_not_asked_for_ever(one: World) -> None:
    for number in range(100):
        one.push(f"a/r{number}", spec(f"s{number}"))
        one.forge.outage(f"a/r{number}")
    report = await one.reconcile()
    assert report.status is Status.FAILED
    assert report.repositories.failed <= 30
    assert report.failure is not None
    assert report.failure.code == "forge_unavailable"
