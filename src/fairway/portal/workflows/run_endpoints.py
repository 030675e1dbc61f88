"""Routes of workflow runs for people (ours)."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from fairway.portal.http import CallerDep, answer, api_router, json_object, ok
from fairway.portal.http.requests import json_object_or_empty, query_int
from fairway.portal.workflows.inputs import InputResponses
from fairway.portal.workflows.run_service import WorkflowRuns
from fairway.portal.workflows.schemas import ERRORS, FORM, RESPOND, START, body
from fairway.portal.workflows.starting import WorkflowStarter

_RUNS = "/fairway/workflows/runs"
_LIST: dict[str, Any] = {
    "parameters": [
        {"name": name, "in": "query", "schema": schema, "description": text}
        for name, schema, text in (
            ("workflow", {"type": "string"}, "Only runs of this workflow."),
            ("status", {"enum": ["IN_PROGRESS", "COMPLETED"]}, "Only runs of this status."),
            ("limit", {"type": "integer", "default": 50}, "At most 1000; more is clamped."),
            ("from", {"type": "string"}, "`next` of the page before."),
        )
    ]
}


def build_router(starter: WorkflowStarter, runs: WorkflowRuns, inputs: InputResponses) -> APIRouter:
    """Start, list, read, cancel, respond."""
    router = api_router("Workflow runs")

    @router.get(_RUNS, summary="List workflow runs, newest first", responses=ERRORS, openapi_extra=_LIST)
    async def list_runs(request: Request, caller: CallerDep) -> Response:
        query = request.query_params
        limit = query_int(request, "limit", 50, 1, 1000)
        found, more = await runs.all(
            caller, workflow=query.get("workflow"), status=query.get("status"), before=query.get("from"), limit=limit
        )
        return ok(runs=found, **({} if more is None else {"next": more}))

    @router.get(f"{_RUNS}/{{run_id}}", summary="Get a workflow run with its node runs", responses=ERRORS)
    async def get(run_id: str, caller: CallerDep) -> Response:
        return ok(run=await runs.get(caller, run_id))

    @router.post(f"{_RUNS}/{{run_id}}/cancel", summary="Cancel a workflow run", responses=ERRORS)
    async def cancel(run_id: str, caller: CallerDep) -> Response:
        return ok(run=await runs.cancel(caller, run_id))

    _nodes(router, runs, inputs)

    @router.get("/fairway/workflows/offers", summary="Triggers that can be pressed, and who may", responses=ERRORS)
    async def offers(caller: CallerDep) -> Response:
        return ok(offers=await starter.offers(caller))

    @router.post(
        "/fairway/workflows/{identifier}/form",
        summary="Resolve the form of a trigger for the values given so far",
        description="As POST /v1/fairway/actions/{id}/form does for actions.",
        responses=ERRORS,
        openapi_extra=body(FORM),
    )
    async def form(identifier: str, request: Request, caller: CallerDep) -> Response:
        return ok(form=await starter.form(caller, identifier, await json_object_or_empty(request)))

    @router.post(
        "/fairway/workflows/{identifier}/runs",
        summary="Start a workflow",
        status_code=202,
        responses=ERRORS,
        openapi_extra=body(START),
    )
    async def start(identifier: str, request: Request, caller: CallerDep) -> Response:
        run = await starter.start(caller, identifier, await json_object_or_empty(request))
        return answer(202, {"ok": True, "run": run})

    return router


def _nodes(router: APIRouter, runs: WorkflowRuns, inputs: InputResponses) -> None:
    one = "/fairway/workflows/nodes/runs/{identifier}"

    @router.post(f"{one}/input", summary="Respond to an INPUT node", responses=ERRORS, openapi_extra=body(RESPOND))
    async def respond(identifier: str, request: Request, caller: CallerDep) -> Response:
        return ok(nodeRun=await inputs.respond(caller, identifier, await json_object(request)))

    @router.post(f"{one}/form", summary="Resolve the form of an INPUT node", responses=ERRORS, openapi_extra=body(FORM))
    async def node_form(identifier: str, request: Request, caller: CallerDep) -> Response:
        return ok(form=await inputs.form(caller, identifier, await json_object_or_empty(request)))

    @router.get(f"{one}/logs", summary="Log lines of a node run, oldest first", responses=ERRORS)
    async def node_logs(identifier: str, request: Request, caller: CallerDep) -> Response:
        limit = query_int(request, "limit", 50, 1, 1000)
        offset = query_int(request, "offset", 0, 0, 1_000_000)
        return ok(runLogs=await runs.node_logs(caller, identifier, limit, offset))
