"""Kubernetes: what is fetched, and what is watched."""

from __future__ import annotations

from typing import Any

from fairway.integration.background import BackgroundContext
from fairway.integration.definition import Context, Integration
from fairway.integrations.kubernetes import source
from fairway.integrations.kubernetes.client import KubernetesClient
from fairway.integrations.kubernetes.kinds import CLUSTER
from fairway.integrations.kubernetes.live import STREAM, Changed
from fairway.integrations.kubernetes.selectors import ClusterSelector, ObjectSelector
from fairway.integrations.kubernetes.watching import Watches

integration = Integration(
    "kubernetes", selectors={CLUSTER: ClusterSelector, "*": ObjectSelector}, check=KubernetesClient
)


@integration.on_resync()
async def everything(context: Context) -> Any:
    """The cluster, or objects of whatever kind the mapping names."""
    if context.kind == CLUSTER:
        yield await source.cluster(context)
        return
    async for page in source.objects(context):
        yield page


@integration.background()
async def watch(context: BackgroundContext) -> None:
    """Hears of changes of the mapped kinds, unless that is turned off."""
    if context.config.watch:
        await Watches(context).run()


integration.stream(STREAM, Changed)


@integration.on_start()
@integration.on_probe()
async def probe(context: Context) -> Any:
    """Whether the API server lets us in."""
    return await KubernetesClient(context).version()
