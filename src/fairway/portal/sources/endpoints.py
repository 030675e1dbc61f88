"""All routes of the sources."""

from __future__ import annotations

from fastapi import APIRouter

from fairway.portal.sources.feature import Sources
from fairway.portal.sources.gitops import endpoints as gitops
from fairway.portal.sources.integrations import endpoints as integrations
from fairway.portal.sources.integrations import telemetry_endpoints as telemetry
from fairway.portal.sources.webhooks import endpoints as webhooks


def build_routers(sources: Sources) -> list[APIRouter]:
    """Routes under ``/v1`` and the addresses that integrations and third parties send to."""
    return [
        integrations.build_router(sources.integrations, sources.status, sources.mapping_preview),
        telemetry.build_router(sources.telemetry, sources.org_id),
        telemetry.build_ingest_router(sources.telemetry),
        gitops.build_router(sources.gitops),
        gitops.build_ingest_router(sources.gitops),
        webhooks.build_router(sources.webhooks, sources.preview, sources.events),
        webhooks.build_ingest_router(sources.intake),
    ]
