"""Routes of people."""

from __future__ import annotations

from fastapi import APIRouter

from fairway.portal.people.endpoints.teams import build_router as build_teams_router
from fairway.portal.people.endpoints.users import build_router as build_users_router
from fairway.portal.people.service import People


def build_routers(people: People) -> tuple[APIRouter, ...]:
    """``/v1/users``, ``/v1/teams`` and ``/v1/rotate-credentials``."""
    return build_users_router(people.users), build_teams_router(people.teams)


__all__ = ["build_routers"]
