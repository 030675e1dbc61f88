"""The state machine of workflow runs. Everything it decides is in the database before anything is done about it, and
what is to be done is a job: a process that dies loses nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fairway.kit.clock import Clock, to_millis
from fairway.kit.crypto import SecretBox
from fairway.kit.ids import random_id
from fairway.portal.caller import Caller
from fairway.portal.storage import Tx, outbox
from fairway.portal.storage.jobs import enqueue
from fairway.portal.storage.outbox import Change
from fairway.portal.workflows import logs
from fairway.portal.workflows import run_repository as repository
from fairway.portal.workflows.context import seal_context
from fairway.portal.workflows.graph import progress
from fairway.portal.workflows.model import RUN_PREFIX, JsonObject, NodeRun, RunResult, Workflow, WorkflowRun, nodes_of
from fairway.wire.runs import NODE_RUN_PREFIX, NodeResult

STEP = "workflow.step"
"""Kind of the job that executes one node."""


@dataclass(frozen=True, slots=True)
class Start:
    """What starting a run needs once everything about it has been checked."""

    workflow: Workflow
    trigger_node: str
    output: Any
    """Of the trigger: inputs as submitted, or the event."""
    context: Mapping[str, Any]
    """``inputs``, ``trigger``, ``event``, ``entity``."""
    source: str
    inputs: JsonObject = field(default_factory=dict)
    blueprint: str | None = None
    entity: str | None = None
    cause: str | None = None
    depth: int = 0
    parent: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a node ended."""

    result: NodeResult
    output: Any = None
    outlet: str | None = None
    label: str | None = None
    run_label: str | None = None
    """Shown on the whole run."""
    links: Sequence[str] | None = None
    external_run_id: str | None = None
    logs: tuple[tuple[str, str], ...] = ()
    """Level and message."""


