"""The services of this feature, wired."""

from __future__ import annotations

from dataclasses import dataclass, field

from fastapi import APIRouter

from fairway.jq import Engine as Jq
from fairway.kit.clock import Clock
from fairway.kit.crypto import SecretBox
from fairway.portal.caller import Caller
from fairway.portal.storage import Database
from fairway.portal.storage.jobs import JobHandler
from fairway.portal.workflows import agent_endpoints, endpoints
from fairway.portal.workflows.claims import NodeClaims
from fairway.portal.workflows.completion import Completion
from fairway.portal.workflows.engine import Engine
from fairway.portal.workflows.model import JsonObject, NodeRun
from fairway.portal.workflows.reports import NodeReports
from fairway.portal.workflows.service import WorkflowService
from fairway.portal.workflows.timetable import Timetable


@dataclass(frozen=True, slots=True)
class Workflows:
    """Workflows, their runs, and the node runs that agents work off."""

    definitions: WorkflowService
    claims: NodeClaims
    reports: NodeReports
    job_handlers: list[JobHandler] = field(default_factory=list)


def build_workflows(db: Database, clock: Clock, box: SecretBox, jq: Jq, system: Caller) -> Workflows:
    """Wires the feature."""
    engine = Engine(clock, box)
    completion = Completion(db, box, jq, engine)

    async def reveal(node: NodeRun) -> JsonObject | None:
        return node.config

    return Workflows(
        WorkflowService(db, clock, jq),
        NodeClaims(db, clock, reveal),
        NodeReports(db, clock, completion),
        [Timetable(db, clock, engine, system).job_handler],
    )


def build_routers(workflows: Workflows) -> list[APIRouter]:
    """Fixed paths before those with parameters."""
    return [
        agent_endpoints.build_router(workflows.claims, workflows.reports),
        endpoints.build_router(workflows.definitions),
    ]
