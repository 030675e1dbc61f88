"""Routes that read entities (contract 3.1, 3.7)."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from fairway.kit.errors import NotFound
from fairway.portal.caller import Caller
from fairway.portal.catalog.reading.options import ReadOptions
from fairway.portal.catalog.reading.reader import EntityReader
from fairway.portal.catalog.reading.streaming import Documents, entities_answer
from fairway.portal.catalog.search.service import SearchService
from fairway.portal.http import CallerDep, api_router, flag, ok

_FIELDS = {"type": "array", "items": {"type": "string"}}
_BOOLEAN = {"type": "boolean", "default": False}


def _query(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "required": False, "schema": schema, "description": description}


READ_PARAMETERS = [
    _query("include", _FIELDS, "Show these fields only: identifier, title, properties, properties.<p>, ..."),
    _query("exclude", _FIELDS, "Leave these fields out."),
    _query("exclude_calculated_properties", _BOOLEAN, "Without mirror, calculation, aggregation and scorecards."),
    _query("attach_title_to_relation", _BOOLEAN, "Show relations as {identifier, title}."),
    _query("attach_identifier_to_title_mirror_properties", _BOOLEAN, "Show mirrors of $title as {identifier, title}."),
]
"""Query parameters of everything that answers with entities."""
_PARTIAL = _query("allow_partial_results", _BOOLEAN, "Show what could be read, and name what could not.")


def build_router(reader: EntityReader, search: SearchService) -> APIRouter:
    """The read routes of entities."""
    router = api_router("Entities")

    @router.get(
        "/blueprints/{blueprint_identifier}/entities",
        summary="All entities of a blueprint",
        openapi_extra={"parameters": [*READ_PARAMETERS, _PARTIAL]},
    )
    async def list_all(request: Request, blueprint_identifier: str, caller: CallerDep) -> Response:
        options = ReadOptions.from_request(request)
        parts = await search.search_all(caller, None, options, blueprint=blueprint_identifier)

        async def documents() -> AsyncGenerator[Documents, None]:
            async for part in parts:
                yield part.entities

        failed = [blueprint_identifier] if flag(request, "allow_partial_results") else None
        return await entities_answer(documents(), failed=failed)

    @router.get(
        "/blueprints/{blueprint_identifier}/entities/{entity_identifier}",
        summary="One entity",
        openapi_extra={"parameters": READ_PARAMETERS},
    )
    async def get(request: Request, blueprint_identifier: str, entity_identifier: str, caller: CallerDep) -> Response:
        found = await _find(caller, blueprint_identifier, entity_identifier)
        documents = await reader.documents([found], ReadOptions.from_request(request)) if found is not None else []
        if not documents:
            raise NotFound(
                f'Entity with identifier "{entity_identifier}" was not found in blueprint "{blueprint_identifier}"'
            )
        return ok(entity=documents[0])

    async def _find(caller: Caller, blueprint: str, identifier: str) -> int | None:
        """Some clients encode a space as ``+`` (contract 1.1), so that is tried second."""
        found = await search.readable(caller, blueprint, identifier)
        if found is None and "+" in identifier:
            found = await search.readable(caller, blueprint, identifier.replace("+", " "))
        return found

    @router.get(
        "/blueprints/{blueprint_identifier}/entities-count",
        summary="How many entities of a blueprint the caller may read",
    )
    async def count(blueprint_identifier: str, caller: CallerDep) -> Response:
        return ok(count=await search.count(caller, None, blueprint=blueprint_identifier))

    @router.get(
        "/fairway/blueprints/{blueprint_identifier}/problems",
        summary="Calculations of a blueprint that went over a limit or are not valid",
    )
    async def problems(blueprint_identifier: str, caller: CallerDep) -> Response:
        return ok(problems=await reader.problems_of(blueprint_identifier))

    return router
