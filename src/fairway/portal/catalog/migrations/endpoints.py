"""Routes of migrations and of deleting all entities."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from fairway.portal.catalog.migrations.service import MigrationService
from fairway.portal.http import CallerDep, api_router, flag, json_object, ok, query_list
from fairway.portal.http.requests import json_object_or_empty


def build_router(service: MigrationService) -> APIRouter:
    """The routes of migrations."""
    router = api_router("Migrations")

    @router.delete("/blueprints/{blueprint_identifier}/all-entities", summary="Delete all entities of a blueprint")
    async def delete_all(request: Request, blueprint_identifier: str, caller: CallerDep) -> Response:
        migration = await service.delete_all_entities(
            caller,
            blueprint_identifier,
            delete_blueprint=flag(request, "delete_blueprint"),
            run_id=request.query_params.get("run_id") or None,
        )
        return ok(migrationId=migration)

    @router.get("/migrations", summary="Migrations, newest first")
    async def list_all(request: Request, caller: CallerDep) -> Response:
        query = request.query_params
        found = await service.list(query_list(request, "status"), query.get("actor"), query.get("blueprint"))
        return ok(migrations=found)

    @router.post(
        "/migrations",
        summary="Map the entities of a blueprint into another",
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {
                        "schema": {
                            "type": "object",
                            "required": ["sourceBlueprint", "mapping"],
                            "properties": {
                                "sourceBlueprint": {"type": "string"},
                                "mapping": {
                                    "type": "object",
                                    "required": ["blueprint", "entity"],
                                    "properties": {
                                        "blueprint": {"type": "string"},
                                        "filter": {"type": "string"},
                                        "itemsToParse": {"type": "string"},
                                        "entity": {"type": "object"},
                                    },
                                },
                            },
                        }
                    }
                },
            }
        },
    )
    async def start(request: Request, caller: CallerDep) -> Response:
        return ok(migration=await service.start(caller, await json_object(request)))

    @router.get("/migrations/{migration_id}", summary="One migration")
    async def get(migration_id: str, caller: CallerDep) -> Response:
        return ok(migration=await service.get(migration_id))

    @router.post("/migrations/{migration_id}/cancel", summary="Stop a migration")
    async def cancel(request: Request, migration_id: str, caller: CallerDep) -> Response:
        reason = str((await json_object_or_empty(request)).get("reason") or "no reason given")
        return ok(migration=await service.cancel(caller, migration_id, reason))

    return router
