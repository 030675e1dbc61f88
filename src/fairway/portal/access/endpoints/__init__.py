"""Routes of access."""

from __future__ import annotations

from fastapi import APIRouter

from fairway.portal.access.endpoints import apps, auth, explain, oidc, sessions
from fairway.portal.access.explain import ExplainService
from fairway.portal.access.service import Access


def build_routers(access: Access, explaining: ExplainService) -> tuple[APIRouter, ...]:
    """``/v1/auth``, ``/v1/apps``, ``/v1/fairway/auth`` and ``/v1/fairway/access``."""
    return (
        auth.build_router(access),
        sessions.build_router(access),
        oidc.build_router(access, access.oidc),
        apps.build_router(access.apps),
        explain.build_router(explaining),
    )


__all__ = ["build_routers"]
