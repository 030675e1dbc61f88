"""Routes that agents and integrations use for node runs (contract 7.6)."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from fairway.portal.http import CallerDep, api_router, json_object, ok
from fairway.portal.http.requests import query_int
from fairway.portal.workflows.claims import NodeClaims
from fairway.portal.workflows.reports import NodeReports
from fairway.portal.workflows.schemas import AGENT_ERRORS, CLAIM, NODE_LOGS, NODE_PATCH, body

VERSION = {"version": 1}
"""Tells our own agents that the additions to claims are understood."""
_ONE = "/workflows/nodes/runs/{identifier}"
_ACK: dict[str, Any] = {"type": "object", "properties": {"nodeRunIdentifier": {"type": "string"}}}
_FIND: dict[str, Any] = {
    "parameters": [
        {"name": "external_run_id", "in": "query", "required": True, "schema": {"type": "string"}},
        {"name": "limit", "in": "query", "schema": {"type": "integer", "default": 100}},
    ]
}


def build_router(claims: NodeClaims, reports: NodeReports) -> APIRouter:
    """Claim, acknowledge, report, log, look up."""
    router = api_router("Workflow node runs")
    _claims(router, claims)
    _reports(router, reports)
    return router


def _claims(router: APIRouter, claims: NodeClaims) -> None:
    @router.post(
        "/workflows/runs/claim-pending",
        summary="Claim node runs that wait for this installation",
        description="Those that are not acknowledged in time can be claimed again.",
        responses=AGENT_ERRORS,
        openapi_extra=body(CLAIM),
    )
    async def claim(request: Request, caller: CallerDep) -> Response:
        found = await claims.claim(caller, await json_object(request), request.is_disconnected)
        return ok(nodeRuns=found, fairway=VERSION)

    @router.patch(
        "/workflows/runs/ack",
        summary="Take a claimed node run for good",
        responses={**AGENT_ERRORS, 409: {"description": "It was taken before, or has ended."}},
        openapi_extra=body(_ACK),
    )
    async def acknowledge(request: Request, caller: CallerDep) -> Response:
        await claims.acknowledge(caller, await json_object(request))
        return ok(acked=True)


def _reports(router: APIRouter, reports: NodeReports) -> None:
    @router.get(
        "/workflows/nodes/runs",
        summary="Find node runs by the identifier that their backend knows",
        responses=AGENT_ERRORS,
        openapi_extra=_FIND,
    )
    async def find(request: Request, caller: CallerDep) -> Response:
        external = request.query_params.get("external_run_id", "")
        limit = query_int(request, "limit", 100, 1, 1000)
        return ok(nodeRuns=await reports.find(caller, external, limit))

    @router.get(_ONE, summary="Get a node run", responses=AGENT_ERRORS)
    async def get(identifier: str, caller: CallerDep) -> Response:
        return ok(nodeRun=await reports.get(caller, identifier))

    @router.patch(
        _ONE, summary="Report on a node run, or end it", responses=AGENT_ERRORS, openapi_extra=body(NODE_PATCH)
    )
    async def patch(identifier: str, request: Request, caller: CallerDep) -> Response:
        return ok(nodeRun=await reports.patch(caller, identifier, await json_object(request)))

    @router.post(
        f"{_ONE}/logs", summary="Add log lines to a node run", responses=AGENT_ERRORS, openapi_extra=body(NODE_LOGS)
    )
    async def log(identifier: str, request: Request, caller: CallerDep) -> Response:
        await reports.log(caller, identifier, await json_object(request))
        return ok()

    @router.get(f"{_ONE}/logs", summary="Log lines of a node run, oldest first", responses=AGENT_ERRORS)
    async def logs(identifier: str, request: Request, caller: CallerDep) -> Response:
        limit = query_int(request, "limit", 50, 1, 1000)
        offset = query_int(request, "offset", 0, 0, 1_000_000)
        return ok(runLogs=await reports.logs(caller, identifier, limit, offset))
