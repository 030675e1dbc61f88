"""Health, metrics and the API documentation: what operators meet first."""

from __future__ import annotations

import re

import asyncpg
import httpx
from sqlalchemy.engine import make_url

from fairway.portal.services import Portal


async def test_health_needs_no_principal(anonymous: httpx.AsyncClient, portal: Portal) -> None:
    live = await anonymous.get("/health/live")
    assert (live.status_code, live.json()["ok"]) == (200, True)
    ready = await anonymous.get("/health/ready/")
    assert ready.json()["database"] == portal.db.dialect


async def test_ready_is_503_when_the_database_is_gone(
    anonymous: httpx.AsyncClient, portal: Portal, database_url: str
) -> None:
    await _take_away(portal, database_url)
    response = await anonymous.get("/health/ready")
    assert (response.status_code, response.json()["error"]) == (503, "unavailable")


async def _take_away(portal: Portal, database_url: str) -> None:
    if portal.db.dialect == "sqlite":
        await portal.db.close()
        return
    url = make_url(database_url)
    connection = await asyncpg.connect(url.set(database="postgres").render_as_string(hide_password=False))
    await connection.execute(f'DROP DATABASE "{url.database}" WITH (FORCE)')
    await connection.close()


async def test_metrics_count_by_route_template(anonymous: httpx.AsyncClient) -> None:
    await anonymous.get("/docs/assets/start.js")
    await anonymous.get("/v1/no/such/route")
    text = (await anonymous.get("/metrics")).text
    assert 'fairway_http_requests_total{method="GET",route="/docs/assets/{name}",status="200"} 1.0' in text
    assert 'route="unmatched",status="404"' in text


async def test_docs_page_loads_nothing_from_elsewhere(anonymous: httpx.AsyncClient) -> None:
    page = await anonymous.get("/docs")
    assert "unsafe-inline" not in page.headers["content-security-policy"]
    assets = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(assets) == 4
    assert "<script>" not in page.text
    for asset in assets:
        assert asset.startswith("/docs/assets/")
        assert (await anonymous.get(asset)).status_code == 200
    assert (await anonymous.get("/docs/assets/..%2f__init__.py")).status_code == 404


async def test_openapi_describes_the_app(anonymous: httpx.AsyncClient) -> None:
    described = (await anonymous.get("/openapi.json")).json()
    assert described["info"]["title"] == "Fairway"
    assert "/health/ready" in described["paths"]
    assert "/docs" not in described["paths"]