class Engine:
    """Starts runs, moves them on, ends them. Its methods are parts of the caller's transaction."""

    def __init__(self, clock: Clock, box: SecretBox) -> None:
        self._clock = clock
        self._box = box

    async def begin_in(self, tx: Tx, caller: Caller, start: Start) -> WorkflowRun | None:
        """Inserts a run and starts the nodes behind its trigger; none when ``cause`` has started one already."""
        now = to_millis(self._clock.now())
        run_id = random_id(RUN_PREFIX)
        (number,) = await tx.allocate_ids("run", 1)
        context = {**start.context, "version": str(start.workflow.updated_at)}
        definition = start.workflow.document
        run = WorkflowRun(
            run_id, number, start.workflow.identifier, definition, "IN_PROGRESS", None, None, "",
            start.trigger_node, start.source, start.inputs, start.blueprint, start.entity,
            seal_context(self._box, run_id, context), start.cause, definition.get("allowAnyoneToViewRuns") is not False,
            start.depth, start.parent, caller.principal_id, caller.email, caller.principal_id, now, now, None,
        )  # fmt: skip
        if not await repository.add_run(tx, run):
            return None
        trigger = nodes_of(definition)[start.trigger_node]
        await self._add_node(tx, run, start.trigger_node, trigger.type, now, start.output)
        await self._tell(tx, caller, "CREATE", None, run)
        await self._advance(tx, caller, run)
        return await repository.find_run(tx, run_id)

    async def complete_in(self, tx: Tx, caller: Caller, node: NodeRun, outcome: Outcome) -> NodeRun:
        """Ends a node and moves its run on; a node that has ended stays as it is."""
        run = await repository.lock_run(tx, node.workflow_run)
        current = await repository.find_node_run(tx, node.id)
        assert current is not None
        if run is None or current.ended:
            return current
        now = to_millis(self._clock.now())
        await logs.write_in(tx, node.id, outcome.logs, caller, now)
        values: dict[str, Any] = {
            "status": "COMPLETED", "result": outcome.result, "output": outcome.output, "outlet": outcome.outlet,
            "queue": None, "updated_at": now, "ended_at": now,
            "status_label": outcome.label or current.status_label,
            "links": list(current.links if outcome.links is None else outcome.links),
            "external_run_id": outcome.external_run_id or current.external_run_id,
        }  # fmt: skip
        await repository.update_node_run(tx, node.id, values)
        if outcome.run_label is not None:
            await repository.update_run(tx, run.id, {"status_label": outcome.run_label})
        ended = await repository.find_node_run(tx, node.id)
        assert ended is not None
        await self._tell_node(tx, caller, run, current, ended, now)
        await self._advance(tx, caller, run)
        return ended

    async def cancel_in(self, tx: Tx, caller: Caller, run_id: str) -> bool:
        """Ends a run and everything of it that still goes on; false when it had ended."""
        run = await repository.lock_run(tx, run_id)
        if run is None or run.ended:
            return False
        await self._end(tx, caller, run, "CANCELLED", f"Cancelled by {caller.email or caller.principal_id}")
        return True

    async def _advance(self, tx: Tx, caller: Caller, run: WorkflowRun) -> None:
        """Starts what can start now, or ends the run."""
        if run.ended:
            return
        states = {each.node: each for each in await repository.node_runs(tx, run.id)}
        found = progress(run.definition, run.trigger_node, states)
        if found.failed is not None:
            failed = states[found.failed]
            cancelled = failed.result == "CANCELLED"
            reason = f'Node "{found.failed}" {"was cancelled" if cancelled else "failed"}{_because(failed)}'
            await self._end(tx, caller, run, "CANCELLED" if cancelled else "FAILED", reason)
        elif found.finished:
            await self._end(tx, caller, run, "SUCCESS", "")
        now = to_millis(self._clock.now())
        nodes = nodes_of(run.definition)
        for name in found.ready:
            added = await self._add_node(tx, run, name, nodes[name].type, now)
            if added is not None:
                await enqueue(tx, STEP, added, {"nodeRun": added}, now=now)

    async def _add_node(
        self, tx: Tx, run: WorkflowRun, node: str, kind: str, now: int, output: Any = None
    ) -> str | None:
        """A node run, ended at once when it is the trigger's; none when the run came to this node before."""
        trigger = node == run.trigger_node
        (number,) = await tx.allocate_ids("run", 1)
        new = NodeRun(
            random_id(NODE_RUN_PREFIX), number, run.id, run.workflow, node, kind,
            "COMPLETED" if trigger else "IN_PROGRESS", "SUCCESS" if trigger else None, None, None, False,
            output, None, None, [], None, None, None, 0, None, None, now, now, now if trigger else None,
        )  # fmt: skip
        return new.id if await repository.add_node_run(tx, new) else None

    async def _end(self, tx: Tx, caller: Caller, run: WorkflowRun, result: RunResult, summary: str) -> None:
        now = to_millis(self._clock.now())
        left = [each.id for each in await repository.node_runs(tx, run.id) if not each.ended]
        stopped = {
            "status": "COMPLETED", "result": "CANCELLED", "queue": None, "updated_at": now, "ended_at": now,
        }  # fmt: skip
        await repository.update_node_runs(tx, left, stopped)
        values = {
            "status": "COMPLETED", "result": result, "summary": summary, "updated_at": now, "ended_at": now,
            "updated_by": caller.principal_id,
        }  # fmt: skip
        await repository.update_run(tx, run.id, values)
        ended = await repository.find_run(tx, run.id)
        assert ended is not None
        await self._tell(tx, caller, "UPDATE", run, ended)

    async def _tell(
        self, tx: Tx, caller: Caller, action: outbox.Action, before: WorkflowRun | None, after: WorkflowRun
    ) -> None:
        was = None if before is None else before.shown()
        change = Change(
            action, "workflow_run", after.id, was, after.shown(), after.blueprint, after.entity, after.id,
            context={"workflow": after.workflow},
        )  # fmt: skip
        await outbox.append(tx, caller, to_millis(self._clock.now()), [change])

    async def _tell_node(
        self, tx: Tx, caller: Caller, run: WorkflowRun, before: NodeRun, after: NodeRun, now: int
    ) -> None:
        change = Change(
            "UPDATE", "workflow_node_run", after.id, before.shown(), after.shown(), run.blueprint, run.entity, run.id,
            context={"workflow": run.workflow, "node": after.node},
        )  # fmt: skip
        await outbox.append(tx, caller, now, [change])


def _because(node: NodeRun) -> str:
    error = node.output.get("error") if isinstance(node.output, dict) else None
    message = error.get("message") if isinstance(error, dict) else None
    return f": {message}" if message else ""
