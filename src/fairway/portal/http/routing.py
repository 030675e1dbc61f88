"""Routes over still-encoded paths: an entity identifier may hold ``/``, so segments are decoded after routing."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.routing import Match
from starlette.types import Scope

from fairway.kit.errors import MalformedBody
from fairway.portal.http.description import operation_id


class EncodedPathRoute(APIRoute):
    """Matches on the encoded path (see ``middleware.RawPath``) and decodes each parameter."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        match, child = super().matches(scope)
        if match is Match.NONE:
            return match, child
        params: dict[str, Any] = child.get("path_params", {})
        child["path_params"] = {name: decode_segment(value) for name, value in params.items()}
        return match, child


def decode_segment(value: Any) -> Any:
    """A path parameter as its client meant it.

    Raises:
        MalformedBody: not percent-encoded UTF-8, or with a NUL character.
    """
    if not isinstance(value, str) or "%" not in value:
        return value
    try:
        text = unquote(value, errors="strict")
    except UnicodeDecodeError:
        raise MalformedBody(f'The path segment "{value[:100]}" is not percent-encoded UTF-8') from None
    if "\0" in text:
        raise MalformedBody("The path holds a NUL character")
    return text


def api_router(tag: str) -> APIRouter:
    """A router whose routes live under ``/v1`` and decode their parameters."""
    return open_router(tag, prefix="/v1")


def open_router(tag: str, *, prefix: str = "") -> APIRouter:
    """A router whose routes live where they say, as those of webhooks do."""
    return APIRouter(prefix=prefix, tags=[tag], route_class=EncodedPathRoute, generate_unique_id_function=operation_id)


def adopt(app: FastAPI, router: APIRouter) -> None:
    """Adds a router's routes to the application as they are.

    ``include_router`` would analyse every endpoint a second time, at the first request, and look through two lists of
    routes at each one after it: nothing that our routers, which know their whole paths, need.
    """
    app.router.routes.extend(router.routes)
