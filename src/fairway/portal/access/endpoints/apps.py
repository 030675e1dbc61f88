"""Organisation credentials."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from fairway.portal.access.apps import AppService
from fairway.portal.access.schemas import BOOLEAN, INSTANT, STRING, STRINGS, answers, body, list_of, query, record
from fairway.portal.http import CallerDep, api_router, json_object, ok, query_list
from fairway.portal.http.requests import optional, require

_APP = record(
    ["id", "name", "enabled", "createdAt", "updatedAt"],
    id=STRING, name=STRING, enabled=BOOLEAN, createdAt=INSTANT, updatedAt=INSTANT,
    secret={**STRING, "description": "Only in the answer that made it."},
)  # fmt: skip


def build_router(apps: AppService) -> APIRouter:
    """``/v1/apps``."""
    router = api_router("Credentials")
    name_only = body(record(["name"], name=STRING))

    @router.get(
        "/apps",
        summary="List the organisation's credentials",
        responses=answers(401, 403, apps=list_of(record(id=STRING, name=STRING))),
        openapi_extra=query("fields", STRINGS, "Keys to answer; all when absent."),
    )
    async def list_apps(request: Request, caller: CallerDep) -> Response:
        fields = query_list(request, "fields")
        return ok(apps=[_pick(app, fields) for app in await apps.list(caller)])

    @router.post(
        "/apps",
        summary="Create credentials",
        description="The secret is in this answer and nowhere else.",
        responses=answers(400, 401, 403, 413, 422, app=_APP),
        openapi_extra=name_only,
    )
    async def create(request: Request, caller: CallerDep) -> Response:
        wanted = await json_object(request)
        return ok(app=await apps.create(caller, require(wanted, "name", str)))

    @router.put(
        "/apps/{id}",
        summary="Rename credentials, disable or enable them",
        responses=answers(400, 401, 403, 404, 409, 413, 422, app=_APP),
        openapi_extra=body(record(["name"], name=STRING, enabled=BOOLEAN)),
    )
    async def update(request: Request, caller: CallerDep, id: str) -> Response:
        wanted = await json_object(request)
        return ok(app=await apps.update(caller, id, require(wanted, "name", str), optional(wanted, "enabled", bool)))

    @router.delete(
        "/apps/{id}",
        summary="Delete credentials",
        description="Their tokens stop counting at once. The last enabled pair cannot be deleted.",
        responses=answers(401, 403, 404, 409),
    )
    async def delete(caller: CallerDep, id: str) -> Response:
        await apps.delete(caller, id)
        return ok()

    @router.post(
        "/apps/{id}/rotate-secret",
        summary="Replace the secret of credentials",
        description="The new secret is in this answer and nowhere else; the old one stops counting at once.",
        responses=answers(401, 403, 404, app=_APP),
    )
    async def rotate(caller: CallerDep, id: str) -> Response:
        return ok(app=await apps.rotate(caller, id))

    return router


def _pick(document: dict[str, Any], fields: list[str]) -> dict[str, Any]:
    return {key: value for key, value in document.items() if key in fields} if fields else document
