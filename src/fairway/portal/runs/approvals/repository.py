"""SQL of approvals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select, update

from fairway.portal.actions.access.model import Approver, ApproveRule
from fairway.portal.runs.approvals.tally import State
from fairway.portal.runs.tables import run, run_approval, run_approval_request
from fairway.portal.storage import Tx

_COLUMNS = ("run_id", "email", "user_id", "state")


@dataclass(frozen=True, slots=True)
class Request:
    """What was asked for a run."""

    run_id: str
    rule: ApproveRule
    expires_at: int | None
    """Milliseconds."""
    starters: frozenset[str] = frozenset()
    """Principals who started the run, by whatever way."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Somebody who was asked, or decided without being asked by name."""

    email: str
    """As its owner spells it; the client id of organisation credentials."""
    user_id: str | None
    state: State
    description: str | None = None
    decided_at: int | None = None


async def insert(tx: Tx, request: Request, approvers: Sequence[Approver], now: int) -> None:
    """Stores a request and everybody who is asked."""
    rule = {**request.rule.document(), "starters": sorted(request.starters)}
    values = {"rule": rule, "expires_at": request.expires_at, "created_at": now}
    await tx.run(run_approval_request.insert().values(run_id=request.run_id, **values))
    rows = [(request.run_id, each.email, each.user_id, "PENDING") for each in approvers]
    if rows:
        await tx.insert_many(run_approval, _COLUMNS, rows)


async def find_request(tx: Tx, run_id: str) -> Request | None:
    """What was asked for a run, if anything."""
    row = await tx.row(select(run_approval_request).where(run_approval_request.c.run_id == run_id))
    if row is None:
        return None
    return Request(run_id, ApproveRule.of(row.rule), row.expires_at, frozenset(row.rule.get("starters") or ()))


async def answers(tx: Tx, run_id: str) -> list[Answer]:
    """Everybody who was asked, by e-mail."""
    columns = run_approval.c
    wanted = (columns.email, columns.user_id, columns.state, columns.description, columns.decided_at)
    rows = await tx.rows(select(*wanted).where(columns.run_id == run_id).order_by(columns.email))
    return [Answer(**row._mapping) for row in rows]


async def decide(tx: Tx, run_id: str, answer: Answer) -> None:
    """Stores what somebody said."""
    values = {
        "run_id": run_id, "email": answer.email, "user_id": answer.user_id, "state": answer.state,
        "description": answer.description, "decided_at": answer.decided_at,
    }  # fmt: skip
    await tx.upsert(run_approval, values, ["run_id", "email"])


async def notified(tx: Tx, run_id: str, emails: Sequence[str] | None, now: int) -> None:
    """Notes that people were told; all of them when no e-mails are given."""
    statement = update(run_approval).where(run_approval.c.run_id == run_id, run_approval.c.notified_at.is_(None))
    if emails is not None:
        statement = statement.where(tx.any_of(run_approval.c.email, emails))
    await tx.run(statement.values(notified_at=now))


async def waiting_runs(tx: Tx, limit: int) -> list[str]:
    """Runs that wait for approval, oldest first."""
    statement = select(run.c.id).where(run.c.status == "WAITING_FOR_APPROVAL").order_by(run.c.number).limit(limit)
    return [row.id for row in await tx.rows(statement)]
