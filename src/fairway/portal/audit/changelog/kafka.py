"""Change events for Kafka: topic ``{org}.change.log``, keyed by resource."""

from __future__ import annotations

from collections.abc import Sequence

from fairway.kit.clock import Clock
from fairway.kit.kafka import KafkaPublisher, Message
from fairway.portal.audit.changelog.webhooks import SigningSecret, has_destination, is_webhook
from fairway.portal.audit.records import change_message
from fairway.portal.storage.consumers import Consumer
from fairway.portal.storage.outbox import Event
from fairway.wire.signatures import signed_message

NAME = "changelog-kafka"


class KafkaChangeLog:
    """Publishes events whose destination is Kafka, or a webhook that an agent calls."""

    def __init__(self, clock: Clock, publisher: KafkaPublisher, secret: SigningSecret, org_id: str) -> None:
        self._clock = clock
        self._publisher = publisher
        self._secret = secret
        self._topic = f"{org_id}.change.log"

    @property
    def consumer(self) -> Consumer:
        """Publishes batch by batch; a batch that fails comes again."""
        return Consumer(NAME, self._handle, has_destination)

    async def _handle(self, events: Sequence[Event]) -> None:
        wanted = [event for event in events if not is_webhook(event)]
        if not wanted:
            return
        secret, now = await self._secret.signing_secret(), int(self._clock.now().timestamp())
        messages = [
            Message(self._topic, _key(event), signed_message(change_message(event), secret, now)) for event in wanted
        ]
        await self._publisher.publish(messages)


def _key(event: Event) -> str:
    """Messages of one resource go to one partition, in their order."""
    return f"{event.resource_type}:{event.blueprint or ''}:{event.entity or event.resource}"
