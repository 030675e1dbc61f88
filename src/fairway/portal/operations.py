"""What operators and their tools ask: health and metrics. These routes need no principal."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter
from sqlalchemy import literal, select
from starlette.responses import Response

from fairway import __version__
from fairway.kit.errors import Unavailable
from fairway.portal.http.answers import ok
from fairway.portal.http.metrics import Metrics
from fairway.portal.http.routing import open_router
from fairway.portal.storage.database import Database
from fairway.portal.storage.tx import Tx

_READY_SECONDS = 5.0


def build_router(db: Database, metrics: Metrics) -> APIRouter:
    """``/health/live``, ``/health/ready`` and ``/metrics``."""
    router = open_router("Operations")

    @router.get("/health/live", summary="Is the process up?")
    async def live() -> Response:
        return ok(version=__version__)

    @router.get("/health/ready", summary="Does the database answer?", responses={503: {"description": "It does not."}})
    async def ready() -> Response:
        try:
            async with asyncio.timeout(_READY_SECONDS):
                await db.read(_ping)
        except TimeoutError:
            raise Unavailable(f"The database did not answer within {_READY_SECONDS:g} s") from None
        return ok(version=__version__, database=db.dialect)

    @router.get("/metrics", summary="Prometheus metrics", response_class=Response)
    async def prometheus() -> Response:
        return Response(metrics.render(), media_type="text/plain; version=0.0.4; charset=utf-8")

    return router


async def _ping(tx: Tx) -> None:
    await tx.scalar(select(literal(1)))
