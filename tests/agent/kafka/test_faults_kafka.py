"""Portal, worker, agents and broker are taken down at random while runs go through Kafka: none is lost, all end, and
whatever is delivered twice carries the same idempotency key. On librdkafka's broker, and on a real Apache Kafka."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from fairway.kit.settings import Settings
from support.apache_kafka import apache_kafka
from support.kafka import MockBroker
from support.kafka_world import Broker, KafkaWorld
from support.live import LivePortal


class Librdkafka:
    """The mock broker; its data is in this process, so that it is struck by cutting all connections."""

    session_ms = 1500
    """It takes almost as long for every rebalance."""

    def __init__(self) -> None:
        self._broker = MockBroker()
        self.address = self._broker.address

    def strike(self) -> None:
        self._broker.down()
        time.sleep(random.uniform(0.2, 1.5))
        self._broker.up()

    def close(self) -> None:
        self._broker.close()


@contextmanager
def _librdkafka(folder: Path) -> Iterator[Broker]:
    broker = Librdkafka()
    try:
        yield broker
    finally:
        broker.close()


@contextmanager
def _apache(folder: Path) -> Iterator[Broker]:
    with apache_kafka(folder / "kafka") as broker:
        yield broker


BROKERS: dict[str, Callable[[Path], Any]] = {"librdkafka": _librdkafka, "apache": _apache}


@pytest.fixture
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Broker]:
    with BROKERS[request.param](tmp_path) as found:
        yield found


@pytest.fixture
def world(settings: Settings, broker: Broker, tmp_path: Path) -> Iterator[KafkaWorld]:
    publishing = settings.model_copy(update={"base_url": "", "kafka_brokers": broker.address})
    built = KafkaWorld(LivePortal(publishing), broker, tmp_path)
    try:
        built.begin()
        yield built
    finally:
        built.end()


def _suffer(world: KafkaWorld, count: int, victims: Iterator[str], between: tuple[int, int], at_least: int) -> None:
    """Strikes each time that some more requests have arrived, so that a slow machine is not kept from working."""
    creating = threading.Thread(target=world.create, args=(count,), daemon=True)
    creating.start()
    for victim in victims:
        world.wait_for_deliveries(random.randint(*between), 60)
        world.strike(victim)
        if world.delivered >= count and world.kills.total() >= at_least:
            break
    creating.join()
    world.wait_until_done(300)
    figures = world.figures()
    print(figures)  # noqa: T201 figures for people
    assert len(world.answered) == count
    assert world.kills.total() >= at_least
    assert figures.lost == 0
    assert figures.statuses == {"SUCCESS": figures.runs}
    assert figures.foreign_keys == 0, "a repeated delivery can be recognised"


def _anybody() -> Iterator[str]:
    while True:
        yield random.choice(["portal", "worker", "agent", "agent", "agent", "broker"])


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("broker", ["librdkafka"], indirect=True)
@pytest.mark.timeout(600)
def test_1000_runs_survive(world: KafkaWorld) -> None:
    """Without the worker, whose jobs wait for its lease to end."""
    victims = ["portal", "broker", "agent", "agent", "agent", "agent"]
    _suffer(world, 1_000, iter(random.sample(victims, len(victims))), (50, 150), at_least=len(victims))


@pytest.mark.slow
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("broker", BROKERS, indirect=True)
@pytest.mark.timeout(3600)
def test_10000_runs_survive(world: KafkaWorld) -> None:
    _suffer(world, 10_000, _anybody(), (100, 400), at_least=20)
