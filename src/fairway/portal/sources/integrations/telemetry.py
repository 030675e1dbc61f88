"""Use cases of what integrations report about themselves: logs, metrics, heartbeats, kinds, cursors."""

from __future__ import annotations

from typing import Any

from fairway.kit.clock import Clock, parse_instant, rfc3339, to_millis
from fairway.kit.errors import Conflict, InvalidRequest, NotFound
from fairway.kit.jsonio import dumps
from fairway.portal.access.decisions import require_admin
from fairway.portal.caller import Caller
from fairway.portal.http.requests import require
from fairway.portal.sources.integrations import metrics, repository, telemetry_repository
from fairway.portal.sources.integrations.service import require_integration
from fairway.portal.sources.integrations.telemetry_repository import LogFilter, LogLine, is_running
from fairway.portal.storage import Database, Tx

MAX_LINES = 1_000
"""Log lines taken from one batch; clients send about 120."""
_MAX_MESSAGE = 8_192
_MAX_EXTRA = 16_384
_MAX_EVENTS = 1_000
_MAX_EXAMPLES = 20
_FAR_MS = 366 * 86_400_000
_WHAT = "report telemetry of integrations"


class TelemetryService:
    """Stores and shows reports. None of them touches ``updatedAt`` of the integration (contract 8.2)."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def add_logs(self, caller: Caller, ingest_id: str, body: dict[str, Any]) -> None:
        """Stores a batch of log lines; of a batch that is too long, the newest.

        Raises:
            Forbidden: the caller is no Admin.
            InvalidRequest: ``logs`` is no list.
            NotFound: the ingest id is unknown.
        """
        require_admin(caller, _WHAT)
        now = to_millis(self._clock.now())
        lines = [_line(each, now) for each in require(body, "logs", list)[-MAX_LINES:] if isinstance(each, dict)]

        async def work(tx: Tx) -> None:
            found = await require_integration(tx, ingest_id, by_ingest_id=True)
            if lines:
                await telemetry_repository.append_logs(tx, found.id, lines)

        await self._db.write(work)

    async def logs(self, identifier: str, wanted: LogFilter) -> list[dict[str, Any]]:
        """Log lines, newest first.

        Raises:
            NotFound: nothing is registered under that id.
        """

        async def work(tx: Tx) -> list[Any]:
            found = await require_integration(tx, identifier)
            return await telemetry_repository.logs(tx, found.id, wanted)

        return [shown_line(row) for row in await self._db.read(work)]

    async def add_metrics(self, caller: Caller, ingest_id: str, events: list[Any]) -> None:
        """Stores metric events.

        Raises:
            Forbidden: the caller is no Admin.
            InvalidRequest: an event lacks its keys, or there are too many.
            NotFound: the ingest id is unknown.
        """
        require_admin(caller, _WHAT)
        if len(events) > _MAX_EVENTS:
            raise InvalidRequest(f"{len(events)} metric events in one report; at most {_MAX_EVENTS} are accepted")
        checked = [metrics.check_event(each) for each in events]
        now = to_millis(self._clock.now())

        async def work(tx: Tx) -> None:
            found = await require_integration(tx, ingest_id, by_ingest_id=True)
            for event in checked:
                state = metrics.state_of(event)
                await telemetry_repository.touch_sync(
                    tx, found.id, event["eventId"], now, **({"state": state} if state else {})
                )
                await telemetry_repository.save_metric(
                    tx, found.id, event["eventId"], event["kindIdentifier"], event, now
                )

        await self._db.write(work)

    async def heartbeat(self, caller: Caller, ingest_id: str, body: dict[str, Any]) -> bool:
        """Notes that a resync is alive; whether somebody asked for its end.

        Raises:
            Forbidden: the caller is no Admin.
            InvalidRequest: ``eventId`` is no text.
            NotFound: the ingest id is unknown.
        """
        require_admin(caller, _WHAT)
        event_id = metrics.key_text(body.get("eventId"), "eventId")
        now = to_millis(self._clock.now())

        async def work(tx: Tx) -> bool:
            found = await require_integration(tx, ingest_id, by_ingest_id=True)
            await telemetry_repository.touch_sync(tx, found.id, event_id, now, heartbeat_at=now)
            return await telemetry_repository.abort_requested(tx, found.id, event_id)

        return await self._db.write(work)

    async def abort(self, caller: Caller, identifier: str) -> str:
        """Asks the resync that is on to end; its integration reads that in the answer to its next heartbeat. The id
        of the resync.

        Raises:
            Conflict: none is on.
            Forbidden: the caller is no Admin.
            NotFound: nothing is registered under that id.
        """
        require_admin(caller, "end resyncs")
        now = to_millis(self._clock.now())

        async def work(tx: Tx) -> str:
            found = await require_integration(tx, identifier)
            newest = await telemetry_repository.syncs(tx, found.id, 1)
            if not newest or not is_running(newest[0], now):
                raise Conflict(f'No resync of integration "{identifier}" is on')
            await telemetry_repository.ask_abort(tx, found.id, newest[0].event_id, now)
            return str(newest[0].event_id)

        return await self._db.write(work)

    async def sync_metrics(self, identifier: str, event_id: str | None) -> list[dict[str, Any]]:
        """Metric events of one resync, or of all kept ones.

        Raises:
            NotFound: nothing is registered under that id.
        """

        async def work(tx: Tx) -> Any:
            found = await require_integration(tx, identifier)
            return await telemetry_repository.metrics(tx, found.id, event_id)

        return [metrics.shown(row) for row in await self._db.read(work)]

    async def syncs(self, identifier: str) -> list[dict[str, Any]]:
        """Resyncs with their states, newest first.

        Raises:
            NotFound: nothing is registered under that id.
        """

        async def work(tx: Tx) -> Any:
            found = await require_integration(tx, identifier)
            return await telemetry_repository.syncs(tx, found.id, None)

        return [shown_sync(row) for row in await self._db.read(work)]

    async def add_examples(self, caller: Caller, identifier: str, kind: str, body: dict[str, Any]) -> None:
        """Replaces the examples of a kind.

        Raises:
            Forbidden: the caller is no Admin.
            InvalidRequest: ``examples`` is no list, or there are too many kinds.
            NotFound: nothing is registered under that id.
        """
        require_admin(caller, _WHAT)
        examples = require(body, "examples", list)[:_MAX_EXAMPLES]
        name, now = metrics.key_text(kind, "kind"), to_millis(self._clock.now())

        async def work(tx: Tx) -> None:
            found = await require_integration(tx, identifier)
            if not await repository.save_examples(tx, found.id, name, examples, now):
                raise InvalidRequest(f'Integration "{identifier}" has over {repository.MAX_KINDS} kinds already')

        await self._db.write(work)

    async def kinds(self, identifier: str) -> dict[str, Any]:
        """Examples by kind.

        Raises:
            NotFound: nothing is registered under that id.
        """

        async def work(tx: Tx) -> Any:
            found = await require_integration(tx, identifier)
            return await repository.kinds(tx, found.id)

        return {
            row.kind: {"examples": [{"_id": f"{row.kind}-{at}", "data": each} for at, each in enumerate(row.examples)]}
            for row in await self._db.read(work)
        }

    async def cursor(self, identifier: str, kind: str, position: int) -> dict[str, Any] | None:
        """The cursor of a kind, if it has one.

        Raises:
            NotFound: nothing is registered under that id.
        """

        async def work(tx: Tx) -> dict[str, Any] | None:
            found = await require_integration(tx, identifier)
            return await repository.cursor(tx, found.id, kind, position)

        return await self._db.read(work)

    async def set_cursor(
        self, caller: Caller, identifier: str, kind: str, position: int, body: dict[str, Any], *, create: bool
    ) -> dict[str, Any]:
        """Moves a cursor; ``create`` makes it when it is missing.

        Raises:
            Forbidden: the caller is no Admin.
            InvalidRequest: ``primary`` is missing.
            NotFound: nothing is registered under that id, or there is no cursor and ``create`` is false.
        """
        require_admin(caller, _WHAT)
        require(body, "primary", str)
        name = metrics.key_text(kind, "kind")

        async def work(tx: Tx) -> None:
            found = await require_integration(tx, identifier)
            if create:
                await repository.put_cursor(tx, found.id, name, position, body)
            elif not await repository.update_cursor(tx, found.id, name, position, body):
                raise NotFound(f'Integration "{identifier}" has no cursor for kind "{name}" at index {position}')

        await self._db.write(work)
        return body


def shown_line(row: Any) -> dict[str, Any]:
    """A stored log line as the wire shows it."""
    return {
        "id": str(row.id),
        "timestamp": rfc3339(row.at),
        "level": row.level,
        "message": row.message,
        "eventId": row.event_id,
        "extra": row.extra,
    }


def shown_sync(row: Any) -> dict[str, Any]:
    """A resync as the wire shows it."""
    return {
        "eventId": row.event_id,
        "syncState": row.state,
        "createdAt": rfc3339(row.created_at),
        "updatedAt": rfc3339(row.updated_at),
    }


def _line(body: dict[str, Any], now: int) -> LogLine:
    extra = body["extra"] if isinstance(body.get("extra"), dict) else {}
    if len(dumps(extra)) > _MAX_EXTRA:
        extra = {"truncated": True}
    found = next((extra[key] for key in ("eventId", "event_id") if isinstance(extra.get(key), str)), None)
    level = str(body.get("level") or "INFO").upper()[:16]
    message = str(body.get("message", ""))[:_MAX_MESSAGE]
    return LogLine(_written_at(body.get("timestamp"), now), level, found, message, extra)


def _written_at(stamp: Any, now: int) -> int:
    """The time a client gives its line, unless it is none or lies far from the truth."""
    instant = parse_instant(str(stamp))
    millis = now if instant is None else to_millis(instant)
    return millis if abs(millis - now) < _FAR_MS else now
