"""Routes of pages, widgets, permissions and the sidebar (contract 10.5, 10.6)."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from fairway.portal.http import CallerDep, api_router, created, flag, json_object, ok
from fairway.portal.pages import schemas
from fairway.portal.pages.folders import FolderService
from fairway.portal.pages.service import PagesService

_ERRORS: dict[int | str, dict[str, Any]] = {
    400: {"description": "The body is not JSON."},
    401: {"description": "No valid token."},
    403: {"description": "The caller may not do this."},
    404: {"description": "The page, folder or widget does not exist."},
    409: {"description": "The identifier is taken."},
    422: {"description": "The body does not fit."},
}
_COMPACT = {
    "parameters": [
        {
            "name": "compact",
            "in": "query",
            "schema": {"type": "boolean", "default": False},
            "description": "Leaves widgets and filters out.",
        }
    ]
}


def build_router(pages: PagesService, folders: FolderService) -> APIRouter:
    """Everything under ``/v1/pages`` and ``/v1/sidebars``."""
    router = api_router("Pages")
    _pages(router, pages)
    _widgets(router, pages)
    _permissions(router, pages)
    _sidebar(router, folders)
    return router


def _pages(router: APIRouter, pages: PagesService) -> None:
    @router.get("/pages", summary="List pages", responses=_ERRORS, openapi_extra=_COMPACT)
    async def list_pages(request: Request, caller: CallerDep) -> Response:
        return ok(pages=await pages.all(caller, compact=flag(request, "compact")))

    @router.post(
        "/pages", summary="Create a page", status_code=201, responses=_ERRORS, openapi_extra=schemas.body(schemas.PAGE)
    )
    async def create_page(request: Request, caller: CallerDep) -> Response:
        page = await pages.create(caller, await json_object(request))
        return created(identifier=page["identifier"], page=page)

    @router.get("/pages/{identifier}", summary="Get a page", responses=_ERRORS)
    async def get_page(identifier: str, caller: CallerDep) -> Response:
        return ok(page=await pages.get(caller, identifier))

    @router.put(
        "/pages/{identifier}", summary="Replace a page", responses=_ERRORS, openapi_extra=schemas.body(schemas.PAGE)
    )
    async def replace_page(identifier: str, request: Request, caller: CallerDep) -> Response:
        return ok(page=await pages.replace(caller, identifier, await json_object(request)))

    @router.patch(
        "/pages/{identifier}",
        summary="Change parts of a page",
        responses=_ERRORS,
        openapi_extra=schemas.body(schemas.PAGE_PATCH),
    )
    async def patch_page(identifier: str, request: Request, caller: CallerDep) -> Response:
        page = await pages.patch(caller, identifier, await json_object(request))
        return ok(identifier=page["identifier"], page=page)

    @router.delete("/pages/{identifier}", summary="Delete a page", responses=_ERRORS)
    async def delete_page(identifier: str, caller: CallerDep) -> Response:
        await pages.delete(caller, identifier)
        return ok()


def _widgets(router: APIRouter, pages: PagesService) -> None:
    @router.post(
        "/pages/{identifier}/widgets",
        summary="Add a widget to a dashboard or grouper of a page",
        status_code=201,
        responses=_ERRORS,
        openapi_extra=schemas.body(schemas.NEW_WIDGET),
    )
    async def add_widget(identifier: str, request: Request, caller: CallerDep) -> Response:
        return created(identifier=await pages.add_widget(caller, identifier, await json_object(request)))

    @router.patch(
        "/pages/{identifier}/widgets/{widget_id}",
        summary="Merge into a widget",
        responses=_ERRORS,
        openapi_extra=schemas.body({"type": "object"}),
    )
    async def patch_widget(identifier: str, widget_id: str, request: Request, caller: CallerDep) -> Response:
        await pages.patch_widget(caller, identifier, widget_id, await json_object(request))
        return ok(identifier=widget_id)

    @router.delete("/pages/{identifier}/widgets/{widget_id}", summary="Delete a widget", responses=_ERRORS)
    async def delete_widget(identifier: str, widget_id: str, caller: CallerDep) -> Response:
        await pages.delete_widget(caller, identifier, widget_id)
        return ok()


def _permissions(router: APIRouter, pages: PagesService) -> None:
    @router.get("/pages/{identifier}/permissions", summary="Who may read and change a page", responses=_ERRORS)
    async def get_permissions(identifier: str, caller: CallerDep) -> Response:
        return ok(permissions=await pages.permissions(caller, identifier))

    @router.patch(
        "/pages/{identifier}/permissions",
        summary="Change who may read and change a page",
        responses=_ERRORS,
        openapi_extra=schemas.body(schemas.PERMISSIONS),
    )
    async def patch_permissions(identifier: str, request: Request, caller: CallerDep) -> Response:
        return ok(permissions=await pages.patch_permissions(caller, identifier, await json_object(request)))


def _sidebar(router: APIRouter, folders: FolderService) -> None:
    @router.get("/sidebars/catalog", summary="Folders and pages of the sidebar, in order", responses=_ERRORS)
    async def get_sidebar(caller: CallerDep) -> Response:
        return ok(sidebar=await folders.sidebar(caller))

    @router.post(
        "/sidebars/catalog/folders",
        summary="Create a folder",
        status_code=201,
        responses=_ERRORS,
        openapi_extra=schemas.body(schemas.FOLDER),
    )
    async def create_folder(request: Request, caller: CallerDep) -> Response:
        return created(folder=await folders.create(caller, await json_object(request)))

    @router.patch(
        "/sidebars/catalog/folders/{identifier}",
        summary="Change a folder",
        responses=_ERRORS,
        openapi_extra=schemas.body(schemas.FOLDER_PATCH),
    )
    async def patch_folder(identifier: str, request: Request, caller: CallerDep) -> Response:
        return ok(folder=await folders.patch(caller, identifier, await json_object(request)))

    @router.delete(
        "/sidebars/catalog/folders/{identifier}", summary="Delete a folder, keeping what it holds", responses=_ERRORS
    )
    async def delete_folder(identifier: str, caller: CallerDep) -> Response:
        await folders.delete(caller, identifier)
        return ok()
