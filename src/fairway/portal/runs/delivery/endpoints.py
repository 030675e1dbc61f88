"""Dead letters, and the webhooks of forges."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from fairway.portal.access.decisions import require_admin
from fairway.portal.http import CallerDep, answer, api_router, ok
from fairway.portal.http.requests import query_int
from fairway.portal.http.routing import EncodedPathRoute
from fairway.portal.runs.delivery.forge_events import ForgeEvents
from fairway.portal.runs.delivery.repository import dead_letters
from fairway.portal.storage import Database

_BODY = {"requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}}
_INGEST: dict[int | str, dict[str, Any]] = {
    202: {"description": "Taken in; handled says how many runs it was about."},
    401: {"description": "The signature or token is not the one of the settings."},
    404: {"description": "The setting for it is missing."},
}
_LETTERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "id, kind, key, runId, attempts, lastError, diedAt of each."},
    403: {"description": "Only Admins."},
}
_LIMIT = {
    "parameters": [
        {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}}
    ]
}


def build_router(db: Database) -> APIRouter:
    """Dead letters below ``/v1/fairway``."""
    router = api_router("Runs")

    @router.get(
        "/fairway/dead-letters",
        summary="Deliveries and other jobs that were given up, newest first",
        responses=_LETTERS,
        openapi_extra=_LIMIT,
    )
    async def letters(request: Request, caller: CallerDep) -> Response:
        require_admin(caller, "read dead letters")
        limit = query_int(request, "limit", 100, 1, 1000)
        return ok(deadLetters=await db.read(lambda tx: dead_letters(tx, limit)))

    return router


def build_ingest_router(events: ForgeEvents) -> APIRouter:
    """Where forges send their events."""
    router = APIRouter(tags=["Runs"], route_class=EncodedPathRoute)

    @router.post(
        "/ingest/github/workflow-runs",
        status_code=202,
        summary="workflow_run events of GitHub, signed with X-Hub-Signature-256",
        responses=_INGEST,
        openapi_extra=_BODY,
    )
    async def github(request: Request) -> Response:
        signature = request.headers.get("x-hub-signature-256", "")
        return answer(202, {"ok": True, "handled": await events.from_github(signature, await request.body())})

    @router.post(
        "/ingest/gitlab/pipelines",
        status_code=202,
        summary="Pipeline events of GitLab, with X-Gitlab-Token",
        responses=_INGEST,
        openapi_extra=_BODY,
    )
    async def gitlab(request: Request) -> Response:
        token = request.headers.get("x-gitlab-token", "")
        return answer(202, {"ok": True, "handled": await events.from_gitlab(token, await request.body())})

    return router
