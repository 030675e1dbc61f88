"""The API documentation page: Swagger UI from a Python package, under a policy without inline scripts."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import FileResponse, Response
from swagger_ui_bundle import swagger_ui_path

from fairway.kit.errors import NotFound

_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'"
_ASSETS = {"swagger-ui.css": "text/css", "swagger-ui-bundle.js": "text/javascript", "favicon-32x32.png": "image/png"}

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Fairway API</title>
<link rel="icon" href="/docs/assets/favicon-32x32.png">
<link rel="stylesheet" href="/docs/assets/swagger-ui.css">
</head>
<body>
<main id="docs"></main>
<script src="/docs/assets/swagger-ui-bundle.js"></script>
<script src="/docs/assets/start.js"></script>
</body>
</html>
"""

# The bundled viewer draws OpenAPI 3.0 only. What it would not know of 3.1 it ignores, so only the version is adapted.
_START = """"use strict";
fetch("/openapi.json").then((answer) => answer.json()).then((spec) => {
  spec.openapi = "3.0.3";
  SwaggerUIBundle({ spec, dom_id: "#docs", deepLinking: true, docExpansion: "none", persistAuthorization: false });
});
"""


def build_router() -> APIRouter:
    """``/docs`` and its assets; none of it is part of the API description."""
    router = APIRouter(include_in_schema=False)

    @router.get("/docs")
    async def page() -> Response:
        return Response(_PAGE, media_type="text/html", headers={"content-security-policy": _POLICY})

    @router.get("/docs/assets/{name}")
    async def asset(name: str) -> Response:
        headers = {"cache-control": "public, max-age=86400"}
        if name == "start.js":
            return Response(_START, media_type="text/javascript", headers=headers)
        if name not in _ASSETS:
            raise NotFound(f'The documentation has no asset "{name}"')
        return FileResponse(swagger_ui_path / name, media_type=_ASSETS[name], headers=headers)

    return router
