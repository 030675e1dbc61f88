"""Changes that watches hear of."""

from __future__ import annotations

from typing import Any

from fairway.integration.live import Processor, WebhookEvent, WebhookEventRawResults
from fairway.integration.model import RawItem, Resource
from fairway.integrations.kubernetes.client import KubernetesClient, Target
from fairway.integrations.kubernetes.kinds import ObjectKind

STREAM = "objects"


class Changed(Processor):
    """The payload is ``{kind, object}``. The object is asked for again with the selector of each resource: what comes
    is of now, and the API server decides whether it is selected."""

    def ordering_key(self, event: WebhookEvent) -> str:
        """One object's changes stay in order."""
        metadata = event.payload["object"]["metadata"]
        return f"{event.payload['kind']}:{metadata.get('namespace') or ''}:{metadata['name']}"

    async def get_matching_kinds(self, event: WebhookEvent) -> list[str]:
        """The kind of the watch."""
        return [str(event.payload["kind"])]

    async def handle_event(self, payload: Any, resource: Resource) -> WebhookEventRawResults:
        """The object of now, or the one that is gone."""
        known: RawItem = payload["object"]
        selector, namespace = self.context.selector, known["metadata"].get("namespace")
        if selector.namespaces and namespace not in selector.namespaces:
            return WebhookEventRawResults()
        target = Target(ObjectKind.of(payload["kind"]), namespace, selector.label_selector, selector.field_selector)
        found = await KubernetesClient(self.context).one(target, known["metadata"]["name"])
        if found is None:
            return WebhookEventRawResults(deleted_raw_results=[known])
        return WebhookEventRawResults(updated_raw_results=[found])
