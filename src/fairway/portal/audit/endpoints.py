"""Routes of the audit log."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from fairway.portal.audit.parameters import MAX_LIMIT, PARAMETERS, read_filter
from fairway.portal.audit.service import AuditService
from fairway.portal.http import CallerDep, api_router, ok, query_list
from fairway.portal.http.requests import query_int

_ERRORS: dict[int | str, dict[str, Any]] = {
    401: {"description": "No valid token."},
    422: {"description": "A parameter does not fit."},
}


def build_router(audit: AuditService) -> APIRouter:
    """``GET /v1/audit-log``."""
    router = api_router("Audit")

    @router.get(
        "/audit-log",
        summary="Changes to everything, newest first",
        description="Administrators see all changes, others their own and those of entities that they may read.",
        responses=_ERRORS,
        openapi_extra=PARAMETERS,
    )
    async def audit_log(request: Request, caller: CallerDep) -> Response:
        limit = query_int(request, "limit", MAX_LIMIT, 1, MAX_LIMIT)
        fields = query_list(request, "includes")
        return ok(audits=await audit.search(caller, read_filter(request), limit, fields))

    return router
