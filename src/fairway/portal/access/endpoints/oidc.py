"""Routes that a browser visits while somebody signs in through the identity provider."""

from __future__ import annotations

from html import escape
from typing import Any

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from fairway.kit.errors import FairwayError, Unauthorized
from fairway.kit.logs import get_logger
from fairway.portal.access.endpoints.sessions import set_session_cookie
from fairway.portal.access.oidc.flow import LIFETIME_SECONDS
from fairway.portal.access.oidc.service import OidcService
from fairway.portal.access.schemas import STRING, query
from fairway.portal.access.service import Access
from fairway.portal.http import api_router

_COOKIE = "fairway_oidc"
_PATH = "/v1/fairway/auth/oidc"
_ANSWERS: dict[int | str, dict[str, Any]] = {
    302: {"description": "Onwards."},
    **{status: {"description": "A page for people that says what went wrong."} for status in (401, 403, 404, 503)},
}

_PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Sign-in failed</title></head>
<body>
<main>
<h1>Sign-in failed</h1>
<p>{message}</p>
<p><a href="/">Back to the portal</a></p>
</main>
</body>
</html>
"""

log = get_logger(__name__)


def build_router(access: Access, oidc: OidcService) -> APIRouter:
    """``/v1/fairway/auth/oidc``."""
    router = api_router("Sessions")
    secure = access.settings.effective_base_url.startswith("https:")

    @router.get(
        "/fairway/auth/oidc/start",
        summary="Sign in through the identity provider",
        description="Sends the browser to the provider; it comes back to the callback.",
        responses=_ANSWERS,
        openapi_extra=query("next", STRING, "Path of this portal to show after the login."),
    )
    async def start(request: Request) -> Response:
        try:
            location, cookie = await oidc.start(request.query_params.get("next", "/"))
        except FairwayError as error:
            return _failed(error)
        response = RedirectResponse(location, 302)
        response.set_cookie(
            _COOKIE, cookie, max_age=LIFETIME_SECONDS, path=_PATH, httponly=True, samesite="lax", secure=secure
        )
        return response

    @router.get(
        "/fairway/auth/oidc/callback",
        summary="Finish a login at the identity provider",
        responses=_ANSWERS,
    )
    async def callback(request: Request) -> Response:
        try:
            response = await _finish(request)
        except FairwayError as error:
            response = _failed(error)
        response.delete_cookie(_COOKIE, path=_PATH)
        return response

    async def _finish(request: Request) -> Response:
        sent = request.query_params
        if "error" in sent:
            told = sent.get("error_description") or sent["error"]
            raise Unauthorized(f"The identity provider refused the login: {told[:200]}")
        cookie = request.cookies.get(_COOKIE, "")
        opened, target = await oidc.finish(cookie, sent.get("state", ""), sent.get("code", ""))
        response = RedirectResponse(target, 302)
        set_session_cookie(response, opened.token, access)
        return response

    return router


def _failed(error: FairwayError) -> Response:
    log.warning("sign_in_failed", reason=error.message, cause=error.cause)
    page = _PAGE.format(message=escape(error.message))
    policy = {"content-security-policy": "default-src 'none'", "cache-control": "no-store"}
    return HTMLResponse(page, error.status, headers=policy)
