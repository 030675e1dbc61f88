"""What keeps stored results current: a consumer of events, and jobs that go through whole blueprints."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, or_

from fairway.kit.clock import Clock, to_millis
from fairway.portal.catalog.model import Blueprint, Schema
from fairway.portal.catalog.schema import SchemaCache
from fairway.portal.scorecards.evaluation import ScorecardResults
from fairway.portal.scorecards.materialize import Materializer
from fairway.portal.scorecards.service import UNSCORED
from fairway.portal.scorecards.volatile import is_volatile
from fairway.portal.storage import Database, Tx
from fairway.portal.storage.consumers import Consumer
from fairway.portal.storage.jobs import Job, JobHandler, enqueue
from fairway.portal.storage.outbox import Event
from fairway.portal.storage.tables import event as table

SWEEP = "scorecard_sweep"
CLEAN_UP = "scorecard_clean_up"
_AGAIN_MS = 15 * 60_000
"""How often results that depend on time or on other entities are looked at (contract 2.4: every 15 minutes)."""
_SECONDS = 20.0
"""Work of one job run; its lease is 60 s."""


class ScorecardBackground:
    """The consumer and the jobs."""

    def __init__(
        self, db: Database, clock: Clock, schemas: SchemaCache, results: ScorecardResults, materializer: Materializer
    ) -> None:
        self._db = db
        self._clock = clock
        self._schemas = schemas
        self._results = results
        self._materializer = materializer

    @property
    def consumer(self) -> Consumer:
        """Follows changes of entities, scorecards and blueprints."""
        return Consumer("scorecards", self._handle, self._wanted)

    @property
    def job_handlers(self) -> list[JobHandler]:
        """Sweeps, and the cleaning up behind deleted scorecards."""
        return [JobHandler(SWEEP, self._sweep), JobHandler(CLEAN_UP, self._clean_up)]

    async def _wanted(self, tx: Tx) -> ColumnElement[bool]:
        scored = await self._results.scored(tx, await self._schemas.current(tx))
        definition = (table.c.resource_type == "blueprint") & (table.c.action == "UPDATE")
        entity = (table.c.resource_type == "entity") & tx.any_of(table.c.blueprint, scored)
        return or_(table.c.resource_type == "scorecard", definition, entity)

    async def _handle(self, events: Sequence[Event]) -> None:
        schema = await self._db.read(self._schemas.current)
        for event in events:
            if event.resource_type == "scorecard":
                await self._scorecard_changed(event)
            elif event.resource_type == "blueprint" and event.action == "UPDATE":
                await self._blueprint_changed(schema, event)
        for blueprint, identifiers in _touched(events).items():
            found = schema.get(blueprint)
            if found is not None and await self._results.scorecards(schema, found):
                await self._materializer.refresh(blueprint, identifiers)

    async def _scorecard_changed(self, event: Event) -> None:
        scorecard_id = (event.additional or {}).get("scorecardId", "")
        before, after = _rules(event.diff.get("before")), _rules(event.diff.get("after"))
        if event.action == "DELETE":
            payload = {"scorecard": scorecard_id, "rules": before}
            await self._enqueue(CLEAN_UP, scorecard_id, payload)
            return
        stale = [rule for rule in before if rule not in after]
        owner = await self._materializer.define(scorecard_id, stale)
        if owner is not None:
            await self._enqueue(SWEEP, f"{owner.id}:{event.id}", {"blueprint": owner.id})

    async def _blueprint_changed(self, schema: Schema, event: Event) -> None:
        owner = schema.get(event.resource)
        if owner is None or not await self._results.scorecards(schema, owner):
            return
        for scorecard in await self._results.scorecards(schema, owner):
            await self._materializer.define(scorecard.id, ())
        await self._enqueue(SWEEP, f"{owner.id}:{event.id}", {"blueprint": owner.id})

    async def _sweep(self, job: Job) -> None:
        schema = await self._db.read(self._schemas.current)
        owner = next((each for each in schema if each.id == job.payload["blueprint"]), None)
        scorecards = [] if owner is None else await self._results.scorecards(schema, owner)
        if owner is None or not scorecards:
            return
        if await self._time_boxed(owner, job) and any(is_volatile(each, owner) for each in scorecards):
            due = to_millis(self._clock.now()) + _AGAIN_MS
            slot = due // _AGAIN_MS
            await self._enqueue(SWEEP, f"{owner.id}@{slot}", {"blueprint": owner.id}, slot * _AGAIN_MS)

    async def _time_boxed(self, owner: Blueprint, job: Job) -> bool:
        """Works for a while; false when another job has to go on from there."""
        cursor = job.payload.get("cursor")
        end = time.monotonic() + _SECONDS
        while True:
            cursor = await self._materializer.next_page(owner.identifier, cursor)
            if cursor is None:
                return True
            if time.monotonic() > end:
                await self._enqueue(SWEEP, f"{job.key}>{cursor}"[-400:], {"blueprint": owner.id, "cursor": cursor})
                return False

    async def _clean_up(self, job: Job) -> None:
        end = time.monotonic() + _SECONDS
        while await self._materializer.clean_up(job.payload["scorecard"], job.payload["rules"]):
            if time.monotonic() > end:
                await self._enqueue(CLEAN_UP, f"{job.key}+"[:400], job.payload)
                return

    async def _enqueue(self, kind: str, key: str, payload: dict[str, Any], due_at: int | None = None) -> None:
        now = to_millis(self._clock.now())
        await self._db.write(lambda tx: enqueue(tx, kind, key, payload, now=now, due_at=due_at))


def _touched(events: Sequence[Event]) -> dict[str, list[str]]:
    """Entities to look at, by blueprint; old and new identifier when one was renamed."""
    found: dict[str, dict[str, None]] = {}
    for event in events:
        if event.resource_type != "entity" or event.status != "SUCCESS" or event.blueprint in (None, *UNSCORED):
            continue
        names = found.setdefault(str(event.blueprint), {})
        for document in (event.diff.get("before"), event.diff.get("after")):
            if isinstance(document, dict) and isinstance(document.get("identifier"), str):
                names[document["identifier"]] = None
    return {blueprint: list(names) for blueprint, names in found.items()}


def _rules(shown: Any) -> list[str]:
    return [rule["identifier"] for rule in shown["rules"]] if isinstance(shown, dict) else []
