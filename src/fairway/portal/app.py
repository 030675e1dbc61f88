"""The ASGI application: routers of every feature behind the shared layers."""

from __future__ import annotations

import time

from fastapi import FastAPI
from starlette.middleware import Middleware

from fairway import __version__
from fairway.portal import operations
from fairway.portal.access.endpoints import build_apps_router, build_auth_router, build_sessions_router
from fairway.portal.http import docs_page
from fairway.portal.http.errors import install_error_handlers
from fairway.portal.http.middleware import BodyLimit, Envelope, RawPath
from fairway.portal.http.ratelimit import RateLimiter
from fairway.portal.services import Portal


def create_app(portal: Portal) -> FastAPI:
    """The application of one portal; its background work is started by whoever serves it."""
    settings = portal.settings
    limiter = RateLimiter(settings.rate_limit, settings.rate_window_seconds, time.monotonic)

    def body_limit(path: str) -> int:
        return settings.max_webhook_bytes if path.startswith("/ingest/") else settings.max_body_bytes

    app = FastAPI(
        title="Fairway",
        version=__version__,
        openapi_url="/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        middleware=[
            Middleware(Envelope, metrics=portal.metrics, limiter=limiter),
            Middleware(BodyLimit, limit_for=body_limit, timeout_seconds=settings.request_timeout_seconds),
            Middleware(RawPath),
        ],
    )
    app.state.portal = portal
    app.state.authenticator = portal.access.authenticator
    install_error_handlers(app)
    include_routers(app, portal)
    return app


def include_routers(app: FastAPI, portal: Portal) -> None:
    """Routers in the order in which routes are tried: hot ones and fixed paths first."""
    app.include_router(operations.build_router(portal.db, portal.metrics))
    app.include_router(docs_page.build_router())
    app.include_router(build_auth_router(portal.access))
    app.include_router(build_sessions_router(portal.access))
    app.include_router(build_apps_router(portal.access.apps))
