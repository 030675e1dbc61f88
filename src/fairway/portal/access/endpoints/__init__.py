"""Routes of access."""

from fairway.portal.access.endpoints.apps import build_router as build_apps_router
from fairway.portal.access.endpoints.auth import build_router as build_auth_router
from fairway.portal.access.endpoints.sessions import build_router as build_sessions_router

__all__ = ["build_apps_router", "build_auth_router", "build_sessions_router"]
