"""``/v1/integration`` and what hangs below it."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from fairway.kit.errors import InvalidRequest
from fairway.portal.http import CallerDep, api_router, created, flag, json_object, ok
from fairway.portal.http.requests import json_object_or_empty, require
from fairway.portal.sources.integrations import schemas
from fairway.portal.sources.integrations.preview import MappingPreview
from fairway.portal.sources.integrations.service import IntegrationService
from fairway.portal.sources.integrations.status import StatusService

_PATH = "/integration/{identifier}"


def build_router(registry: IntegrationService, status: StatusService, preview: MappingPreview) -> APIRouter:
    """Routes of the registry; fixed paths first."""
    router = api_router("Integrations")

    @router.get("/integration", summary="All integrations", openapi_extra=schemas.query("actionsProcessingEnabled"))
    async def list_all(request: Request, caller: CallerDep) -> Response:
        asked = "actionsProcessingEnabled" in request.query_params
        return ok(integrations=await registry.all(flag(request, "actionsProcessingEnabled") if asked else None))

    @router.get("/integration/metadata", summary="All integrations without their configuration")
    async def metadata(caller: CallerDep) -> Response:
        return ok(integrations=await registry.summaries())

    @router.get(
        "/integration/provision-enabled",
        summary="Integration types whose default resources the portal creates: none, clients create their own",
    )
    async def provision_enabled(caller: CallerDep) -> Response:
        return ok(integrations=[])

    @router.get("/fairway" + _PATH + "/status", summary="Last syncs, counts, problems and log lines of an integration")
    async def read_status(identifier: str, caller: CallerDep) -> Response:
        return ok(status=await status.read(identifier))

    @router.post(
        "/fairway" + _PATH + "/preview",
        summary="What a mapping would make of the raw examples of an integration; nothing is kept",
        openapi_extra=schemas.body(schemas.PREVIEW, required=False),
    )
    async def preview_mapping(identifier: str, request: Request, caller: CallerDep) -> Response:
        return ok(kinds=await preview.preview(caller, identifier, await json_object_or_empty(request)))

    _add_writes(router, registry)
    _add_resync(router, registry)
    return router


def _add_writes(router: APIRouter, registry: IntegrationService) -> None:
    @router.post(
        "/integration", status_code=201, summary="Register an integration", openapi_extra=schemas.body(schemas.CREATE)
    )
    async def create(request: Request, caller: CallerDep) -> Response:
        return created(integration=await registry.create(caller, await json_object(request)))

    @router.get(_PATH, summary="One integration", openapi_extra=schemas.query("byField"))
    async def read(identifier: str, request: Request, caller: CallerDep) -> Response:
        field = request.query_params.get("byField") or "installationId"
        if field not in ("installationId", "logIngestId"):
            raise InvalidRequest(f'Query parameter "byField" must be installationId or logIngestId, not "{field[:50]}"')
        return ok(integration=await registry.read(identifier, by_ingest_id=field == "logIngestId"))

    @router.patch(
        _PATH,
        summary="Change an integration; an empty body asks it for a resync",
        openapi_extra=schemas.body(schemas.PATCH, required=False),
    )
    async def patch(identifier: str, request: Request, caller: CallerDep) -> Response:
        body = await json_object_or_empty(request)
        return ok(integration=await registry.patch(caller, identifier, body, skip_resync=_skips_resync(request)))

    @router.patch(_PATH + "/config", summary="Replace the mapping", openapi_extra=schemas.body(schemas.CONFIG))
    async def patch_config(identifier: str, request: Request, caller: CallerDep) -> Response:
        body = await json_object(request)
        if "config" not in body:
            require(body, "config", dict)
        change = {"config": body["config"]}
        return ok(integration=await registry.patch(caller, identifier, change, skip_resync=_skips_resync(request)))

    @router.delete(_PATH, summary="Forget an integration; its entities stay")
    async def delete(identifier: str, caller: CallerDep) -> Response:
        await registry.delete(caller, identifier)
        return ok()


def _add_resync(router: APIRouter, registry: IntegrationService) -> None:
    @router.patch(
        _PATH + "/resync-state", summary="Report how a resync goes", openapi_extra=schemas.body(schemas.RESYNC_STATE)
    )
    async def report_state(identifier: str, request: Request, caller: CallerDep) -> Response:
        return ok(integration=await registry.report_state(caller, identifier, await json_object(request)))

    @router.get(_PATH + "/resync-request", summary="The last request to sync again")
    async def resync_request(identifier: str, caller: CallerDep) -> Response:
        return ok(request=await registry.resync_request(identifier))


def _skips_resync(request: Request) -> bool:
    return request.headers.get("x-skip-resync", "").lower() in ("true", "1")
