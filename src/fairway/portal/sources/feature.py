"""Everything about sources that the composition root builds."""

from __future__ import annotations

from dataclasses import dataclass

from fairway.jq import Engine
from fairway.kit.clock import Clock
from fairway.kit.crypto import SecretBox
from fairway.portal.catalog.entities.service import EntityService
from fairway.portal.sources.gitops.feature import Gitops
from fairway.portal.sources.integrations.preview import MappingPreview
from fairway.portal.sources.integrations.service import IntegrationService
from fairway.portal.sources.integrations.status import StatusService
from fairway.portal.sources.integrations.telemetry import TelemetryService
from fairway.portal.sources.webhooks.events import EventsService
from fairway.portal.sources.webhooks.intake import IntakeService
from fairway.portal.sources.webhooks.preview import PreviewService
from fairway.portal.sources.webhooks.service import WebhookService
from fairway.portal.sources.webhooks.worker import WebhookWorker
from fairway.portal.storage import Database


@dataclass(frozen=True, slots=True)
class Sources:
    """The services of the sources."""

    integrations: IntegrationService
    status: StatusService
    telemetry: TelemetryService
    mapping_preview: MappingPreview
    webhooks: WebhookService
    preview: PreviewService
    events: EventsService
    intake: IntakeService
    worker: WebhookWorker
    gitops: Gitops
    org_id: str


def build_sources(
    db: Database, clock: Clock, box: SecretBox, engine: Engine, entities: EntityService, base_url: str, org_id: str,
    gitops: Gitops,
) -> Sources:  # fmt: skip
    """The services, wired to each other."""
    webhooks = WebhookService(db, clock, box, engine, base_url)
    return Sources(
        integrations=IntegrationService(db, clock, base_url),
        status=StatusService(db, clock),
        telemetry=TelemetryService(db, clock),
        mapping_preview=MappingPreview(db, engine),
        webhooks=webhooks,
        preview=PreviewService(db, engine, entities, webhooks),
        events=EventsService(db, webhooks),
        intake=IntakeService(db, clock),
        worker=WebhookWorker(db, clock, engine, entities, webhooks, org_id),
        gitops=gitops,
        org_id=org_id,
    )
