"""The consumer that starts what listens to events: at least once, and one run for each event and listener."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from prometheus_client import CollectorRegistry, Counter
from sqlalchemy import ColumnElement, and_, or_

from fairway.jq import Engine
from fairway.kit.clock import Clock, to_millis
from fairway.kit.errors import FairwayError
from fairway.kit.logs import get_logger
from fairway.portal.automations import repository
from fairway.portal.automations.conditions import evaluate
from fairway.portal.automations.events import EventBuilder, occurrence
from fairway.portal.automations.model import RUN_TYPES, Listener, Occurrence
from fairway.portal.caller import Caller
from fairway.portal.runs.model import MAX_DEPTH
from fairway.portal.storage import Database, Tx, outbox
from fairway.portal.storage.consumers import Consumer
from fairway.portal.storage.outbox import Change, Event
from fairway.portal.storage.tables import event as table

NAME = "automations"
_PARALLEL = 16
"""Events that are worked on at a time; those of one entity or run follow one another."""
_TRIES = 5
"""Of a call whose answer breaks."""

log = get_logger(__name__)


class Source(Protocol):
    """Whose listeners are told: automations, and workflows."""

    async def listeners(self, tx: Tx) -> Sequence[Listener]:
        """All that listen now; cheap, because every batch of events asks."""
        ...

    async def start(self, listener: Listener, heard: Occurrence, depth: int) -> str | None:
        """Starts a run and answers its id, none when there is no longer anything to start. Told twice of one event, it
        starts one run."""
        ...

    async def depth_of(self, tx: Tx, run_id: str | None, origin: str) -> int | None:
        """How many automations led to a run of this source; none when it is not one of its runs."""
        ...

    async def note_in(self, tx: Tx, run_id: str, message: str) -> bool:
        """Writes a line into the log of a run; false when it is not one of this source."""
        ...


@dataclass(frozen=True, slots=True)
class _Call:
    """A listener that hears an event."""

    source: Source
    listener: Listener
    heard: Occurrence

    @property
    def key(self) -> tuple[str, int]:
        return self.listener.key, self.heard.id


@dataclass(frozen=True, slots=True)
class _Said:
    """What became of a call."""

    call: _Call
    outcome: str
    message: str | None = None
    run_id: str | None = None


class Listening:
    """Reads events, asks conditions, starts runs."""

    def __init__(
        self, db: Database, clock: Clock, jq: Engine, builder: EventBuilder, system: Caller, registry: CollectorRegistry
    ) -> None:
        self._db = db
        self._clock = clock
        self._jq = jq
        self._builder = builder
        self._system = system
        self._sources: list[Source] = []
        self._broken: dict[tuple[str, int], int] = {}
        """How often answering a call of the batch in hand has failed."""
        self._evaluations = Counter(
            "fairway_automation_evaluations",
            "Events that automations and workflows were asked about",
            ("outcome",),
            registry=registry,
        )

    def add(self, source: Source) -> None:
        """Adds a source of listeners; only while the portal is built."""
        self._sources.append(source)

    @property
    def consumer(self) -> Consumer:
        """Reads only events that somebody listens to."""
        return Consumer(NAME, self._handle, self._wanted)

    async def _listeners(self, tx: Tx) -> list[tuple[Source, Listener]]:
        return [(source, each) for source in self._sources for each in await source.listeners(tx)]

    async def _wanted(self, tx: Tx) -> ColumnElement[bool]:
        listeners = [each for _, each in await self._listeners(tx)]
        blueprints = sorted({each.blueprint for each in listeners if each.blueprint})
        about_entities = and_(table.c.resource_type == "entity", tx.any_of(table.c.blueprint, blueprints))
        parts = [about_entities]
        if any(each.event["type"] in RUN_TYPES for each in listeners):
            parts.append(table.c.resource_type == "run")
        return and_(table.c.status == "SUCCESS", or_(*parts))

    async def _handle(self, events: Sequence[Event]) -> None:
        listeners = await self._db.read(self._listeners)
        kinds = {event.id: occurrence(event, {}, {}) for event in events}
        heard = [event for event in events if any(each.hears(kinds[event.id]) for _, each in listeners)]
        if not heard:
            return
        calls = [
            _Call(source, each, found)
            for found in await self._builder.build(heard)
            for source, each in listeners
            if each.hears(found)
        ]
        names, ids = {call.listener.key for call in calls}, [event.id for event in heard]
        done = await self._db.read(lambda tx: repository.seen(tx, names, ids))
        said = await self._all([call for call in calls if call.key not in done])
        await self._db.write(lambda tx: self._note(tx, said))

    async def _all(self, calls: Sequence[_Call]) -> list[_Said]:
        """Answers every call: events of one entity or run in order, others side by side."""
        lanes: dict[Any, list[_Call]] = defaultdict(list)
        for call in calls:
            heard = call.heard
            lanes[heard.run_id if heard.resource_type == "run" else (heard.blueprint, heard.entity)].append(call)
        gate = asyncio.Semaphore(_PARALLEL)

        async def lane(these: Sequence[_Call]) -> list[_Said]:
            async with gate:
                return [await self._patiently(call) for call in these]

        parts = await asyncio.gather(*(lane(each) for each in lanes.values()), return_exceptions=True)
        said: list[_Said] = []
        for part in parts:
            if isinstance(part, BaseException):  # only when all have come to their end: none works on beside the retry
                raise part
            said += part
        return said

    async def _patiently(self, call: _Call) -> _Said:
        """What breaks is tried again with its batch, but not for ever: one listener keeps no other from its events."""
        try:
            return await self._answer(call)
        except FairwayError:  # the database is away: nothing can be done meanwhile
            raise
        except Exception as error:  # a fault of ours, whatever it is
            tried = self._broken[call.key] = self._broken.get(call.key, 0) + 1
            if tried < _TRIES:
                raise
            log.error("automation_broke", automation=call.listener.name, heard=call.heard.id, error=repr(error))
            return _Said(call, "problem", f"Something broke in the portal at {tried} attempts; its log says what")

    async def _answer(self, call: _Call) -> _Said:
        verdict = await evaluate(self._jq, call.listener.condition, call.heard.document)
        if verdict.problem is not None:
            log.warning("condition_failed", automation=call.listener.name, problem=verdict.problem)
        if not verdict.passed:
            return _Said(call, "problem" if verdict.problem else "condition", verdict.problem)
        depth = await self._db.read(lambda tx: self._depth(tx, call.heard))
        if depth > MAX_DEPTH:
            return await self._stop(call)
        try:
            run_id = await call.source.start(call.listener, call.heard, depth)
        except FairwayError as error:
            if error.retriable:
                raise
            log.warning("automation_failed", automation=call.listener.name, error=error.message, cause=error.cause)
            return _Said(call, "problem", error.message)
        return _Said(call, "fired" if run_id else "gone", verdict.problem, run_id)

    async def _depth(self, tx: Tx, heard: Occurrence) -> int:
        """How long the chain of automations is that this event would go on with."""
        found = [await source.depth_of(tx, heard.run_id, heard.origin) for source in self._sources]
        return max((depth + 1 for depth in found if depth is not None), default=0)

    async def _stop(self, call: _Call) -> _Said:
        message = (
            f'"{call.listener.name}" was not started by {call.heard.document["id"]}: {MAX_DEPTH} automations have '
            "started one another before it, which looks like a circle"
        )
        log.error("automation_circle", automation=call.listener.name, run=call.heard.run_id)

        async def work(tx: Tx) -> None:
            run_id = call.heard.run_id
            if run_id is not None:
                for source in self._sources:
                    if await source.note_in(tx, run_id, message):
                        break
            change = Change(
                "UPDATE", "action", call.listener.name, blueprint=call.heard.blueprint, entity=call.heard.entity,
                run_id=run_id, context={"action": call.listener.name}, status="FAILURE", message=message,
            )  # fmt: skip
            await outbox.append(tx, self._system.acting_as(call.listener.name), self._now(), [change])

        await self._db.write(work)
        return _Said(call, "stopped", message)

    async def _note(self, tx: Tx, said: Sequence[_Said]) -> None:
        """Keeps what was said, bounded, so that people see why something was started or not."""
        at = self._now()
        rows = [(*each.call.key, each.outcome, each.message, each.run_id, at) for each in said]
        await repository.note(tx, rows)
        for name in sorted({each.call.listener.key for each in said}):
            await repository.trim(tx, name)
        for each in said:
            self._broken.pop(each.call.key, None)
            self._evaluations.labels(each.outcome).inc()

    def _now(self) -> int:
        return to_millis(self._clock.now())
