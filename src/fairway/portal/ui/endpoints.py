"""The pages of the web interface: one document for every screen, and assets that never change under their name."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.routing import APIRoute
from starlette.datastructures import Headers
from starlette.responses import FileResponse, HTMLResponse, Response
from starlette.routing import Match
from starlette.types import Scope

from fairway.kit.errors import NotFound

BUILT = Path(__file__).parent / "web"
_FOREVER = "public, max-age=31536000, immutable"
_MACHINES = ("v1/", "docs", "openapi.json", "ingest/", "logs/", "metrics", "health/")
"""Where an unknown address is told in JSON: programs ask there, not people."""
_FILES = ("favicon.svg", "scheme.js")
_TYPES = {
    ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".woff2": "font/woff2",
    ".json": "application/json", ".map": "application/json", ".png": "image/png", ".wasm": "application/wasm",
}  # fmt: skip
_ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
_MISSING = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Fairway</title></head><body>
<h1>Fairway</h1><p>This installation was built without its web interface. The API is here:
<a href="/docs">documentation</a>. In a checkout, <code>make setup</code> builds the interface.</p></body></html>"""


def policy(nonce: str) -> str:
    """The content security policy of every screen. Styles that are made while a screen runs carry the nonce; pages that
    entities embed, and pictures in their texts, may come from anywhere that is encrypted."""
    return (
        f"default-src 'self'; script-src 'self'; style-src 'self' 'nonce-{nonce}'; img-src 'self' data: https:; "
        "font-src 'self'; connect-src 'self'; frame-src 'self' https: http://localhost:* http://127.0.0.1:*; "
        "worker-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"
    )


class _ReadRoute(APIRoute):
    """Only knows GET: another method at an unknown address is told 404 as before, not that the method is wrong."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        if scope.get("method") not in ("GET", "HEAD"):
            return Match.NONE, {}
        return super().matches(scope)


class _ScreenRoute(_ReadRoute):
    """Only knows people's addresses: what a program asks for in vain stays without a route, in metrics too."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        path = str(scope["path"]).lstrip("/")
        accept = Headers(scope=scope).get("accept", "")
        if path not in _FILES and (path.startswith(_MACHINES) or "text/html" not in accept):
            return Match.NONE, {}
        return super().matches(scope)


def build_router(built: Path) -> APIRouter:
    """Goes behind all other routers: whatever they do not know is a screen, for who asks for a page."""
    router = APIRouter(include_in_schema=False, route_class=_ReadRoute)

    @router.get("/assets/{name}")
    async def asset(name: str, request: Request) -> Response:
        return _file(built / "assets", name, request.headers, {"cache-control": _FOREVER})

    async def screen(path: str, request: Request) -> Response:
        if path in _FILES:
            return _file(built, path, request.headers, {"cache-control": "no-cache"})
        return _document(built)

    router.add_api_route("/{path:path}", screen, route_class_override=_ScreenRoute, include_in_schema=False)
    return router


def _document(built: Path) -> Response:
    page = built / "index.html"
    if not page.is_file():
        return HTMLResponse(_MISSING, headers={"cache-control": "no-store"})
    nonce = secrets.token_urlsafe(18)
    headers = {
        "cache-control": "no-store",
        "content-security-policy": policy(nonce),
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
    }
    return HTMLResponse(page.read_text().replace("__CSP_NONCE__", nonce), headers=headers)


def _file(folder: Path, name: str, asked: Mapping[str, str], headers: Mapping[str, str]) -> Response:
    """A built file, in the best encoding that the build has made and the browser takes."""
    path = folder / name
    if path.parent != folder or not path.is_file() or path.suffix not in _TYPES:
        raise NotFound(f'The web interface has no file "{name[:200]}"')
    accepted = asked.get("accept-encoding", "")
    sent = {**headers, "x-content-type-options": "nosniff", "vary": "accept-encoding"}
    for encoding, suffix in _ENCODINGS:
        packed = path.with_name(path.name + suffix)
        if encoding in accepted and packed.is_file():
            return FileResponse(packed, media_type=_TYPES[path.suffix], headers={**sent, "content-encoding": encoding})
    return FileResponse(path, media_type=_TYPES[path.suffix], headers=sent)
