"""Routes of workflow definitions (contract 7.6)."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from fairway.portal.http import CallerDep, api_router, created, json_object, ok
from fairway.portal.http.requests import query_int
from fairway.portal.workflows.insight import WorkflowInsight
from fairway.portal.workflows.schemas import ERRORS, LIMIT, WORKFLOW, body
from fairway.portal.workflows.service import WorkflowService

_ONE = "/workflows/{identifier}"


def build_router(workflows: WorkflowService, insight: WorkflowInsight) -> APIRouter:
    """List, read, create, replace, delete; what event triggers heard."""
    router = api_router("Workflows")

    @router.get("/workflows", summary="List workflows", responses=ERRORS)
    async def list_all(caller: CallerDep) -> Response:
        return ok(workflows=await workflows.all())

    @router.post(
        "/workflows", summary="Create a workflow", status_code=201, responses=ERRORS, openapi_extra=body(WORKFLOW)
    )
    async def create(request: Request, caller: CallerDep) -> Response:
        return created(workflow=await workflows.create(caller, await json_object(request)))

    @router.get(_ONE, summary="Get a workflow", responses=ERRORS)
    async def get(identifier: str, caller: CallerDep) -> Response:
        return ok(workflow=await workflows.get(identifier))

    @router.put(_ONE, summary="Replace a workflow", responses=ERRORS, openapi_extra=body(WORKFLOW))
    async def replace(identifier: str, request: Request, caller: CallerDep) -> Response:
        return ok(workflow=await workflows.replace(caller, identifier, await json_object(request)))

    @router.delete(_ONE, summary="Delete a workflow", responses=ERRORS)
    async def delete(identifier: str, caller: CallerDep) -> Response:
        await workflows.delete(caller, identifier)
        return ok()

    @router.get(
        "/fairway/workflows/{identifier}/log",
        summary="The last events that the triggers of a workflow heard, and whether they started it",
        description="As GET /v1/fairway/automations/{id}/log does for automations, with the `trigger`.",
        responses=ERRORS,
        openapi_extra=LIMIT,
    )
    async def evaluations(identifier: str, request: Request, caller: CallerDep) -> Response:
        limit = query_int(request, "limit", 50, 1, 1000)
        return ok(evaluations=await insight.evaluations(caller, identifier, limit))

    return router
