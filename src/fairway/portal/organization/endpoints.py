"""``/v1/organization``, its secrets, and ``/v1/kafka-credentials``."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from fairway.kit.settings import Settings
from fairway.portal.http import CallerDep, api_router, created, json_object, ok
from fairway.portal.organization.kafka import kafka_credentials
from fairway.portal.organization.schemas import (
    ORGANIZATION_PATCH,
    ORGANIZATION_PUT,
    SECRET_CREATE,
    SECRET_PATCH,
    body,
)
from fairway.portal.organization.secrets import SecretsService
from fairway.portal.organization.service import OrganizationService


def build_router(organization: OrganizationService, secrets: SecretsService, settings: Settings) -> APIRouter:
    """Routes of the organisation."""
    router = api_router("Organization")

    @router.get("/organization", summary="The organisation, its settings and feature flags")
    async def read(caller: CallerDep) -> Response:
        return ok(organization=await organization.read())

    @router.patch("/organization", summary="Change some keys", openapi_extra=body(ORGANIZATION_PATCH))
    async def patch(request: Request, caller: CallerDep) -> Response:
        await organization.patch(caller, await json_object(request))
        return ok()

    @router.put("/organization", summary="Replace the writable keys", openapi_extra=body(ORGANIZATION_PUT))
    async def replace(request: Request, caller: CallerDep) -> Response:
        await organization.replace(caller, await json_object(request))
        return ok()

    @router.get("/kafka-credentials", summary="How to reach the portal's Kafka; 404 when it has none")
    async def kafka(caller: CallerDep) -> Response:
        return ok(credentials=kafka_credentials(caller, settings))

    _add_secrets(router, secrets)
    return router


def _add_secrets(router: APIRouter, secrets: SecretsService) -> None:
    @router.get("/organization/secrets", summary="All secrets, without their values")
    async def list_secrets(caller: CallerDep) -> Response:
        return ok(secrets=await secrets.all())

    @router.post("/organization/secrets", summary="Store a secret", status_code=201, openapi_extra=body(SECRET_CREATE))
    async def create_secret(request: Request, caller: CallerDep) -> Response:
        return created(secret=await secrets.create(caller, await json_object(request)))

    @router.get("/organization/secrets/{name}", summary="One secret, without its value")
    async def read_secret(name: str, caller: CallerDep) -> Response:
        return ok(secret=await secrets.read(name))

    @router.patch(
        "/organization/secrets/{name}", summary="Change value or description", openapi_extra=body(SECRET_PATCH)
    )
    async def update_secret(name: str, request: Request, caller: CallerDep) -> Response:
        return ok(secret=await secrets.update(caller, name, await json_object(request)))

    @router.delete("/organization/secrets/{name}", summary="Remove a secret")
    async def delete_secret(name: str, caller: CallerDep) -> Response:
        await secrets.delete(caller, name)
        return ok()
