"""Dead letters, and the webhooks of forges."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from fairway.portal.access.decisions import require_admin
from fairway.portal.http import CallerDep, answer, api_router, json_object, ok
from fairway.portal.http.requests import query_int
from fairway.portal.http.routing import open_router
from fairway.portal.runs.delivery.change_feed import ChangeFeed
from fairway.portal.runs.delivery.forge_events import ForgeEvents
from fairway.portal.runs.delivery.repository import dead_letters
from fairway.portal.storage import Database

_BODY = {"requestBody": {"required": True, "content": {"application/json": {"schema": {"type": "object"}}}}}
_INGEST: dict[int | str, dict[str, Any]] = {
    202: {"description": "Taken in; handled says how many runs it was about."},
    401: {"description": "The signature or token is not the one of the settings."},
    404: {"description": "The setting for it is missing."},
}
_FEED: dict[int | str, dict[str, Any]] = {
    200: {"description": "messages, each signed under headers; cursor and claimedUntil, both null without messages."},
    403: {"description": "Only credentials of the organisation and Admins."},
    422: {"description": "A key has another type, or agentId is missing."},
}
_FEED_ACK: dict[int | str, dict[str, Any]] = {
    200: {"description": "The group goes on behind the cursor."},
    403: {"description": "Only credentials of the organisation and Admins."},
    409: {"description": "The claim has run out, or was acknowledged."},
    422: {"description": "group, agentId or cursor is none."},
}
_FEED_CLAIM = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["agentId"],
                    "properties": {
                        "agentId": {"type": "string", "maxLength": 60},
                        "group": {"type": "string", "maxLength": 60, "default": "agents"},
                        "limit": {"type": "integer", "minimum": 1, "maximum": 500, "default": 100},
                        "visibilityTimeoutMs": {"type": "integer", "default": 60000, "maximum": 600000},
                        "waitMs": {"type": "integer", "default": 0, "maximum": 30000},
                    },
                }
            }
        },
    }
}
_LETTERS: dict[int | str, dict[str, Any]] = {
    200: {"description": "id, kind, key, runId, attempts, lastError, diedAt of each."},
    403: {"description": "Only Admins."},
}
_LIMIT = {
    "parameters": [
        {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}}
    ]
}


def build_router(db: Database) -> APIRouter:
    """Dead letters below ``/v1/fairway``."""
    router = api_router("Runs")

    @router.get(
        "/fairway/dead-letters",
        summary="Deliveries and other jobs that were given up, newest first",
        responses=_LETTERS,
        openapi_extra=_LIMIT,
    )
    async def letters(request: Request, caller: CallerDep) -> Response:
        require_admin(caller, "read dead letters")
        limit = query_int(request, "limit", 100, 1, 1000)
        return ok(deadLetters=await db.read(lambda tx: dead_letters(tx, limit)))

    return router


def build_feed_router(feed: ChangeFeed, stopping: asyncio.Event) -> APIRouter:
    """The change log for agents that poll."""
    router = api_router("Runs")

    @router.post(
        "/fairway/change-log/claim",
        summary="Claim the next change events whose destination is an agent",
        description="In order; one agent of a group at a time. What is not acknowledged in time comes again.",
        responses=_FEED,
        openapi_extra=_FEED_CLAIM,
    )
    async def claim_changes(request: Request, caller: CallerDep) -> Response:
        found = await feed.claim(caller, await json_object(request), request.is_disconnected, stopping)
        return ok(**found)

    @router.post(
        "/fairway/change-log/ack",
        summary="Acknowledge claimed change events",
        responses=_FEED_ACK,
        openapi_extra=_BODY,
    )
    async def acknowledge_changes(request: Request, caller: CallerDep) -> Response:
        await feed.acknowledge(caller, await json_object(request))
        return ok()

    return router


def build_ingest_router(events: ForgeEvents) -> APIRouter:
    """Where forges send their events."""
    router = open_router("Runs")

    @router.post(
        "/ingest/github/workflow-runs",
        status_code=202,
        summary="workflow_run events of GitHub, signed with X-Hub-Signature-256",
        responses=_INGEST,
        openapi_extra=_BODY,
    )
    async def github(request: Request) -> Response:
        signature = request.headers.get("x-hub-signature-256", "")
        return answer(202, {"ok": True, "handled": await events.from_github(signature, await request.body())})

    @router.post(
        "/ingest/gitlab/pipelines",
        status_code=202,
        summary="Pipeline events of GitLab, with X-Gitlab-Token",
        responses=_INGEST,
        openapi_extra=_BODY,
    )
    async def gitlab(request: Request) -> Response:
        token = request.headers.get("x-gitlab-token", "")
        return answer(202, {"ok": True, "handled": await events.from_gitlab(token, await request.body())})

    return router
