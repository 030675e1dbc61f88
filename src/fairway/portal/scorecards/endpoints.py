"""Routes of scorecards (contract 5.1)."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from fairway.kit.errors import InvalidRequest
from fairway.portal.http import CallerDep, api_router, created, json_object, ok
from fairway.portal.http.requests import json_array, query_int
from fairway.portal.scorecards.insight import DEFAULT_LIMIT, MAX_LIMIT, ResultFilter, ScorecardInsight
from fairway.portal.scorecards.schemas import SCORECARD, body
from fairway.portal.scorecards.service import ScorecardService

ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"description": "The body is not JSON."},
    401: {"description": "No valid token."},
    403: {"description": "Only administrators and the blueprint's moderators may change scorecards."},
    404: {"description": "The blueprint or scorecard does not exist."},
    409: {"description": "The identifier is taken."},
    422: {"description": "The body does not fit."},
}
_MANY = "/blueprints/{blueprint}/scorecards"
_ONE = "/blueprints/{blueprint}/scorecards/{identifier}"


_STATUSES = {"SUCCESS": True, "FAILURE": False}
_RESULT_PARAMETERS: dict[str, Any] = {
    "parameters": [
        {"name": name, "in": "query", "schema": schema, "description": text}
        for name, schema, text in (
            ("level", {"type": "string"}, "Only entities of this level."),
            ("rule", {"type": "string"}, "Only entities for which this rule was asked."),
            ("status", {"enum": list(_STATUSES)}, "Only those for which the rule has this status."),
            ("limit", {"type": "integer", "default": DEFAULT_LIMIT}, f"At most {MAX_LIMIT}; more is clamped."),
            ("from", {"type": "string"}, "`next` of the page before."),
        )
    ]
}


def build_router(scorecards: ScorecardService, insight: ScorecardInsight) -> APIRouter:
    """The routes of contract 5.1, and those that show results."""
    router = api_router("Scorecards")
    _sets(router, scorecards)
    _single(router, scorecards)
    _results(router, insight)
    return router


def _sets(router: APIRouter, scorecards: ScorecardService) -> None:
    @router.get("/scorecards", summary="List all scorecards", responses=ERRORS)
    async def list_all(caller: CallerDep) -> Response:
        return ok(scorecards=await scorecards.all())

    @router.get(_MANY, summary="List the scorecards of a blueprint", responses=ERRORS)
    async def list_of_blueprint(blueprint: str, caller: CallerDep) -> Response:
        return ok(scorecards=await scorecards.of_blueprint(blueprint))

    @router.put(
        _MANY,
        summary="Replace all scorecards of a blueprint",
        description="Scorecards that are not in the array are deleted.",
        responses=ERRORS,
        openapi_extra=body({"type": "array", "items": SCORECARD}),
    )
    async def replace_all(blueprint: str, request: Request, caller: CallerDep) -> Response:
        return ok(scorecards=await scorecards.replace_all(caller, blueprint, await json_array(request)))

    @router.post(_MANY, summary="Create a scorecard", status_code=201, responses=ERRORS, openapi_extra=body(SCORECARD))
    async def create(blueprint: str, request: Request, caller: CallerDep) -> Response:
        return created(scorecard=await scorecards.create(caller, blueprint, await json_object(request)))


def _single(router: APIRouter, scorecards: ScorecardService) -> None:
    @router.get(_ONE, summary="Get a scorecard", responses=ERRORS)
    async def get(blueprint: str, identifier: str, caller: CallerDep) -> Response:
        return ok(scorecard=await scorecards.get(blueprint, identifier))

    @router.put(_ONE, summary="Replace a scorecard", responses=ERRORS, openapi_extra=body(SCORECARD))
    async def replace(blueprint: str, identifier: str, request: Request, caller: CallerDep) -> Response:
        return ok(scorecard=await scorecards.replace(caller, blueprint, identifier, await json_object(request)))

    @router.delete(_ONE, summary="Delete a scorecard", responses=ERRORS)
    async def delete(blueprint: str, identifier: str, caller: CallerDep) -> Response:
        await scorecards.delete(caller, blueprint, identifier)
        return ok()


def _results(router: APIRouter, insight: ScorecardInsight) -> None:
    @router.get(
        "/fairway/scorecards/{blueprint}/{identifier}/results",
        summary="Results of a scorecard, paged, with counts per level and per rule",
        description="As of the last look at each entity, which follows changes within seconds.",
        responses=ERRORS,
        openapi_extra=_RESULT_PARAMETERS,
    )
    async def results(blueprint: str, identifier: str, request: Request, caller: CallerDep) -> Response:
        query = request.query_params
        status = query.get("status")
        if status is not None and status not in _STATUSES:
            raise InvalidRequest(f'"status" must be SUCCESS or FAILURE, not "{status[:50]}"')
        wanted = ResultFilter(query.get("level"), query.get("rule"), None if status is None else _STATUSES[status])
        limit = query_int(request, "limit", DEFAULT_LIMIT, 1, MAX_LIMIT)
        return ok(**await insight.results(caller, blueprint, identifier, wanted, query.get("from", ""), limit))

    @router.get(
        "/fairway/entities/{blueprint}/{identifier}/scorecards",
        summary="Why an entity has the levels it has, and what would raise them",
        responses=ERRORS,
    )
    async def of_entity(blueprint: str, identifier: str, caller: CallerDep) -> Response:
        return ok(scorecards=await insight.of_entity(caller, blueprint, identifier))
