"""Routes of users."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from fairway.portal.access.schemas import PASSWORD, STRING, STRINGS, answers, body, list_of, query, record
from fairway.portal.http import CallerDep, api_router, json_object, ok, query_list
from fairway.portal.http.requests import json_object_or_empty, require
from fairway.portal.people.documents import pick
from fairway.portal.people.users import EMAIL_PATTERN, UserService
from fairway.portal.people.writer import string_list

_USER = record(
    id=STRING, email=STRING, firstName=STRING, lastName=STRING, status=STRING, type=STRING, providers=STRINGS,
    teams=STRINGS, roles=list_of(record(["name"], name=STRING)),
)  # fmt: skip
_CREDENTIALS = record(["clientId", "clientSecret"], clientId=STRING, clientSecret=STRING)
_FIELDS = query("fields", STRINGS, "Fields to answer, such as email, status or roles.name; all when absent.")
_INVITEE = record(["email"], email={**STRING, "pattern": EMAIL_PATTERN}, roles=STRINGS, teams=STRINGS)
_CHANGE = record(roles={**STRINGS, "minItems": 1}, teams=STRINGS)


def build_router(users: UserService) -> APIRouter:
    """``/v1/users`` and ``/v1/rotate-credentials``."""
    router = api_router("Users")

    @router.get("/users", summary="List users", responses=answers(401, users=list_of(_USER)), openapi_extra=_FIELDS)
    async def list_users(request: Request, caller: CallerDep) -> Response:
        fields = query_list(request, "fields")
        return ok(users=[pick(user, fields) for user in await users.list(caller)])

    @router.post(
        "/users/invite",
        summary="Invite a user",
        description="The user may sign in through the identity provider, or with a password that an Admin arranges.",
        responses=answers(400, 401, 403, 404, 409, 413, 422),
        openapi_extra=body(record(["invitee"], invitee=_INVITEE)),
    )
    async def invite(request: Request, caller: CallerDep) -> Response:
        invitee = require(await json_object(request), "invitee", dict)
        email = require(invitee, "email", str, where="invitee")
        roles, teams = string_list(invitee, "roles", "invitee"), string_list(invitee, "teams", "invitee")
        await users.invite(caller, email, roles, teams)
        return ok()

    @router.get(
        "/users/{user_email}", summary="Get a user", responses=answers(401, 404, user=_USER), openapi_extra=_FIELDS
    )
    async def get(request: Request, caller: CallerDep, user_email: str) -> Response:
        return ok(user=pick(await users.get(caller, user_email), query_list(request, "fields")))

    @router.patch(
        "/users/{user_email}",
        summary="Set the roles and teams of a user",
        responses=answers(400, 401, 403, 404, 413, 422, user=_USER),
        openapi_extra=body(_CHANGE, required=False),
    )
    async def update(request: Request, caller: CallerDep, user_email: str) -> Response:
        change = await json_object_or_empty(request)
        user = await users.update(caller, user_email, string_list(change, "roles"), string_list(change, "teams"))
        return ok(**user, user=user)

    @router.delete("/users/{user_email}", summary="Delete a user", responses=answers(401, 403, 404))
    async def delete(caller: CallerDep, user_email: str) -> Response:
        await users.remove(caller, user_email)
        return ok()

    @router.put(
        "/fairway/users/{user_email}/password",
        summary="Give a user a password",
        description="For people who sign in without an identity provider. Their sessions end.",
        responses=answers(400, 401, 403, 404, 413, 422),
        openapi_extra=body(record(["password"], password=PASSWORD)),
    )
    async def password(request: Request, caller: CallerDep, user_email: str) -> Response:
        await users.set_password(caller, user_email, require(await json_object(request), "password", str))
        return ok()

    @router.post(
        "/rotate-credentials/{user_email}",
        summary="Replace the client id and secret of a user or service account",
        description="The secret is in this answer and nowhere else; former tokens stop counting at once.",
        responses=answers(401, 403, 404, user=_CREDENTIALS),
    )
    async def rotate(caller: CallerDep, user_email: str) -> Response:
        return ok(user=await users.rotate_credentials(caller, user_email))

    return router
