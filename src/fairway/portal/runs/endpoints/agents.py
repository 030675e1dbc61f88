"""Routes for agents and integrations: claim, acknowledge, keep, give back, report (contract 7.6, and ours)."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from fairway.portal.access.schemas import STRINGS, answers, body, list_of
from fairway.portal.http import CallerDep, api_router, json_object, ok
from fairway.portal.runs import schemas
from fairway.portal.runs.claims import ClaimService
from fairway.portal.runs.reports import ReportService

VERSION = {"version": 1}
"""Tells our own agents that the additions to claims are understood."""
_COUNT = {"type": "integer"}


def build_router(claims: ClaimService, reports: ReportService) -> APIRouter:
    """Fixed paths that would otherwise be taken for runs."""
    router = api_router("Runs")

    @router.post(
        "/actions/runs/claim-pending",
        summary="Claim runs that wait for this installation",
        description="Runs come with their real payloads. Those that are not acknowledged in time can be claimed again.",
        responses=answers(400, 401, 403, 422, runs=list_of(schemas.RUN), fairway={"type": "object"}),
        openapi_extra=body(schemas.CLAIM),
    )
    async def claim(request: Request, caller: CallerDep) -> Response:
        found = await claims.claim(caller, await json_object(request), request.is_disconnected)
        return ok(runs=found, fairway=VERSION)

    @router.patch(
        "/actions/runs/ack",
        summary="Take claimed runs for good",
        responses=answers(400, 401, 403, 404, 409, 422, ackedCount=_COUNT),
        openapi_extra=body(schemas.ACKNOWLEDGE),
    )
    async def acknowledge(request: Request, caller: CallerDep) -> Response:
        return ok(ackedCount=await claims.acknowledge(caller, await json_object(request)))

    @router.post(
        "/fairway/runs/heartbeat",
        summary="Keep claims for longer",
        responses=answers(400, 401, 403, 422, extended=STRINGS),
        openapi_extra=body(schemas.HELD),
    )
    async def heartbeat(request: Request, caller: CallerDep) -> Response:
        return ok(extended=await claims.heartbeat(caller, await json_object(request)))

    @router.post(
        "/fairway/runs/release",
        summary="Give claimed runs back",
        responses=answers(400, 401, 403, 422, released=STRINGS),
        openapi_extra=body(schemas.HELD),
    )
    async def release(request: Request, caller: CallerDep) -> Response:
        return ok(released=await claims.release(caller, await json_object(request)))

    @router.post(
        "/fairway/runs/reports",
        summary="Report about many runs at once, each on its own",
        responses=answers(400, 401, 413, 422, results=schemas.RESULTS),
        openapi_extra=body(schemas.REPORTS),
    )
    async def report(request: Request, caller: CallerDep) -> Response:
        return ok(results=await reports.apply(caller, await json_object(request)))

    return router
