"""The demo organisation: complete, the same every time, and never in the way."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from fairway.apply import dump, read_state
from fairway.client import PortalClient
from fairway.demo import fill
from fairway.demo.entities import build_entities
from fairway.portal.worker import Background

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


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_second_start_leaves_it_alone(connected: PortalClient) -> None:
    await fill(connected, TODAY)
    await connected.patch("/blueprints/service/entities/cart", {"title": "Trolley"})
    before = dump(await read_state(connected, with_entities=True))
    assert "already" in await fill(connected, datetime(2027, 1, 1, tzinfo=UTC))
    assert dump(await read_state(connected, with_entities=True)) == before


@pytest.mark.slow
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


async def _settled(connected: PortalClient, background: Background) -> dict[str, list[Any]]:
    """The runs of a demo whose background work is done, by action, oldest first."""
    await fill(connected, TODAY)
    await background.settle()
    runs: dict[str, list[Any]] = {}
    for run in reversed((await connected.get("/actions/runs"))["runs"]):
        runs.setdefault(run["action"]["identifier"], []).append(run)
    return runs


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_runs_are_in_every_state(connected: PortalClient, background: Background) -> None:
    runs = await _settled(connected, background)
    assert {action: [run["status"] for run in found] for action, found in runs.items()} == {
        "restart_deployment": ["SUCCESS", "FAILURE", "IN_PROGRESS"],
        "enrich_service": ["SUCCESS", "IN_PROGRESS"],
        "scale_service": ["SUCCESS"],
        "request_database_access": ["WAITING_FOR_APPROVAL", "DECLINED"],
        "delete_environment": ["WAITING_FOR_APPROVAL"],
    }
    done, failed, moving = runs["restart_deployment"]
    assert (done["link"], failed["statusLabel"], moving["statusLabel"]) == (
        ["https://ci.acme.example/pipelines/48211"], "Rolled back", "1 of 2 replicas",
    )  # fmt: skip
    enriched, pending = runs["enrich_service"]
    assert (enriched["pendingExecution"], pending["pendingExecution"]) == (False, True)
    touched = (await connected.get(f"/fairway/runs/{enriched['id']}/entities"))["entities"]
    assert [each["identifier"] for each in touched] == ["checkout-api"]
    lines = (await connected.get(f"/actions/runs/{failed['id']}/logs"))["runLogs"]
    assert lines[-1]["message"] == "Rolled back"
    wanted, declined = runs["request_database_access"]
    assert "backfill job" in declined["approval"]["description"]
    assert declined["properties"]["ssh_key"] == "***"
    path = f"/actions/runs/{wanted['id']}/approvers"
    asked = (await connected.get(path, include_pending_approvers="true"))["approvers"]
    assert {each["email"] for each in asked} >= {"ada.moreau@acme.example", "ben.okafor@acme.example"}
    service = (await connected.get("/blueprints/service/entities/payment-gateway"))["entity"]
    assert service["properties"]["replicas"] == 4


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_actions_automations_and_the_workflow_work(connected: PortalClient, background: Background) -> None:
    await _settled(connected, background)
    inputs = {"name": "gift-cards", "system": "checkout", "owner": "Checkout", "language": "Go"}
    form = (await connected.post("/fairway/actions/create_service/form", {"form": inputs}))["form"]
    assert form["inputs"]["tier"]["enum"] == ["gold", "silver"]
    assert (form["errors"], form["missing"], form["problems"]) == ({}, [], [])
    await connected.post("/actions/create_service/runs", {"properties": inputs})
    await connected.patch("/blueprints/incident/entities/INC-1001", {"properties": {"resolved_at": None}})
    for status in ("open", "resolved"):
        await connected.patch("/blueprints/incident/entities/INC-1001", {"properties": {"status": status}})
        await background.settle()
    created = (await connected.get("/blueprints/service/entities/gift-cards"))["entity"]
    assert (created["title"], created["team"], created["relations"]["system"]) == (
        "Gift cards",
        ["Checkout"],
        "checkout",
    )
    assert created["properties"]["repository"] == "https://git.acme.example/checkout/gift-cards"
    resolved = (await connected.get("/blueprints/incident/entities/INC-1001"))["entity"]["properties"]
    assert resolved["resolved_at"] is not None
    critical = {"severity": "critical", "status": "open", "opened_at": "2026-06-01T10:00:00Z"}
    body = {"identifier": "INC-1", "title": "Down", "properties": critical, "relations": {"service": "cart"}}
    await connected.post("/blueprints/incident/entities", body)
    await background.settle()
    [announced] = (await connected.get("/actions/runs", action="announce_critical_incident"))["runs"]
    assert announced["payload"]["body"]["text"] == "Critical: Down in cart"
    start = {"inputs": {"service": "gift-cards", "reason": "merged into promotions"}}
    await connected.post("/fairway/workflows/retire_service/runs", start)
    await background.settle()
    retired = (await connected.get("/blueprints/service/entities/gift-cards"))["entity"]
    assert retired["properties"]["lifecycle"] == "deprecated"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_every_form_of_the_demo_can_be_worked_out(connected: PortalClient) -> None:
    await fill(connected, TODAY)
    entities = {
        "service": "cart", "deployment": "payment-gateway/production-eu", "cloud_resource": "card-vault-database",
        "environment": "development",
    }  # fmt: skip
    for action in (await connected.get("/actions", trigger_type="self-service"))["actions"]:
        trigger = action["trigger"]
        about = {} if trigger["operation"] == "CREATE" else {"entity": entities[trigger["blueprintIdentifier"]]}
        form = (await connected.post(f"/fairway/actions/{action['identifier']}/form", about))["form"]
        assert form["problems"] == [], action["identifier"]
        assert [each["problems"] for each in form["inputs"].values() if each["problems"]] == [], action["identifier"]
        assert form["offered"], action["identifier"]
