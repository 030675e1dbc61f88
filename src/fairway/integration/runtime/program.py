"""The life of the process: register, start hooks, listener, runs, drain (contract section 4.1)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from fairway.client import Credentials, PortalClient
from fairway.integration.caching import open_cache
from fairway.integration.check.checker import check
from fairway.integration.definition import Context
from fairway.integration.http import FileToken, ThirdPartyHttp
from fairway.integration.http.guard import OutboundGuard
from fairway.integration.http.settings import HttpSettings
from fairway.integration.live import LiveEvents
from fairway.integration.manifest.choice import chosen
from fairway.integration.model import SyncReport, Trigger
from fairway.integration.portal_api import PortalApi, Registration
from fairway.integration.portal_api.logs import LogShipper
from fairway.integration.portal_api.masking import Masking
from fairway.integration.resync import Change, Incremental, Resync, ResyncOptions
from fairway.integration.runtime.actions import action_desk, check_actions
from fairway.integration.runtime.exits import FAILED, exit_code
from fairway.integration.runtime.hooks import start_hooks
from fairway.integration.runtime.live import live_events, takes_events
from fairway.integration.runtime.loading import Bundle
from fairway.integration.runtime.service import Service
from fairway.integration.settings.load import jq_environment
from fairway.integration.settings.model import Settings
from fairway.integration.state import StateStore
from fairway.jq import Engine
from fairway.kit.clock import SystemClock
from fairway.kit.errors import InvalidRequest
from fairway.kit.logs import get_logger
from fairway.kit.tls import trust

log = get_logger(__name__)

_LAST_LOGS_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How the command line wants it."""

    once: bool = False
    kinds: frozenset[str] | None = None
    dry_run: Callable[[Change], None] | None = None
    """Gets what one run would change; the portal is not touched."""
    begun: Callable[[Resync], None] | None = None
    """Gets the runner, for progress."""
    ended: Callable[[SyncReport], None] | None = None
    listening: Callable[[int], None] | None = None
    """Gets the port of the HTTP server."""


async def run_integration(
    bundle: Bundle, environment: Mapping[str, str], stop: asyncio.Event, options: RunOptions | None = None
) -> int:
    """Until the one run has ended, or until ``stop``; the exit code.

    Raises:
        FairwayError: the portal does not answer at the start, or refuses the installation.
    """
    options = options or RunOptions()
    settings = bundle.loaded.settings
    check_actions(settings, bundle.found.spec, bundle.integration)
    for name in settings.ignored():
        log.warning("setting_ignored", setting=name)
    async with (
        _context(bundle, environment, stop) as context,
        _portal(bundle) as (api, masking),
        _shipped(api, masking, settings),
    ):
        engine = Engine(env=jq_environment(settings, environment))
        try:
            return await _at_portal(bundle, api, engine, context, options)
        finally:
            await engine.aclose()


async def _at_portal(bundle: Bundle, api: PortalApi, engine: Engine, context: Context, options: RunOptions) -> int:
    settings, stop = bundle.loaded.settings, context.stopping
    if options.dry_run is None:
        await api.register(registration_of(settings), bundle.defaults)
    store = StateStore(None if options.dry_run else _beside(bundle, settings.state_path))
    await store.open(f"{settings.port.base_url}|{bundle.installation.type}|{bundle.installation.identifier}")
    try:
        await _graded(bundle, api, engine)
        resync = Resync(api, store, engine, context, _resync_options(bundle, options))
        incremental = _incremental(bundle, api, store, engine, context)
        if options.begun is not None:
            options.begun(resync)
        if not options.once and options.dry_run is None and settings.event_listener.type != "ONCE":
            actions = _beside(bundle, settings.state_path).with_suffix(".actions")
            async with (
                action_desk(settings, api, context, actions) as desk,
                _live(bundle, api, store, engine, context) as live,
            ):
                service = Service(settings, api, resync, incremental, live, options.ended, desk)
                return await service.run(context, stop, options.listening)
        if not await start_hooks(context, settings.start_timeout_seconds):
            return FAILED
        return await _one(resync, incremental, stop, options)
    finally:
        await store.close()


