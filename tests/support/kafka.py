"""Kafka for tests: librdkafka's own mock broker, messages as the portal publishes them, and what a group committed."""

from __future__ import annotations

import ctypes
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import confluent_kafka
from confluent_kafka import Consumer, Producer, TopicPartition

from fairway.kit.jsonio import dumps
from fairway.wire.runs import RunEvent
from fairway.wire.signatures import signed_message

ORG = "org"
RUNS = "org.runs"
CHANGES = "org.change.log"
PARTITIONS = 4
"""Of each topic."""


class MockBroker:
    """librdkafka's mock broker in this process, with the levers that only its C interface has."""

    def __init__(self) -> None:
        self._library = _library()
        error = ctypes.create_string_buffer(200)
        self._handle = self._library.rd_kafka_new(0, None, error, len(error))
        assert self._handle, error.value
        self._cluster = self._library.rd_kafka_mock_cluster_new(self._handle, 1)
        assert self._cluster
        self._library.rd_kafka_mock_group_initial_rebalance_delay_ms(self._cluster, 0)
        self.address = self._library.rd_kafka_mock_cluster_bootstraps(self._cluster).decode()

    def create(self, partitions: int = PARTITIONS, topics: Sequence[str] = (RUNS, CHANGES)) -> None:
        """Creates topics, both of the organisation by default."""
        for topic in topics:
            assert self._library.rd_kafka_mock_topic_create(self._cluster, topic.encode(), partitions, 1) == 0

    def down(self) -> None:
        """Connections break, and new ones are refused."""
        assert self._library.rd_kafka_mock_broker_set_down(self._cluster, 1) == 0

    def up(self) -> None:
        assert self._library.rd_kafka_mock_broker_set_up(self._cluster, 1) == 0

    def fail(self, api: int, *errors: int) -> None:
        """The next requests of this kind are answered with these errors, one each."""
        codes = (ctypes.c_int * len(errors))(*errors)
        self._library.rd_kafka_mock_push_request_errors_array(self._cluster, api, len(errors), codes)

    def close(self) -> None:
        self._library.rd_kafka_mock_cluster_destroy(self._cluster)
        self._library.rd_kafka_destroy(self._handle)


def _library() -> ctypes.CDLL:
    """The library that the client has loaded; its mock broker is not part of the Python interface."""
    folder = Path(confluent_kafka.__file__).parents[1] / "confluent_kafka.libs"
    library = ctypes.CDLL(str(next(folder.glob("librdkafka*"))))
    pointer, number = ctypes.c_void_p, ctypes.c_int
    for name, answer, arguments in (
        ("new", pointer, (number, pointer, ctypes.c_char_p, ctypes.c_size_t)),
        ("destroy", None, (pointer,)),
        ("mock_cluster_new", pointer, (pointer, number)),
        ("mock_cluster_destroy", None, (pointer,)),
        ("mock_cluster_bootstraps", ctypes.c_char_p, (pointer,)),
        ("mock_group_initial_rebalance_delay_ms", None, (pointer, ctypes.c_int32)),
        ("mock_topic_create", number, (pointer, ctypes.c_char_p, number, number)),
        ("mock_broker_set_down", number, (pointer, ctypes.c_int32)),
        ("mock_broker_set_up", number, (pointer, ctypes.c_int32)),
        ("mock_push_request_errors_array", None, (pointer, ctypes.c_int16, ctypes.c_size_t, pointer)),
    ):
        function = getattr(library, f"rd_kafka_{name}")
        function.restype, function.argtypes = answer, arguments
    return library


@contextmanager
def mock_broker() -> Iterator[MockBroker]:
    """A mock broker while the block runs."""
    found = MockBroker()
    try:
        yield found
    finally:
        found.close()


@dataclass(frozen=True)
class Event:
    """A message for a topic."""

    value: bytes
    key: str = ""
    topic: str = RUNS
    partition: int = -1
    """-1: by the key."""


def run_event(
    run_id: str,
    url: str,
    *,
    secret: str,
    seconds: int = 1_700_000_000,
    entity: str | None = None,
    key: str = "",
    method: Mapping[str, Any] | None = None,
    properties: Mapping[str, Any] | None = None,
) -> Event:
    """A run for an agent, as the portal's Kafka backend publishes it."""
    invocation = {"type": "WEBHOOK", "agent": True, "url": url, "synchronized": True, **(method or {})}
    event = RunEvent(
        run_id, "deploy", "CREATE", {"origin": "UI"}, invocation, properties or {}, None, entity,
        "service" if entity else None,
    )  # fmt: skip
    return Event(signed_message(event.message(), secret, seconds), key or f"run:{entity or run_id}")


def change_event(url: str, *, entity: str = "cart", run_id: str | None = None, **changes: Any) -> Event:
    """A change of an entity, caused by a run perhaps."""
    context = {"blueprint": "service", "entity": entity, **({"runId": run_id} if run_id else {})}
    message = {
        "action": "UPDATE", "resourceType": "entity", "status": "SUCCESS", "context": context,
        "diff": {"before": None, "after": {"identifier": entity}},
        "changelogDestination": {"type": "WEBHOOK", "agent": True, "url": url}, **changes,
    }  # fmt: skip
    return Event(dumps(message), f"entity:service:{entity}", CHANGES)


def publish(broker: str, events: Iterable[Event]) -> None:
    """Publishes in order and waits until the broker has everything."""
    failures: list[object] = []

    def delivered(error: object, message: object) -> None:
        if error is not None:
            failures.append(error)

    producer = Producer(
        {"bootstrap.servers": broker, "enable.idempotence": False, "linger.ms": 5, "partitioner": "murmur2"}
    )
    for event in events:
        place = {} if event.partition < 0 else {"partition": event.partition}
        while True:
            try:
                producer.produce(event.topic, event.value, event.key or None, on_delivery=delivered, **place)
                break
            except BufferError:
                producer.poll(0.1)
    assert producer.flush(60) == 0
    assert failures == []


def committed(broker: str, group: str, topic: str = RUNS, partitions: int = PARTITIONS) -> list[int]:
    """The group's committed offset of each partition; -1001 where there is none."""
    consumer = Consumer({"bootstrap.servers": broker, "group.id": group})
    asked = [TopicPartition(topic, number) for number in range(partitions)]
    try:
        return [each.offset for each in consumer.committed(asked, timeout=10)]
    finally:
        consumer.close()


def ends(broker: str, topic: str = RUNS, partitions: int = PARTITIONS) -> list[int]:
    """The offset after the last message of each partition."""
    consumer = Consumer({"bootstrap.servers": broker, "group.id": "ends"})
    try:
        asked = [TopicPartition(topic, number) for number in range(partitions)]
        return [consumer.get_watermark_offsets(each, timeout=10)[1] for each in asked]
    finally:
        consumer.close()


def parsed(event: Event) -> dict[str, Any]:
    """The message of an event."""
    found = json.loads(event.value)
    assert isinstance(found, dict)
    return found
