"""Raw items of Argo CD by kind: as the API gives them, and ``__application`` for what belongs to one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial

from fairway.integration.definition import Context
from fairway.integration.http import ThirdPartyMissing
from fairway.integration.iterators import throttle_batch_operation
from fairway.integration.model import RawItem
from fairway.integrations.argocd.client import ArgoClient

Pages = AsyncIterator[list[RawItem]]
_AT_ONCE = 8
_GROUP = 16
"""Applications whose managed resources are in memory at once; they hold whole manifests."""


async def clusters(context: Context) -> Pages:
    """Clusters."""
    async for page in ArgoClient(context).pages("clusters"):
        yield page


async def projects(context: Context) -> Pages:
    """Projects."""
    async for page in ArgoClient(context).pages("projects"):
        yield page


async def applications(context: Context) -> Pages:
    """Applications."""
    async for page in ArgoClient(context).applications(context.selector):
        yield page


async def histories(context: Context) -> Pages:
    """Deployments that applications remember."""
    async for page in ArgoClient(context).applications(context.selector):
        yield [entry for application in page for entry in history_of(application)]


async def resources(context: Context) -> Pages:
    """Resources as the status of applications lists them."""
    async for page in ArgoClient(context).applications(context.selector):
        yield [resource for application in page for resource in resources_of(application)]


async def managed_resources(context: Context) -> Pages:
    """Managed resources; one request for each application."""
    argo = ArgoClient(context)
    async for page in argo.applications(context.selector):
        for start in range(0, len(page), _GROUP):
            calls = [partial(managed_of, context, argo, each) for each in page[start : start + _GROUP]]
            yield [item for items in await throttle_batch_operation(calls, _AT_ONCE) for item in items]


def history_of(application: RawItem) -> list[RawItem]:
    """What ``deployment-history`` has of an application."""
    owner = brief(application)
    return [
        {**entry, "__applicationId": application["metadata"]["uid"], "__application": owner}
        for entry in _status(application, "history")
    ]


def resources_of(application: RawItem) -> list[RawItem]:
    """What ``kubernetes-resource`` has of an application."""
    owner = brief(application)
    return [{**resource, "__application": owner} for resource in _status(application, "resources")]


async def managed_of(context: Context, argo: ArgoClient, application: RawItem) -> list[RawItem]:
    """What ``managed-resource`` has of an application; nothing when it was deleted meanwhile."""
    owner = brief(application)
    try:
        return [{**resource, "__application": owner} for resource in await argo.managed(application)]
    except ThirdPartyMissing:
        context.log.info("argocd_application_gone", application=application["metadata"]["name"])
        return []


def brief(application: RawItem) -> RawItem:
    """An application without its status, which may be large, for what belongs to it."""
    metadata = {name: value for name, value in application["metadata"].items() if name != "managedFields"}
    return {"metadata": metadata, "spec": application.get("spec")}


def _status(application: RawItem, name: str) -> list[RawItem]:
    found: list[RawItem] | None = (application.get("status") or {}).get(name)
    return found or []
