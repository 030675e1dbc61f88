"""Routes of blueprints (contract 2.1)."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from fairway.portal.catalog.blueprints.planning import BlueprintPlans
from fairway.portal.catalog.blueprints.renames import RenameService
from fairway.portal.catalog.blueprints.service import BlueprintService
from fairway.portal.http import CallerDep, api_router, created, flag, json_object, ok

_BLUEPRINT: dict[str, Any] = {
    "type": "object",
    "required": ["identifier", "title", "schema"],
    "properties": {
        "identifier": {"type": "string", "minLength": 1, "maxLength": 100},
        "title": {"type": "string", "minLength": 1, "maxLength": 100},
        "description": {"type": ["string", "null"], "maxLength": 200},
        "icon": {"type": ["string", "null"]},
        "schema": {
            "type": "object",
            "required": ["properties"],
            "properties": {
                "properties": {"type": "object", "additionalProperties": {"type": "object"}},
                "required": {"type": "array", "items": {"type": "string"}},
            },
        },
        "relations": {"type": "object", "additionalProperties": {"type": "object", "required": ["target"]}},
        "mirrorProperties": {"type": "object"},
        "calculationProperties": {"type": "object"},
        "aggregationProperties": {"type": "object"},
        "ownership": {"type": "object"},
        "changelogDestination": {"type": "object"},
    },
}


def _body(schema: dict[str, Any]) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}


def build_router(service: BlueprintService, renames: RenameService, plans: BlueprintPlans) -> APIRouter:
    """The routes of blueprints."""
    router = api_router("Blueprints")

    @router.get("/blueprints", summary="All blueprints")
    async def list_all(caller: CallerDep) -> Response:
        return ok(blueprints=await service.list())

    @router.post("/blueprints", status_code=201, summary="Create a blueprint", openapi_extra=_body(_BLUEPRINT))
    async def create(request: Request, caller: CallerDep) -> Response:
        catalog_page = flag(request, "create_catalog_page", True)
        return created(blueprint=await service.create(caller, await json_object(request), catalog_page=catalog_page))

    @router.get("/blueprints/system/{identifier}/structure", summary="The pristine definition of a system blueprint")
    async def structure(identifier: str, caller: CallerDep) -> Response:
        return ok(blueprint=await service.structure(identifier))

    @router.get("/blueprints/{identifier}", summary="One blueprint")
    async def get(identifier: str, caller: CallerDep) -> Response:
        return ok(blueprint=await service.get(identifier))

    @router.put("/blueprints/{identifier}", summary="Replace a blueprint", openapi_extra=_body(_BLUEPRINT))
    async def replace(request: Request, identifier: str, caller: CallerDep) -> Response:
        return ok(blueprint=await service.replace(caller, identifier, await json_object(request)))

    @router.patch(
        "/blueprints/{identifier}", summary="Change parts of a blueprint", openapi_extra=_body({"type": "object"})
    )
    async def patch(request: Request, identifier: str, caller: CallerDep) -> Response:
        return ok(blueprint=await service.patch(caller, identifier, await json_object(request)))

    @router.delete("/blueprints/{identifier}", summary="Delete a blueprint that has no entities")
    async def delete(identifier: str, caller: CallerDep) -> Response:
        await service.delete(caller, identifier)
        return ok()

    @router.get("/blueprints/{blueprint_identifier}/permissions", summary="Permissions of a blueprint")
    async def permissions(blueprint_identifier: str, caller: CallerDep) -> Response:
        return ok(permissions=await service.permissions(blueprint_identifier))

    @router.patch(
        "/blueprints/{blueprint_identifier}/permissions",
        summary="Change permissions of a blueprint",
        openapi_extra=_body(
            {"type": "object", "required": ["entities"], "properties": {"entities": {"type": "object"}}}
        ),
    )
    async def patch_permissions(request: Request, blueprint_identifier: str, caller: CallerDep) -> Response:
        body = await json_object(request)
        return ok(permissions=await service.patch_permissions(caller, blueprint_identifier, body))

    @router.post(
        "/fairway/blueprints/{identifier}/plan",
        summary="What replacing a blueprint would change, and which entities would no longer fit; nothing is written",
        openapi_extra=_body(_BLUEPRINT),
    )
    async def plan(request: Request, identifier: str, caller: CallerDep) -> Response:
        return ok(plan=await plans.plan(caller, identifier, await json_object(request)))

    _add_renames(router, renames)
    return router


def _add_renames(router: APIRouter, renames: RenameService) -> None:
    def body(key: str) -> dict[str, Any]:
        return _body({"type": "object", "required": [key], "properties": {key: {"type": "string"}}})

    @router.patch(
        "/blueprints/{blueprint_identifier}/properties/{property_identifier}/rename",
        summary="Rename a property",
        openapi_extra=body("newPropertyName"),
    )
    async def rename_property(
        request: Request, blueprint_identifier: str, property_identifier: str, caller: CallerDep
    ) -> Response:
        new = (await json_object(request)).get("newPropertyName")
        return ok(blueprint=await renames.rename(caller, blueprint_identifier, "properties", property_identifier, new))

    @router.patch(
        "/blueprints/{blueprint_identifier}/relations/{relation_identifier}/rename",
        summary="Rename a relation",
        openapi_extra=body("newRelationIdentifier"),
    )
    async def rename_relation(
        request: Request, blueprint_identifier: str, relation_identifier: str, caller: CallerDep
    ) -> Response:
        new = (await json_object(request)).get("newRelationIdentifier")
        return ok(blueprint=await renames.rename(caller, blueprint_identifier, "relations", relation_identifier, new))

    @router.patch(
        "/blueprints/{blueprint_identifier}/mirror/{property_identifier}/rename",
        summary="Rename a mirror property",
        openapi_extra=body("newMirrorName"),
    )
    async def rename_mirror(
        request: Request, blueprint_identifier: str, property_identifier: str, caller: CallerDep
    ) -> Response:
        new = (await json_object(request)).get("newMirrorName")
        return ok(
            blueprint=await renames.rename(caller, blueprint_identifier, "mirrorProperties", property_identifier, new)
        )
