"""Rendering and delivery, wired. Rendering comes first: the service of runs needs it, delivery needs that service."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from fairway.jq import Engine
from fairway.kit.clock import Clock
from fairway.kit.crypto import SecretBox
from fairway.kit.http import DestinationPolicy, HttpClient
from fairway.kit.kafka import KafkaPublisher
from fairway.kit.settings import Settings
from fairway.portal.access.service import Access
from fairway.portal.catalog.entities.service import EntityService
from fairway.portal.organization.secrets import SecretsService
from fairway.portal.organization.service import OrganizationService
from fairway.portal.runs.delivery import repository
from fairway.portal.runs.delivery.azure import AzureBackend
from fairway.portal.runs.delivery.backends import Backends
from fairway.portal.runs.delivery.change_feed import ChangeFeed
from fairway.portal.runs.delivery.crowd import MOST, Crowd
from fairway.portal.runs.delivery.dispatcher import LANE, Dispatcher
from fairway.portal.runs.delivery.following import Following
from fairway.portal.runs.delivery.forge_events import ForgeEvents
from fairway.portal.runs.delivery.github.api import GitHubApi
from fairway.portal.runs.delivery.github.auth import github_authorization
from fairway.portal.runs.delivery.github.backend import GitHubBackend
from fairway.portal.runs.delivery.gitlab.backend import GitLabBackend
from fairway.portal.runs.delivery.kafka import KafkaBackend
from fairway.portal.runs.delivery.orders import Orders
from fairway.portal.runs.delivery.own import OwnBackend, OwnOrigins
from fairway.portal.runs.delivery.reports import RunReports
from fairway.portal.runs.delivery.sending import Sender
from fairway.portal.runs.delivery.upsert import UpsertBackend
from fairway.portal.runs.delivery.webhook import WebhookBackend
from fairway.portal.runs.rendering.renderer import Renderer
from fairway.portal.runs.rendering.routes import Routes
from fairway.portal.storage import Database
from fairway.portal.storage.jobs import JobHandler


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What rendering and delivery are built on."""

    settings: Settings
    clock: Clock
    db: Database
    jq: Engine
    box: SecretBox
    access: Access
    entities: EntityService
    secrets: SecretsService
    organization: OrganizationService
    kafka: KafkaPublisher
    http: HttpClient
    """For addresses that people give."""
    org_id: str


@dataclass(frozen=True, slots=True)
class Delivery:
    """Everything about deliveries that others use."""

    backends: Backends
    dispatcher: Dispatcher
    events: ForgeEvents
    feed: ChangeFeed
    job_handlers: Sequence[JobHandler]
    clients: Sequence[HttpClient]

    async def aclose(self) -> None:
        """Closes connections to receivers."""
        for client in self.clients:
            await client.aclose()


def build_renderer(around: Surroundings) -> Renderer:
    """The renderer of invocation methods."""

    async def streamer() -> str | None:
        settings = (await around.organization.read()).get("settings") or {}
        name = settings.get("portAgentStreamerName")
        return name if isinstance(name, str) else None

    return Renderer(around.jq, around.db, around.box, around.secrets, Routes(around.settings, streamer))


def build_delivery(around: Surroundings, renderer: Renderer, runs: RunReports) -> Delivery:
    """The dispatcher and its backends."""
    settings, clock = around.settings, around.clock
    anyone = HttpClient(DestinationPolicy(private_networks=settings.outgoing_private_networks), pool=2 * MOST)
    configured = HttpClient(DestinationPolicy(private_networks=True))
    """For addresses that the settings give: whoever runs the portal may name a private one."""
    backends = _backends(around, anyone, configured)
    orders = Orders(around.db, around.box, renderer, around.org_id)
    dispatcher = Dispatcher(
        around.db, clock, runs, orders, backends, attempts=settings.delivery_attempts, org_id=around.org_id
    )
    following = Following(around.db, clock, runs, orders, backends, org_id=around.org_id, lane=LANE)
    events = ForgeEvents(around.db, settings, runs, around.org_id)
    handlers = [dispatcher.job_handler, following.job_handler]
    feed = ChangeFeed(around.db, clock, around.box)
    return Delivery(backends, dispatcher, events, feed, handlers, [anyone, configured])


def _backends(around: Surroundings, anyone: HttpClient, configured: HttpClient) -> Backends:
    settings, clock = around.settings, around.clock
    trusted = Sender(configured, clock, settings.delivery_timeout_seconds)
    webhook = WebhookBackend(Sender(anyone, clock, settings.delivery_timeout_seconds), clock)
    origins = OwnOrigins(settings)
    authorization = github_authorization(settings, trusted, clock)
    api = None if authorization is None else GitHubApi(settings.github_api_url, trusted, clock, authorization)

    async def taken(external_ids: Sequence[str]) -> set[str]:
        return await around.db.read(partial(repository.taken, external_ids=external_ids))

    github, gitlab = GitHubBackend(api, taken), GitLabBackend(trusted, settings)
    kafka = KafkaBackend(around.kafka, clock, around.org_id)
    return Backends(
        {
            "WEBHOOK": webhook, "KAFKA": kafka, "UPSERT_ENTITY": UpsertBackend(around.entities), "GITHUB": github,
            "GITLAB": gitlab, "AZURE_DEVOPS": AzureBackend(trusted, settings),
        },
        own=OwnBackend(webhook, trusted, origins, around.access.tokens.for_run),
        kafka=kafka,
        origins=origins,
        followers={"GITHUB": github, "GITLAB": gitlab},
        crowd=Crowd(clock),
    )  # fmt: skip
