"""Log lines of node runs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, get_args

from fairway.kit.clock import rfc3339
from fairway.kit.errors import InvalidRequest
from fairway.portal.caller import Caller
from fairway.portal.http.requests import require
from fairway.portal.runs import log_repository
from fairway.portal.runs.log_repository import LogLine
from fairway.portal.storage import Tx

Level = Literal["INFO", "WARN", "ERROR", "DEBUG"]
MAX_LINES = 1000
"""In one request."""
MAX_MESSAGE = 65_536
"""Characters of a line; what is longer is cut."""


async def write_in(tx: Tx, node_run_id: str, lines: Sequence[tuple[str, str]], caller: Caller, now: int) -> None:
    """Appends lines, each a level and a message."""
    if not lines:
        return
    last = (await log_repository.line_counts(tx, [node_run_id]))[node_run_id]
    numbers = await tx.allocate_ids("run_log", len(lines))
    rows = [
        LogLine(number, node_run_id, last + at, level, message[:MAX_MESSAGE], None, caller.principal_id, now)
        for at, (number, (level, message)) in enumerate(zip(numbers, lines, strict=True), 1)
    ]
    await log_repository.insert(tx, rows)


async def room_in(tx: Tx, node_run_id: str, max_lines: int) -> int:
    """How many more lines a log may take; the portal's own are not counted out."""
    return max(0, max_lines - (await log_repository.line_counts(tx, [node_run_id]))[node_run_id])


async def page_in(tx: Tx, node_run_id: str, limit: int, offset: int) -> list[dict[str, Any]]:
    """Lines as the wire shows them, oldest first (contract 7.4)."""
    return [_shown(line) for line in await log_repository.page(tx, node_run_id, limit, offset)]


def parse_lines(body: dict[str, Any]) -> list[tuple[str, str]]:
    """``logs`` of a body.

    Raises:
        InvalidRequest: they are malformed, or too many.
    """
    lines = require(body, "logs", list)
    if len(lines) > MAX_LINES:
        raise InvalidRequest(f'"logs" holds {len(lines)} lines; at most {MAX_LINES} are accepted at a time')
    found = []
    for at, line in enumerate(lines):
        if not isinstance(line, dict):
            raise InvalidRequest(f"logs[{at}] must be an object with level and message")
        level = str(line.get("level") or "INFO").upper()
        if level not in get_args(Level):
            raise InvalidRequest(f'"level" in logs[{at}] must be one of {", ".join(get_args(Level))}')
        found.append((level, require(line, "message", str, where=f"logs[{at}]")))
    return found


def _shown(row: LogLine) -> dict[str, Any]:
    return {
        "id": str(row.number),
        "nodeRunIdentifier": row.run_id,
        "level": row.level,
        "message": row.message,
        "createdBy": row.created_by,
        "createdAt": rfc3339(row.created_at),
    }
