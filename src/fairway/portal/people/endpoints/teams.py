"""Routes of teams."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from fairway.portal.access.schemas import INSTANT, STRING, STRINGS, answers, body, list_of, query, record
from fairway.portal.http import CallerDep, api_router, json_object, ok, query_list
from fairway.portal.http.requests import json_object_or_empty, optional, require
from fairway.portal.people.documents import pick
from fairway.portal.people.teams import NAME_PATTERN, TeamChange, TeamService
from fairway.portal.people.writer import string_list

_KEYS = {
    "id": STRING, "name": STRING, "description": STRING, "provider": STRING, "createdAt": INSTANT, "updatedAt": INSTANT,
}  # fmt: skip
_READ = record(**_KEYS, users=list_of(record(email=STRING, firstName=STRING, lastName=STRING, status=STRING)))
_WRITTEN = record(**_KEYS, users={**STRINGS, "description": "E-mails of the members."})
_BODY = {"name": {**STRING, "pattern": NAME_PATTERN}, "description": {"type": ["string", "null"]}, "users": STRINGS}
_FIELDS = query("fields", STRINGS, "Fields to answer, such as name or users.email; all when absent.")


def build_router(teams: TeamService) -> APIRouter:
    """``/v1/teams``."""
    router = api_router("Teams")

    @router.get("/teams", summary="List teams", responses=answers(401, teams=list_of(_READ)), openapi_extra=_FIELDS)
    async def list_teams(request: Request, caller: CallerDep) -> Response:
        fields = query_list(request, "fields")
        return ok(teams=[pick(team, fields) for team in await teams.list(caller)])

    @router.post(
        "/teams",
        summary="Create a team",
        responses=answers(400, 401, 403, 404, 409, 413, 422, team=_WRITTEN),
        openapi_extra=body(record(["name"], **_BODY)),
    )
    async def create(request: Request, caller: CallerDep) -> Response:
        sent = await json_object(request)
        require(sent, "name", str)
        return ok(team=await teams.create(caller, _change(sent, replaces=True)))

    @router.get("/teams/{name}", summary="Get a team", responses=answers(401, 404, team=_READ), openapi_extra=_FIELDS)
    async def get(request: Request, caller: CallerDep, name: str) -> Response:
        return ok(team=pick(await teams.get(caller, name), query_list(request, "fields")))

    @router.put(
        "/teams/{name}",
        summary="Replace a team",
        description="Members stay when `users` is not sent.",
        responses=answers(400, 401, 403, 404, 409, 413, 422, team=_WRITTEN),
        openapi_extra=body(record(["name"], **_BODY)),
    )
    async def replace(request: Request, caller: CallerDep, name: str) -> Response:
        sent = await json_object(request)
        require(sent, "name", str)
        return ok(team=await teams.update(caller, name, _change(sent, replaces=True)))

    @router.patch(
        "/teams/{name}",
        summary="Change a team",
        responses=answers(400, 401, 403, 404, 409, 413, 422, team=_WRITTEN),
        openapi_extra=body(record(**_BODY), required=False),
    )
    async def update(request: Request, caller: CallerDep, name: str) -> Response:
        sent = await json_object_or_empty(request)
        return ok(team=await teams.update(caller, name, _change(sent, replaces=False)))

    @router.delete(
        "/teams/{name}",
        summary="Delete a team",
        description="Its members stay users.",
        responses=answers(401, 403, 404),
    )
    async def delete(caller: CallerDep, name: str) -> Response:
        await teams.remove(caller, name)
        return ok()

    return router


def _change(sent: dict[str, Any], *, replaces: bool) -> TeamChange:
    return TeamChange(
        optional(sent, "name", str),
        replaces or "description" in sent,
        optional(sent, "description", str),
        string_list(sent, "users"),
    )