async def probe(bundle: Bundle, environment: Mapping[str, str], stop: asyncio.Event) -> None:
    """Asks the third party whether it can be reached and read, as the integration does; the portal is not asked.

    Raises:
        InvalidRequest: the integration has no probe.
        FairwayError: it cannot.
    """
    if not bundle.integration.probes:
        raise InvalidRequest(f'The integration "{bundle.installation.type}" has no on_probe hook')
    async with _context(bundle, environment, stop) as context:
        for each in bundle.integration.probes:
            await each(context)


async def _graded(bundle: Bundle, api: PortalApi, engine: Engine) -> None:
    """Where it stands on the quality scale goes to portals that show it."""
    if api.telemetry.wants_details:
        checked = await check(bundle.found, engine)
        broken = [each for each in checked.findings if not each.holds]
        api.telemetry.quality = {
            "tier": checked.tier,
            "broken": [{"rule": each.rule, "tier": each.tier, "asks": each.asks} for each in broken],
        }


async def _one(resync: Resync, incremental: Incremental | None, stop: asyncio.Event, options: RunOptions) -> int:
    if incremental is not None and options.dry_run is None:
        report = await incremental.run(Trigger.START, stop)
    else:
        report = await resync.run(Trigger.START, options.kinds, stop)
    if options.ended is not None:
        options.ended(report)
    return exit_code(report)


async def install_defaults(bundle: Bundle) -> Mapping[str, Any]:
    """Registers the installation with its default resources; the integration as the portal shows it.

    Raises:
        FairwayError: the portal refuses.
    """
    async with _portal(bundle) as (api, _):
        return await api.register(registration_of(bundle.loaded.settings), bundle.defaults)


async def add_kinds(bundle: Bundle, kinds: Sequence[str]) -> tuple[list[str], list[str]]:
    """Adds kinds that are no default to the mapping; kinds and blueprints that are new at the portal.

    Raises:
        InvalidRequest: the integration has no entry for one of the kinds.
        FairwayError: the portal refuses.
    """
    choice = chosen(bundle.resources, kinds)
    async with _portal(bundle) as (api, _):
        return await api.add(choice.entries, choice.blueprints)


async def clean_defaults(bundle: Bundle, *, entities: bool, wait: bool, destroy: bool) -> list[str]:
    """Deletes the default blueprints, with ``destroy`` the installation too; what could not be deleted.

    Raises:
        FairwayError: the portal refuses.
    """
    async with _portal(bundle) as (api, _):
        every = replace(bundle.defaults, blueprints=bundle.resources.blueprints)
        problems = await api.clean(every, entities=entities, wait=wait)
        if destroy and not problems:
            await api.delete()
        return problems


@asynccontextmanager
async def _portal(bundle: Bundle) -> AsyncIterator[tuple[PortalApi, Masking]]:
    settings = bundle.loaded.settings
    credentials = Credentials(settings.port.client_id, settings.port.client_secret.get_secret_value())
    tls = settings.ssl.port
    client = PortalClient(
        settings.port.base_url,
        credentials,
        user_agent=bundle.installation.user_agent(),
        tls=trust(tls.ca_file, verify=tls.verify, strict=None if tls.x509.strict else False),
    )
    masking = Masking(settings.secrets())
    async with client:
        yield (
            PortalApi(
                client,
                bundle.installation,
                masking=masking,
                most=None
                if settings.upsert_entities_batch_max_length == 20
                else settings.upsert_entities_batch_max_length,
                most_bytes=settings.upsert_entities_batch_max_size_in_bytes,
            ),
            masking,
        )


@asynccontextmanager
async def _shipped(api: PortalApi, masking: Masking, settings: Settings) -> AsyncIterator[None]:
    """Logs go to the portal while the block runs, unless that is turned off."""
    if not settings.application.enable_http_logging:
        yield
        return
    shipper = LogShipper(
        api.telemetry.logs, masking, level=logging.getLevelNamesMapping()[settings.application.log_level]
    )
    task = asyncio.create_task(shipper.run())
    logging.getLogger().addHandler(shipper)
    try:
        yield
    finally:
        logging.getLogger().removeHandler(shipper)
        task.cancel()
        try:
            async with asyncio.timeout(_LAST_LOGS_SECONDS):
                await shipper.ship()
        except TimeoutError:
            pass  # they are on standard error too


