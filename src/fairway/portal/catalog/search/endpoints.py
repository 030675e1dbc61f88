"""Routes of search (contract 3.8, 3.9 and 4.1)."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from fairway.portal.catalog.reading.endpoints import READ_PARAMETERS
from fairway.portal.catalog.reading.options import ReadOptions
from fairway.portal.catalog.reading.streaming import Documents, entities_answer
from fairway.portal.catalog.search import openapi
from fairway.portal.catalog.search.feature import SearchFeature
from fairway.portal.catalog.search.openapi import described
from fairway.portal.catalog.search.service import Page, Part
from fairway.portal.http import CallerDep, api_router, json_object, ok


def build_router(feature: SearchFeature) -> APIRouter:
    """The routes; fixed paths come before those of blueprints."""
    router = api_router("Search")
    _add_searches(router, feature)
    _add_numbers(router, feature)
    return router


def _add_searches(router: APIRouter, feature: SearchFeature) -> None:
    service = feature.search

    @router.post(
        "/entities/search",
        summary="Search entities of all blueprints",
        **described(openapi.SEARCH_BODY, openapi.SEARCH_ANSWER, *READ_PARAMETERS),
    )
    async def search_all(request: Request, caller: CallerDep) -> Response:
        query = await json_object(request)
        parts = await service.search_all(caller, query, ReadOptions.from_request(request))
        return await parts_answer(parts, matching_blueprints=True)

    @router.post(
        "/blueprints/entities/datasource-entities",
        summary="List entities by the program that wrote them last",
        **described(openapi.DATASOURCE_BODY, openapi.PAGE_ANSWER, *READ_PARAMETERS),
    )
    async def datasource_entities(request: Request, caller: CallerDep) -> Response:
        body = await json_object(request)
        found = await service.datasource_entities(caller, body, ReadOptions.from_request(request))
        return page_answer(found) if isinstance(found, Page) else await parts_answer(found, matching_blueprints=False)

    @router.post(
        "/blueprints/{blueprint}/entities/search",
        summary="Search entities of one blueprint, in pages",
        **described(openapi.PAGED_BODY, openapi.PAGE_ANSWER, *READ_PARAMETERS),
    )
    async def search_blueprint(request: Request, caller: CallerDep, blueprint: str) -> Response:
        body = await json_object(request)
        return page_answer(await service.search_blueprint(caller, blueprint, body, ReadOptions.from_request(request)))

    @router.post(
        "/blueprints/{blueprint}/entities/top-search",
        summary="Search entities of one blueprint, sorted",
        **described(openapi.TOP_BODY, openapi.PAGE_ANSWER, *READ_PARAMETERS),
    )
    async def top_search(request: Request, caller: CallerDep, blueprint: str) -> Response:
        body = await json_object(request)
        return page_answer(await service.top_search(caller, blueprint, body, ReadOptions.from_request(request)))


def _add_numbers(router: APIRouter, feature: SearchFeature) -> None:
    @router.post(
        "/entities/aggregate",
        summary="A number, or counted values, of what a search finds",
        **described(openapi.AGGREGATE_BODY, openapi.RESULT_ANSWER),
    )
    async def aggregate(request: Request, caller: CallerDep) -> Response:
        return ok(result=await feature.aggregates.aggregate(caller, await json_object(request)))

    @router.post(
        "/entities/aggregate-over-time",
        summary="Numbers of what a search finds, by interval",
        **described(openapi.OVER_TIME_BODY, openapi.RESULT_ANSWER),
    )
    async def aggregate_over_time(request: Request, caller: CallerDep) -> Response:
        return ok(result=await feature.over_time.aggregate(caller, await json_object(request)))

    @router.post(
        "/entities/properties-history",
        summary="How properties of an entity changed",
        **described(openapi.HISTORY_BODY, openapi.RESULT_ANSWER),
    )
    async def properties_history(request: Request, caller: CallerDep) -> Response:
        return ok(result=await feature.history.history(caller, await json_object(request)))


def page_answer(page: Page) -> Response:
    """A page; ``next`` is absent behind the last one."""
    return ok(entities=page.entities, **({"next": page.next} if page.next else {}))


async def parts_answer(parts: AsyncIterator[Part], *, matching_blueprints: bool) -> Response:
    """An answer without pages, written as it is read."""
    names: set[str] = set()

    async def documents() -> AsyncGenerator[Documents, None]:
        async for part in parts:
            names.update(part.blueprints)
            yield part.entities

    def tail() -> dict[str, Any]:
        return {"matchingBlueprints": sorted(names)} if matching_blueprints else {}

    return await entities_answer(documents(), tail)
