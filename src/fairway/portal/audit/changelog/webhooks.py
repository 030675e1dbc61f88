"""Posting change events to webhooks: in order for each resource, again until the receiver takes them."""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Sequence
from typing import Protocol

from sqlalchemy import ColumnElement

from fairway.kit.clock import Clock, to_millis
from fairway.kit.errors import FairwayError
from fairway.kit.http import HttpClient
from fairway.kit.jsonio import dumps
from fairway.kit.logs import get_logger
from fairway.portal.audit.changelog import repository
from fairway.portal.audit.changelog.repository import Claimed
from fairway.portal.audit.records import change_message, event_identifier
from fairway.portal.storage import Database, Tx
from fairway.portal.storage.consumers import Consumer
from fairway.portal.storage.jobs import Job, JobHandler, enqueue
from fairway.portal.storage.outbox import Event
from fairway.portal.storage.tables import event as table
from fairway.wire.signatures import signature_headers
from fairway.wire.stable import dumps_stable

KIND = "changelog_webhook"
MAX_ATTEMPTS = 12
"""With pauses that double from 2 s to an hour: about two and a half hours."""
_TIMEOUT_SECONDS = 10.0
_CLAIM_MS = 60_000
_WORK_SECONDS = 30.0
_LONGEST_PAUSE_MS = 3_600_000
_ANSWER_BYTES = 16_384

log = get_logger(__name__)


class SigningSecret(Protocol):
    """The secret that signs what the organisation sends (contract 15.11)."""

    async def signing_secret(self) -> str:
        """The secret of the first active credential pair."""
        ...


class WebhookDelivery:
    """The consumer that lets events wait for delivery, and the job that delivers them."""

    def __init__(
        self, db: Database, clock: Clock, http: HttpClient, secret: SigningSecret, *, kafka_configured: bool
    ) -> None:
        self._db = db
        self._clock = clock
        self._http = http
        self._secret = secret
        self._kafka_configured = kafka_configured
        self._told: set[str] = set()

    @property
    def consumer(self) -> Consumer:
        """Lets events that have a webhook wait for their delivery."""
        return Consumer("changelog", self._handle, has_destination)

    @property
    def job_handler(self) -> JobHandler:
        """Delivers one stream."""
        return JobHandler(KIND, self._deliver)

    async def _handle(self, events: Sequence[Event]) -> None:
        waiting = [event for event in events if is_webhook(event)]
        if not self._kafka_configured:
            for event in events:
                if not is_webhook(event):
                    self._warn(event)
        if waiting:
            await self._db.write(lambda tx: self._add(tx, waiting))

    async def _add(self, tx: Tx, events: Sequence[Event]) -> None:
        now = self._now()
        for event in events:
            stream = _stream(event)
            await repository.add(tx, event.id, stream)
            await enqueue(tx, KIND, str(event.id), {"stream": stream}, now=now)

    def _warn(self, event: Event) -> None:
        """Once for each resource and process; the audit log has the event in any case."""
        name = event.blueprint or event.resource
        if name not in self._told:
            self._told.add(name)
            log.warning("changelog_needs_kafka", resource=name, setting="FAIRWAY_KAFKA_BROKERS is not set")

    async def _deliver(self, job: Job) -> None:
        stream = job.payload["stream"]
        end = time.monotonic() + _WORK_SECONDS
        while time.monotonic() < end:
            now = self._now()
            claimed = await self._db.write(lambda tx, now=now: repository.claim(tx, stream, now, now + _CLAIM_MS))  # type: ignore[misc]
            if claimed is None:
                return
            problem = None if claimed.event is None else await self._post(claimed.event)
            if problem is None:
                await self._db.write(lambda tx, done=claimed.event_id: repository.done(tx, done))  # type: ignore[misc]
            elif not await self._put_off(stream, claimed, problem):
                return
        await self._again(stream, f"{job.key}+", self._now())

    async def _post(self, event: Event) -> str | None:
        """What went wrong, or none."""
        assert event.destination is not None
        body = dumps_stable(change_message(event))
        headers = {
            "content-type": "application/json",
            "x-fairway-event": event_identifier(event.id),
            **signature_headers(await self._secret.signing_secret(), body, int(self._clock.now().timestamp())),
        }
        try:
            answer = await self._http.request(
                "POST", str(event.destination.get("url")), headers=headers, body=body,
                timeout_seconds=_TIMEOUT_SECONDS, max_answer_bytes=_ANSWER_BYTES,
            )  # fmt: skip
        except FairwayError as error:
            return error.message
        return None if answer.ok else f"the receiver answered {answer.status}"

    async def _put_off(self, stream: str, claimed: Claimed, problem: str) -> bool:
        """Pauses the stream; true when this delivery is given up, so that the next may go."""
        attempts = claimed.attempts + 1
        named = {"event_id": event_identifier(claimed.event_id), "attempt": attempts, "problem": problem}
        if attempts >= MAX_ATTEMPTS:
            log.error("changelog_delivery_given_up", **named)
            await self._db.write(lambda tx: repository.done(tx, claimed.event_id))
            return True
        log.warning("changelog_delivery_failed", **named)
        due = self._now() + _pause_ms(attempts)
        await self._db.write(lambda tx: repository.pause(tx, claimed.event_id, attempts, due))
        await self._again(stream, f"{claimed.event_id}:{attempts}", due)
        return False

    async def _again(self, stream: str, key: str, due: int) -> None:
        payload = {"stream": stream}
        await self._db.write(lambda tx: enqueue(tx, KIND, key, payload, now=self._now(), due_at=due))

    def _now(self) -> int:
        return to_millis(self._clock.now())


async def has_destination(tx: Tx) -> ColumnElement[bool]:
    """Events that go anywhere besides the audit log."""
    return table.c.destination.is_not(None)


def is_webhook(event: Event) -> bool:
    """Whether an event is posted by the portal itself; ``agent: true`` leaves that to the agent, which reads Kafka."""
    destination = event.destination
    return destination is not None and destination.get("type") == "WEBHOOK" and not destination.get("agent")


def _stream(event: Event) -> str:
    """One resource at one URL."""
    url = (event.destination or {}).get("url")
    parts = (url, event.resource_type, event.blueprint, event.entity or event.resource)
    return hashlib.sha256(dumps(parts)).hexdigest()


def _pause_ms(attempts: int) -> int:
    return int(min(_LONGEST_PAUSE_MS, 1000 * 2**attempts) * random.uniform(0.8, 1.2))  # noqa: S311 jitter
