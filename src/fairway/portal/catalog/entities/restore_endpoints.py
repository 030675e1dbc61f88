"""Routes of deleted entities."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from fairway.kit.errors import InvalidRequest
from fairway.portal.catalog.entities.restore import MAX_RESTORE, RestoreService
from fairway.portal.http import CallerDep, answer, api_router, json_object, ok
from fairway.portal.http.requests import query_int

_LARGEST = 2**62


def build_router(service: RestoreService) -> APIRouter:
    """The routes of deleted entities."""
    router = api_router("Deleted entities")

    @router.get("/fairway/deleted-entities", summary="Deleted entities that can be restored, newest first")
    async def list_deleted(request: Request, caller: CallerDep) -> Response:
        query = request.query_params
        limit = query_int(request, "limit", 100, 1, 1000)
        before = query_int(request, "from", _LARGEST, 0, _LARGEST)
        found = await service.page(caller, query.get("blueprint"), query.get("reason"), before, limit)
        body: dict[str, Any] = {"ok": True, "deletedEntities": found}
        if len(found) == limit:
            body["next"] = str(found[-1]["id"])
        return answer(200, body)

    schema = {
        "type": "object",
        "required": ["ids"],
        "properties": {"ids": {"type": "array", "minItems": 1, "maxItems": MAX_RESTORE, "items": {"type": "integer"}}},
    }

    @router.post(
        "/fairway/deleted-entities/restore",
        summary="Undo deletions",
        openapi_extra={"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}},
    )
    async def restore(request: Request, caller: CallerDep) -> Response:
        ids = (await json_object(request)).get("ids")
        if not isinstance(ids, list):
            raise InvalidRequest('"ids" must be a list of keys of deleted entities')
        restored, errors = [], []
        for each in await service.restore(caller, ids):
            head = {"id": each.id, "identifier": each.identifier}
            if each.error is None:
                restored.append(head)
            else:
                errors.append({**head, "error": each.error.code, "message": each.error.message})
        return ok(restored=restored, errors=errors)

    return router
