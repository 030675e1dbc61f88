"""Routes of contract 7.1: start, list, read, patch."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from fairway.portal.access.schemas import STRING, answers, body, list_of
from fairway.portal.http import CallerDep, answer, api_router, json_object, ok, query_list
from fairway.portal.http.requests import flag, json_object_or_empty, query_int
from fairway.portal.runs import schemas
from fairway.portal.runs.documents import FIELDS
from fairway.portal.runs.listing import MAX_LIMIT, RunFilter
from fairway.portal.runs.service import RunService

_ONE = "/actions/runs/{run_id}"
_RUN = {"run": schemas.RUN}


def build_router(runs: RunService) -> APIRouter:
    """``/v1/actions/{id}/runs`` and ``/v1/actions/runs``."""
    router = api_router("Runs")
    _collection(router, runs)
    _single(router, runs)
    return router


def _collection(router: APIRouter, runs: RunService) -> None:
    @router.post(
        "/actions/{action}/runs",
        status_code=202,
        summary="Run a self-service action",
        description="Answers at once; what becomes of the run is told by GET, by its log, or by its stream.",
        responses=accepted(answers(400, 401, 403, 404, 413, 422, **_RUN)),
        openapi_extra={
            **body(schemas.START),
            **schemas.parameters(
                {
                    "name": "run_as",
                    "in": "query",
                    "required": False,
                    "schema": {**STRING, "format": "email"},
                    "description": "E-mail of the user for whom it runs; for Admins and organisation credentials.",
                }
            ),
        },
    )
    async def start(action: str, request: Request, caller: CallerDep) -> Response:
        run_as = request.query_params.get("run_as")
        run = await runs.start(caller, action, await json_object_or_empty(request), run_as)
        return answer(202, {"ok": True, "run": run})

    @router.get(
        "/actions/runs",
        summary="Runs, newest first",
        responses=answers(401, 422, runs=list_of(schemas.RUN)),
        openapi_extra=schemas.parameters(*schemas.LIST_PARAMETERS),
    )
    async def list_all(request: Request, caller: CallerDep) -> Response:
        found, _ = await runs.all(caller, run_filter(request, MAX_LIMIT))
        return ok(runs=without(request, found))

    @router.get(
        "/fairway/runs",
        summary="Runs, newest first, page by page",
        responses=answers(401, 422, runs=list_of(schemas.RUN), next={"type": ["string", "null"]}),
        openapi_extra=schemas.parameters(*schemas.LIST_PARAMETERS, schemas.FROM),
    )
    async def pages(request: Request, caller: CallerDep) -> Response:
        found, following = await runs.all(caller, run_filter(request, 100))
        return ok(runs=without(request, found), next=following)


def _single(router: APIRouter, runs: RunService) -> None:
    @router.get(_ONE, summary="One run", responses=answers(401, 404, **_RUN))
    async def get(run_id: str, caller: CallerDep) -> Response:
        return ok(run=await runs.get(caller, run_id))

    @router.patch(
        _ONE,
        summary="Report about a run: status, label, link, summary, external id",
        description="A run that has ended keeps its status; the same one may be reported again.",
        responses=answers(400, 401, 403, 404, 413, 422, **_RUN),
        openapi_extra=body(schemas.PATCH),
    )
    async def patch(run_id: str, request: Request, caller: CallerDep) -> Response:
        return ok(run=await runs.patch(caller, run_id, await json_object(request)))

    @router.patch(
        f"{_ONE}/response",
        summary="Store what the backend of a run answered",
        responses=answers(400, 401, 403, 404, 413, 422),
        openapi_extra=body(schemas.RESPONSE),
    )
    async def respond(run_id: str, request: Request, caller: CallerDep) -> Response:
        await runs.respond(caller, run_id, await json_object(request))
        return ok()


def run_filter(request: Request, default_limit: int) -> RunFilter:
    """The query parameters of lists of runs.

    Raises:
        InvalidRequest: ``limit`` is no integer.
    """
    query = request.query_params
    active = query.get("active", "").lower()
    return RunFilter(
        entity=query.get("entity") or None,
        blueprint=query.get("blueprint") or None,
        active={"true": True, "1": True, "false": False, "0": False}.get(active),
        user_email=query.get("user_email") or None,
        user_id=query.get("user_id") or None,
        external_run_id=query.get("external_run_id") or None,
        actions=[*query_list(request, "action"), *query_list(request, "action_identifier")],
        sources=query_list(request, "source"),
        statuses=query_list(request, "status"),
        awaiting_me=flag(request, "awaiting_me"),
        exclude=[each for each in query_list(request, "exclude") if each not in FIELDS],
        limit=query_int(request, "limit", default_limit, 1, MAX_LIMIT),
        cursor=query.get("from") or None,
    )


def without(request: Request, runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The runs without the fields that ``exclude`` names."""
    left_out = {each for each in query_list(request, "exclude") if each in FIELDS}
    if not left_out:
        return runs
    return [{key: value for key, value in run.items() if key not in left_out} for run in runs]


def accepted(responses: dict[int | str, dict[str, Any]]) -> dict[int | str, dict[str, Any]]:
    """The same answers, with success being 202."""
    return {202 if status == 200 else status: found for status, found in responses.items()}
