"""Routes that write entities (contract 3.1)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, Protocol

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from fairway.kit.errors import InvalidRequest
from fairway.portal.caller import Caller
from fairway.portal.catalog.entities.context import DeleteOptions
from fairway.portal.catalog.entities.model import Mode, Outcome, WriteOptions
from fairway.portal.catalog.entities.service import EntityService
from fairway.portal.http import CallerDep, answer, api_router, flag, json_object, ok
from fairway.wire.entities import BULK_LIMIT, MAX_BULK, MAX_BULK_DELETE, MAX_LARGE_BULK

BULK_PATH = "/v1/blueprints/{blueprint_identifier}/entities/bulk"

_ENTITY_BODY: dict[str, Any] = {
    "type": "object",
    "properties": {
        "identifier": {"oneOf": [{"type": "string"}, {"type": "object"}]},
        "title": {"type": ["string", "null"]},
        "icon": {"type": ["string", "null"]},
        "team": {
            "oneOf": [{"type": ["string", "null"]}, {"type": "array", "items": {"type": "string"}}, {"type": "object"}]
        },
        "properties": {"type": "object"},
        "relations": {"type": "object"},
    },
}
_FLAGS = [
    {
        "name": name,
        "in": "query",
        "required": False,
        "schema": {"type": "boolean", "default": False},
        "description": text,
    }
    for name, text in (
        ("upsert", "Update the entity when it exists."),
        ("merge", "With upsert: keep what the body does not name."),
        ("validation_only", "Check everything, write nothing."),
        ("create_missing_related_entities", "Create entities that relations name and that do not exist."),
    )
]
_RUN = {
    "name": "run_id",
    "in": "query",
    "required": False,
    "schema": {"type": "string"},
    "description": "Run to attribute the change to.",
}


def _body(schema: dict[str, Any], *parameters: dict[str, Any]) -> dict[str, Any]:
    body = {"required": True, "content": {"application/json": {"schema": schema}}}
    return {"requestBody": body, "parameters": [*parameters, _RUN]}


class WrittenReader(Protocol):
    """Reads an entity back as answers show it."""

    async def written(self, caller: Caller, blueprint: str, outcome: Outcome) -> dict[str, Any]:
        """The full document of an entity just written (or, after validation only, as it would be)."""
        ...


def _options(request: Request, mode: Mode) -> WriteOptions:
    return WriteOptions(
        mode=mode,
        validation_only=flag(request, "validation_only"),
        create_missing=flag(request, "create_missing_related_entities"),
        run_id=request.query_params.get("run_id") or None,
    )


def _delete_options(request: Request) -> DeleteOptions:
    return DeleteOptions(
        delete_dependents=flag(request, "delete_dependents"), run_id=request.query_params.get("run_id") or None
    )


def _upsert_mode(request: Request) -> Mode:
    if not flag(request, "upsert"):
        return Mode.CREATE
    return Mode.UPSERT_MERGE if flag(request, "merge") else Mode.UPSERT_REPLACE


def bulk_answer(outcomes: list[Outcome]) -> Response:
    """200, or 207 when an item failed (contract 3.11)."""
    entities: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    for outcome in outcomes:
        head = {"identifier": outcome.identifier, "index": outcome.index}
        if outcome.error is None:
            entities.append({**head, "created": outcome.created})
            if outcome.additional:
                entities[-1]["additionalData"] = outcome.additional
        else:
            error = outcome.error
            errors.append({**head, "statusCode": error.status, "error": error.code, "message": error.message})
    return answer(207 if errors else 200, {"ok": True, "entities": entities, "errors": errors})


def _entity_list(body: dict[str, Any], most: int, what: str) -> list[Any]:
    found = body.get("entities")
    if not isinstance(found, list) or not 1 <= len(found) <= most:
        raise InvalidRequest(f'"entities" must be a list of 1 to {most} {what}')
    return found


def bulk_endpoint(service: EntityService) -> Callable[[Request, str, Caller], Awaitable[Response]]:
    """The busiest route of all, for whoever serves it."""

    async def bulk(request: Request, blueprint_identifier: str, caller: Caller) -> Response:
        most = MAX_LARGE_BULK if BULK_LIMIT in request.headers else MAX_BULK
        items = _entity_list(await json_object(request), most, "entities")
        options = _options(request, _upsert_mode(request))
        return bulk_answer(await service.write(caller, blueprint_identifier, items, options))

    return bulk


def build_router(service: EntityService, reader: WrittenReader) -> APIRouter:
    """The write routes of entities."""
    router = api_router("Entities")

    async def written(caller: Caller, blueprint: str, outcome: Outcome, status: int) -> Response:
        body: dict[str, Any] = {"ok": True, "entity": await reader.written(caller, blueprint, outcome)}
        if outcome.additional:
            body["additionalData"] = outcome.additional
        return answer(status, body)

    @router.post(
        "/blueprints/{blueprint_identifier}/entities",
        status_code=201,
        summary="Create an entity, or update it with upsert=true",
        openapi_extra=_body(_ENTITY_BODY, *_FLAGS),
    )
    async def create(request: Request, blueprint_identifier: str, caller: CallerDep) -> Response:
        options = _options(request, _upsert_mode(request))
        outcome = await service.write_one(caller, blueprint_identifier, await json_object(request), options)
        return await written(caller, blueprint_identifier, outcome, 201 if outcome.created else 200)

    @router.put(
        "/blueprints/{blueprint_identifier}/entities/{entity_identifier}",
        summary="Replace an entity",
        openapi_extra=_body(_ENTITY_BODY, _FLAGS[3]),
    )
    async def put(request: Request, blueprint_identifier: str, entity_identifier: str, caller: CallerDep) -> Response:
        options = _options(request, Mode.REPLACE)
        body = await json_object(request)
        outcome = await service.write_one(caller, blueprint_identifier, body, options, entity_identifier)
        return await written(caller, blueprint_identifier, outcome, 200)

    @router.patch(
        "/blueprints/{blueprint_identifier}/entities/{entity_identifier}",
        summary="Change parts of an entity",
        openapi_extra=_body(_ENTITY_BODY, _FLAGS[3]),
    )
    async def patch(request: Request, blueprint_identifier: str, entity_identifier: str, caller: CallerDep) -> Response:
        options = _options(request, Mode.PATCH)
        body = await json_object(request)
        outcome = await service.write_one(caller, blueprint_identifier, body, options, entity_identifier)
        return await written(caller, blueprint_identifier, outcome, 200)

    @router.delete("/blueprints/{blueprint_identifier}/entities/{entity_identifier}", summary="Delete an entity")
    async def delete(
        request: Request, blueprint_identifier: str, entity_identifier: str, caller: CallerDep
    ) -> Response:
        await service.delete(caller, blueprint_identifier, [entity_identifier], _delete_options(request))
        return ok()

    _add_bulks(router, service)
    return router


def _add_bulks(router: APIRouter, service: EntityService) -> None:
    write_bulk = bulk_endpoint(service)
    bulk_schema = {
        "type": "object",
        "required": ["entities"],
        "properties": {"entities": {"type": "array", "minItems": 1, "maxItems": MAX_BULK, "items": _ENTITY_BODY}},
    }

    @router.post(
        BULK_PATH.removeprefix("/v1"),
        summary="Create or update up to 20 entities",
        openapi_extra=_body(bulk_schema, *_FLAGS),
    )
    async def bulk(request: Request, blueprint_identifier: str, caller: CallerDep) -> Response:
        return await write_bulk(request, blueprint_identifier, caller)

    delete_schema = {
        "type": "object",
        "required": ["entities"],
        "properties": {
            "entities": {"type": "array", "minItems": 1, "maxItems": MAX_BULK_DELETE, "items": {"type": "string"}}
        },
    }

    @router.post(
        "/blueprints/{blueprint_identifier}/bulk/entities/delete",
        summary="Delete up to 100 entities, all or none",
        openapi_extra=_body(delete_schema),
    )
    async def bulk_delete(request: Request, blueprint_identifier: str, caller: CallerDep) -> Response:
        names = _entity_list(await json_object(request), MAX_BULK_DELETE, "entity identifiers")
        if not all(isinstance(name, str) for name in names):
            raise InvalidRequest('"entities" must hold entity identifiers, which are strings')
        options = replace(_delete_options(request), missing_ok=True)
        deleted = await service.delete(caller, blueprint_identifier, names, options)
        return ok(deletedEntities=deleted)
