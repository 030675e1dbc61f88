"""The synchronisation as a program: once, or again and again. Section 10.3 of the contract."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import orjson

from fairway.client import Credentials, PortalClient
from fairway.gitops.forges.settings import open_forge
from fairway.gitops.ledger.file_store import FileLedger
from fairway.gitops.portal_api import USER_AGENT, PortalCatalog
from fairway.gitops.sync.engine import Engine
from fairway.gitops.sync.leases import AlreadyRunning
from fairway.gitops.sync.passes import Progress
from fairway.gitops.sync.report import PassReport, Status
from fairway.gitops.sync.settings import SyncSettings, seconds
from fairway.kit.clock import SystemClock
from fairway.kit.errors import FairwayError
from fairway.kit.logs import get_logger

COMPLETE, SOME_FAILED, HELD, REFUSED, UNREACHABLE = 0, 2, 3, 4, 5
"""Exit codes."""
_SWEEP_SECONDS = 30.0
_JITTER = 0.1

log = get_logger(__name__)


def exit_code(report: PassReport) -> int:
    """What a pass tells whoever started it."""
    failure = report.failure
    if failure is not None:
        passing = failure.status in (0, 408, 429) or (failure.status >= 500 and failure.blame != "ledger")
        return UNREACHABLE if passing else REFUSED
    if report.ends.held is not None:
        return HELD
    if report.status is not Status.COMPLETE or report.failures or report.findings.errors:
        return SOME_FAILED
    return COMPLETE


@asynccontextmanager
async def opened(
    settings: SyncSettings, progress: Progress, *, grace: float, environment: Mapping[str, str]
) -> AsyncIterator[Engine]:
    """An engine with everything it needs; closes all of it.

    Raises:
        LedgerUnusable: the state file cannot be used.
        InvalidRequest: the forge's settings lack something.
    """
    clock = SystemClock()
    options = replace(settings.options, deletion_grace_seconds=grace)
    credentials = Credentials(settings.port_client_id, settings.port_client_secret.get_secret_value())
    store = FileLedger(settings.state)
    await store.open()
    try:
        if settings.dry_run:
            live, store = store, await store.copy()
            await live.close()
        forge = open_forge(
            settings.forge_settings, clock=clock, concurrency=settings.concurrency, environment=environment
        )
        try:
            async with PortalClient(settings.port_api_url, credentials, user_agent=USER_AGENT) as client:
                catalog = PortalCatalog(client)
                yield Engine(settings.source_id, forge, catalog, store, options, clock, progress)
        finally:
            await forge.close()
    finally:
        await store.close()


async def sync(
    settings: SyncSettings, stop: asyncio.Event, progress: Progress, environment: Mapping[str, str]
) -> PassReport:
    """One pass.

    Raises:
        AlreadyRunning: another process makes one.
    """
    async with opened(settings, progress, grace=0, environment=environment) as engine:
        report = await engine.reconcile(stop)
    write_report(settings.report, report)
    return report


async def watch(
    settings: SyncSettings, stop: asyncio.Event, progress: Progress, done: Callable[[PassReport], None],
    environment: Mapping[str, str],
) -> int:  # fmt: skip
    """Passes at intervals until stopped, each told to ``done``; the exit code. Ends by itself only when credentials or
    settings are wrong, which another attempt would not change."""
    async with opened(settings, progress, grace=seconds(settings.grace), environment=environment) as engine:
        while not stop.is_set():
            try:
                report = await engine.reconcile(stop)
            except AlreadyRunning as error:
                log.warning("pass_skipped", problem=error.message)
            else:
                write_report(settings.report, report)
                done(report)
                if exit_code(report) == REFUSED:
                    return REFUSED
            await _rest(engine, stop, settings)
    return COMPLETE


async def _rest(engine: Engine, stop: asyncio.Event, settings: SyncSettings) -> None:
    """Until the next pass; ends whose grace is over take effect meanwhile."""
    loop = asyncio.get_running_loop()
    pause = settings.options.reconcile_seconds * random.uniform(1 - _JITTER, 1 + _JITTER)  # noqa: S311 jitter
    until = loop.time() + pause
    while not stop.is_set() and (left := until - loop.time()) > 0:
        try:
            async with asyncio.timeout(min(left, _SWEEP_SECONDS)):
                await stop.wait()
        except TimeoutError:
            await _sweep(engine)


async def _sweep(engine: Engine) -> None:
    try:
        await engine.sweep()
    except FairwayError as error:  # the next sweep, or the next pass, does it
        log.warning("sweep_failed", code=error.code, problem=error.message)


def write_report(path: Path | None, report: PassReport) -> None:
    """Replaces the report's file, whole or not at all."""
    if path is None:
        return
    beside = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    beside.write_bytes(orjson.dumps(report.document(), option=orjson.OPT_INDENT_2))
    beside.replace(path)
