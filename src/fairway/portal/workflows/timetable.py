"""Runs of workflows by the clock: one job for each trigger that waits, made anew when it was due."""

from __future__ import annotations

from datetime import UTC, datetime

from fairway.kit.clock import Clock, rfc3339, to_millis
from fairway.portal.caller import Caller
from fairway.portal.storage import Database, Tx
from fairway.portal.storage.jobs import Job, JobHandler, enqueue
from fairway.portal.workflows import repository
from fairway.portal.workflows.engine import Engine, Start
from fairway.portal.workflows.model import SCHEDULE, Node, Workflow, nodes_of
from fairway.portal.workflows.schedule import schedule_of

SCHEDULED = "workflow.schedule"


async def plan_in(tx: Tx, workflow: Workflow, now: datetime) -> None:
    """Asks for a job at the next due time of every schedule trigger of a definition."""
    for node in nodes_of(workflow.document).values():
        if node.type == SCHEDULE and node.published:
            await _plan_node(tx, workflow, node, now)


async def _plan_node(tx: Tx, workflow: Workflow, node: Node, now: datetime) -> None:
    due = schedule_of(node.config).after(now)
    if due is None:
        return
    at = to_millis(due)
    payload = {"workflow": workflow.id, "node": node.identifier, "at": at, "version": workflow.updated_at}
    key = f"{workflow.id}:{workflow.updated_at}:{node.identifier}@{at}"
    await enqueue(tx, SCHEDULED, key, payload, now=to_millis(now), due_at=at)


class Timetable:
    """Starts runs that are due. Times that passed while no portal ran are not made up for, but for the last one."""

    def __init__(self, db: Database, clock: Clock, engine: Engine, system: Caller) -> None:
        self._db = db
        self._clock = clock
        self._engine = engine
        self._system = system

    @property
    def job_handler(self) -> JobHandler:
        """What starts them."""
        return JobHandler(SCHEDULED, self._run)

    async def _run(self, job: Job) -> None:
        await self._db.write(lambda tx: self._start(tx, job))

    async def _start(self, tx: Tx, job: Job) -> None:
        workflow = await repository.by_id(tx, job.payload["workflow"])
        if workflow is None or workflow.updated_at != job.payload["version"]:
            return
        node = nodes_of(workflow.document)[job.payload["node"]]
        at = rfc3339(job.payload["at"])
        by = self._system.acting_as(workflow.identifier)
        context = {"inputs": {}, "trigger": {**by.trigger(at), "origin": "SCHEDULE"}, "event": None, "entity": None}
        cause = f"schedule:{workflow.id}:{node.identifier}:{job.payload['at']}"
        start = Start(workflow, node.identifier, {"at": at}, context, "SCHEDULE", cause=cause)
        await self._engine.begin_in(tx, by, start)
        due = datetime.fromtimestamp(job.payload["at"] / 1000, UTC)
        await _plan_node(tx, workflow, node, max(due, self._clock.now()))
