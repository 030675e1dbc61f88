"""What ``/openapi.json`` says beyond the routes: how to authenticate, so that the documentation page can try calls."""

from __future__ import annotations

import re
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

_SCHEME = "token"
_OPEN = frozenset({"/health/live", "/health/ready", "/metrics", "/v1/auth/access_token"})
"""Paths that need no token."""


def describe_access(app: FastAPI) -> None:
    """Adds the token to the description, in front of the routes that need it."""
    describe = app.openapi

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            document = describe()
            _add(document)
            app.openapi_schema = document
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]  # the way FastAPI documents for extending its description


def _add(document: dict[str, Any]) -> None:
    schemes = document.setdefault("components", {}).setdefault("securitySchemes", {})
    schemes[_SCHEME] = {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "An access token of POST /v1/auth/access_token, with or without `Bearer ` in front.",
    }
    for path, operations in document["paths"].items():
        for operation in operations.values():
            if path not in _OPEN:
                operation["security"] = [{_SCHEME: []}]


def operation_id(route: APIRoute) -> str:
    """``entities_bulk``: the name that clients generated from the description give the operation."""
    tag = str(route.tags[0]).lower().replace(" ", "_") if route.tags else "portal"
    return f"{tag}_{route.name}"


def path_parameters(path: str) -> dict[str, Any]:
    """``openapi_extra`` that describes the parameters in a route's path, for handlers that take none of them."""
    names = re.findall(r"\{(\w+)\}", path)
    schema = {"type": "string", "minLength": 1}
    return {"parameters": [{"name": name, "in": "path", "required": True, "schema": schema} for name in names]}
