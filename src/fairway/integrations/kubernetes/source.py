"""What is fetched, page by page."""

from __future__ import annotations

from collections.abc import AsyncIterator

from fairway.integration.definition import Context, Page
from fairway.integrations.kubernetes.client import KubernetesClient, Target
from fairway.integrations.kubernetes.kinds import ObjectKind
from fairway.integrations.kubernetes.selectors import ObjectSelector
from fairway.kit.errors import InvalidRequest


async def cluster(context: Context) -> Page:
    """The cluster itself: its name and the version of its API server."""
    client = KubernetesClient(context)
    return [{"name": client.cluster, "version": await client.version(), "__cluster": client.cluster}]


async def objects(context: Context) -> AsyncIterator[Page]:
    """Objects of the kind that the mapping names."""
    client, kind = KubernetesClient(context), ObjectKind.of(str(context.kind))
    described = await client.described(kind)
    if context.selector.namespaces and not described.get("namespaced"):
        raise InvalidRequest(f'"{context.kind}" is in no namespace, so its selector cannot name `namespaces`')
    for target in targets(kind, context.selector):
        async for page in client.pages(target):
            yield page


def targets(kind: ObjectKind, selector: ObjectSelector) -> list[Target]:
    """The listings that a selector comes to."""
    return [
        Target(kind, namespace, selector.label_selector, selector.field_selector)
        for namespace in selector.namespaces or (None,)
    ]
