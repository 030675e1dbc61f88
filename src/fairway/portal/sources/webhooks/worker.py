"""Working through the events of a webhook, one after the other in the order in which they came."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from fairway.jq import Engine
from fairway.kit.clock import Clock, to_millis
from fairway.kit.errors import FairwayError
from fairway.kit.ids import random_id
from fairway.kit.logs import get_logger
from fairway.portal.caller import Caller, system_caller
from fairway.portal.catalog.entities.service import EntityService
from fairway.portal.sources.webhooks import repository
from fairway.portal.sources.webhooks.apply import apply
from fairway.portal.sources.webhooks.intake import JOB
from fairway.portal.sources.webhooks.model import Event, EventState, Webhook
from fairway.portal.sources.webhooks.processing import Processed, process
from fairway.portal.sources.webhooks.service import WebhookService
from fairway.portal.storage import Database, Tx
from fairway.portal.storage.jobs import Job, JobHandler, enqueue

LEASE_MS = 25_000
"""Prolonged before each event. With the budget below it ends before the job's own lease of 60 s: a job that is run
again after a crash always finds the events free."""
_BUDGET_MS = 20_000

log = get_logger(__name__)


class WebhookWorker:
    """Does the jobs of the intake. A job stands for "this webhook has events": whichever comes first takes them all."""

    def __init__(
        self, db: Database, clock: Clock, engine: Engine, entities: EntityService, webhooks: WebhookService, org_id: str
    ) -> None:
        self._db = db
        self._clock = clock
        self._engine = engine
        self._entities = entities
        self._webhooks = webhooks
        self._org_id = org_id

    @property
    def job_handler(self) -> JobHandler:
        """For ``Portal.job_handlers``."""
        return JobHandler(JOB, self.run)

    async def run(self, job: Job) -> None:
        """Takes the lease and works. Whoever finds it taken may leave: the holder looks again after giving it back."""
        webhook_id, owner = str(job.payload["webhook"]), random_id("w_")
        deadline = self._now() + _BUDGET_MS
        while await self._db.write(lambda tx: self._claim(tx, webhook_id, owner)):
            try:
                finished = await self._work(webhook_id, owner, deadline)
            finally:
                await self._db.write(lambda tx: repository.release(tx, webhook_id, owner))
            if not finished or await self._db.read(lambda tx: repository.next_pending(tx, webhook_id)) is None:
                return

    async def _work(self, webhook_id: str, owner: str, deadline: int) -> bool:
        """True when no event was left; false when time ran out and another job was asked for."""
        while True:
            if self._now() > deadline:
                await self._db.write(lambda tx: self._ask_again(tx, webhook_id))
                return False
            event = await self._db.read(lambda tx: repository.next_pending(tx, webhook_id))
            if event is None or not await self._db.write(lambda tx: self._claim(tx, webhook_id, owner)):
                return True
            await self._handle(webhook_id, event)

    async def _handle(self, webhook_id: str, event: Event) -> None:
        row = await self._db.read(lambda tx: repository.find(tx, id=webhook_id))
        if row is None:
            return
        webhook = self._webhooks.opened(row)
        try:
            done = await process(self._engine, webhook.security, webhook.mappings, event.payload)
            await self._db.write(lambda tx: self._finish(tx, webhook, event, done))
        except FairwayError as error:
            if error.retriable:
                raise
            await self._give_up(webhook, event, error.message)
        except Exception as error:  # one broken event may not stop the queue: logged and recorded on it
            log.error("webhook_event_failed", webhook=webhook.identifier, event_id=event.id, exc_info=error)
            await self._give_up(webhook, event, "Something broke here; the portal's log has it under the event's id")

    async def _finish(self, tx: Tx, webhook: Webhook, event: Event, done: Processed) -> None:
        """Entities and record in one transaction: an event takes effect once, whatever is run twice."""
        caller = webhook_caller(webhook, event.id, done, self._org_id)
        done = replace(done, mapped=await apply(tx, self._entities, caller, done.mapped))
        state: EventState = "failed" if done.failed else "processed"
        await repository.finish(tx, webhook.id, event.seq, state, done.shown(whole=False), self._now())

    async def _give_up(self, webhook: Webhook, event: Event, problem: str) -> None:
        outcome: dict[str, Any] = {"problem": problem, "mappings": []}
        now = self._now()
        await self._db.write(lambda tx: repository.finish(tx, webhook.id, event.seq, "failed", outcome, now))

    async def _claim(self, tx: Tx, webhook_id: str, owner: str) -> bool:
        now = self._now()
        return await repository.claim(tx, webhook_id, owner, now, now + LEASE_MS)

    async def _ask_again(self, tx: Tx, webhook_id: str) -> None:
        await enqueue(tx, JOB, random_id("more_"), {"webhook": webhook_id}, now=self._now())

    def _now(self) -> int:
        return to_millis(self._clock.now())


def webhook_caller(webhook: Webhook, event_id: str, done: Processed, org_id: str) -> Caller:
    """The portal acting as a webhook: its name is the origin, its events carry webhook and event."""
    context = (("webhookId", webhook.identifier), ("webhookEventId", done.request_id or event_id))
    system = system_caller(org_id, webhook.name)
    return replace(system, user_agent=f"fairway-webhook/{webhook.identifier}", audit_context=context)
