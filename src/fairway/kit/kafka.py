"""Publishing to Kafka: idempotent, acknowledged by all replicas, in order for each key."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fairway.kit.errors import Unavailable
from fairway.kit.logs import get_logger
from fairway.kit.settings import Settings

_DELIVERY_MS = 15_000
_FLUSH_SECONDS = 20.0
"""Longer than a delivery may take, shorter than the 30 s that a consumer of events holds its lease."""
_MOST_BYTES = 8 * 1024 * 1024
"""Two documents of the largest request body, before and after, with room; the broker has its own limit."""
_HOPELESS = ("MSG_SIZE_TOO_LARGE", "INVALID_MSG", "INVALID_RECORD")

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Message:
    """What goes to a topic; messages of one key stay in order."""

    topic: str
    key: str
    value: bytes


class KafkaPublisher:
    """A producer that is opened with the first message."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._producer: Any = None
        self._lock = asyncio.Lock()

    @property
    def configured(self) -> bool:
        """Whether there are brokers to publish to."""
        return bool(self._settings.kafka_brokers)

    async def publish(self, messages: Sequence[Message]) -> list[Message]:
        """Returns when every message is stored by the brokers. A message that they refuse for good, because it is too
        large, is logged, left out and answered: it would be refused for ever.

        Raises:
            Unavailable: the brokers do not answer; some of the messages may have arrived.
        """
        if not messages:
            return []
        async with self._lock:
            failures = await asyncio.to_thread(self._publish, messages)
        for message, error in failures:
            if error.name() not in _HOPELESS:
                raise Unavailable(f'Kafka did not take a message for topic "{message.topic}"', cause=str(error))
            log.error("kafka_message_refused", topic=message.topic, key=message.key, error=str(error))
        return [message for message, _ in failures]

    async def aclose(self) -> None:
        """Gives what is on its way a moment, then closes."""
        if self._producer is not None:
            await asyncio.to_thread(self._producer.flush, 1.0)
            self._producer = None

    def _publish(self, messages: Sequence[Message]) -> list[tuple[Message, Any]]:
        producer = self._open()
        failures: list[tuple[Message, Any]] = []
        for message in messages:
            self._produce(producer, message, failures)
        if producer.flush(_FLUSH_SECONDS):
            producer.purge()
            producer.flush(0)
        return failures

    def _produce(self, producer: Any, message: Message, failures: list[tuple[Message, Any]]) -> None:
        from confluent_kafka import KafkaException

        def delivered(error: Any, _stored: Any) -> None:
            if error is not None:
                failures.append((message, error))

        for _ in range(2):
            try:
                producer.produce(message.topic, message.value, message.key.encode(), on_delivery=delivered)
            except BufferError:
                producer.flush(_FLUSH_SECONDS)
            except KafkaException as error:  # refused before it left
                failures.append((message, error.args[0]))
                return
            else:
                producer.poll(0)
                return
        raise Unavailable("The queue of messages to Kafka is full; the brokers do not keep up")

    def _open(self) -> Any:
        if self._producer is None:
            from confluent_kafka import Producer  # 20 ms and a shared library, only for portals that have brokers

            self._producer = Producer(producer_config(self._settings))
        return self._producer


def producer_config(settings: Settings) -> dict[str, Any]:
    """librdkafka's configuration of the settings."""
    config: dict[str, Any] = {
        "bootstrap.servers": settings.kafka_brokers,
        "security.protocol": settings.kafka_security_protocol,
        "enable.idempotence": True,
        "acks": "all",
        "linger.ms": 5,
        "compression.type": "lz4",
        "message.max.bytes": _MOST_BYTES,
        "delivery.timeout.ms": _DELIVERY_MS,
        "logger": QuietLogger(),
    }
    if settings.kafka_security_protocol.upper().startswith("SASL"):
        password = settings.kafka_password
        config |= {
            "sasl.mechanism": "SCRAM-SHA-512",
            "sasl.username": settings.kafka_username,
            "sasl.password": password.get_secret_value() if password else "",
        }
    return config


class QuietLogger:
    """librdkafka's lines through our own logs: it repeats each connection failure every second otherwise."""

    def log(self, level: int, pattern: str, *args: Any) -> None:
        log.debug("librdkafka", level=level, line=pattern % args if args else pattern)
