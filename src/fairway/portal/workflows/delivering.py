"""The job that delivers a node run through the backends of runs. It may be sent twice, under the same key."""

from __future__ import annotations

from typing import Any

from fairway.kit.errors import FairwayError
from fairway.kit.logs import get_logger
from fairway.portal.catalog.wiring import Catalog
from fairway.portal.runs.delivery.backends import NOT_DELIVERED, Backends
from fairway.portal.runs.delivery.base import Order, Refused, Undelivered
from fairway.portal.runs.delivery.dispatcher import LANE, pause_before
from fairway.portal.runs.model import Finish
from fairway.portal.storage import Tx
from fairway.portal.storage.jobs import Job, JobHandler, RetryLater, complete_in, enqueue
from fairway.portal.workflows import logs
from fairway.portal.workflows import run_repository as repository
from fairway.portal.workflows.context import NodeContext
from fairway.portal.workflows.engine import Outcome
from fairway.portal.workflows.model import UPSERT_ENTITY, nodes_of
from fairway.portal.workflows.orders import NodeOrders
from fairway.portal.workflows.payloads import outcome_of, upserted
from fairway.portal.workflows.tools import BROKEN, Tools

DELIVER = "workflow.deliver"

log = get_logger(__name__)


async def deliver_in(tx: Tx, node_run_id: str, now: int) -> None:
    """Has the portal deliver a node run once the transaction is committed."""
    await enqueue(tx, DELIVER, node_run_id, {"nodeRun": node_run_id}, now=now)


class Delivering:
    """Delivers node runs, each in its own job."""

    def __init__(
        self, tools: Tools, orders: NodeOrders, backends: Backends, catalog: Catalog, *, attempts: int
    ) -> None:
        self._tools = tools
        self._orders = orders
        self._backends = backends
        self._catalog = catalog
        self._attempts = attempts

    @property
    def job_handler(self) -> JobHandler:
        """For ``Portal.job_handlers``."""
        return JobHandler(DELIVER, self._deliver, self._attempts, self._given_up, LANE)

    async def _deliver(self, job: Job) -> None:
        context = await self._tools.load(str(job.payload["nodeRun"]))
        if context is None or context.node.ended or context.node.config is None or context.node.queue is not None:
            return
        if job.attempts > self._attempts:
            raise RetryLater("The portal stopped during every attempt to deliver it", 0)
        try:
            order = await self._orders.of(context)
        except Refused as refused:
            await self._tools.fail(context, refused.reason, NOT_DELIVERED)
        except FairwayError as error:
            if error.retriable:
                raise
            await self._tools.fail(context, error.message, NOT_DELIVERED)
        else:
            async with self._backends.room(order.payload):
                finish = await self._send(job, order)
            await self._record(job, context, order, finish)

    async def _send(self, job: Job, order: Order) -> Finish:
        try:
            return await self._backends.deliver(order)
        except Undelivered as error:
            pause = pause_before(job.attempts, error.retry_after)
            if job.attempts < self._attempts:
                line = f"Attempt {job.attempts} of {self._attempts} failed: {error.reason}"
                await self._write_lines(order.id, [("WARN", f"{line}. The next one follows in {pause:.1f} s")])
            raise RetryLater(error.reason, pause) from None
        except Exception as error:  # noqa: BLE001 its text may hold secrets: it must not reach the job's record
            log.error("delivery_broke", node_run=order.id, kind=order.kind, error=order.scrubber.text(repr(error)))
            raise RetryLater(BROKEN, pause_before(job.attempts, None)) from None

    async def _record(self, job: Job, context: NodeContext, order: Order, finish: Finish) -> None:
        node = nodes_of(context.run.definition)[context.node.node]
        outcome = outcome_of(node, order.payload, finish)
        if outcome is None:
            await self._waits(job, context, finish)
            return
        if outcome.result == "SUCCESS" and node.type == UPSERT_ENTITY:
            response = {"status": 200, "data": await self._entity(order)}
            outcome = Outcome("SUCCESS", {"response": response}, logs=outcome.logs)
        await self._tools.completion.finish(self._tools.system, context.node, outcome)

    async def _entity(self, order: Order) -> Any:
        """The entity that was written, as it is now, as far as whoever wrote it may see it."""
        written = upserted(order.payload)
        if written is None:
            return None
        found = await self._catalog.search.readable(order.caller, *written)
        documents = [] if found is None else await self._catalog.reader.documents([found])
        return documents[0] if documents else {"blueprint": written[0], "identifier": written[1]}

    async def _waits(self, job: Job, context: NodeContext, finish: Finish) -> None:
        """Delivered; whoever got it reports, unless that has happened already. The job ends in the same transaction:
        what was recorded is not sent again."""
        values: dict[str, Any] = {"updated_at": self._tools.now()}
        if finish.label is not None:
            values["status_label"] = finish.label
        if finish.external_run_id is not None:
            values["external_run_id"] = finish.external_run_id

        async def work(tx: Tx) -> None:
            node = await repository.find_node_run(tx, context.node.id)
            if node is not None and not node.ended:
                await repository.update_node_run(tx, node.id, values)
            lines = [("INFO", line) for line in finish.logs]
            await logs.write_in(tx, context.node.id, lines, self._tools.system, self._tools.now())
            await complete_in(tx, job)

        await self._tools.db.write(work)

    async def _write_lines(self, node_run_id: str, lines: list[tuple[str, str]]) -> None:
        now = self._tools.now()
        await self._tools.db.write(lambda tx: logs.write_in(tx, node_run_id, lines, self._tools.system, now))

    async def _given_up(self, tx: Tx, job: Job, reason: str) -> None:
        """The job is a dead letter: its node has failed."""
        line = f"Given up after {job.attempts} attempts: {reason}"
        await self._tools.fail_in(tx, str(job.payload["nodeRun"]), line, NOT_DELIVERED)
