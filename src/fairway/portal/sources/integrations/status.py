"""How an integration is doing, on one page: for the UI and for people with curl."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fairway.kit.clock import Clock, rfc3339, to_millis
from fairway.portal.sources.integrations import metrics, telemetry_repository
from fairway.portal.sources.integrations.details import kind_details, run_details
from fairway.portal.sources.integrations.model import Integration
from fairway.portal.sources.integrations.service import require_integration
from fairway.portal.sources.integrations.telemetry import shown_line
from fairway.portal.sources.integrations.telemetry_repository import LogFilter, is_lost
from fairway.portal.storage import Database, Tx

_RECENT_SYNCS = 10
_RECENT_LINES = 20
_BAD = ("WARNING", "ERROR", "CRITICAL", "FATAL")


@dataclass(frozen=True, slots=True)
class _Facts:
    row: Integration
    syncs: list[Any]
    events: list[Any]
    lines: list[Any]
    problems: list[Any]


class StatusService:
    """Puts state, last resync, counts and recent log lines together."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def read(self, identifier: str) -> dict[str, Any]:
        """The summary.

        Raises:
            NotFound: nothing is registered under that id.
        """
        facts = await self._db.read(lambda tx: _facts(tx, identifier))
        requested = facts.row.resync_requested_at
        now = to_millis(self._clock.now())
        return {
            **facts.row.summary(),
            "resyncRequestedAt": None if requested is None else rfc3339(requested),
            "lastSync": _sync(facts.syncs[0], now, facts.events) if facts.syncs else None,
            "recentSyncs": [_sync(row, now, []) for row in facts.syncs],
            "recentProblems": [shown_line(row) for row in facts.problems],
            "recentLogs": [shown_line(row) for row in facts.lines],
        }


async def _facts(tx: Tx, identifier: str) -> _Facts:
    row = await require_integration(tx, identifier)
    syncs = list(await telemetry_repository.syncs(tx, row.id, _RECENT_SYNCS))
    events = await telemetry_repository.metrics(tx, row.id, syncs[0].event_id) if syncs else []
    lines = await telemetry_repository.logs(tx, row.id, LogFilter(_RECENT_LINES))
    problems = await telemetry_repository.logs(tx, row.id, LogFilter(_RECENT_LINES, levels=_BAD))
    return _Facts(row, syncs, list(events), lines, problems)


def _sync(row: Any, now: int, events: list[Any]) -> dict[str, Any]:
    answer = {
        "eventId": row.event_id,
        "state": "lost" if is_lost(row, now) else row.state,
        "startedAt": rfc3339(row.created_at),
        "updatedAt": rfc3339(row.updated_at),
        "heartbeatAt": None if row.heartbeat_at is None else rfc3339(row.heartbeat_at),
        "abortRequestedAt": None if row.abort_requested_at is None else rfc3339(row.abort_requested_at),
    }
    if not events:
        return answer
    kinds = [_kind(event.document) for event in events if not event.kind_identifier.startswith("__")]
    totals: dict[str, int] = {}
    for event in events:
        for name, count in metrics.counts(event.document).items():
            totals[name] = totals.get(name, 0) + count
    whole = next((run_details(each.document) for each in events if each.kind_identifier == metrics.RUNTIME), None)
    return {**answer, "kinds": kinds, "totals": totals, "details": whole}


def _kind(event: dict[str, Any]) -> dict[str, Any]:
    shown = {key: event.get(key) for key in ("kindIdentifier", "kind", "kindIndex", "syncState")}
    return {**shown, "counts": metrics.counts(event), "details": kind_details(event)}
