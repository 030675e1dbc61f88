"""A real Apache Kafka in KRaft mode, from ``scripts/kafka.py``, for slow tests."""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import ModuleType

import pytest
from confluent_kafka import KafkaException
from confluent_kafka.admin import (
    AdminClient,
    NewTopic,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from support.kafka import CHANGES, PARTITIONS, RUNS, ends

_SCRIPT = Path(__file__).parents[2] / "scripts" / "kafka.py"


def _script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("kafka_script", _SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class ApacheKafka:
    """A broker that can be killed, and started again on its data."""

    session_ms = 6000

    def __init__(self, folder: Path) -> None:
        self._script = _script()
        self._folder = folder
        self._port, self._sasl = self._script.free_port(), self._script.free_port()
        self.address = f"127.0.0.1:{self._port}"
        self.sasl_address = f"127.0.0.1:{self._sasl}"
        """Asks for a login."""
        self._process = self._script.start(self._port, folder, self._sasl)

    def create(self, partitions: int = PARTITIONS, topics: Sequence[str] = (RUNS, CHANGES)) -> None:
        """Creates topics, both of the organisation by default."""
        admin = AdminClient({"bootstrap.servers": self.address})
        for future in admin.create_topics([NewTopic(name, partitions, 1) for name in topics]).values():
            future.result(30)
        for topic in topics:
            self._until_led(topic, partitions)

    def _until_led(self, topic: str, partitions: int) -> None:
        for _ in range(100):
            with suppress(KafkaException):
                ends(self.address, topic, partitions)
                return
            time.sleep(0.1)
        raise AssertionError(f"{topic} has no leader")

    def user(self, name: str, password: str) -> None:
        """Makes a user, or changes the password."""
        admin = AdminClient({"bootstrap.servers": self.address})
        info = ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 4096)
        change = UserScramCredentialUpsertion(name, info, password.encode())
        for future in admin.alter_user_scram_credentials([change]).values():
            future.result(30)

    def strike(self) -> None:
        """Kills the broker, and starts it again."""
        self._process.kill()
        self._process.wait()
        self._process = self._script.start(self._port, self._folder, self._sasl)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


@contextmanager
def apache_kafka(folder: Path) -> Iterator[ApacheKafka]:
    """A broker while the block runs; the test is skipped, with the reason, where there can be none."""
    script = _script()
    if not script.available():
        pytest.skip("a real Kafka needs java (17 or newer), and mvn to get Kafka from Maven's repository")
    script.fetch()
    broker = ApacheKafka(folder)
    try:
        yield broker
    finally:
        broker.close()
