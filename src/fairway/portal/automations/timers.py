"""Timer properties: what expires when, and the event that says so, once for each value (contract 2.3, 6.5, 7.10)."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import ColumnElement, and_

from fairway.kit.clock import Clock, parse_instant, to_millis
from fairway.portal.automations import timer_repository as repository
from fairway.portal.automations.timer_repository import Timer
from fairway.portal.caller import Caller
from fairway.portal.catalog.entities.lookup import find_keys, load_by_id
from fairway.portal.catalog.entities.model import Stored
from fairway.portal.catalog.model import Blueprint
from fairway.portal.catalog.schema import SchemaCache
from fairway.portal.storage import Database, Tx, outbox
from fairway.portal.storage.consumers import Consumer
from fairway.portal.storage.jobs import Job, JobHandler, enqueue
from fairway.portal.storage.outbox import Change, Event
from fairway.portal.storage.tables import event as table

NAME = "timers"
EXPIRE = "timers.expire"
_PAGE = 500
_SECONDS = 20.0
"""Work of one job run; its lease is 60 s."""


class Timers:
    """A consumer that notes when values expire, and a job that tells when they have."""

    def __init__(self, db: Database, clock: Clock, schemas: SchemaCache, system: Caller) -> None:
        self._db = db
        self._clock = clock
        self._schemas = schemas
        self._system = system

    @property
    def consumer(self) -> Consumer:
        """Follows entities of blueprints that have timers, from the first event on: a portal that had them before
        this feature learns of them, too."""
        return Consumer(NAME, self._handle, self._wanted)

    @property
    def job_handler(self) -> JobHandler:
        """Tells what has expired."""
        return JobHandler(EXPIRE, self._expire)

    async def _wanted(self, tx: Tx) -> ColumnElement[bool]:
        timed = sorted(each.identifier for each in await self._schemas.current(tx) if timers_of(each))
        written = table.c.action.in_(("CREATE", "UPDATE"))
        about = and_(table.c.resource_type == "entity", table.c.status == "SUCCESS", written)
        return and_(about, tx.any_of(table.c.blueprint, timed))

    async def _handle(self, events: Sequence[Event]) -> None:
        await self._db.write(lambda tx: self._note(tx, events))

    async def _note(self, tx: Tx, events: Sequence[Event]) -> None:
        """Stores the values of the last event of each entity; an event that is told again changes nothing."""
        schema = await self._schemas.current(tx)
        put: list[Timer] = []
        gone: list[Timer] = []
        for name, last in _by_blueprint(events).items():
            blueprint = schema.get(name)
            if blueprint is None:
                continue
            ids = await find_keys(tx, blueprint.id, sorted(last))
            known = await repository.of_entities(tx, list(ids.values()))
            for identifier, entity_id in ids.items():
                for told, value in _values(blueprint, entity_id, last[identifier]):
                    before = known.get((entity_id, told.property))
                    if before is not None and (before.event_id >= told.event_id or before.value == told.value):
                        continue
                    if value:
                        put.append(told)
                    elif before is not None:
                        gone.append(told)
        planned = await repository.next_due(tx)
        await repository.put(tx, put)
        await repository.drop(tx, gone)
        if put and (planned is None or min(each.due_at for each in put) < planned):
            await self._plan(tx, f"{events[-1].id}")

    async def schedule(self) -> None:
        """Asks for the job at a start, whatever became of the one before."""
        if await self._db.read(repository.next_due) is not None:
            await self._db.write(lambda tx: self._plan(tx, "start"))

    async def _plan(self, tx: Tx, mark: str) -> None:
        """Asks for the job at the time when the next value expires."""
        due = await repository.next_due(tx)
        if due is not None:
            now = to_millis(self._clock.now())
            await enqueue(tx, EXPIRE, f"{due}:{mark}", {}, now=now, due_at=max(due, now))

    async def _expire(self, job: Job) -> None:
        end = time.monotonic() + _SECONDS
        while await self._db.write(self._page) and time.monotonic() < end:
            pass
        await self._db.write(lambda tx: self._plan(tx, job.id))

    async def _page(self, tx: Tx) -> bool:
        """Tells of some that have expired, in the transaction that marks them as told; false when there are none."""
        now = to_millis(self._clock.now())
        schema = await self._schemas.current(tx)
        timers = await repository.due(tx, now, _PAGE)
        by_id = {each.id: each for each in schema}
        ids = [each.entity_id for each in timers if each.blueprint_id in by_id]
        found = {stored.id: (blueprint, stored) for blueprint, stored in await load_by_id(tx, by_id, ids)}
        current = [each for each in timers if _holds(found.get(each.entity_id), each)]
        kept = {(each.entity_id, each.property) for each in current}
        await repository.put(tx, [replace(each, fired=True) for each in current])
        await repository.drop(tx, [each for each in timers if (each.entity_id, each.property) not in kept])
        changes = [_change(*found[each.entity_id], each) for each in current]
        await outbox.append(tx, self._system, now, changes)
        return bool(timers)


def timers_of(blueprint: Blueprint) -> list[str]:
    """The timer properties of a blueprint."""
    return [name for name, spec in blueprint.properties.items() if spec.get("format") == "timer"]


def _by_blueprint(events: Sequence[Event]) -> dict[str, dict[str, Event]]:
    """The last event of each entity, by blueprint and identifier after it."""
    found: dict[str, dict[str, Event]] = {}
    for event in events:
        after = event.diff.get("after")
        if isinstance(after, dict):
            found.setdefault(str(event.blueprint), {})[str(after["identifier"])] = event
    return found


def _values(blueprint: Blueprint, entity_id: int, event: Event) -> Iterator[tuple[Timer, bool]]:
    """Each timer of an entity as an event leaves it, and whether it has a value."""
    properties: Mapping[str, object] = event.diff["after"]["properties"]
    for name in timers_of(blueprint):
        value = properties.get(name)
        instant = parse_instant(value) if isinstance(value, str) else None
        due = 0 if instant is None else to_millis(instant)
        text = str(value) if instant is not None else ""
        yield Timer(entity_id, name, blueprint.id, text, due, False, event.id), instant is not None


def _holds(found: tuple[Blueprint, Stored] | None, timer: Timer) -> bool:
    """Whether the entity still has the value; another one has a row of its own once its event was read."""
    return found is not None and found[1].properties.get(timer.property) == timer.value


def _change(blueprint: Blueprint, stored: Stored, timer: Timer) -> Change:
    return Change(
        "TIMER_EXPIRED", "entity", stored.identifier, None, stored.document(blueprint), blueprint.identifier,
        stored.identifier, context={"property": timer.property}, destination=blueprint.changelog_destination,
    )  # fmt: skip
