"""The ASGI application: routers of every feature behind the shared layers."""

from __future__ import annotations

import time

from fastapi import FastAPI
from starlette.middleware import Middleware

from fairway import __version__
from fairway.gitops.hooks import MAX_BODY
from fairway.portal import operations, unoffered
from fairway.portal.access.endpoints import build_routers as build_access_routers
from fairway.portal.actions import endpoints as action_routes
from fairway.portal.actions import offer_endpoints
from fairway.portal.actions.forms import endpoints as form_routes
from fairway.portal.audit.endpoints import build_router as build_audit_router
from fairway.portal.audit.stream.endpoints import build_router as build_stream_router
from fairway.portal.automations.endpoints import build_router as build_automations_router
from fairway.portal.catalog.blueprints import endpoints as blueprint_routes
from fairway.portal.catalog.entities import endpoints as entity_routes
from fairway.portal.catalog.entities import restore_endpoints as restore_routes
from fairway.portal.catalog.entities.endpoints import BULK_PATH, bulk_endpoint
from fairway.portal.catalog.migrations import endpoints as migration_routes
from fairway.portal.catalog.reading import endpoints as reading_routes
from fairway.portal.catalog.search import endpoints as search_routes
from fairway.portal.http import docs_page
from fairway.portal.http.description import describe_access, operation_id
from fairway.portal.http.errors import install_error_handlers
from fairway.portal.http.hot import HotRoute, HotRoutes
from fairway.portal.http.middleware import BodyLimit, Envelope, RawPath
from fairway.portal.http.ratelimit import RateLimiter
from fairway.portal.http.routing import adopt
from fairway.portal.organization.endpoints import build_router as build_organization_router
from fairway.portal.pages.endpoints import build_router as build_pages_router
from fairway.portal.pages.views.endpoints import build_router as build_views_router
from fairway.portal.people.endpoints import build_routers as build_people_routers
from fairway.portal.runs.endpoints import build_routers as build_run_routers
from fairway.portal.scorecards.endpoints import build_router as build_scorecards_router
from fairway.portal.services import Portal
from fairway.portal.sources.endpoints import build_routers as build_source_routers
from fairway.portal.ui.endpoints import BUILT
from fairway.portal.ui.endpoints import build_router as build_ui_router
from fairway.portal.workflows.feature import build_routers as build_workflow_routers


def create_app(portal: Portal) -> FastAPI:
    """The application of one portal; its background work is started by whoever serves it."""
    settings = portal.settings
    limiter = RateLimiter(settings.rate_limit, settings.rate_window_seconds, time.monotonic)

    def body_limit(path: str) -> int:
        if path.startswith("/ingest/gitops/"):
            return MAX_BODY
        return settings.max_webhook_bytes if path.startswith("/ingest/") else settings.max_body_bytes

    app = FastAPI(
        title="Fairway",
        version=__version__,
        openapi_url="/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        generate_unique_id_function=operation_id,
        middleware=[
            Middleware(Envelope, metrics=portal.metrics, limiter=limiter),
            Middleware(RawPath),
            Middleware(BodyLimit, limit_for=body_limit, timeout_seconds=settings.request_timeout_seconds),
            Middleware(HotRoutes, routes=[HotRoute("POST", BULK_PATH, bulk_endpoint(portal.catalog.entities))]),
        ],
    )
    app.state.portal = portal
    app.state.authenticator = portal.access.authenticator
    install_error_handlers(app)
    include_routers(app, portal)
    adopt(app, build_ui_router(settings.web_dir or BUILT))
    describe_access(app)
    return app


def include_routers(app: FastAPI, portal: Portal) -> None:
    """Routers in the order in which routes are tried: hot ones and fixed paths first."""
    catalog, actions = portal.catalog, portal.actions
    adopt(app, entity_routes.build_router(catalog.entities, catalog.reader))
    adopt(app, search_routes.build_router(catalog.finding))
    adopt(app, reading_routes.build_router(catalog.reader, catalog.search))
    adopt(app, build_organization_router(portal.organization, portal.secrets, portal.settings))
    for router in build_source_routers(portal.sources):
        adopt(app, router)
    adopt(app, operations.build_router(portal.db, portal.metrics))
    adopt(app, docs_page.build_router())
    adopt(app, unoffered.build_router())
    for router in (*build_access_routers(portal.access, portal.explain), *build_people_routers(portal.people)):
        adopt(app, router)
    adopt(app, build_pages_router(portal.pages.pages, portal.pages.folders))
    adopt(app, build_views_router(portal.pages.views))
    adopt(app, build_audit_router(portal.audit.log))
    adopt(app, build_stream_router(portal.audit.streams))
    adopt(app, build_scorecards_router(portal.scorecards.service, portal.scorecards.insight))
    for router in build_run_routers(portal.runs):
        adopt(app, router)
    adopt(app, build_automations_router(portal.automations.insight))
    adopt(app, action_routes.build_router(actions.definitions))
    adopt(app, form_routes.build_router(portal.db, actions.definitions, actions.forms, actions.access))
    adopt(app, offer_endpoints.build_router(actions.offers))
    for router in build_workflow_routers(portal.workflows):
        adopt(app, router)
    adopt(app, migration_routes.build_router(catalog.migrations))
    adopt(app, restore_routes.build_router(catalog.restore))
    adopt(app, blueprint_routes.build_router(catalog.blueprints, catalog.renames, catalog.plans))
