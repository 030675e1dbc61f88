"""The demo organisation: complete, the same every time, and never in the way."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from fairway.apply import dump, read_state
from fairway.client import PortalClient
from fairway.demo import fill
from fairway.demo.entities import build_entities

TODAY = datetime(2026, 6, 1, tzinfo=UTC)


def test_the_same_day_gives_the_same_entities() -> None:
    assert build_entities(TODAY) == build_entities(TODAY)


async def test_it_shows_what_a_catalog_can_do(connected: PortalClient) -> None:
    assert "286 entities" in await fill(connected, TODAY)
    entities = [entity async for entity in connected.search("service")]
    assert len(entities) == 45
    service = next(entity for entity in entities if entity["identifier"] == "checkout-api")
    properties = service["properties"]
    assert properties["domain"] == "Commerce"
    assert properties["criticality"] == "mission critical"
    assert properties["repository_name"] == "checkout-api"
    assert {type(properties[name]) for name in ("open_incidents", "vulnerabilities", "running_in")} == {int}
    assert type(properties["needs_attention"]) is bool
    assert len(service["team"]) == 1
    levels = {entity["scorecards"]["code_health"]["level"] for entity in entities}
    assert levels == {"Poor", "Fair", "Good"}
    assert {
        e["scorecards"]["production_readiness"]["level"] for e in entities if "production_readiness" in e["scorecards"]
    } >= {
        "Bronze",
        "Gold",
    }
    incidents = [entity async for entity in connected.search("incident")]
    assert any(incident["properties"]["hours_to_resolve"] for incident in incidents)
    assert all(incident["team"] for incident in incidents)
    domains = [entity async for entity in connected.search("domain")]
    assert sum(domain["properties"]["services"] for domain in domains) == 45
    systems = [entity async for entity in connected.search("system")]
    assert all(35 <= system["properties"]["average_coverage"] <= 97 for system in systems)


async def test_a_second_start_leaves_it_alone(connected: PortalClient) -> None:
    await fill(connected, TODAY)
    await connected.patch("/blueprints/service/entities/cart", {"title": "Trolley"})
    before = dump(await read_state(connected, with_entities=True))
    assert "already" in await fill(connected, datetime(2027, 1, 1, tzinfo=UTC))
    assert dump(await read_state(connected, with_entities=True)) == before


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_it_can_be_interrupted_and_goes_on(connected: PortalClient) -> None:
    await fill(connected, TODAY)
    await connected.delete("/pages/platform_overview")
    await connected.delete("/blueprints/incident/all-entities")
    relations = {"system": {"target": "system", "required": True}}
    bare = {"identifier": "service", "title": "S", "schema": {"properties": {}}, "relations": relations}
    await connected.put("/blueprints/service", bare)
    assert "286 entities" in await fill(connected, TODAY)
    assert (await connected.get("/blueprints/incident/entities-count"))["count"] == 32


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_catalog_with_content_is_left_alone(connected: PortalClient) -> None:
    await connected.post("/blueprints", {"identifier": "mine", "title": "Mine", "schema": {"properties": {}}})
    assert "left out" in await fill(connected, TODAY)
    assert len((await connected.get("/scorecards"))["scorecards"]) == 0
