"""Events of the engine."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from fairway.integration.live import Processor, WebhookEvent, WebhookEventRawResults
from fairway.integration.model import RawItem, Resource
from fairway.integrations.docker.source import DockerSource

STREAM = "events"
_ID = {
    "image": "Id",
    "network": "Id",
    "service": "ID",
    "node": "ID",
    "volume": "Name",
    "container": "Id",
    "stack": "name",
}


class Happened(Processor):
    """The payload is ``{kind, id, name, labels}``. The object is fetched again with the selector of each resource."""

    def ordering_key(self, event: WebhookEvent) -> str:
        """One object's events stay in order."""
        return f"{event.payload['kind']}:{event.payload['id']}"

    async def get_matching_kinds(self, event: WebhookEvent) -> list[str]:
        """What the event is of."""
        return [str(event.payload["kind"])]

    async def handle_event(self, payload: Any, resource: Resource) -> WebhookEventRawResults:
        """The object of now, or the one that is gone."""
        source, kind, name = DockerSource(self.context), str(payload["kind"]), str(payload["id"])
        fetch: Mapping[str, Callable[[DockerSource, str], Awaitable[list[RawItem]]]] = {
            "engine": lambda source, _: source.engine(),
            "container": _containers,
            "image": _images,
            "volume": _volumes,
            "network": lambda source, name: source.networks({"id": [name]}),
            "service": lambda source, name: source.services({"id": [name]}),
            "node": lambda source, name: source.nodes({"id": [name]}),
            "stack": lambda source, name: source.stacks(name),
        }
        found = await fetch[kind](source, name)
        if found or kind == "engine":
            return WebhookEventRawResults(updated_raw_results=found)
        return WebhookEventRawResults(deleted_raw_results=await source.dressed([_gone(kind, name, payload)]))


async def _containers(source: DockerSource, name: str) -> list[RawItem]:
    return [each async for page in source.containers({"id": [name]}) for each in page]


async def _images(source: DockerSource, name: str) -> list[RawItem]:
    """The engine cannot be asked for an image by its id; all are one short answer."""
    return [
        each
        for each in await source.images()
        if name in (each.get("Id"), *(each.get("RepoTags") or ()), *(each.get("RepoDigests") or ()))
    ]


async def _volumes(source: DockerSource, name: str) -> list[RawItem]:
    """The engine's filter finds parts of names too."""
    return [each async for page in source.volumes({"name": [name]}) for each in page if each.get("Name") == name]


def _gone(kind: str, name: str, payload: Mapping[str, Any]) -> RawItem:
    """Enough of it for its identifier."""
    found: RawItem = {_ID[kind]: name, "Labels": payload.get("labels") or {}}
    if kind == "container":
        found["Names"] = [f"/{payload.get('name')}"]
    elif kind == "image":
        found["RepoTags"] = []
    elif kind == "network":
        found["Name"] = payload.get("name")
    return found
