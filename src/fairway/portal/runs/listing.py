"""Lists of runs, newest first, filtered in SQL (contract 7.1, 15.6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, func, not_, select

from fairway.kit.errors import InvalidRequest
from fairway.portal.caller import Caller
from fairway.portal.catalog.search.cursors import decode_cursor, encode_cursor
from fairway.portal.runs.model import Run
from fairway.portal.runs.repository import as_run, selection
from fairway.portal.runs.sight import Sight
from fairway.portal.runs.tables import run, run_approval
from fairway.portal.storage import Tx

MAX_LIMIT = 1000
ACTIVE = ("IN_PROGRESS", "WAITING_FOR_APPROVAL")
SOURCES = ("UI", "API", "AUTOMATION")
_MOST_PAGES = 20
"""Bounds the search for runs that the caller may see when nearly all others are hidden."""


@dataclass(frozen=True, slots=True)
class RunFilter:
    """The query parameters of contract 7.1; all that are set must hold."""

    entity: str | None = None
    blueprint: str | None = None
    active: bool | None = None
    """In progress or waiting for approval; false: ended."""
    user_email: str | None = None
    user_id: str | None = None
    external_run_id: str | None = None
    actions: Sequence[str] = ()
    sources: Sequence[str] = ()
    statuses: Sequence[str] = ()
    awaiting_me: bool = False
    """Only those that the caller was asked to approve and has not decided about."""
    exclude: Sequence[str] = ()
    """Actions whose runs are left out."""
    limit: int = MAX_LIMIT
    cursor: str | None = None

    def check(self) -> None:
        """Refuses words that mean nothing.

        Raises:
            InvalidRequest: a source is unknown.
        """
        for source in self.sources:
            if source not in SOURCES:
                raise InvalidRequest(f'"source" must be one of {", ".join(SOURCES)}, not "{source[:50]}"')


@dataclass(frozen=True, slots=True)
class Page:
    """Runs, and where the next page begins."""

    runs: list[Run]
    next: str | None


async def page(tx: Tx, sight: Sight, caller: Caller, wanted: RunFilter) -> Page:
    """The newest runs that fit and that the caller may see."""
    statement = selection().where(*_clauses(tx, wanted)).order_by(run.c.number.desc())
    if wanted.awaiting_me:
        statement = statement.where(run.c.status == "WAITING_FOR_APPROVAL", run.c.id.in_(_asked(caller)))
    candidates = await sight.candidates(tx, caller)
    if candidates is not None:
        statement = statement.where(candidates)
    before = None if not wanted.cursor else decode_cursor(wanted.cursor, (int,))[0]
    found: list[Run] = []
    for _ in range(_MOST_PAGES):
        rows = await _rows(tx, statement, before, wanted.limit + 1)
        found += await sight.visible(tx, caller, rows)
        if len(found) > wanted.limit or len(rows) <= wanted.limit:
            break
        before = rows[-1].number
    following = encode_cursor(found[wanted.limit - 1].number) if len(found) > wanted.limit else None
    return Page(found[: wanted.limit], following)


def _asked(caller: Caller) -> Select[Any]:
    mine = run_approval.c.user_id == caller.principal_id
    if caller.email is not None:
        mine = mine | (run_approval.c.user_id.is_(None) & (func.lower(run_approval.c.email) == caller.email.lower()))
    return select(run_approval.c.run_id).where(mine, run_approval.c.state == "PENDING")


async def newest_of_action(tx: Tx, action: str) -> Run | None:
    """The newest run of an action."""
    row = await tx.row(selection().where(run.c.action == action).order_by(run.c.number.desc()).limit(1))
    return None if row is None else as_run(row)


async def _rows(tx: Tx, statement: Select[Any], before: int | None, limit: int) -> list[Run]:
    older = statement if before is None else statement.where(run.c.number < before)
    return [as_run(row) for row in await tx.rows(older.limit(limit))]


def _clauses(tx: Tx, wanted: RunFilter) -> list[ColumnElement[bool]]:
    equal = {
        run.c.entity: wanted.entity, run.c.blueprint: wanted.blueprint, run.c.created_by: wanted.user_id,
        run.c.external_run_id: wanted.external_run_id,
    }  # fmt: skip
    clauses: list[ColumnElement[bool]] = [column == value for column, value in equal.items() if value is not None]
    if wanted.user_email is not None:
        clauses.append(func.lower(run.c.creator_email) == wanted.user_email.lower())
    if wanted.active is not None:
        active = run.c.status.in_(ACTIVE)
        clauses.append(active if wanted.active else not_(active))
    for column, values in ((run.c.action, wanted.actions), (run.c.source, wanted.sources)):
        if values:
            clauses.append(tx.any_of(column, values))
    if wanted.statuses:
        clauses.append(tx.any_of(run.c.status, wanted.statuses))
    if wanted.exclude:
        clauses.append(not_(tx.any_of(run.c.action, wanted.exclude)))
    return clauses
