"""Routes of runs."""

from __future__ import annotations

from fastapi import APIRouter

from fairway.portal.runs.approvals import endpoints as approvals
from fairway.portal.runs.delivery import endpoints as delivery
from fairway.portal.runs.endpoints import agents, extras, logs, runs
from fairway.portal.runs.feature import Runs


def build_routers(feature: Runs) -> list[APIRouter]:
    """Fixed paths before those with parameters; all of them before the routes of actions."""
    return [
        agents.build_router(feature.claims, feature.reports),
        runs.build_router(feature.service),
        logs.build_router(feature.service),
        approvals.build_router(feature.approvals),
        extras.build_router(feature.service, feature.affected, feature.streams),
        delivery.build_router(feature.db),
        delivery.build_feed_router(feature.delivery.feed, feature.streams.stopping),
        delivery.build_ingest_router(feature.delivery.events),
    ]