def registration_of(settings: Settings) -> Registration:
    """What the portal is told (section 5.3 and 10)."""
    listener = settings.event_listener
    destination: dict[str, Any] = {}
    if listener.type == "KAFKA":
        destination = {"type": "KAFKA"}
    elif listener.type == "WEBHOOK":
        destination = {"type": "WEBHOOK", "url": f"{str(listener.app_host).rstrip('/')}/resync"}
    return Registration(
        changelog_destination=destination,
        incremental=settings.integration.incremental_sync_enabled,
        origin=settings.create_port_resources_origin,
        runtime=settings.runtime,
        initialise=settings.initialize_port_resources,
    )


@asynccontextmanager
async def _context(bundle: Bundle, environment: Mapping[str, str], stop: asyncio.Event) -> AsyncIterator[Context]:
    """What hooks get, once the integration agrees with its settings."""
    settings, clock = bundle.loaded.settings, SystemClock()
    folder = _beside(bundle, settings.state_path).with_suffix(".cache")
    cache = open_cache(settings.caching_storage_mode, folder, clock=clock)
    config, integration, token = bundle.loaded.config, bundle.integration, settings.oauth_access_token_file_path
    http = ThirdPartyHttp(_http_settings(settings, environment))
    context = Context(
        integration, config, Trigger.START, http, cache, clock, get_logger("integration"), stopping=stop,
        base_url=settings.base_url, oauth_token=FileToken(token) if token is not None else None,
    )  # fmt: skip
    try:
        integration.check(context)
        yield context
    finally:
        await http.aclose()


def _http_settings(settings: Settings, environment: Mapping[str, str]) -> HttpSettings:
    blocker_off = settings.disable_ip_outbound_blocker
    if blocker_off is None:
        blocker_off = settings.runtime == "OnPrem"  # section 3.2
    tls = settings.ssl.third_party
    return HttpSettings(
        timeout_seconds=settings.client_timeout,
        guard=OutboundGuard(enabled=not blocker_off),
        verify=tls.verify,
        strict=None if tls.x509.strict else False,
        ca_file=tls.ca_file,
        environment=environment,
    )


def _resync_options(bundle: Bundle, options: RunOptions) -> ResyncOptions:
    settings = bundle.loaded.settings
    interval = settings.scheduled_resync_interval
    seeded = settings.initialize_port_resources and settings.create_port_resources_origin in (None, "Default")
    return ResyncOptions(
        concurrency=settings.kinds_concurrency,
        heartbeat_seconds=settings.status_heartbeat_interval_seconds,
        examples=settings.send_raw_data_examples,
        interval_minutes=int(interval) if interval else None,
        dry_run=options.dry_run,
        first_mapping=bundle.defaults.mapping if seeded else None,
    )


def _incremental(
    bundle: Bundle, api: PortalApi, store: StateStore, engine: Engine, context: Context
) -> Incremental | None:
    identity = bundle.loaded.settings.integration
    if not identity.incremental_sync_enabled:
        return None
    return Incremental(api, store, engine, context, timedelta(minutes=identity.incremental_sync_interval))


@asynccontextmanager
async def _live(
    bundle: Bundle, api: PortalApi, store: StateStore, engine: Engine, context: Context
) -> AsyncIterator[LiveEvents | None]:
    settings = bundle.loaded.settings
    if not takes_events(settings, context):
        yield None
        return
    async with live_events(settings, api, store, engine, context, journal_path(bundle)) as live:
        yield live


def journal_path(bundle: Bundle) -> Path:
    """Where live events are kept until they are handled: beside the state file."""
    return _beside(bundle, bundle.loaded.settings.state_path).with_suffix(".events")


def _beside(bundle: Bundle, path: Path) -> Path:
    return path if path.is_absolute() else bundle.folder / path
