"""Tokens for programs, and what a caller may do."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from fairway.portal.access.schemas import STRING, STRINGS, answers, body, query, record
from fairway.portal.access.service import Access
from fairway.portal.http import CallerDep, api_router, json_object, ok
from fairway.portal.http.requests import require
from fairway.wire.entities import BULK_LIMIT, MAX_LARGE_BULK


def client_address(request: Request) -> str:
    """Where a request comes from, for throttling."""
    return request.client.host if request.client else ""


def build_router(access: Access) -> APIRouter:
    """``/v1/auth``."""
    router = api_router("Authentication")

    @router.post(
        "/auth/access_token",
        summary="Exchange client credentials for an access token",
        description="The same token is answered while it lives longer than a minute.",
        responses=answers(
            400, 401, 413, 422, 429, accessToken=STRING, expiresIn={"type": "integer"}, tokenType={"const": "Bearer"}
        ),
        openapi_extra=body(record(["clientId", "clientSecret"], clientId=STRING, clientSecret=STRING)),
    )
    async def issue(request: Request) -> Response:
        credentials = await json_object(request)
        client_id = require(credentials, "clientId", str)
        client_secret = require(credentials, "clientSecret", str)
        issued = await access.tokens.issue(client_id, client_secret, client_address(request))
        response = ok(accessToken=issued.token, expiresIn=issued.expires_in, tokenType="Bearer")
        response.headers[BULK_LIMIT] = str(MAX_LARGE_BULK)
        return response

    @router.get(
        "/auth/permissions",
        summary="List what the caller may execute",
        responses=answers(401, permissions=STRINGS),
        openapi_extra=query("action_version", STRING, "Version of the actions to list: v2."),
    )
    async def permissions(request: Request, caller: CallerDep) -> Response:
        return ok(permissions=await access.permissions(caller, dict(request.query_params)))

    return router
