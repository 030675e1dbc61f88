"""Routes of actions (contract 6.1, 6.9). Routes below ``/v1/actions/runs`` are those of runs and come before these."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from fairway.kit.errors import Gone
from fairway.portal.actions.filters import PARAMETERS, ActionFilter
from fairway.portal.actions.schemas import ACTION, PERMISSIONS, body
from fairway.portal.actions.service import ActionService
from fairway.portal.http import CallerDep, api_router, created, json_object, ok, query_list
from fairway.portal.http.description import path_parameters

ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"description": "The body is not JSON."},
    401: {"description": "No valid token."},
    403: {"description": "Only Admins may change actions."},
    404: {"description": "The action, or a blueprint that it names, does not exist."},
    409: {"description": "The identifier is taken."},
    422: {"description": "The body or a parameter does not fit."},
}
_ONE = "/actions/{action}"
_LEGACY = (
    ("GET", "/blueprints/{blueprint}/actions"),
    ("POST", "/blueprints/{blueprint}/actions"),
    ("PUT", "/blueprints/{blueprint}/actions"),
    ("GET", "/blueprints/{blueprint}/actions/{action}"),
    ("PUT", "/blueprints/{blueprint}/actions/{action}"),
    ("DELETE", "/blueprints/{blueprint}/actions/{action}"),
    ("POST", "/blueprints/{blueprint}/actions/{action}/runs"),
    ("POST", "/blueprints/{blueprint}/entities/{entity}/actions/{action}/runs"),
)
"""Contract 6.9."""


def build_router(actions: ActionService) -> APIRouter:
    """The routes of contract 6.1 without runs, and those of 6.9."""
    router = api_router("Actions")
    _collection(router, actions)
    _single(router, actions)
    _permissions(router, actions)
    for method, path in _LEGACY:
        router.add_api_route(
            path,
            _gone,
            methods=[method],
            summary="Gone: actions live under /v1/actions",
            operation_id=f"legacy_{method}_{path}",
            status_code=410,
            deprecated=True,
            responses={401: {"description": "No valid token."}},
            openapi_extra=path_parameters(path),
        )
    return router


def _collection(router: APIRouter, actions: ActionService) -> None:
    @router.get(
        "/actions",
        summary="List actions and automations",
        description="Those that are not published are shown to those who may change them.",
        responses=ERRORS,
        openapi_extra={"parameters": PARAMETERS},
    )
    async def list_all(request: Request, caller: CallerDep) -> Response:
        return ok(actions=await actions.all(caller, _filter(request)))

    @router.post(
        "/actions",
        summary="Create an action or automation",
        status_code=201,
        responses=ERRORS,
        openapi_extra=body(ACTION),
    )
    async def create(request: Request, caller: CallerDep) -> Response:
        return created(action=await actions.create(caller, await json_object(request)))


def _single(router: APIRouter, actions: ActionService) -> None:
    @router.get(_ONE, summary="Get an action", responses=ERRORS)
    async def get(action: str, caller: CallerDep) -> Response:
        return ok(action=await actions.get(caller, action))

    @router.put(
        _ONE,
        summary="Replace an action",
        description="Another identifier in the body renames it; automations on its runs follow.",
        responses=ERRORS,
        openapi_extra=body(ACTION),
    )
    async def replace(action: str, request: Request, caller: CallerDep) -> Response:
        return ok(action=await actions.replace(caller, action, await json_object(request)))

    @router.delete(_ONE, summary="Delete an action", description="Its runs stay.", responses=ERRORS)
    async def delete(action: str, caller: CallerDep) -> Response:
        await actions.delete(caller, action)
        return ok()


def _permissions(router: APIRouter, actions: ActionService) -> None:
    path = f"{_ONE}/permissions"

    @router.get(path, summary="Get who may execute and approve an action", responses=ERRORS)
    async def permissions(action: str, caller: CallerDep) -> Response:
        return ok(permissions=await actions.permissions(caller, action))

    @router.patch(
        path,
        summary="Change who may execute and approve an action",
        description="What is not sent stays; null lists are empty, a null policy is removed.",
        responses=ERRORS,
        openapi_extra=body(PERMISSIONS),
    )
    async def change_permissions(action: str, request: Request, caller: CallerDep) -> Response:
        return ok(permissions=await actions.patch_permissions(caller, action, await json_object(request)))


def _filter(request: Request) -> ActionFilter:
    query = request.query_params
    published = {"true": True, "false": False}.get(query.get("published", "").lower())
    return ActionFilter(
        query_list(request, "action_identifier"),
        query_list(request, "blueprint_identifier"),
        query_list(request, "operation"),
        published,
        query.get("trigger_type") or None,
        query_list(request, "trigger_event"),
        query_list(request, "trigger_event_action_identifier"),
        query.get("version") or None,
    )


async def _gone(caller: CallerDep) -> Response:
    raise Gone(
        "Actions of single blueprints are deprecated and gone; use /v1/actions, "
        "for example GET /v1/actions?blueprint_identifier=<blueprint>"
    )
