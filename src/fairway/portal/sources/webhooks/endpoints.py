"""``/v1/webhooks``, previews and records, and the intake under ``/ingest``."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from fairway.portal.http import CallerDep, answer, api_router, created, json_object, ok
from fairway.portal.http.requests import query_int
from fairway.portal.http.routing import open_router
from fairway.portal.sources.webhooks import schemas
from fairway.portal.sources.webhooks.events import EventsService
from fairway.portal.sources.webhooks.intake import IntakeService, payload_of
from fairway.portal.sources.webhooks.model import Webhook
from fairway.portal.sources.webhooks.preview import PreviewService
from fairway.portal.sources.webhooks.service import WebhookService

_PATH = "/webhooks/{identifier}"


def build_router(webhooks: WebhookService, preview: PreviewService, events: EventsService) -> APIRouter:
    """Routes below ``/v1``. Every object is answered under both names that clients know (contract 9.1)."""
    router = api_router("Webhooks")

    def both(row: Webhook) -> dict[str, object]:
        shown = webhooks.shown(row)
        return {"webhook": shown, "integration": shown}

    @router.get("/webhooks", summary="All webhooks")
    async def list_all(caller: CallerDep) -> Response:
        found = await webhooks.all(caller)
        return ok(webhooks=found, integrations=found)

    @router.get("/webhooks/metadata", summary="All webhooks without mappings, addresses and secrets")
    async def metadata(caller: CallerDep) -> Response:
        found = await webhooks.summaries()
        return ok(webhooks=found, integrations=found)

    @router.post("/webhooks", status_code=201, summary="Define a webhook", openapi_extra=schemas.body(schemas.WEBHOOK))
    async def create(request: Request, caller: CallerDep) -> Response:
        return created(**both(await webhooks.create(caller, await json_object(request))))

    @router.get(_PATH, summary="One webhook")
    async def read(identifier: str, caller: CallerDep) -> Response:
        return ok(**both(await webhooks.read(caller, identifier)))

    @router.put(_PATH, summary="Replace a webhook; its address stays", openapi_extra=schemas.body(schemas.WEBHOOK))
    async def replace(identifier: str, request: Request, caller: CallerDep) -> Response:
        return ok(**both(await webhooks.update(caller, identifier, await json_object(request), keep=False)))

    @router.patch(_PATH, summary="Change parts of a webhook", openapi_extra=schemas.body(schemas.WEBHOOK))
    async def patch(identifier: str, request: Request, caller: CallerDep) -> Response:
        return ok(**both(await webhooks.update(caller, identifier, await json_object(request), keep=True)))

    @router.delete(_PATH, summary="Remove a webhook; its entities stay")
    async def delete(identifier: str, caller: CallerDep) -> Response:
        await webhooks.delete(caller, identifier)
        return ok()

    _add_tools(router, preview, events)
    return router


def build_ingest_router(intake: IntakeService) -> APIRouter:
    """The intake. No principal: the key in the address and the signature stand for one."""
    router = open_router("Webhooks")

    @router.post("/ingest/{webhook_key}", status_code=202, summary="Take a payload in", openapi_extra=schemas.ANY_BODY)
    async def receive(webhook_key: str, request: Request) -> Response:
        payload = payload_of(request.headers.items(), request.query_params.multi_items(), await request.body())
        return answer(202, {"ok": True, "eventId": await intake.receive(webhook_key, payload)})

    @router.post(
        "/ingest/{ingest_id}/lake/write/{place:path}",
        status_code=202,
        summary="Raw data of integrations: accepted, not kept",
        openapi_extra=schemas.ANY_BODY,
    )
    async def lake(ingest_id: str, place: str, caller: CallerDep) -> Response:
        return answer(202, {"ok": True, "kept": False})

    return router


def _add_tools(router: APIRouter, preview: PreviewService, events: EventsService) -> None:
    @router.post(
        "/fairway/webhooks/preview",
        summary="What these mappings would make of a payload: raw, mapped, errors; nothing is kept",
        openapi_extra=schemas.body(schemas.PREVIEW),
    )
    async def run(request: Request, caller: CallerDep) -> Response:
        return ok(**await preview.preview(caller, await json_object(request)))

    @router.post(
        "/fairway" + _PATH + "/preview",
        summary="What a webhook would make of a payload: raw, mapped, errors; nothing is kept",
        openapi_extra=schemas.body(schemas.PREVIEW_STORED),
    )
    async def run_stored(identifier: str, request: Request, caller: CallerDep) -> Response:
        return ok(**await preview.preview_stored(caller, identifier, await json_object(request)))

    @router.get("/fairway" + _PATH + "/events", summary="The last payloads and what became of them, newest first")
    async def recent(identifier: str, request: Request, caller: CallerDep) -> Response:
        return ok(events=await events.recent(caller, identifier, query_int(request, "limit", 20, 1, 100)))
