"""The state file over restarts, and when it is not what it should be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from fairway.integration.state import StateStore
from support.integrations import SyncWorld, counts_of, mapping, numbered, resource


async def _anew(world: SyncWorld, path: Path, target: str = "") -> None:
    await world.store.close()
    world.store = StateStore(path)
    await world.store.open(target or world.url)


async def test_a_restart_remembers_what_was_written(world: SyncWorld, tmp_path: Path) -> None:
    path = tmp_path / "state" / "fairway.sqlite"
    world.source.pages = {"repo": [numbered(30)]}
    await world.set_up(mapping(resource("repo")))
    await _anew(world, path)
    await world.run()
    await _anew(world, path)
    report = await world.run()
    assert counts_of(report, "repo-0") == {"raw": 30, "mapped": 30, "unchanged": 30}
    assert world.watched.paths("bulk") == world.watched.paths("search") == []
    assert path.stat().st_mode & 0o077 == 0


def _garbage(path: Path) -> None:
    path.write_bytes(b"this is no database, however long it may be" * 100)


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _gone(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize("spoil", [_garbage, _empty, _gone])
async def test_a_file_that_is_lost_or_broken_is_made_anew(
    world: SyncWorld, tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    path = tmp_path / "fairway.sqlite"
    world.source.pages = {"repo": [numbered(30)]}
    await world.set_up(mapping(resource("repo")))
    await _anew(world, path)
    await world.run()
    await world.store.close()
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    spoil(path)
    await _anew(world, path)
    report = await world.run()
    assert (report.state, report.deleted) == ("completed", 0)
    assert counts_of(report, "repo-0")["unchanged"] == 30
    assert len(await world.entities()) == 30


async def test_the_file_of_another_installation_is_not_believed(world: SyncWorld, tmp_path: Path) -> None:
    path = tmp_path / "fairway.sqlite"
    world.source.pages = {"repo": [numbered(12)]}
    await world.set_up(mapping(resource("repo")))
    await _anew(world, path, "https://elsewhere.example|fake|scn")
    await world.run()
    await world.client.delete("/v1/blueprints/service/all-entities")
    await _anew(world, path)
    await world.run()
    assert len(await world.entities()) == 12
