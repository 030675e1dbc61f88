"""SQL of run logs, of action runs and of workflow node runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from fairway.kit.jsonio import dumps_text
from fairway.portal.runs.tables import run_log
from fairway.portal.storage import Tx

_COLUMNS = ("number", "run_id", "line", "level", "message", "status_label", "created_by", "created_at")
_LAST = "SELECT {each}, (SELECT line FROM run_log WHERE run_id = {each} ORDER BY number DESC LIMIT 1) FROM {given}"


_LINES = select(*(run_log.c[name] for name in _COLUMNS))


@dataclass(frozen=True, slots=True)
class LogLine:
    """A stored line; ``line`` is its place in the log of its run, from 1."""

    number: int
    run_id: str
    line: int
    level: str
    message: str
    status_label: str | None
    created_by: str
    created_at: int


async def line_counts(tx: Tx, run_ids: Sequence[str]) -> dict[str, int]:
    """How many lines each run has."""
    if tx.dialect == "postgresql":
        rows = await tx.raw(_LAST.format(each="id", given="unnest($1::text[]) AS given(id)"), list(run_ids))
    else:
        rows = await tx.raw(_LAST.format(each="value", given="json_each(?)"), dumps_text(list(run_ids)))
    return {row[0]: row[1] or 0 for row in rows}


async def insert(tx: Tx, lines: Sequence[LogLine]) -> None:
    """Appends lines."""
    values = [tuple(getattr(each, name) for name in _COLUMNS) for each in lines]
    await tx.insert_many(run_log, _COLUMNS, values)


async def page(tx: Tx, run_id: str, limit: int, offset: int) -> list[LogLine]:
    """Lines in the order in which they came."""
    statement = _LINES.where(run_log.c.run_id == run_id).order_by(run_log.c.number)
    return [_line(row) for row in await tx.rows(statement.limit(limit).offset(offset))]


async def behind(tx: Tx, run_id: str, number: int, limit: int) -> list[LogLine]:
    """The next lines behind one."""
    wanted = (run_log.c.run_id == run_id, run_log.c.number > number)
    return [_line(row) for row in await tx.rows(_LINES.where(*wanted).order_by(run_log.c.number).limit(limit))]


async def numbers_behind(tx: Tx, run_id: str, number: int, limit: int) -> list[int]:
    """The numbers of the next lines behind one: their index answers it."""
    wanted = (run_log.c.run_id == run_id, run_log.c.number > number)
    statement = select(run_log.c.number).where(*wanted).order_by(run_log.c.number).limit(limit)
    return [int(row[0]) for row in await tx.rows(statement)]


async def numbered(tx: Tx, numbers: Sequence[int]) -> list[LogLine]:
    """Lines by their numbers."""
    wanted = tx.any_of(run_log.c.number, list(numbers))
    return [_line(row) for row in await tx.rows(_LINES.where(wanted).order_by(run_log.c.number))]


def _line(row: Any) -> LogLine:
    return LogLine(*row)
