"""Hot routes answer as the framework's routes would: same bodies, same refusals, same metrics."""

from __future__ import annotations

import httpx
import pytest
from fastapi import FastAPI

from fairway.portal.http.hot import HotRoutes
from fairway.portal.services import Portal

PATH = "/v1/blueprints/th%2Fing/entities/bulk"
BLUEPRINT = {"identifier": "th/ing", "title": "T", "schema": {"properties": {"n": {"type": "number"}}}}


def _hot(app: FastAPI) -> list[str]:
    (layer,) = [each for each in app.user_middleware if each.cls is HotRoutes]
    return [route.path for route in layer.kwargs["routes"]]


async def test_every_hot_route_is_described(app: FastAPI) -> None:
    assert _hot(app)
    for path in _hot(app):
        assert "post" in app.openapi()["paths"][path]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"entities": [{"identifier": "a", "properties": {"n": 1}}]}', 200),
        (b'{"entities": [{"identifier": "a", "properties": {"n": "x"}}, {}]}', 207),
        (b'{"entities": []}', 422),
        (b"[]", 422),
        (b"{", 400),
        (b"", 400),
    ],
)
async def test_both_ways_answer_alike(
    app: FastAPI, portal: Portal, client: httpx.AsyncClient, body: bytes, status: int
) -> None:
    assert (await client.post("/v1/blueprints", json=BLUEPRINT)).status_code == 201
    hot = await client.post(f"{PATH}?upsert=true", content=body)
    (layer,) = [each for each in app.user_middleware if each.cls is HotRoutes]
    layer.kwargs["routes"] = []
    app.middleware_stack = app.build_middleware_stack()
    plain = await client.post(f"{PATH}?upsert=true", content=body)
    assert hot.status_code == plain.status_code == status
    assert hot.headers["content-type"] == plain.headers["content-type"]
    for answer in (hot, plain):
        assert set(answer.json()) == set(plain.json())
    assert hot.json().get("message") == plain.json().get("message")
    assert b'route="/v1/blueprints/{blueprint_identifier}/entities/bulk"' in portal.metrics.render()


async def test_refusals(client: httpx.AsyncClient, anonymous: httpx.AsyncClient) -> None:
    body = {"entities": [{"identifier": "a"}]}
    assert (await client.post(PATH, json=body)).status_code == 404
    assert (await anonymous.post(PATH, json=body)).status_code == 401
    assert (await client.post("/v1/blueprints/%FF/entities/bulk", json=body)).status_code == 400
    assert (await client.get(PATH)).status_code in (404, 405)
