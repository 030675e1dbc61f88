"""The change log for agents that poll: what a group of readers gets from Kafka's topic, without Kafka (agent contract
19, item 12).

A group has one cursor. Whoever claims the next batch has the cursor to itself until it acknowledges or its claim runs
out: messages of a group stay in order, none is lost, and a batch that was not acknowledged comes again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import select, update

from fairway.kit.clock import Clock, rfc3339, to_millis
from fairway.kit.crypto import SecretBox
from fairway.kit.errors import Conflict
from fairway.kit.jsonio import loads
from fairway.portal.access.credentials import signing_secret
from fairway.portal.audit.changelog.webhooks import has_destination
from fairway.portal.audit.records import change_message
from fairway.portal.caller import Caller
from fairway.portal.runs.claims import require_claimer
from fairway.portal.runs.delivery.change_requests import FeedClaim, cursor_text, parse_ack, parse_feed_claim
from fairway.portal.storage import Database, Tx
from fairway.portal.storage.consumers import start_at_end
from fairway.portal.storage.outbox import Cursor, Event, horizon, read_after
from fairway.portal.storage.tables import consumer
from fairway.wire.signatures import signed_message

_PREFIX = "change-feed:"
_SCAN = 5_000
"""Events looked over at a time."""
_POLL_SECONDS = 1.0
"""Other processes write, too: only the database knows."""

Gone = Callable[[], Awaitable[bool]]
"""Whether the claimer has hung up."""


@dataclass(frozen=True, slots=True)
class _Ahead:
    """What lies behind a group's cursor."""

    stored: Cursor
    reached: Cursor
    events: list[Event]
    """Those for agents."""


class ChangeFeed:
    """Hands out the change events whose destination says ``agent: true``."""

    def __init__(self, db: Database, clock: Clock, box: SecretBox) -> None:
        self._db = db
        self._clock = clock
        self._box = box

    async def claim(self, caller: Caller, body: dict[str, Any], gone: Gone, stopping: asyncio.Event) -> dict[str, Any]:
        """The next messages of a group, signed as on Kafka, and the cursor that acknowledges them. A new group begins
        with what comes from now on. Waits up to ``waitMs`` for the first message.

        Raises:
            Forbidden: the caller is neither an Admin nor credentials of the organisation.
            InvalidRequest: a key has another type, or ``agentId`` is missing.
        """
        require_claimer(caller)
        wanted = parse_feed_claim(body)
        loop = asyncio.get_running_loop()
        end = loop.time() + wanted.wait_ms / 1000
        passed = Cursor()
        while True:
            heard = self._db.wake.rings
            ahead = await self._look(wanted, passed)
            if ahead is not None and await self._hold(wanted, ahead):
                return await self._answer(wanted, ahead)
            left = end - loop.time()
            if left <= 0 or stopping.is_set() or await gone():
                return {"messages": [], "cursor": None, "claimedUntil": None}
            if ahead is not None and ahead.reached != max(ahead.stored, passed, key=_place):
                passed = ahead.reached  # nothing for agents so far; perhaps further on
            else:
                await self._db.wake.wait(min(left, _POLL_SECONDS), heard=heard)

    async def acknowledge(self, caller: Caller, body: dict[str, Any]) -> None:
        """Moves the cursor of a group behind a batch.

        Raises:
            Forbidden: the caller is neither an Admin nor credentials of the organisation.
            InvalidRequest: a key is missing or has another type.
            Conflict: the claim has run out, or was acknowledged.
        """
        require_claimer(caller)
        group, agent, cursor = parse_ack(body)
        now = self._now()
        mine = (consumer.c.lease_owner == agent) & (consumer.c.lease_until > now)
        moved = {"txid": cursor.txid, "event_id": cursor.event_id, "lease_until": now, "lease_owner": None}
        statement = update(consumer).where(consumer.c.name == _PREFIX + group, mine).values(moved)
        if not await self._db.write(lambda tx: tx.run(statement)):
            raise Conflict(
                f'Agent "{agent}" has no claim on the change log of group "{group}": it ran out, or was acknowledged'
            )

    async def _look(self, wanted: FeedClaim, passed: Cursor) -> _Ahead | None:
        """What comes next; none while another agent has the cursor."""
        name = _PREFIX + wanted.group
        row = await self._db.read(lambda tx: tx.row(select(consumer).where(consumer.c.name == name)))
        if row is None:
            stored = await self._db.write(lambda tx: start_at_end(tx, name))
        elif row.lease_until > self._now() and row.lease_owner != wanted.agent:
            return None
        else:
            stored = Cursor(row.txid, row.event_id)
        return await self._db.read(lambda tx: _after(tx, stored, passed, wanted.limit))

    async def _hold(self, wanted: FeedClaim, ahead: _Ahead) -> bool:
        """Takes the cursor, unless there is nothing to take or somebody was faster. A long way without anything for
        agents is stored, so that it is not gone again."""
        if not ahead.events and ahead.reached.event_id - ahead.stored.event_id < _SCAN:
            return False
        now = self._now()
        free = (consumer.c.lease_until <= now) | (consumer.c.lease_owner == wanted.agent)
        same = (consumer.c.txid == ahead.stored.txid) & (consumer.c.event_id == ahead.stored.event_id)
        values: dict[str, Any] = {"lease_owner": wanted.agent, "lease_until": now + wanted.visibility_ms}
        if not ahead.events:
            values = {"txid": ahead.reached.txid, "event_id": ahead.reached.event_id}
        statement = update(consumer).where(consumer.c.name == _PREFIX + wanted.group, free, same).values(values)
        taken = await self._db.write(lambda tx: tx.run(statement))
        return bool(taken and ahead.events)

    async def _answer(self, wanted: FeedClaim, ahead: _Ahead) -> dict[str, Any]:
        secret = await self._db.read(partial(signing_secret, box=self._box))
        now = self._now()
        messages = [loads(signed_message(change_message(event), secret, now // 1000)) for event in ahead.events]
        until = rfc3339(now + wanted.visibility_ms)
        return {"messages": messages, "cursor": cursor_text(ahead.reached), "claimedUntil": until}

    def _now(self) -> int:
        return to_millis(self._clock.now())


async def _after(tx: Tx, stored: Cursor, passed: Cursor, limit: int) -> _Ahead:
    cursor = max(stored, passed, key=_place)
    reached = await horizon(tx, cursor, _SCAN)
    if reached == cursor:
        return _Ahead(stored, cursor, [])
    events = await read_after(tx, cursor, limit, await has_destination(tx), reached)
    if len(events) == limit:
        reached = Cursor(events[-1].txid, events[-1].id)
    return _Ahead(stored, reached, [event for event in events if _for_agents(event)])


def _for_agents(event: Event) -> bool:
    destination = event.destination or {}
    return destination.get("type") == "WEBHOOK" and destination.get("agent") is True


def _place(cursor: Cursor) -> tuple[int, int]:
    return cursor.txid, cursor.event_id
