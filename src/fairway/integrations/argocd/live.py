"""Events that Argo CD's notifications post. The application is fetched again, and found gone when it is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

from fairway.integration.http import ThirdPartyMissing
from fairway.integration.live import Processor, WebhookEvent, WebhookEventRawResults
from fairway.integration.model import RawItem, Resource
from fairway.integrations.argocd.client import ArgoClient
from fairway.integrations.argocd.source import history_of, managed_of, resources_of
from fairway.kit.crypto import equal

PATH = "webhook"
_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,252}")


class ApplicationProcessor(Processor):
    """Applications. Base of those for what belongs to them."""

    kind: ClassVar[str] = "application"

    async def should_process_event(self, event: WebhookEvent) -> bool:
        return isinstance(event.payload, dict) and "application_name" in event.payload

    async def authenticate(self, payload: Any, headers: Mapping[str, str]) -> bool:
        secret = self.context.config.webhook_secret
        if secret is None:
            return True  # nothing but names is taken from the payload, and no application deleted by it
        return equal(f"Bearer {secret.get_secret_value()}", headers.get("authorization", ""))

    async def validate_payload(self, payload: Any) -> bool:
        name, others = payload["application_name"], [payload.get(f"application_{x}") for x in ("namespace", "project")]
        return _named(name) and all(other in (None, "") or _named(other) for other in others)

    def ordering_key(self, event: WebhookEvent) -> str:
        return f"{event.payload.get('application_namespace') or ''}/{event.payload['application_name']}"

    async def get_matching_kinds(self, event: WebhookEvent) -> list[str]:
        return [self.kind]

    async def handle_event(self, payload: Any, resource: Resource) -> WebhookEventRawResults:
        argo = ArgoClient(self.context)
        name, namespace = payload["application_name"], payload.get("application_namespace") or None
        try:
            found = await argo.application(name, namespace, payload.get("application_project") or None)
        except ThirdPartyMissing:
            return WebhookEventRawResults([], self.gone(payload))
        items = await self.items(argo, found)
        return WebhookEventRawResults(items) if self.selected(found) else WebhookEventRawResults([], items)

    def gone(self, payload: RawItem) -> list[RawItem]:
        """What is deleted with the application; its uid must be in the event for that."""
        uid, name = payload.get("application_uid"), payload["application_name"]
        if self.context.config.webhook_secret is None:
            return []  # anybody could have written the uid
        metadata = {"uid": uid, "name": name, "namespace": payload.get("application_namespace")}
        return [{"metadata": metadata, "spec": {}, "status": {}}] if isinstance(uid, str) and uid else []

    def selected(self, application: RawItem) -> bool:
        """Whether the selector chooses it. Labels are compared where the selector asks for equality."""
        selector, metadata = self.context.selector, application["metadata"]
        project = (application.get("spec") or {}).get("project")
        if selector.projects and project not in selector.projects:
            return False
        if selector.app_namespace and metadata.get("namespace") != selector.app_namespace:
            return False
        return selector.labels is None or labelled(metadata.get("labels") or {}, selector.labels)

    async def items(self, argo: ArgoClient, application: RawItem) -> list[RawItem]:
        """What the kind has of an application."""
        return [application]


class HistoryProcessor(ApplicationProcessor):
    """Deployments."""

    kind = "deployment-history"

    async def items(self, argo: ArgoClient, application: RawItem) -> list[RawItem]:
        return history_of(application)

    def gone(self, payload: RawItem) -> list[RawItem]:
        return []


class ResourceProcessor(ApplicationProcessor):
    """Resources in the status."""

    kind = "kubernetes-resource"

    async def items(self, argo: ArgoClient, application: RawItem) -> list[RawItem]:
        return resources_of(application)

    def gone(self, payload: RawItem) -> list[RawItem]:
        return []


class ManagedProcessor(ApplicationProcessor):
    """Managed resources."""

    kind = "managed-resource"

    async def items(self, argo: ArgoClient, application: RawItem) -> list[RawItem]:
        return await managed_of(self.context, argo, application)

    def gone(self, payload: RawItem) -> list[RawItem]:
        return []


def _named(value: Any) -> bool:
    return isinstance(value, str) and _NAME.fullmatch(value) is not None


def labelled(labels: Mapping[str, str], selector: str) -> bool:
    """Whether labels meet a selector of Kubernetes: ``a=b``, ``a==b``, ``a!=b``, ``a in (b,c)``, ``a notin (b,c)``,
    ``a`` and ``!a``, separated by commas."""
    return all(_met(labels, part.strip()) for part in re.split(r",(?![^(]*\))", selector) if part.strip())


def _met(labels: Mapping[str, str], requirement: str) -> bool:
    listed = re.fullmatch(r"(\S+)\s+(in|notin)\s*\(([^)]*)\)", requirement)
    if listed:
        inside = labels.get(listed[1]) in [value.strip() for value in listed[3].split(",")]
        return inside == (listed[2] == "in")
    compared = re.fullmatch(r"([^!=\s]+)\s*(!=|==|=)\s*(\S*)", requirement)
    if compared:
        return (labels.get(compared[1]) == compared[3]) == (compared[2] != "!=")
    return requirement[1:].strip() not in labels if requirement.startswith("!") else requirement in labels


PROCESSORS: tuple[type[ApplicationProcessor], ...] = (
    ApplicationProcessor,
    HistoryProcessor,
    ResourceProcessor,
    ManagedProcessor,
)
