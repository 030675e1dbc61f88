"""What automations made of the events they heard (ours)."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from fairway.portal.automations.insight import AutomationInsight
from fairway.portal.http import CallerDep, api_router, ok
from fairway.portal.http.requests import query_int

ERRORS: dict[int | str, dict[str, Any]] = {
    401: {"description": "No valid token."},
    403: {"description": "Only Admins may see this."},
    404: {"description": "There is no such automation."},
}
_LIMIT: dict[str, Any] = {
    "parameters": [{"name": "limit", "in": "query", "schema": {"type": "integer", "default": 50, "maximum": 1000}}]
}


def build_router(insight: AutomationInsight) -> APIRouter:
    """One route."""
    router = api_router("Automations")

    @router.get(
        "/fairway/automations/{identifier}/log",
        summary="The last events that an automation heard, and whether they started it",
        description="`outcome` is `fired`, `condition` (it did not hold), `problem` or `stopped` (a circle).",
        responses=ERRORS,
        openapi_extra=_LIMIT,
    )
    async def evaluations(identifier: str, request: Request, caller: CallerDep) -> Response:
        limit = query_int(request, "limit", 50, 1, 1000)
        return ok(evaluations=await insight.evaluations(caller, identifier, limit))

    return router
