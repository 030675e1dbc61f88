"""``fairway agent check``: what would keep the agent from working, found before it is deployed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Literal

from fairway.agent.assembly import build_executor, build_portal, read_mappings
from fairway.agent.identity import Identity
from fairway.agent.operations.metrics import AgentMetrics
from fairway.agent.portal_api.errors import PortalTrouble
from fairway.agent.portal_api.portal import Portal
from fairway.kit.errors import FairwayError


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    what: str
    level: Literal["ok", "warning", "error"]
    message: str


async def check(identity: Identity) -> AsyncIterator[Finding]:
    """Looks at the mapping file, at what targets are reached with, and at the portal."""
    settings = identity.settings
    yield Finding("settings", "ok", f"{settings.streamer_name} at {settings.port_api_base_url}")
    try:
        mappings = read_mappings(settings, identity.environment)
    except FairwayError as error:
        yield Finding("mapping", "error", error.message)
    else:
        try:
            executor = build_executor(identity, mappings)
        except FairwayError as error:
            await mappings.retire()
            yield Finding("targets", "error", error.message)
        else:
            await executor.aclose()
            yield Finding("targets", "ok", "TLS, proxies and URL patterns can be used")
        for warning in mappings.warnings:
            yield Finding("mapping", "warning", warning)
        yield Finding("mapping", "ok", f"{len(mappings.entries)} mappings from {mappings.where}")
    for problem in identity.environment.problems:
        yield Finding("secrets", "error", problem)
    try:
        portal = build_portal(identity, AgentMetrics())
    except FairwayError as error:
        yield Finding("portal", "error", error.message)
        return
    async with portal.connection:
        async for finding in _at_portal(identity, portal):
            yield finding


async def _at_portal(identity: Identity, portal: Portal) -> AsyncIterator[Finding]:
    settings = identity.settings
    try:
        reply = await portal.connection.call("organization", "GET", "/organization")
    except PortalTrouble as trouble:
        yield Finding("portal", "error", _hint(trouble))
        return
    organization = reply.body.get("organization")
    found = organization.get("id") if isinstance(organization, dict) else None
    yield Finding("portal", "ok", f"the credentials are accepted by organisation {found}")
    if isinstance(found, str) and found != settings.port_org_id:
        yield Finding(
            "portal", "warning", f'PORT_ORG_ID is "{settings.port_org_id}", but these credentials are of "{found}"'
        )
    if settings.streamer_name == "KAFKA":
        for each in _group(identity):
            yield each
        if not settings.using_local_port_instance:
            yield await _kafka(portal)


def _group(identity: Identity) -> Iterator[Finding]:
    group, organization = identity.settings.kafka_consumer_group_id, identity.settings.port_org_id
    if not group.startswith(organization):
        yield Finding(
            "kafka",
            "warning",
            f'KAFKA_CONSUMER_GROUP_ID "{group}" does not start with the organisation id "{organization}"; '
            "then it has to be the issued user name",
        )


async def _kafka(portal: Portal) -> Finding:
    try:
        credentials = await portal.kafka_credentials()
    except PortalTrouble as trouble:
        return Finding("kafka", "error", trouble.message)
    return Finding("kafka", "ok", f"brokers: {', '.join(map(str, credentials.get('brokers') or ()))}")


def _hint(trouble: PortalTrouble) -> str:
    if trouble.answered == 401:
        return f"{trouble.message}; check PORT_CLIENT_ID, PORT_CLIENT_SECRET and the region in PORT_API_BASE_URL"
    return trouble.message
