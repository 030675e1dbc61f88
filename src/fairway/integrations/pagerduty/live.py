"""Events of PagerDuty. What an event is about is fetched again, and found gone when it is."""

from __future__ import annotations

import hashlib
import hmac
from abc import abstractmethod
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from fairway.integration.http import ThirdPartyMissing
from fairway.integration.live import Processor, WebhookEvent, WebhookEventRawResults
from fairway.integration.model import RawItem, Resource
from fairway.integrations.pagerduty.client import PagerDutyClient
from fairway.integrations.pagerduty.hooks import TOKEN_HEADER
from fairway.integrations.pagerduty.selectors import instant
from fairway.integrations.pagerduty.source import with_oncall
from fairway.kit.crypto import equal


class PagerDutyProcessor(Processor):
    """Base; ``prefix`` begins the types of its events."""

    prefix: ClassVar[str]
    kind: ClassVar[str]

    async def should_process_event(self, event: WebhookEvent) -> bool:
        found = event.payload.get("event") if isinstance(event.payload, dict) else None
        name = found.get("event_type") if isinstance(found, dict) else None
        return isinstance(name, str) and name.startswith(self.prefix)

    async def authenticate(self, payload: Any, headers: Mapping[str, str]) -> bool:
        configured = self.context.config.webhook_secret
        if configured is None:
            return True  # nothing of the payload is believed: objects are fetched again, and none deleted by it
        secret = configured.get_secret_value()
        own = "v1=" + hmac.new(secret.encode(), self.event.body, hashlib.sha256).hexdigest()
        given = [each.strip() for each in headers.get("x-pagerduty-signature", "").split(",")]
        signed = sum(equal(own, each) for each in given) > 0  # all are compared, so that time tells nothing
        return equal(secret, headers.get(TOKEN_HEADER, "")) or signed

    async def validate_payload(self, payload: Any) -> bool:
        data = payload["event"].get("data")
        return isinstance(data, dict) and self.subject(data) is not None

    def ordering_key(self, event: WebhookEvent) -> str:
        subject = self.subject(event.payload["event"]["data"])
        return str(subject["id"]) if subject else ""

    async def get_matching_kinds(self, event: WebhookEvent) -> list[str]:
        return [self.kind]

    async def handle_event(self, payload: Any, resource: Resource) -> WebhookEventRawResults:
        subject = self.subject(payload["event"]["data"])
        assert subject is not None  # validate_payload has seen it
        try:
            found = await self.current(PagerDutyClient(self.context), subject["id"])
        except ThirdPartyMissing:
            signed = self.context.config.webhook_secret is not None
            return WebhookEventRawResults([], [subject] if signed else [])
        return WebhookEventRawResults([found]) if self.selected(found) else WebhookEventRawResults([], [found])

    @abstractmethod
    def subject(self, data: RawItem) -> RawItem | None:
        """The object of the kind, of which at least the id is known."""

    @abstractmethod
    async def current(self, client: PagerDutyClient, number: str) -> RawItem:
        """The object as it is now.

        Raises:
            ThirdPartyMissing: it is gone.
        """

    def selected(self, item: RawItem) -> bool:
        """Whether the selector would have fetched it."""
        teams = self.context.selector.team_ids
        return not teams or any(team.get("id") in teams for team in item.get("teams") or [])


def _known(value: Any) -> RawItem | None:
    """A reference whose id may be put into a route."""
    number = value.get("id") if isinstance(value, dict) else None
    return value if isinstance(number, str) and number.isascii() and number.isalnum() else None


class IncidentProcessor(PagerDutyProcessor):
    """Incidents. Notes, responders and status updates name the incident that they are of."""

    prefix, kind = "incident.", "incidents"

    def subject(self, data: RawItem) -> RawItem | None:
        return _known(data if data.get("type") == "incident" else data.get("incident"))

    async def current(self, client: PagerDutyClient, number: str) -> RawItem:
        return await client.one(f"incidents/{number}", "incident", include=self.context.selector.include)

    def selected(self, item: RawItem) -> bool:
        selector, service = self.context.selector, (item.get("service") or {}).get("id")
        since = instant(selector.since, self.context.clock.now())
        return (
            super().selected(item)
            and (not selector.statuses or item["status"] in selector.statuses)
            and (not selector.urgencies or item["urgency"] in selector.urgencies)
            and (not selector.service_ids or service in selector.service_ids)
            and datetime.fromisoformat(item["created_at"]) >= since
        )


class ServiceProcessor(PagerDutyProcessor):
    """Services."""

    prefix, kind = "service.", "services"

    def subject(self, data: RawItem) -> RawItem | None:
        return _known(data)

    async def current(self, client: PagerDutyClient, number: str) -> RawItem:
        selector = self.context.selector
        service = await client.one(f"services/{number}", "service", include=selector.include)
        return (await with_oncall(client, [service]))[0] if selector.attach_oncall_users else service


class ServiceOfIncidentProcessor(ServiceProcessor):
    """An incident changes the status of its service."""

    prefix = "incident."

    async def should_process_event(self, event: WebhookEvent) -> bool:
        if not await super().should_process_event(event):
            return False
        data = event.payload["event"].get("data")
        return isinstance(data, dict) and self.subject(data) is not None

    def subject(self, data: RawItem) -> RawItem | None:
        return _known(data.get("service"))


PROCESSORS: tuple[type[PagerDutyProcessor], ...] = (IncidentProcessor, ServiceProcessor, ServiceOfIncidentProcessor)
