"""Routes of saved views."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from fairway.portal.http import CallerDep, api_router, created, json_object, ok
from fairway.portal.pages.schemas import body
from fairway.portal.pages.views.service import SCOPES, ViewService

_VIEW: dict[str, Any] = {
    "title": {"type": "string", "minLength": 1, "maxLength": 200},
    "scope": {"enum": list(SCOPES), "default": "personal"},
    "team": {"type": ["string", "null"], "description": "Required when `scope` is `team`."},
    "config": {
        "type": ["object", "null"],
        "description": "Columns, filters, grouping and sorting as the page's table keeps them.",
    },
}
_CHANGED: dict[str, Any] = {"type": "object", "required": ["title"], "properties": _VIEW}
_NEW: dict[str, Any] = {
    "type": "object",
    "required": ["title", "page"],
    "properties": {"page": {"type": "string", "description": "Identifier of the page."}, **_VIEW},
}
_ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"description": "The body is not JSON."},
    401: {"description": "No valid token."},
    403: {"description": "The view belongs to someone else, or the team is not the caller's."},
    404: {"description": "The view or the page does not exist, or the caller may not see it."},
    422: {"description": "The body does not fit."},
}
_FILTERS = {
    "parameters": [
        {"name": "page", "in": "query", "schema": {"type": "string"}, "description": "Only views of this page."},
        {"name": "scope", "in": "query", "schema": {"enum": list(SCOPES)}, "description": "Only views of this scope."},
    ]
}


def build_router(views: ViewService) -> APIRouter:
    """Everything under ``/v1/fairway/views``."""
    router = api_router("Saved views")

    @router.get("/fairway/views", summary="Saved views that you may use", responses=_ERRORS, openapi_extra=_FILTERS)
    async def list_views(request: Request, caller: CallerDep) -> Response:
        query = request.query_params
        return ok(views=await views.all(caller, query.get("page"), query.get("scope")))

    @router.post(
        "/fairway/views", summary="Save a view of a page", status_code=201, responses=_ERRORS, openapi_extra=body(_NEW)
    )
    async def create_view(request: Request, caller: CallerDep) -> Response:
        return created(view=await views.create(caller, await json_object(request)))

    @router.get("/fairway/views/{identifier}", summary="Get a saved view", responses=_ERRORS)
    async def get_view(identifier: str, caller: CallerDep) -> Response:
        return ok(view=await views.get(caller, identifier))

    @router.put(
        "/fairway/views/{identifier}", summary="Save over a view", responses=_ERRORS, openapi_extra=body(_CHANGED)
    )
    async def replace_view(identifier: str, request: Request, caller: CallerDep) -> Response:
        return ok(view=await views.replace(caller, identifier, await json_object(request)))

    @router.delete("/fairway/views/{identifier}", summary="Delete a saved view", responses=_ERRORS)
    async def delete_view(identifier: str, caller: CallerDep) -> Response:
        await views.delete(caller, identifier)
        return ok()

    return router
