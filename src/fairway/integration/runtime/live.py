"""Live events in the process: the journal beside the state file, and the mapping of now (contract section 9)."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from fairway.integration.definition import Context
from fairway.integration.live import Journal, LiveEvents, LiveMapping, LiveSettings
from fairway.integration.model import Resource, Trigger
from fairway.integration.portal_api import PortalApi
from fairway.integration.resync.plan import make_plan
from fairway.integration.runtime.writing import PortalWriter
from fairway.integration.settings.model import Settings
from fairway.integration.state import StateStore
from fairway.jq import Engine
from fairway.kit.errors import NotFound
from fairway.kit.logs import get_logger

log = get_logger(__name__)


class CurrentMapping:
    """The portal's mapping, fetched again after a while; the last one counts while the portal is away."""

    def __init__(self, api: PortalApi, engine: Engine, context: Context, seconds: float) -> None:
        self._api = api
        self._engine = engine
        self._context = context
        self._seconds = seconds
        self._found: tuple[float, LiveMapping] | None = None

    async def __call__(self) -> LiveMapping:
        """Raises:
        FairwayError: the portal does not answer, or does not know the installation.
        """
        if self._found is not None and time.monotonic() < self._found[0]:
            return self._found[1]
        known = await self._api.integration()
        if known is None:
            raise NotFound(f'The portal does not know the integration "{self._api.installation.identifier}"')
        plan = make_plan(self._engine, self._context.integration, known.get("config") or {})
        mapping = LiveMapping(plan.config, plan.resources, plan.broken_kinds)
        self._found = (time.monotonic() + self._seconds, mapping)
        return mapping


def takes_events(settings: Settings, context: Context) -> bool:
    """Whether this process takes part in live events; says why not when somebody might expect it."""
    integration = context.integration
    listener = settings.event_listener
    if not listener.should_process_webhooks or listener.type == "ACTIONS_ONLY":
        return False
    if integration.webhooks and settings.base_url is None:
        log.warning("live_events_off", reason="OCEAN__BASE_URL, the public URL of this process, is not set")
    return bool(integration.backgrounds or (integration.webhooks and settings.base_url is not None))


@asynccontextmanager
async def live_events(
    settings: Settings, api: PortalApi, store: StateStore, engine: Engine, context: Context, journal_path: Path
) -> AsyncIterator[LiveEvents]:
    """Open while the block runs; whoever calls it runs :meth:`LiveEvents.run`."""
    journal = Journal(journal_path, context.clock)
    await journal.open()
    try:
        integration = context.integration
        webhooks = integration.webhooks if settings.base_url is not None else []
        paths = {path for path, _ in (*webhooks, *integration.streams)}

        def context_of(resource: Resource | None) -> Context:
            selector = context.integration.selector_of(resource) if resource is not None else None
            return replace(context, trigger=Trigger.LIVE, resource=resource, selector=selector)

        yield LiveEvents(
            journal,
            webhooks,
            context_of,
            CurrentMapping(api, engine, context, settings.port.port_app_config_cache_ttl),
            PortalWriter(api.entities, store),
            LiveSettings(settings.event_workers_count * max(1, len(paths)), settings.max_event_processing_seconds),
            integration.streams,
        )
    finally:
        await journal.aclose()
