"""The route of offers: Fairway's own."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from fairway.portal.access.schemas import BOOLEAN, STRING, answers, list_of, query, record
from fairway.portal.actions.offers import Offers
from fairway.portal.http import CallerDep, api_router, ok

_OFFER = record(["action", "allowed", "reason"], action=STRING, allowed=BOOLEAN, reason=STRING, rule=STRING)
_PARAMETERS = [
    *query("blueprint", STRING, "Only actions of this blueprint.")["parameters"],
    *query("entity", STRING, "Only actions that apply to this entity of the blueprint.")["parameters"],
]


def build_router(offers: Offers) -> APIRouter:
    """``/v1/fairway/offers``."""
    router = api_router("Actions")

    @router.get(
        "/fairway/offers",
        summary="Which self-service actions the caller may run, and why not the others",
        description="A policy is asked only when an action is run, because it may read inputs.",
        responses=answers(401, 404, 422, offers=list_of(_OFFER)),
        openapi_extra={"parameters": _PARAMETERS},
    )
    async def offers_of(request: Request, caller: CallerDep) -> Response:
        wanted = request.query_params
        found = await offers.of(caller, wanted.get("blueprint") or None, wanted.get("entity") or None)
        return ok(offers=[each.document() for each in found])

    return router
