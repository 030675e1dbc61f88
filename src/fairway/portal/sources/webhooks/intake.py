"""Taking payloads in: stored with their job in one transaction, answered at once (contract 9.3)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fairway.kit.clock import Clock, to_millis
from fairway.kit.errors import NotFound, RateLimited
from fairway.kit.ids import random_id
from fairway.portal.sources.webhooks import repository
from fairway.portal.sources.webhooks.model import Payload
from fairway.portal.storage import Database, Tx
from fairway.portal.storage.jobs import enqueue

JOB = "webhook"
_MAX_WAITING = 5_000
_MAX_WAITING_BYTES = 256 * 1024 * 1024
"""Events of one webhook that may wait; what comes then is told to come again later."""


class IntakeService:
    """Accepts payloads of any content; whether they are any good is found out later."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def receive(self, webhook_key: str, payload: Payload) -> str:
        """Stores a payload and answers the id of its event. A disabled webhook drops it, on record.

        Raises:
            NotFound: no webhook has this key.
            RateLimited: too much waits already.
        """
        event_id, now = random_id("whe_"), to_millis(self._clock.now())

        async def work(tx: Tx) -> None:
            found = await repository.find(tx, webhook_key=webhook_key)
            if found is None:
                raise NotFound(f'Webhook with key "{webhook_key}" was not found')
            if found.document.get("enabled") is False:
                await repository.add_event(tx, event_id, found.id, now, payload, "dropped")
                await repository.trim(tx, found.id)
                return
            waiting, size = await repository.backlog(tx, found.id)
            if waiting >= _MAX_WAITING or size >= _MAX_WAITING_BYTES:
                raise RateLimited(f"{waiting} payloads of this webhook ({size} bytes) wait already; send again later")
            await repository.add_event(tx, event_id, found.id, now, payload, "pending")
            await enqueue(tx, JOB, event_id, {"webhook": found.id}, now=now)

        await self._db.write(work)
        return event_id


def payload_of(headers: Iterable[tuple[str, str]], query: Iterable[tuple[str, str]], body: bytes) -> Payload:
    """A payload from what a request carries. Repeated headers are joined, repeated parameters become a list."""
    joined: dict[str, str] = {}
    for name, value in headers:
        key = name.lower()
        joined[key] = f"{joined[key]}, {value}" if key in joined else value
    parameters: dict[str, Any] = {}
    for name, value in query:
        known = parameters.get(name)
        parameters[name] = value if known is None else [*known, value] if isinstance(known, list) else [known, value]
    return Payload(_storable(joined), _storable(parameters), body)


def _storable(value: Any) -> Any:
    """Without the NUL characters that PostgreSQL cannot keep."""
    if isinstance(value, dict):
        return {_storable(key): _storable(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_storable(item) for item in value]
    return value.replace("\0", "\ufffd") if isinstance(value, str) else value
