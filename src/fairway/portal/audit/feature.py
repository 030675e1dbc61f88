"""The services of this feature, wired."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from fairway.kit.clock import Clock
from fairway.kit.http import DestinationPolicy, HttpClient
from fairway.kit.kafka import KafkaPublisher
from fairway.kit.settings import Settings
from fairway.portal.audit.changelog.kafka import NAME as KAFKA_CONSUMER
from fairway.portal.audit.changelog.kafka import KafkaChangeLog
from fairway.portal.audit.changelog.webhooks import SigningSecret, WebhookDelivery
from fairway.portal.audit.retention import EventRetention
from fairway.portal.audit.service import AuditService
from fairway.portal.audit.stream.feed import Feed
from fairway.portal.audit.stream.service import EventStreams
from fairway.portal.catalog.schema import SchemaCache
from fairway.portal.storage import Database
from fairway.portal.storage.consumers import Consumer, start_at_end
from fairway.portal.storage.jobs import JobHandler


@dataclass(frozen=True, slots=True)
class Audit:
    """The audit log, the live stream, change-log destinations, and how long events are kept."""

    log: AuditService
    streams: EventStreams
    http: HttpClient
    kafka: KafkaPublisher
    consumers: Sequence[Consumer]
    job_handlers: Sequence[JobHandler]

    async def aclose(self) -> None:
        """Closes connections to receivers and brokers."""
        await self.http.aclose()
        await self.kafka.aclose()


async def build_audit(
    settings: Settings,
    clock: Clock,
    db: Database,
    schemas: SchemaCache,
    secret: SigningSecret,
    *,
    org_id: str,
    stopping: asyncio.Event,
) -> Audit:
    """Wires the feature. A change log in Kafka begins with the first start that has brokers, not with the history."""
    log = AuditService(db, schemas)
    http = HttpClient(DestinationPolicy(private_networks=settings.outgoing_private_networks))
    kafka = KafkaPublisher(settings)
    webhooks = WebhookDelivery(db, clock, http, secret, kafka_configured=kafka.configured)
    consumers = [webhooks.consumer]
    if kafka.configured:
        await db.write(lambda tx: start_at_end(tx, KAFKA_CONSUMER))
        consumers.append(KafkaChangeLog(clock, kafka, secret, org_id).consumer)
    retention = EventRetention(db, clock, settings.event_retention_days)
    await retention.schedule()
    streams = EventStreams(db, log, Feed(db, time.monotonic), stopping)
    return Audit(log, streams, http, kafka, consumers, [webhooks.job_handler, retention.job_handler])
