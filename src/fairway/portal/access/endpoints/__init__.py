"""Routes of access."""

from __future__ import annotations

from fastapi import APIRouter

from fairway.portal.access.endpoints import apps, auth, explain, oidc, sessions
from fairway.portal.access.explain import ExplainService
from fairway.portal.access.service import Access


def build_router(access: Access, explaining: ExplainService) -> APIRouter:
    """``/v1/auth``, ``/v1/apps``, ``/v1/fairway/auth`` and ``/v1/fairway/access``."""
    router = APIRouter()
    router.include_router(auth.build_router(access))
    router.include_router(sessions.build_router(access))
    router.include_router(oidc.build_router(access, access.oidc))
    router.include_router(apps.build_router(access.apps))
    router.include_router(explain.build_router(explaining))
    return router


__all__ = ["build_router"]
