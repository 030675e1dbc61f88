"""SQL of workflow runs and node runs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Select, delete, func, select, update

from fairway.portal.runs.tables import run_log
from fairway.portal.storage.tx import Tx
from fairway.portal.workflows.model import INPUT, NodeRun, WorkflowRun
from fairway.portal.workflows.tables import node_run, workflow_run

_PAGE = 200
"""Waiting node runs looked at in one statement of a claim."""


async def add_run(tx: Tx, new: WorkflowRun) -> bool:
    """Stores a new run; false when its cause has started one already."""
    return await tx.insert_ignore(workflow_run, asdict(new))


async def find_run(tx: Tx, run_id: str) -> WorkflowRun | None:
    """One run."""
    row = await tx.row(select(workflow_run).where(workflow_run.c.id == run_id))
    return None if row is None else WorkflowRun(**row._mapping)


async def lock_run(tx: Tx, run_id: str) -> WorkflowRun | None:
    """One run, which no other transaction changes until this one has ended."""
    statement = select(workflow_run).where(workflow_run.c.id == run_id)
    row = await tx.row(statement.with_for_update() if tx.dialect == "postgresql" else statement)
    return None if row is None else WorkflowRun(**row._mapping)


async def runs(
    tx: Tx, *, workflow: str | None, status: str | None, creator: str | None, before: int | None, limit: int
) -> list[WorkflowRun]:
    """Runs, newest first; ``creator`` leaves those of others out unless their workflow shows runs to everyone."""
    statement = select(workflow_run).order_by(workflow_run.c.number.desc()).limit(limit)
    if workflow is not None:
        statement = statement.where(workflow_run.c.workflow == workflow)
    if status is not None:
        statement = statement.where(workflow_run.c.status == status)
    if before is not None:
        statement = statement.where(workflow_run.c.number < before)
    if creator is not None:
        statement = statement.where((workflow_run.c.created_by == creator) | workflow_run.c.shared)
    return [WorkflowRun(**row._mapping) for row in await tx.rows(statement)]


async def started_by(tx: Tx, cause: str) -> str | None:
    """The run that an event or a time has started."""
    found = await tx.scalar(select(workflow_run.c.id).where(workflow_run.c.cause == cause))
    return None if found is None else str(found)


async def update_run(tx: Tx, run_id: str, values: Mapping[str, Any]) -> None:
    """Changes columns of a run."""
    await tx.run(update(workflow_run).where(workflow_run.c.id == run_id).values(**values))


async def add_node_run(tx: Tx, new: NodeRun) -> bool:
    """Stores a new node run; false when the run has come to that node before."""
    return await tx.insert_ignore(node_run, asdict(new))


async def find_node_run(tx: Tx, node_run_id: str) -> NodeRun | None:
    """One node run."""
    row = await tx.row(select(node_run).where(node_run.c.id == node_run_id))
    return None if row is None else NodeRun(**row._mapping)


async def node_runs(tx: Tx, run_id: str) -> list[NodeRun]:
    """The node runs of a run, in the order in which it came to them."""
    statement = select(node_run).where(node_run.c.workflow_run == run_id).order_by(node_run.c.number)
    return [NodeRun(**row._mapping) for row in await tx.rows(statement)]


async def by_external_id(tx: Tx, external_id: str, limit: int) -> list[NodeRun]:
    """Node runs that a backend knows by this identifier, newest first."""
    statement = select(node_run).where(node_run.c.external_run_id == external_id)
    found = await tx.rows(statement.order_by(node_run.c.number.desc()).limit(limit))
    return [NodeRun(**row._mapping) for row in found]


async def update_node_run(tx: Tx, node_run_id: str, values: Mapping[str, Any]) -> None:
    """Changes columns of a node run."""
    await tx.run(update(node_run).where(node_run.c.id == node_run_id).values(**values))


async def update_node_runs(tx: Tx, ids: Collection[str], values: Mapping[str, Any]) -> None:
    """Changes columns of several node runs alike."""
    await tx.run(update(node_run).where(tx.any_of(node_run.c.id, list(ids))).values(**values))


async def waiting(tx: Tx, queue: str, now: int, after: int, types: Sequence[str], most: int = _PAGE) -> list[NodeRun]:
    """A page of node runs of a queue that nobody holds, behind a number. On PostgreSQL they are locked, and those that
    another claim has locked are passed."""
    statement: Select[Any] = (
        select(node_run)
        .where(
            node_run.c.queue == queue,
            node_run.c.claimed_until <= now,
            node_run.c.acked_at.is_(None),
            node_run.c.number > after,
        )
        .order_by(node_run.c.number)
        .limit(min(most, _PAGE))
    )
    if types:
        statement = statement.where(tx.any_of(node_run.c.type, types))
    if tx.dialect == "postgresql":
        statement = statement.with_for_update(skip_locked=True)
    return [NodeRun(**row._mapping) for row in await tx.rows(statement)]


async def anything_waits(tx: Tx, queue: str, now: int) -> bool:
    """Whether :func:`waiting` might find something; costs no lock."""
    free = (node_run.c.queue == queue) & (node_run.c.claimed_until <= now) & node_run.c.acked_at.is_(None)
    return await tx.row(select(node_run.c.id).where(free).limit(1)) is not None


async def acknowledge(tx: Tx, node_run_id: str, now: int) -> bool:
    """Marks a node run as taken; false when it was before, or waits for nobody."""
    free = (node_run.c.id == node_run_id) & node_run.c.queue.is_not(None) & node_run.c.acked_at.is_(None)
    return await tx.run(update(node_run).where(free).values(acked_at=now, updated_at=now)) == 1


async def depth_of(tx: Tx, run_id: str) -> int | None:
    """How long the chain of automations is that led to a workflow run or node run."""
    owner = select(node_run.c.workflow_run).where(node_run.c.id == run_id).scalar_subquery()
    statement = select(workflow_run.c.depth).where(workflow_run.c.id == func.coalesce(owner, run_id))
    found = await tx.scalar(statement)
    return None if found is None else int(found)


async def silent_since(tx: Tx, cutoff: int, limit: int, node_run_id: str | None = None) -> list[NodeRun]:
    """Node runs (or that one of them) that neither changed nor logged anything since ``cutoff``, and that nobody has
    kept claimed. Those that wait for people are not silent."""
    heard = select(run_log.c.number).where(run_log.c.run_id == node_run.c.id, run_log.c.created_at >= cutoff).exists()
    asks = (node_run.c.type == INPUT) & node_run.c.config.is_not(None)
    statement = (
        select(node_run)
        .join(workflow_run, workflow_run.c.id == node_run.c.workflow_run)
        .where(workflow_run.c.status == "IN_PROGRESS", node_run.c.status == "IN_PROGRESS", ~asks, ~heard)
        .where(node_run.c.updated_at < cutoff, node_run.c.claimed_until < cutoff)
    )
    if node_run_id is not None:
        statement = statement.where(node_run.c.id == node_run_id)
    return [NodeRun(**row._mapping) for row in await tx.rows(statement.order_by(node_run.c.number).limit(limit))]


async def remove_ended_before(tx: Tx, cutoff: int, limit: int) -> int:
    """Deletes the oldest runs that ended before ``cutoff``, with their node runs and logs; answers how many."""
    old = (workflow_run.c.status == "COMPLETED", workflow_run.c.ended_at < cutoff)
    oldest = select(workflow_run.c.id).where(*old).order_by(workflow_run.c.number).limit(limit)
    ids = [row.id for row in await tx.rows(oldest)]
    nodes = select(node_run.c.id).where(tx.any_of(node_run.c.workflow_run, ids))
    node_ids = [row.id for row in await tx.rows(nodes)]
    for column, gone in ((run_log.c.run_id, node_ids), (node_run.c.id, node_ids), (workflow_run.c.id, ids)):
        await tx.run(delete(column.table).where(tx.any_of(column, gone)))
    return len(ids)
