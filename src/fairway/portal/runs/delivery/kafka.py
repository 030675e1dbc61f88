"""Runs on the topic ``{org}.runs``: actions of type KAFKA, and what an agent reads there (contract 6.6, 7.7, 7.9)."""

from __future__ import annotations

from fairway.kit.clock import Clock
from fairway.kit.errors import Unavailable
from fairway.kit.kafka import KafkaPublisher, Message
from fairway.portal.runs.delivery.base import Order, Refused, Undelivered
from fairway.portal.runs.delivery.batches import Batches
from fairway.portal.runs.delivery.messages import agent_message, kafka_message
from fairway.portal.runs.model import Finish
from fairway.wire.runs import runs_topic
from fairway.wire.signatures import signed_message


class KafkaBackend:
    """Publishes signed messages."""

    def __init__(self, publisher: KafkaPublisher, clock: Clock, org_id: str) -> None:
        self._publisher = publisher
        self._batches = Batches(publisher)
        self._clock = clock
        self._topic = runs_topic(org_id)

    async def deliver(self, order: Order) -> Finish:
        """Returns once the brokers have stored the message; whoever reads it reports."""
        if not self._publisher.configured:
            raise Refused("This portal has no Kafka: the setting FAIRWAY_KAFKA_BROKERS is not set", label="No Kafka")
        content = kafka_message(order) if order.kind == "KAFKA" else agent_message(order)
        value = signed_message(content, order.signing_secret, int(self._clock.now().timestamp()))
        try:
            stored = await self._batches.publish(Message(self._topic, order.key, value))
        except Unavailable as error:
            raise Undelivered(error.message) from None
        if not stored:
            raise Refused(f"Kafka refused the message for good; it has {len(value)} bytes", label="Refused by Kafka")
        return Finish(logs=(f'Published to the topic "{self._topic}"',))
