"""SQL of runs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import Select, delete, func, select

from fairway.kit.jsonio import dumps_text
from fairway.portal.actions.access.model import ApproveRule
from fairway.portal.runs.model import Run
from fairway.portal.runs.tables import run, run_approval, run_approval_request, run_log, run_queue
from fairway.portal.storage import Tx
from fairway.portal.storage.types import Document

_DERIVED = frozenset({"pending", "claimed_until", "claimed_by"})
"""The last fields of a run, from the queue."""
_COLUMNS = tuple(each.name for each in fields(Run) if each.name not in _DERIVED)
_DOCUMENTS = frozenset(name for name in _COLUMNS if isinstance(run.c[name].type, Document))
_STATE = (
    "status", "status_label", "summary", "link", "approval", "response", "external_run_id", "terminal_log",
    "updated_by", "updated_at", "ended_at",
)  # fmt: skip
"""What changes after a run was made."""
_RENDERED = ("payload", "secret", "queue", "labels")
"""What rendering adds, once."""


def selection() -> Select[Any]:
    """Runs with their place in the queue; :func:`as_run` reads its rows. The columns have the order of the fields."""
    waiting = (
        run_queue.c.number.is_not(None).label("pending"),
        func.coalesce(run_queue.c.claimed_until, 0).label("claimed_until"),
        run_queue.c.claimed_by,
    )
    joined = run.outerjoin(run_queue, run_queue.c.number == run.c.number)
    return select(*(run.c[name] for name in _COLUMNS), *waiting).select_from(joined)


def as_run(row: Any) -> Run:
    """A row of :func:`selection`."""
    return Run(*row)


async def find(tx: Tx, run_id: str, *, lock: bool = False) -> Run | None:
    """One run; ``lock`` keeps others from changing it until the transaction ends."""
    return (await find_many(tx, [run_id], lock=lock)).get(run_id)


async def find_many(tx: Tx, ids: Iterable[str], *, lock: bool = False) -> dict[str, Run]:
    """Runs by id; those that are gone are left out."""
    statement = selection().where(tx.any_of(run.c.id, list(ids)))
    if lock and tx.dialect == "postgresql":
        statement = statement.order_by(run.c.number).with_for_update(of=run)
    return {row.id: as_run(row) for row in await tx.rows(statement)}


async def insert(tx: Tx, fresh: Run) -> None:
    """Stores a new run."""
    await tx.insert_many(run, _COLUMNS, [_values(fresh, _COLUMNS)])


async def save(tx: Tx, changed: Sequence[Run]) -> None:
    """Stores what changes after a run was made."""
    await tx.update_many(run, _STATE, [(*_values(each, _STATE), each.id) for each in changed])


async def save_rendered(tx: Tx, rendered: Run) -> None:
    """Stores what rendering added."""
    await tx.update_many(run, _RENDERED, [(*_values(rendered, _RENDERED), rendered.id)])


async def asked_to_approve(tx: Tx, ids: Iterable[str], user_id: str, email: str | None) -> set[str]:
    """Which of these runs somebody is, or was, asked to approve."""
    asked = run_approval.c.user_id == user_id
    if email is not None:
        asked = asked | (func.lower(run_approval.c.email) == email.lower())
    statement = select(run_approval.c.run_id).where(tx.any_of(run_approval.c.run_id, list(ids)), asked)
    return {row.run_id for row in await tx.rows(statement)}


async def approve_rules(tx: Tx, ids: Sequence[str]) -> dict[str, ApproveRule]:
    """Who may approve each of these runs, however late they come to it."""
    if not ids:
        return {}
    wanted = tx.any_of(run_approval_request.c.run_id, list(ids))
    rows = await tx.rows(select(run_approval_request.c.run_id, run_approval_request.c.rule).where(wanted))
    return {row.run_id: ApproveRule.of(row.rule) for row in rows}


async def ended_before(tx: Tx, cutoff: int, limit: int) -> list[str]:
    """The oldest runs that ended before ``cutoff``."""
    statement = select(run.c.id).where(run.c.ended_at < cutoff).order_by(run.c.ended_at).limit(limit)
    return [row.id for row in await tx.rows(statement)]


async def silent_since(tx: Tx, cutoff: int, limit: int, run_id: str | None = None) -> list[Run]:
    """Runs in progress (or that one of them) that neither changed nor logged anything since ``cutoff``, and that nobody
    has kept claimed."""
    heard = select(run_log.c.number).where(run_log.c.run_id == run.c.id, run_log.c.created_at >= cutoff).exists()
    kept = func.coalesce(run_queue.c.claimed_until, 0) >= cutoff
    quiet = [run.c.status == "IN_PROGRESS", run.c.updated_at < cutoff, ~heard, ~kept]
    if run_id is not None:
        quiet.append(run.c.id == run_id)
    return [as_run(row) for row in await tx.rows(selection().where(*quiet).order_by(run.c.number).limit(limit))]


async def remove(tx: Tx, ids: Sequence[str]) -> None:
    """Deletes runs with their logs, approvals and places in the queue."""
    approvals = (run_approval.c.run_id, run_approval_request.c.run_id)
    for column in (run_log.c.run_id, *approvals, run_queue.c.run_id, run.c.id):
        await tx.run(delete(column.table).where(tx.any_of(column, ids)))


def _values(source: Run, names: Sequence[str]) -> tuple[Any, ...]:
    return tuple(_stored(name, getattr(source, name)) for name in names)


def _stored(name: str, value: Any) -> Any:
    return dumps_text(value) if name in _DOCUMENTS and value is not None else value
