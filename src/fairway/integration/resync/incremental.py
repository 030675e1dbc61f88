"""A pass over changes since the last one (contract section 11): it writes, and never deletes."""

from __future__ import annotations

import asyncio
import time
import uuid
from dataclasses import replace
from datetime import datetime, timedelta

from fairway.integration.definition import Context
from fairway.integration.mapping.batch import MOST_PROBLEMS
from fairway.integration.mapping.compiled import CompiledResource
from fairway.integration.mapping.outcome import key_of
from fairway.integration.model import AppConfig, Entity, KindReport, Problem, State, SyncReport, Trigger
from fairway.integration.portal_api import PortalApi
from fairway.integration.portal_api.entities import serialised
from fairway.integration.resync.documents import entity_hash
from fairway.integration.resync.fetch import Fetching
from fairway.integration.resync.load import reject
from fairway.integration.resync.plan import make_plan
from fairway.integration.state import StateStore
from fairway.jq import Engine
from fairway.kit.clock import rfc3339, to_millis
from fairway.kit.errors import FairwayError, NotFound
from fairway.kit.logs import get_logger

log = get_logger(__name__)

_EVENT = "incremental_resync"


class Incremental:
    """``interval`` is that between passes; each looks so much further back, because clocks differ."""

    def __init__(
        self, api: PortalApi, store: StateStore, engine: Engine, context: Context, interval: timedelta
    ) -> None:
        self._api = api
        self._store = store
        self._engine = engine
        self._context = context
        self._interval = interval

    async def run(self, trigger: Trigger, stop: asyncio.Event | None = None) -> SyncReport:
        """One pass; a kind that fails keeps its cursor, and does not stop the others."""
        report = SyncReport(str(uuid.uuid4()), trigger, State.SYNCING)
        began, start = time.monotonic(), self._context.clock.now()
        stop = stop or asyncio.Event()
        context = replace(self._context, trigger=trigger, stopping=stop)
        try:
            await self._kinds(report, context, start, stop)
        except FairwayError as error:
            report.state, report.problem = State.FAILED, error.message
            log.error("incremental_failed", error=error.message)
        report.seconds = time.monotonic() - began
        return report

    async def _kinds(self, report: SyncReport, context: Context, start: datetime, stop: asyncio.Event) -> None:
        found = await self._api.integration()
        if found is None:
            raise NotFound(f'The portal does not know the integration "{self._api.installation.identifier}"')
        plan = make_plan(self._engine, context.integration, found.get("config") or {})
        kinds = [*plan.broken]
        report.kinds = kinds
        for compiled in plan.resources:
            if stop.is_set():
                break
            if context.integration.incremental_handlers(compiled.resource.kind):
                kinds.append(await self._resource(compiled, plan.config, context, start))
        states = {each.state for each in kinds}
        report.state = next(
            (state for state in (State.FAILED, State.WARNINGS) if state in states), State.COMPLETED
        )  # fmt: skip
        if stop.is_set():
            report.state = State.ABORTED

    async def _resource(
        self, compiled: CompiledResource, config: AppConfig, context: Context, start: datetime
    ) -> KindReport:
        resource, report = compiled.resource, KindReport(compiled.resource, State.SYNCING)
        began = time.monotonic()
        try:
            cursor = await self._api.cursor(resource.kind, resource.index)
            since = (cursor or start) - self._interval
            selector = context.integration.selector_of(resource)
            own = replace(context, resource=resource, selector=selector, cursor=since)
            fetching = Fetching(context.integration.incremental_handlers(resource.kind), own)
            async for page in fetching.pages():
                batch = await compiled.map(page)
                report.pages += 1
                report.counts.raw += batch.counts.raw
                report.counts.failed += batch.counts.failed
                report.problems += batch.problems[: MOST_PROBLEMS - len(report.problems)]
                await self._write(batch.entities, config, report)
            report.problems += [Problem("fetch", text) for text in fetching.errors]
            failed = bool(fetching.errors or report.counts.failed or report.counts.rejected)
            if not failed:
                await self._api.set_cursor(resource.kind, resource.index, rfc3339(to_millis(start)))
        except FairwayError as error:
            report.problems.append(Problem("portal", error.message))
            failed = True
        report.state = State.FAILED if failed else State.COMPLETED
        report.seconds = time.monotonic() - began
        return report

    async def _write(self, entities: list[Entity], config: AppConfig, report: KindReport) -> None:
        by_blueprint: dict[str, list[Entity]] = {}
        for each in entities:
            by_blueprint.setdefault(each.blueprint, []).append(each)
        for blueprint, members in by_blueprint.items():
            bodies = [serialised(each.document) for each in members]
            written = await self._api.upsert(blueprint, bodies, config, event=_EVENT)
            report.counts.loaded += len(written.stored)
            for index, failure in sorted(written.failed.items()):
                reject(report, key_of(members[index]), failure)
            await self._store.forget([entity_hash(each) for each in members])
