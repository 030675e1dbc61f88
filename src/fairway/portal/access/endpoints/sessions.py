"""Browser sessions."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from fairway.kit.errors import InvalidRequest
from fairway.portal.access.authenticator import SESSION_COOKIE
from fairway.portal.access.endpoints.auth import client_address
from fairway.portal.access.schemas import BOOLEAN, PASSWORD, STRING, STRINGS, answers, body, record
from fairway.portal.access.service import Access
from fairway.portal.caller import Caller
from fairway.portal.http import CallerDep, api_router, json_object, ok
from fairway.portal.http.requests import require

_WHO = {
    "user": record(
        ["id", "kind", "email", "roles", "teams", "teamNames", "orgId", "isAdmin"],
        id=STRING, kind=STRING, email={"type": ["string", "null"]}, roles=STRINGS, teams=STRINGS, teamNames=STRINGS,
        orgId=STRING, isAdmin=BOOLEAN,
    ),
    "csrfToken": {"type": ["string", "null"], "description": "For the header x-csrf-token; null without a session."},
}  # fmt: skip


def build_router(access: Access) -> APIRouter:
    """``/v1/fairway/auth``: login, logout, session and password."""
    router = api_router("Sessions")
    sessions = access.sessions

    @router.post(
        "/fairway/auth/login",
        summary="Sign in with e-mail and password",
        description="Sets an HttpOnly session cookie. Changes then need the header `x-csrf-token`.",
        responses=answers(400, 401, 413, 422, 429, **_WHO),
        openapi_extra=body(record(["email", "password"], email=STRING, password=STRING)),
    )
    async def login(request: Request) -> Response:
        require_json(request)
        sent = await json_object(request)
        email, password = require(sent, "email", str), require(sent, "password", str)
        opened = await sessions.login(email, password, client_address(request))
        caller = await access.authenticator.by_session(opened.token)
        response = ok(user=_who(caller), csrfToken=opened.csrf_token)
        set_session_cookie(response, opened.token, access)
        return response

    @router.get(
        "/fairway/auth/methods",
        summary="Ways to sign in",
        description="Needs no principal: the login page asks.",
        responses=answers(password=BOOLEAN, oidc=BOOLEAN),
    )
    async def methods() -> Response:
        return ok(password=True, oidc=access.oidc.enabled)

    @router.post("/fairway/auth/logout", summary="End the browser session", responses=answers(401, 403))
    async def logout(request: Request, caller: CallerDep) -> Response:
        await sessions.close(request.cookies.get(SESSION_COOKIE, ""))
        response = ok()
        response.delete_cookie(SESSION_COOKIE, path="/")
        return response

    @router.get("/fairway/auth/session", summary="Who am I?", responses=answers(401, **_WHO))
    async def session(request: Request, caller: CallerDep) -> Response:
        token = request.cookies.get(SESSION_COOKIE) if caller.origin == "UI" else None
        return ok(user=_who(caller), csrfToken=None if token is None else sessions.csrf_token(token))

    @router.post(
        "/fairway/auth/password",
        summary="Change one's own password",
        description="Ends all sessions of the account; sign in again.",
        responses=answers(400, 401, 403, 413, 422, 429),
        openapi_extra=body(record(["currentPassword", "newPassword"], currentPassword=STRING, newPassword=PASSWORD)),
    )
    async def password(request: Request, caller: CallerDep) -> Response:
        sent = await json_object(request)
        current, new = require(sent, "currentPassword", str), require(sent, "newPassword", str)
        await sessions.change_password(caller, current, new, client_address(request))
        return ok()

    return router


def require_json(request: Request) -> None:
    """A page of another site can only send other content types unasked: this keeps it from signing a browser in.

    Raises:
        InvalidRequest: another content type.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        raise InvalidRequest("The content type must be application/json")


def set_session_cookie(response: Response, token: str, access: Access) -> None:
    """Hands the browser its session."""
    response.set_cookie(
        SESSION_COOKIE,
        token,
        max_age=access.settings.session_ttl_seconds,
        path="/",
        httponly=True,
        samesite="lax",
        secure=access.settings.effective_base_url.startswith("https:"),
    )


def _who(caller: Caller) -> dict[str, object]:
    return {
        "id": caller.principal_id,
        "kind": caller.kind,
        "email": caller.email,
        "roles": sorted(caller.roles),
        "teams": sorted(caller.teams),
        "teamNames": sorted(caller.team_names),
        "orgId": caller.org_id,
        "isAdmin": caller.is_admin,
    }
