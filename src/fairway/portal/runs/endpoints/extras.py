"""Routes of ours: run again, cancel, hand over again, affected entities, the stream of a run."""

from __future__ import annotations

from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from fairway.portal.access.schemas import answers
from fairway.portal.audit.stream.response import EventStreamResponse
from fairway.portal.http import CallerDep, answer, api_router, ok
from fairway.portal.http.requests import current_caller, flag
from fairway.portal.runs import schemas
from fairway.portal.runs.affected import AffectedEntities
from fairway.portal.runs.endpoints.runs import accepted
from fairway.portal.runs.service import RunService
from fairway.portal.runs.stream import RunStreams

_ONE = "/fairway/runs/{run_id}"
_RUN = {"run": schemas.RUN}
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Server-sent events: `run` with the run whenever it changes, `log` or `logs` with its log.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    },
    401: {"description": "No valid token."},
    404: {"description": "There is no such run."},
    422: {"description": "Last-Event-ID is none of a stream of a run."},
    503: {"description": "Too many streams are open."},
}


def build_router(runs: RunService, affected: AffectedEntities, streams: RunStreams) -> APIRouter:
    """Routes below ``/v1/fairway/runs/{run_id}``."""
    router = api_router("Runs")
    _verbs(router, runs)

    @router.get(
        f"{_ONE}/entities",
        summary="Entities that a run touched",
        description="Those written with its run_id while it was in progress, as far as the caller may read them.",
        responses=answers(401, 404, entities=schemas.AFFECTED),
    )
    async def entities(run_id: str, caller: CallerDep) -> Response:
        return ok(entities=await affected.of(caller, run_id))

    @router.get(
        f"{_ONE}/stream",
        summary="A run and its log as they grow, as server-sent events",
        description="From the start, or from behind Last-Event-ID, until the run has ended, the token expires, or the "
        "server stops. Lines of the last seconds before a break may come again; their ids tell. Events are `run` with "
        "the run, and `log` with a line, or `logs` with an array of lines.",
        response_class=Response,
        responses=_STREAM,
        openapi_extra=schemas.parameters(*schemas.RESUME, schemas.TOGETHER),
    )
    async def stream(run_id: str, request: Request, caller: CallerDep) -> Response:
        place = request.headers.get("last-event-id") or request.query_params.get("last_event_id") or ""
        together = flag(request, "together")
        chunks = await streams.open(partial(current_caller, request), run_id, place, together=together)
        return EventStreamResponse(chunks, streams.stopping)

    return router


def _verbs(router: APIRouter, runs: RunService) -> None:
    @router.post(
        f"{_ONE}/rerun",
        status_code=202,
        summary="Run the action of a run again, with the same inputs",
        responses=accepted(answers(401, 403, 404, 422, **_RUN)),
    )
    async def rerun(run_id: str, caller: CallerDep) -> Response:
        return answer(202, {"ok": True, "run": await runs.rerun(caller, run_id)})

    @router.post(
        f"{_ONE}/cancel",
        summary="End a run as failed",
        description="What its backend has begun goes on; the run no longer waits for it.",
        responses=answers(401, 403, 404, 409, **_RUN),
    )
    async def cancel(run_id: str, caller: CallerDep) -> Response:
        return ok(run=await runs.cancel(caller, run_id))

    @router.post(
        f"{_ONE}/redrive",
        summary="Hand a run over to its executor once more",
        description="For a run whose executor was lost, or that failed because it could not be delivered.",
        responses=answers(401, 403, 404, 409, **_RUN),
    )
    async def redrive(run_id: str, caller: CallerDep) -> Response:
        return ok(run=await runs.redrive(caller, run_id))
