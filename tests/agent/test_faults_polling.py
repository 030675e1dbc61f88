"""Portal, worker and agents are killed -9 at random while runs are started, delivered and reported: none is lost, all
end, and whatever is delivered twice carries the same idempotency key."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

from support.fault_world import FaultWorld
from support.live import LivePortal

_VISIBILITY_SECONDS = "3"


class World(FaultWorld):
    """Agents poll; the action says what is sent."""

    webhook: ClassVar[dict[str, Any]] = {**FaultWorld.webhook, "body": {"run": "{{ .run.id }}"}}

    def environment(self, folder: Path) -> dict[str, str]:
        """What is claimed comes back soon when its agent is gone."""
        return {"FAIRWAY_AGENT_VISIBILITY_SECONDS": _VISIBILITY_SECONDS}


@pytest.fixture
def world(settings: Any, tmp_path: Path) -> Iterator[World]:
    """A world in ruins afterwards."""
    built = World(LivePortal(settings.model_copy(update={"base_url": ""})), tmp_path)
    try:
        built.begin()
        yield built
    finally:
        built.end()


def _suffer(world: World, count: int, pause: tuple[float, float], victims: Iterator[str], at_least: int) -> None:
    creating = threading.Thread(target=world.create, args=(count,), daemon=True)
    creating.start()
    for victim in victims:
        time.sleep(random.uniform(*pause))
        world.strike(victim)
        if not creating.is_alive() and world.kills.total() >= at_least:
            break
    creating.join()
    world.wait_until_done(120)
    figures = world.figures()
    print(figures)  # noqa: T201 figures for people
    assert len(world.answered) == count
    assert figures.lost == 0
    assert figures.statuses == {"SUCCESS": figures.runs}
    assert figures.foreign_keys == 0, "a repeated delivery can be recognised"


def _anybody() -> Iterator[str]:
    while True:
        yield random.choice(["portal", "worker", "agent", "agent"])


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.timeout(240)
def test_500_runs_survive(world: World) -> None:
    victims = ["portal", "worker", "agent", "agent"]
    _suffer(world, 500, (0.2, 0.6), iter(random.sample(victims, len(victims))), at_least=len(victims))


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.timeout(900)
def test_2000_runs_survive_on_postgresql(world: World) -> None:
    _suffer(world, 2_000, (0.2, 2.0), _anybody(), at_least=15)


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.timeout(1800)
def test_10000_runs_survive(world: World) -> None:
    _suffer(world, 10_000, (0.5, 3.0), _anybody(), at_least=40)
