"""Routes of run logs (contract 7.4)."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from fairway.portal.access.schemas import answers, body, list_of
from fairway.portal.http import CallerDep, api_router, created, json_object, ok
from fairway.portal.http.requests import query_int
from fairway.portal.runs import schemas
from fairway.portal.runs.service import RunService

_LOGS = "/actions/runs/{run_id}/logs"
_PAGE = 50
_FARTHEST = 10_000_000


def build_router(runs: RunService) -> APIRouter:
    """``/v1/actions/runs/{run_id}/logs``."""
    router = api_router("Runs")
    created_answers = answers(400, 401, 403, 404, 413, 422, runLog=schemas.LOG)
    created_answers[201] = created_answers.pop(200)

    @router.post(
        _LOGS,
        status_code=201,
        summary="Add a line to the log of a run; terminationStatus ends it",
        responses=created_answers,
        openapi_extra=body(schemas.NEW_LOG),
    )
    async def add_log(run_id: str, request: Request, caller: CallerDep) -> Response:
        return created(runLog=await runs.log(caller, run_id, await json_object(request)))

    @router.get(
        _LOGS,
        summary="Lines of the log of a run, oldest first",
        responses=answers(401, 404, 422, runLogs=list_of(schemas.LOG)),
        openapi_extra=schemas.parameters(
            schemas.number("limit", 1, _PAGE, _PAGE), schemas.number("offset", 0, _FARTHEST, 0)
        ),
    )
    async def logs(run_id: str, request: Request, caller: CallerDep) -> Response:
        limit = query_int(request, "limit", _PAGE, 1, _PAGE)
        offset = query_int(request, "offset", 0, 0, _FARTHEST)
        return ok(runLogs=await runs.logs(caller, run_id, limit, offset))

    return router
