"""An index follows use: asked for by searches, built in the background, kept by writers, never seen in answers."""

from __future__ import annotations

from typing import Any

import httpx
from sqlalchemy import select

from fairway.portal.caller import system_caller
from fairway.portal.catalog.reading.options import EVERYTHING
from fairway.portal.catalog.search.builder import IndexBuilder
from fairway.portal.catalog.search.service import SearchService
from fairway.portal.catalog.tables import property_key
from fairway.portal.services import Portal
from fairway.portal.storage.jobs import Job
from fairway.portal.worker import Background

CALLER = system_caller("org_test")
BLUEPRINT = {
    "identifier": "box",
    "title": "Box",
    "schema": {"properties": {"size": {"type": "number"}, "kind": {"type": "string"}}},
}
QUERY = {"combinator": "and", "rules": [{"property": "size", "operator": ">=", "value": 20}]}


async def _fill(client: httpx.AsyncClient, first: int, last: int) -> None:
    for start in range(first, last, 20):
        entities = [
            {"identifier": f"b{number}", "properties": {"size": number, "kind": "a"}}
            for number in range(start, min(start + 20, last))
        ]
        answer = await client.post("/v1/blueprints/box/entities/bulk", json={"entities": entities})
        assert answer.status_code == 200, answer.text


async def _found(service: SearchService) -> list[str]:
    page = await service.search_blueprint(CALLER, "box", {"query": QUERY}, EVERYTHING)
    return [entity["identifier"] for entity in page.entities]


async def _states(portal: Portal) -> dict[str, str]:
    rows: Any = await portal.db.read(
        lambda tx: tx.rows(select(property_key).where(property_key.c.identifier == "size"))
    )
    return {row.identifier: row.state for row in rows}


async def test_index_is_built_after_use(portal: Portal, client: httpx.AsyncClient) -> None:
    await client.post("/v1/blueprints", json=BLUEPRINT)
    await _fill(client, 0, 30)
    builder = IndexBuilder(portal.db, portal.clock, portal.catalog.schemas, min_entities=25)
    portal.job_handlers[:] = [each for each in portal.job_handlers if each.kind != builder.job_handler.kind]
    portal.job_handlers.append(builder.job_handler)
    service = SearchService(portal.db, portal.clock, portal.catalog.schemas, portal.catalog.reader, builder)
    expected = [f"b{number}" for number in range(20, 30)]
    for _ in range(3):
        assert await _found(service) == expected
    assert await _states(portal) == {}
    await Background(portal).settle()
    assert await _states(portal) == {"size": "ready"}
    assert await _found(service) == expected
    await _fill(client, 30, 40)
    await client.patch("/v1/blueprints/box/entities/b25", json={"properties": {"size": 1}})
    await client.patch("/v1/blueprints/box/entities/b3", json={"properties": {"size": 99}})
    await client.delete("/v1/blueprints/box/entities/b26")
    expected = ["b3", *(f"b{number}" for number in range(20, 40) if number not in (25, 26))]
    assert await _found(service) == expected


async def test_small_blueprints_get_none(portal: Portal, client: httpx.AsyncClient, background: Background) -> None:
    await client.post("/v1/blueprints", json=BLUEPRINT)
    await _fill(client, 0, 10)
    for _ in range(3):
        await _found(portal.catalog.search)
    await background.settle()
    assert await _states(portal) == {}


async def test_writers_keep_an_index_that_is_being_built(portal: Portal, client: httpx.AsyncClient) -> None:
    await client.post("/v1/blueprints", json=BLUEPRINT)
    await _fill(client, 0, 5)
    builder = IndexBuilder(portal.db, portal.clock, portal.catalog.schemas, min_entities=1)
    blueprint = await portal.db.read(portal.catalog.schemas.current)
    pair = (blueprint.require("box").id, "size")
    key = await portal.db.write(lambda tx: builder.declare(tx, *pair))
    assert key is not None
    await client.patch("/v1/blueprints/box/entities/b1", json={"properties": {"size": 50}})
    assert await _found(portal.catalog.search) == ["b1"]
    payload = {"blueprint": pair[0], "property": pair[1], "after": 0}
    for _ in range(2):
        await builder.run(Job("j", builder.job_handler.kind, "k", payload, 1))
        assert await _states(portal) == {"size": "ready"}
        assert await _found(portal.catalog.search) == ["b1"]
