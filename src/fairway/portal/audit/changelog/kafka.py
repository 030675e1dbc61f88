"""Change events for Kafka: topic ``{org}.change.log``, keyed by resource."""

from __future__ import annotations

from collections.abc import Sequence

from fairway.kit.clock import Clock
from fairway.kit.http import signature_headers
from fairway.kit.jsonio import dumps
from fairway.kit.kafka import KafkaPublisher, Message
from fairway.portal.audit.changelog.webhooks import SigningSecret, has_destination, is_webhook
from fairway.portal.audit.records import change_message
from fairway.portal.storage.consumers import Consumer
from fairway.portal.storage.outbox import Event

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
        messages = [Message(self._topic, _key(event), signed_message(event, secret, now)) for event in wanted]
        await self._publisher.publish(messages)


def signed_message(event: Event, secret: str, epoch_seconds: int) -> bytes:
    """The event with its signature inside (contract 7.7): signed with empty ``headers`` in place, then filled in."""
    message = {**change_message(event), "headers": {}}
    signature = signature_headers(secret, dumps(message), epoch_seconds)
    names = {"x-port-signature": "X-Port-Signature", "x-port-timestamp": "X-Port-Timestamp"}
    message["headers"] = {names[name]: value for name, value in signature.items()}
    return dumps(message)


def _key(event: Event) -> str:
    """Messages of one resource go to one partition, in their order."""
    return f"{event.resource_type}:{event.blueprint or ''}:{event.entity or event.resource}"
