"""``GET /v1/fairway/events``."""

from __future__ import annotations

from functools import partial
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from fairway.kit.errors import InvalidRequest
from fairway.portal.audit.stream.feed import parse_cursor
from fairway.portal.audit.stream.response import EventStreamResponse
from fairway.portal.audit.stream.service import EventStreams, StreamFilter
from fairway.portal.http import CallerDep, api_router, query_list
from fairway.portal.http.requests import current_caller

_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A stream of server-sent events; the data of each is one audit record.",
        "content": {"text/event-stream": {"schema": {"type": "string"}}},
    },
    401: {"description": "No valid token."},
    422: {"description": "A parameter does not fit."},
    503: {"description": "Too many streams are open."},
}
_PARAMETERS: dict[str, Any] = {
    "parameters": [
        {
            "name": "Last-Event-ID",
            "in": "header",
            "schema": {"type": "string"},
            "description": "Goes on behind this event, as browsers do by themselves after a break.",
        },
        {
            "name": "last_event_id",
            "in": "query",
            "schema": {"type": "string"},
            "description": "The same for clients that cannot set headers.",
        },
        {
            "name": "blueprint",
            "in": "query",
            "schema": {"type": "array", "items": {"type": "string"}},
            "description": "Only changes of these blueprints and their entities.",
        },
        {
            "name": "resources",
            "in": "query",
            "schema": {"type": "array", "items": {"type": "string"}},
            "description": "Only changes of these kinds of resource, such as entity or scorecard.",
        },
        {"name": "entity", "in": "query", "schema": {"type": "string"}, "description": "Only this entity."},
    ]
}


def build_router(streams: EventStreams) -> APIRouter:
    """The live stream."""
    router = api_router("Audit")

    @router.get(
        "/fairway/events",
        summary="Changes as they happen, as server-sent events",
        description=(
            "Ends when the token expires, the client goes or the server stops; reconnecting with the id of the last "
            "event misses nothing. What the caller may not read is left out."
        ),
        response_class=Response,
        responses=_RESPONSES,
        openapi_extra=_PARAMETERS,
    )
    async def events(request: Request, caller: CallerDep) -> Response:
        given = request.headers.get("last-event-id") or request.query_params.get("last_event_id")
        resume = parse_cursor(given) if given else None
        if given and resume is None:
            raise InvalidRequest(f'"{given[:50]}" is not the id of an event of this stream')
        wanted = StreamFilter(
            frozenset(query_list(request, "blueprint")),
            frozenset(query_list(request, "resources")),
            request.query_params.get("entity"),
        )
        chunks = await streams.open(partial(current_caller, request), wanted, resume)
        return EventStreamResponse(chunks, streams.stopping)

    return router
