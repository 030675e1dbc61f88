"""The services of this feature, wired."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from fairway.portal.actions.feature import Actions
from fairway.portal.caller import system_caller
from fairway.portal.catalog.search.lookups import SearchLookups
from fairway.portal.catalog.wiring import Catalog
from fairway.portal.runs.affected import AffectedEntities
from fairway.portal.runs.approvals.feature import Approvals, build_approvals
from fairway.portal.runs.approvals.service import ApprovalService
from fairway.portal.runs.claims import ClaimService
from fairway.portal.runs.delivery.dispatcher import Dispatcher, enqueue_delivery
from fairway.portal.runs.delivery.feature import Delivery, Surroundings, build_delivery, build_renderer
from fairway.portal.runs.ledger import RunLedger
from fairway.portal.runs.neighbours import Neighbours
from fairway.portal.runs.presence import Presence
from fairway.portal.runs.rendering.renderer import Renderer
from fairway.portal.runs.reports import ReportService
from fairway.portal.runs.service import RunService
from fairway.portal.runs.sight import Sight
from fairway.portal.runs.signals import QueueSignals, Signals
from fairway.portal.runs.steps import Tools
from fairway.portal.runs.stream import RunStreams
from fairway.portal.runs.upkeep import RunUpkeep
from fairway.portal.storage import Database
from fairway.portal.storage.consumers import Consumer
from fairway.portal.storage.jobs import JobHandler


@dataclass(frozen=True, slots=True)
class Runs:
    """Runs: their service, their queue, approvals, rendering and delivery."""

    db: Database
    service: RunService
    claims: ClaimService
    reports: ReportService
    approvals: ApprovalService
    affected: AffectedEntities
    streams: RunStreams
    renderer: Renderer
    delivery: Delivery
    queues: QueueSignals
    consumers: Sequence[Consumer]
    job_handlers: Sequence[JobHandler]

    @property
    def dispatcher(self) -> Dispatcher:
        """What delivers runs."""
        return self.delivery.dispatcher

    async def aclose(self) -> None:
        """Closes connections to receivers and to the other processes."""
        await self.queues.aclose()
        await self.delivery.aclose()


async def build_runs(around: Surroundings, actions: Actions, catalog: Catalog, stopping: asyncio.Event) -> Runs:
    """Wires the feature. ``stopping`` ends long polls and streams."""
    settings, db, clock = around.settings, around.db, around.clock
    queues, watched = QueueSignals(db), Signals()
    tools = Tools(
        db, clock, around.box, catalog.schemas, around.access.directory,
        RunLedger(queues, watched, enqueue_delivery, settings.run_log_lines_max), build_renderer(around),
        around.org_id,
    )  # fmt: skip
    approvals = _approvals(around, actions)
    sight = Sight(actions.definitions, actions.access)
    system = system_caller(around.org_id)
    service = RunService(
        tools,
        Neighbours(actions.definitions, actions.forms, actions.access, catalog, approvals.service),
        sight,
        Presence(actions.definitions, catalog.schemas, SearchLookups(clock), system),
    )
    approvals.use(service)
    delivery = build_delivery(around, tools.renderer, service)
    upkeep = RunUpkeep(tools, service, settings)
    await upkeep.schedule()
    return Runs(
        db,
        service,
        ClaimService(tools, service, queues, stopping),
        ReportService(tools, sight, settings.run_log_lines_max),
        approvals.service,
        AffectedEntities(tools, sight),
        RunStreams(tools, sight, watched, stopping),
        tools.renderer,
        delivery,
        queues,
        approvals.consumers,
        [service.render_handler, *approvals.job_handlers, *delivery.job_handlers, *upkeep.job_handlers],
    )


def _approvals(around: Surroundings, actions: Actions) -> Approvals:
    return build_approvals(
        around.settings, around.clock, around.db, actions, around.http, around.access.apps,
        around.box, org_id=around.org_id,
    )  # fmt: skip
