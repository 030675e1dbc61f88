"""Workflows as listeners to events."""

from __future__ import annotations

from collections.abc import Sequence

from fairway.kit.clock import Clock, rfc3339, to_millis
from fairway.portal.automations.model import Listener, Occurrence
from fairway.portal.caller import Caller
from fairway.portal.storage import Database, Tx
from fairway.portal.workflows import logs, repository
from fairway.portal.workflows import run_repository as runs
from fairway.portal.workflows.engine import Engine, Start
from fairway.portal.workflows.model import EVENT, nodes_of

_KEY = "workflow"


class WorkflowTriggers:
    """The listeners that EVENT_TRIGGER nodes are, and what starts their runs; see
    :class:`fairway.portal.automations.listening.Source`."""

    def __init__(self, db: Database, clock: Clock, engine: Engine, system: Caller) -> None:
        self._db = db
        self._clock = clock
        self._engine = engine
        self._system = system
        self._known: tuple[object, Sequence[Listener]] = (None, ())

    async def listeners(self, tx: Tx) -> Sequence[Listener]:
        """The published event triggers."""
        version = await repository.version(tx)
        if version == self._known[0]:
            return self._known[1]
        found = [
            Listener(
                listener_key(workflow.id, node.identifier),
                workflow.identifier,
                node.config["event"],
                node.config.get("condition"),
                workflow.created_at,
            )
            for workflow in await repository.started_by_events(tx)
            for node in nodes_of(workflow.document).values()
            if node.type == EVENT and node.published
        ]
        self._known = (version, found)
        return found

    async def start(self, listener: Listener, heard: Occurrence, depth: int) -> str | None:
        """Starts one run for an event."""
        _, workflow_id, name = listener.key.split(":", 2)
        caller = self._system.acting_as(listener.name)
        at = rfc3339(to_millis(self._clock.now()))
        trigger = {**heard.document["trigger"], "origin": "AUTOMATION", "at": at, "operation": None}

        async def work(tx: Tx) -> str | None:
            workflow = await repository.by_id(tx, workflow_id)
            if workflow is None or name not in nodes_of(workflow.document):
                return None
            context = {"inputs": {}, "trigger": trigger, "event": heard.document, "entity": heard.entity_document}
            start = Start(
                workflow, name, heard.document, context, "AUTOMATION", blueprint=heard.blueprint, entity=heard.entity,
                cause=f"{listener.key}:{heard.id}", depth=depth, parent=heard.run_id,
            )  # fmt: skip
            run = await self._engine.begin_in(tx, caller, start)
            return await runs.started_by(tx, str(start.cause)) if run is None else run.id

        return await self._db.write(work)

    async def depth_of(self, tx: Tx, run_id: str | None, origin: str) -> int | None:
        """How long the chain is that led to a run or node run."""
        return None if run_id is None else await runs.depth_of(tx, run_id)

    async def note_in(self, tx: Tx, run_id: str, message: str) -> bool:
        """Writes a line into the log of a node run."""
        if await runs.find_node_run(tx, run_id) is None:
            return False
        await logs.write_in(tx, run_id, [("WARN", message)], self._system, to_millis(self._clock.now()))
        return True


def listener_key(workflow_id: str, node: str) -> str:
    """The key of an event trigger among listeners; a rename of the workflow keeps it."""
    return f"{_KEY}:{workflow_id}:{node}"
