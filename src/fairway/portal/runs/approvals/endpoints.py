"""Routes of approvals (contract 7.1)."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from fairway.portal.access.schemas import STRING, answers, body, list_of, query, record
from fairway.portal.http import CallerDep, api_router, created, json_object, ok
from fairway.portal.http.requests import flag
from fairway.portal.runs.approvals.service import ApprovalService

_RUN = "/actions/runs/{run_id}"
_NULLABLE = {"type": ["string", "null"]}
_DECISION = record(
    ["status"],
    status={**STRING, "enum": ["APPROVE", "DECLINE"]},
    description={**STRING, "description": "Why; shown with the run and in its log."},
)
_APPROVER = record(
    ["userId", "state"],
    userId={**_NULLABLE, "description": "Null while nobody has this e-mail."},
    email=_NULLABLE,
    state={**STRING, "enum": ["PENDING", "APPROVED", "DECLINED"]},
    description=_NULLABLE,
)


def build_router(approvals: ApprovalService) -> APIRouter:
    """``/v1/actions/runs/{run_id}/approval`` and ``/approvers``."""
    router = api_router("Runs")

    @router.patch(
        f"{_RUN}/approval",
        summary="Approve or decline a run",
        description="The last approval that is needed lets the run go on; one refusal ends it `DECLINED`. Nobody "
        "approves what they started, and nobody decides twice.",
        status_code=201,
        responses=_created(answers(400, 401, 403, 404, 409, 413, 422, run={"type": "object"})),
        openapi_extra=body(_DECISION),
    )
    async def decide(run_id: str, request: Request, caller: CallerDep) -> Response:
        return created(run=await approvals.decide(caller, run_id, await json_object(request)))

    @router.get(
        f"{_RUN}/approvers",
        summary="List who was asked to approve a run",
        responses=answers(401, 404, approvers=list_of(_APPROVER)),
        openapi_extra=query("include_pending_approvers", {"type": "boolean"}, "Also those who have not decided."),
    )
    async def approvers(run_id: str, request: Request, caller: CallerDep) -> Response:
        pending = flag(request, "include_pending_approvers")
        return ok(approvers=await approvals.approvers(caller, run_id, pending))

    return router


def _created(responses: dict[int | str, dict[str, Any]]) -> dict[int | str, dict[str, Any]]:
    responses[201] = responses.pop(200)
    return responses
