"""Automations as listeners: their runs are made by the runs feature."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from fairway.kit.clock import Clock, rfc3339, to_millis
from fairway.portal.actions.service import ActionService
from fairway.portal.automations.model import Listener, Occurrence
from fairway.portal.caller import Caller
from fairway.portal.runs import repository
from fairway.portal.runs.model import NewRun
from fairway.portal.runs.service import RunService
from fairway.portal.runs.tables import run
from fairway.portal.storage import Database, Tx
from fairway.wire.runs import RUN_PREFIX

_KEY = "action:"


class AutomationRuns:
    """The listeners that automations are, and what starts their runs."""

    def __init__(self, db: Database, clock: Clock, actions: ActionService, runs: RunService, system: Caller) -> None:
        self._db = db
        self._clock = clock
        self._actions = actions
        self._runs = runs
        self._system = system

    async def listeners(self, tx: Tx) -> Sequence[Listener]:
        """The published automations."""
        return [
            Listener(listener_key(each.id), each.identifier, each.event, each.trigger.get("condition"), each.created_at)
            for each in await self._actions.automations(tx)
        ]

    async def start(self, listener: Listener, heard: Occurrence, depth: int) -> str | None:
        """See :class:`fairway.portal.automations.listening.Source`."""
        action = await self._db.read(lambda tx: self._actions.find(tx, listener.name))
        if action is None or listener_key(action.id) != listener.key:
            return None
        caller = self._system.acting_as(action.identifier)
        trigger = {
            **heard.document["trigger"], "origin": "AUTOMATION", "at": rfc3339(to_millis(self._clock.now())),
            "operation": None,
        }  # fmt: skip
        new = NewRun(
            action, event=heard.document, blueprint=heard.blueprint, entity_identifier=heard.entity, depth=depth,
            parent=heard.run_id, trigger=trigger, id=run_id_of(listener.key, heard.id),
        )  # fmt: skip
        return (await self._runs.open(caller, new)).id

    async def depth_of(self, tx: Tx, run_id: str | None, origin: str) -> int | None:
        """See :class:`fairway.portal.automations.listening.Source`. What an automation wrote without saying for which
        run counts for its newest one."""
        if run_id is not None:
            found = await repository.find(tx, run_id)
            return None if found is None else found.depth
        if not any(each.identifier == origin for each in await self._actions.automations(tx)):
            return None
        newest = repository.selection().where(run.c.action == origin).order_by(run.c.number.desc()).limit(1)
        row = await tx.row(newest)
        return None if row is None else int(row.depth)

    async def note_in(self, tx: Tx, run_id: str, message: str) -> bool:
        """See :class:`fairway.portal.automations.listening.Source`."""
        if await repository.find(tx, run_id) is None:
            return False
        await self._runs.log_in(tx, run_id, message, level="WARN", by=self._system)
        return True


def listener_key(action_id: str) -> str:
    """The key of an automation among listeners; a rename keeps it."""
    return f"{_KEY}{action_id}"


def run_id_of(key: str, event_id: int) -> str:
    """The id of the one run that an event starts for a listener."""
    return f"{RUN_PREFIX}{hashlib.sha256(f'{key}:{event_id}'.encode()).hexdigest()[:24]}"
