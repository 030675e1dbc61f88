"""SQL of workflow definitions."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, func, select, update

from fairway.portal.storage.tx import Tx
from fairway.portal.workflows.model import EVENT, SCHEDULE, Workflow, nodes_of
from fairway.portal.workflows.tables import workflow


async def all_workflows(tx: Tx) -> list[Workflow]:
    """Every definition, by identifier."""
    return [_workflow(row) for row in await tx.rows(select(workflow).order_by(workflow.c.identifier))]


async def started_by_events(tx: Tx) -> list[Workflow]:
    """Definitions that have a trigger which nobody has to press."""
    return [_workflow(row) for row in await tx.rows(select(workflow).where(workflow.c.published))]


async def version(tx: Tx) -> tuple[int, int, int]:
    """Something that differs whenever a definition has changed."""
    stamp = workflow.c.updated_at
    [row] = await tx.rows(
        select(func.count(stamp), func.coalesce(func.max(stamp), 0), func.coalesce(func.sum(stamp), 0))
    )
    count, newest, total = (int(each) for each in row)
    return count, newest, total


async def find(tx: Tx, identifier: str) -> Workflow | None:
    """One definition."""
    row = await tx.row(select(workflow).where(workflow.c.identifier == identifier))
    return None if row is None else _workflow(row)


async def by_id(tx: Tx, workflow_id: str) -> Workflow | None:
    """One definition by its surrogate key."""
    row = await tx.row(select(workflow).where(workflow.c.id == workflow_id))
    return None if row is None else _workflow(row)


async def add(tx: Tx, new: Workflow) -> bool:
    """Stores a new definition; false when the identifier is taken."""
    return await tx.insert_ignore(workflow, _values(new))


async def save(tx: Tx, changed: Workflow) -> None:
    """Stores all of a definition that exists."""
    await tx.run(update(workflow).where(workflow.c.id == changed.id).values(**_values(changed)))


async def remove(tx: Tx, workflow_id: str) -> None:
    """Deletes a definition; its runs stay."""
    await tx.run(delete(workflow).where(workflow.c.id == workflow_id))


def _values(of: Workflow) -> dict[str, Any]:
    listens = any(node.type in (EVENT, SCHEDULE) and node.published for node in nodes_of(of.document).values())
    return {
        "id": of.id, "identifier": of.identifier, "document": of.document, "published": listens,
        "created_at": of.created_at, "created_by": of.created_by,
        "updated_at": of.updated_at, "updated_by": of.updated_by,
    }  # fmt: skip


def _workflow(row: Any) -> Workflow:
    return Workflow(
        row.id, row.identifier, row.document, row.created_at, row.created_by, row.updated_at, row.updated_by
    )
