"""How properties of an entity changed: ``POST /v1/entities/properties-history``, from the log of changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select

from fairway.kit.clock import Clock, to_millis
from fairway.kit.errors import NotFound
from fairway.portal.caller import Caller
from fairway.portal.catalog.search.aggregate import text
from fairway.portal.catalog.search.bind import value_of
from fairway.portal.catalog.search.over_time import names
from fairway.portal.catalog.search.service import SearchService
from fairway.portal.catalog.search.timeline import Timeline, parse_timeline
from fairway.portal.storage.database import Database
from fairway.portal.storage.tables import event
from fairway.portal.storage.tx import Tx

_PAGE = 500
"""Changes read at a time."""


class HistoryService:
    """Reads histories."""

    def __init__(self, db: Database, clock: Clock, search: SearchService) -> None:
        self._db = db
        self._clock = clock
        self._search = search

    async def history(self, caller: Caller, body: Mapping[str, Any]) -> dict[str, Any]:
        """The ``result`` of the route: for each interval the values at its end.

        Raises:
            InvalidRequest: the body is malformed.
            NotFound: the blueprint or the entity does not exist, or the caller may not read it.
        """
        blueprint, identifier = text(body, "blueprintIdentifier"), text(body, "entityIdentifier")
        wanted = names(body, "propertyNames")
        timeline = parse_timeline(body, to_millis(self._clock.now()))
        if await self._search.readable(caller, blueprint, identifier) is None:
            raise NotFound(f'Entity with identifier "{identifier}" was not found in blueprint "{blueprint}"')
        changes = await self._db.read(lambda tx: _changes(tx, blueprint, identifier, wanted, timeline))
        return {"minDate": timeline.low, "maxDate": timeline.high, "data": _points(changes, wanted, timeline)}


Change = tuple[int, tuple[Any, ...]]
"""When, and the values from then on."""


async def _changes(tx: Tx, blueprint: str, identifier: str, wanted: Sequence[str], timeline: Timeline) -> list[Change]:
    """Changes up to the end of the range; of those before it only what they led to."""
    found: list[Change] = []
    position = 0
    while True:
        statement = (
            select(event.c.id, event.c.at, event.c.diff)
            .where(event.c.blueprint == blueprint, event.c.entity == identifier, event.c.id > position)
            .where(event.c.resource_type == "entity", event.c.status == "SUCCESS", event.c.at <= timeline.high)
            .order_by(event.c.id)
            .limit(_PAGE)
        )
        rows = await tx.rows(statement)
        for row in rows:
            after = (row.diff or {}).get("after") or {}
            values = tuple(value_of(name, after) for name in wanted)
            if found and found[-1][0] < timeline.low and row.at < timeline.low:
                found.pop()
            if not found or found[-1][1] != values:
                found.append((row.at, values))
        if len(rows) < _PAGE:
            return found
        position = rows[-1].id


def _points(changes: list[Change], wanted: Sequence[str], timeline: Timeline) -> list[dict[str, Any]]:
    points = []
    at = 0
    values: tuple[Any, ...] = (None,) * len(wanted)
    for number, start in enumerate(timeline.starts):
        while at < len(changes) and changes[at][0] <= timeline.end(number):
            values = changes[at][1]
            at += 1
        points.append({"date": start, **dict(zip(wanted, values, strict=True))})
    return points
