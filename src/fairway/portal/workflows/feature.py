"""The services of this feature, wired."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter

from fairway.jq import Engine as Jq
from fairway.kit.clock import Clock
from fairway.kit.crypto import SecretBox
from fairway.kit.errors import FairwayError
from fairway.kit.settings import Settings
from fairway.portal.access.service import Access
from fairway.portal.actions.feature import Actions
from fairway.portal.caller import system_caller
from fairway.portal.catalog.wiring import Catalog
from fairway.portal.runs.feature import Runs
from fairway.portal.storage import Database
from fairway.portal.storage.jobs import JobHandler
from fairway.portal.workflows import agent_endpoints, endpoints, run_endpoints
from fairway.portal.workflows.asking import Asking
from fairway.portal.workflows.claims import NodeClaims
from fairway.portal.workflows.completion import Completion
from fairway.portal.workflows.delivering import Delivering
from fairway.portal.workflows.engine import Engine
from fairway.portal.workflows.following import FollowBlueprints
from fairway.portal.workflows.inputs import InputResponses
from fairway.portal.workflows.insight import WorkflowInsight
from fairway.portal.workflows.lineage import WorkflowLineage
from fairway.portal.workflows.model import JsonObject, NodeRun
from fairway.portal.workflows.orders import NodeOrders
from fairway.portal.workflows.reports import NodeReports
from fairway.portal.workflows.run_service import WorkflowRuns
from fairway.portal.workflows.service import WorkflowService
from fairway.portal.workflows.starting import WorkflowStarter
from fairway.portal.workflows.steps import Steps
from fairway.portal.workflows.timetable import Timetable
from fairway.portal.workflows.tools import Tools
from fairway.portal.workflows.triggers import WorkflowTriggers
from fairway.portal.workflows.upkeep import WorkflowUpkeep


@dataclass(frozen=True, slots=True)
class Workflows:
    """Workflows, their runs, and the node runs that agents work off."""

    definitions: WorkflowService
    starter: WorkflowStarter
    runs: WorkflowRuns
    inputs: InputResponses
    claims: NodeClaims
    reports: NodeReports
    triggers: WorkflowTriggers
    insight: WorkflowInsight
    job_handlers: Sequence[JobHandler]


@dataclass(frozen=True, slots=True)
class Below:
    """What workflows stand on."""

    settings: Settings
    clock: Clock
    db: Database
    box: SecretBox
    jq: Jq
    access: Access
    catalog: Catalog
    actions: Actions
    runs: Runs
    org_id: str


async def build_workflows(below: Below) -> Workflows:
    """Wires the feature; agents report on node runs, too, by the routes of runs."""
    db, clock, box, jq = below.db, below.clock, below.box, below.jq
    system = system_caller(below.org_id)
    engine = Engine(clock, box)
    completion = Completion(db, box, jq, engine)
    tools = Tools(db, clock, box, engine, completion, system)
    renderer, backends = below.runs.renderer, below.runs.delivery.backends
    orders = NodeOrders(db, clock, renderer, below.access.apps, below.org_id)
    delivering = Delivering(tools, orders, backends, below.catalog, attempts=below.settings.delivery_attempts)
    claims = NodeClaims(db, clock, _Reveal(tools, orders).config, below.runs.streams.stopping)
    reports = NodeReports(db, clock, completion, below.settings.run_log_lines_max)
    below.runs.claims.nodes = claims
    below.runs.reports.nodes = reports
    below.runs.approvals.trace(WorkflowLineage(box))
    upkeep = WorkflowUpkeep(tools, below.settings)
    await upkeep.schedule()
    jobs = [
        Steps(tools, jq, renderer).job_handler,
        delivering.job_handler,
        Asking(tools).job_handler,
        Timetable(db, clock, engine, system).job_handler,
        *upkeep.job_handlers,
    ]
    definitions = WorkflowService(db, clock, jq)
    below.catalog.blueprints.observe(FollowBlueprints(definitions))
    return Workflows(
        definitions,
        WorkflowStarter(db, clock, engine, below.actions, below.catalog, below.access.directory),
        WorkflowRuns(db, engine),
        InputResponses(db, clock, below.actions.forms, completion),
        claims,
        reports,
        WorkflowTriggers(db, clock, engine, system),
        WorkflowInsight(db),
        jobs,
    )


class _Reveal:
    """Real configurations for claims."""

    def __init__(self, tools: Tools, orders: NodeOrders) -> None:
        self._tools = tools
        self._orders = orders

    async def config(self, node: NodeRun) -> JsonObject | None:
        """None when it cannot be rendered any more: then the node has failed."""
        context = await self._tools.load(node.id)
        if context is None:
            return None
        try:
            return await self._orders.payload(context)
        except FairwayError as error:
            if error.retriable:
                raise
            await self._tools.fail(context, error.message)
            return None


def build_routers(workflows: Workflows) -> list[APIRouter]:
    """Fixed paths before those with parameters."""
    return [
        agent_endpoints.build_router(workflows.claims, workflows.reports),
        run_endpoints.build_router(workflows.starter, workflows.runs, workflows.inputs),
        endpoints.build_router(workflows.definitions, workflows.insight),
    ]
