"""Entities that a run touched: written with its ``run_id`` while it was in progress (contract 7.5)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from fairway.kit.clock import rfc3339
from fairway.portal.audit.visibility import sight as event_sight
from fairway.portal.caller import Caller
from fairway.portal.runs.model import Run
from fairway.portal.runs.sight import Sight
from fairway.portal.runs.steps import Tools
from fairway.portal.storage import Tx
from fairway.portal.storage.outbox import Event, as_event
from fairway.portal.storage.tables import event

MAX_EVENTS = 10_000
"""Changes of a run that are looked at."""


class AffectedEntities:
    """Read from the events of the run."""

    def __init__(self, tools: Tools, sight: Sight) -> None:
        self._tools = tools
        self._sight = sight

    async def of(self, caller: Caller, run_id: str) -> list[dict[str, Any]]:
        """``[{blueprint, identifier, title, action, updatedAt}]`` in the order in which they were touched first;
        ``action`` is what became of them in the end: ``CREATE``, ``UPDATE`` or ``DELETE``. What the caller may not read
        is left out.

        Raises:
            NotFound: there is no run that the caller may see.
        """

        async def work(tx: Tx) -> list[Event]:
            run = await self._sight.require(tx, caller, run_id)
            seer = event_sight(caller, await self._tools.schemas.current(tx))
            return [each for each in await _events(tx, run) if seer.sees(each)]

        return _summed_up(await self._tools.db.read(work))


async def _events(tx: Tx, run: Run) -> list[Event]:
    wanted = [event.c.run_id == run.id, event.c.resource_type == "entity", event.c.status == "SUCCESS"]
    if run.ended_at is not None:
        wanted.append(event.c.at <= run.ended_at)
    statement = select(event).where(*wanted).order_by(event.c.id).limit(MAX_EVENTS)
    return [as_event(row) for row in await tx.rows(statement)]


def _summed_up(events: list[Event]) -> list[dict[str, Any]]:
    found: dict[tuple[str | None, str | None], dict[str, Any]] = {}
    for each in events:
        before = found.get((each.blueprint, each.entity))
        document = each.diff.get("after") or each.diff.get("before") or {}
        found[each.blueprint, each.entity] = {
            "blueprint": each.blueprint,
            "identifier": each.entity,
            "title": document.get("title"),
            "action": _together(None if before is None else before["action"], each.action),
            "updatedAt": rfc3339(each.at),
        }
    return list(found.values())


def _together(before: str | None, action: str) -> str:
    """What was made and then changed was made."""
    return "CREATE" if before == "CREATE" and action == "UPDATE" else action
