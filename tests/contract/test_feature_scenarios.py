"""Conformance scenarios 19, 20, 23, 24, 29 and 30: integrations, scorecards, webhooks, secrets and pages."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from typing import Any

import httpx

from fairway.portal.worker import Background
from support.catalog import SERVICE, Put

INTEGRATION: dict[str, Any] = {
    "installationId": "my-gitlab",
    "installationAppType": "gitlab",
    "version": "0.3.1",
    "title": None,
    "changelogDestination": {},
    "actionsProcessingEnabled": False,
    "incrementalSyncEnabled": False,
    "processingMode": None,
    "config": {"resources": [{"kind": "project", "selector": {"query": "true"}, "port": None}]},
}


async def test_scenario_19_the_registry_echoes(client: httpx.AsyncClient) -> None:
    created = await client.post("/v1/integration", json=INTEGRATION)
    assert created.is_success
    read = (await client.get("/v1/integration/my-gitlab?byField=installationId")).json()["integration"]
    assert {key: read[key] for key in INTEGRATION} == INTEGRATION
    assert read["identifier"] == "my-gitlab"
    assert read["logAttributes"]["ingestUrl"]
    assert read["logAttributes"]["ingestId"]
    assert read["metricAttributes"]["ingestUrl"]
    assert read["ingestAttributes"]["ingestUrl"]
    assert read["installationType"] == "OnPrem"


async def test_scenario_19_resync_requests(client: httpx.AsyncClient) -> None:
    await client.post("/v1/integration", json=INTEGRATION)
    path = "/v1/integration/my-gitlab"
    at_creation = (await client.get(f"{path}/resync-request")).json()["request"]["updatedAt"]
    await asyncio.sleep(0.01)
    state = await client.patch(f"{path}/resync-state", json={"status": "running"})
    assert state.json()["integration"]["resyncState"]["updatedAt"] > at_creation
    skipped = await client.patch(f"{path}/config", json={"config": {"a": 1}}, headers={"x-skip-resync": "true"})
    assert skipped.json()["integration"]["config"] == {"a": 1}
    assert (await client.get(f"{path}/resync-request")).json()["request"]["updatedAt"] == at_creation
    await asyncio.sleep(0.01)
    await client.patch(f"{path}/config", json={"config": {"a": 2}})
    newer = (await client.get(f"{path}/resync-request")).json()["request"]["updatedAt"]
    assert newer > state.json()["integration"]["resyncState"]["updatedAt"]


async def test_scenario_20_a_missing_integration_has_no_key(client: httpx.AsyncClient) -> None:
    missing = await client.get("/v1/integration/nobody")
    assert missing.status_code == 404
    assert "integration" not in missing.json()
    provision = (await client.get("/v1/integration/provision-enabled")).json()
    assert (provision["ok"], provision["integrations"]) == (True, [])


def _scorecard(**changes: Any) -> dict[str, Any]:
    def needs(identifier: str, level: str, property_: str, operator: str, *value: Any) -> dict[str, Any]:
        condition = {"property": property_, "operator": operator, **({"value": value[0]} if value else {})}
        query = {"combinator": "and", "conditions": [condition]}
        return {"identifier": identifier, "title": identifier, "level": level, "query": query}

    rules = [
        needs("hasRepo", "Bronze", "repo", "isNotEmpty"),
        needs("scored", "Silver", "score", ">=", 10),
        needs("isGold", "Gold", "tier", "=", "gold"),
    ]
    return {"identifier": "readiness", "title": "Readiness", "rules": rules, **changes}


async def test_scenario_23_levels_and_results(client: httpx.AsyncClient, put_blueprint: Put, put_entity: Put) -> None:
    await put_blueprint(SERVICE)
    filtered = {"combinator": "and", "conditions": [{"property": "tier", "operator": "isNotEmpty"}]}
    created = await client.post("/v1/blueprints/service/scorecards", json=_scorecard(filter=filtered))
    assert created.status_code == 201
    assert [level["title"] for level in created.json()["scorecard"]["levels"]] == ["Basic", "Bronze", "Silver", "Gold"]
    repo = "https://git.example/x"
    rows: list[tuple[str, dict[str, Any], str | None]] = [
        ("basic", {"tier": "gold"}, "Basic"),
        ("bronze", {"tier": "gold", "repo": repo, "score": 1}, "Bronze"),
        ("silver", {"tier": "bronze", "repo": repo, "score": 10}, "Silver"),
        ("gold", {"tier": "gold", "repo": repo, "score": 11}, "Gold"),
        ("outside", {"repo": repo, "score": 11}, None),
    ]
    for identifier, properties, level in rows:
        await put_entity("service", identifier, properties=properties)
        read = (await client.get(f"/v1/blueprints/service/entities/{identifier}")).json()["entity"]
        result = read.get("scorecards", {}).get("readiness")
        assert (result and result["level"]) == level, identifier
    gold = (await client.get("/v1/blueprints/service/entities/bronze")).json()["entity"]["scorecards"]["readiness"]
    assert [(each["identifier"], each["status"]) for each in gold["rules"]] == [
        ("hasRepo", "SUCCESS"),
        ("scored", "FAILURE"),
        ("isGold", "SUCCESS"),
    ]


async def test_scenario_23_the_first_level_has_no_rules(client: httpx.AsyncClient, put_blueprint: Put) -> None:
    await put_blueprint(SERVICE)
    path = "/v1/blueprints/service/scorecards"
    first_level = _scorecard()
    first_level["rules"][0]["level"] = "Basic"
    assert (await client.post(path, json=first_level)).status_code == 422
    unknown = _scorecard()
    unknown["rules"][0]["level"] = "Diamond"
    assert (await client.post(path, json=unknown)).status_code == 422
    assert (await client.put(path, json=[_scorecard(), _scorecard(identifier="second")])).status_code == 200
    listed = (await client.get("/v1/scorecards?page=service")).json()["scorecards"]
    assert [card["identifier"] for card in listed] == ["readiness", "second"]
    assert (await client.delete(f"{path}/second")).json() == {"ok": True}


WEBHOOK: dict[str, Any] = {
    "identifier": "pushes",
    "title": "Pushes",
    "security": {"secret": "s3cret", "signatureHeaderName": "x-sig", "signatureAlgorithm": "sha256",
                 "signaturePrefix": "sha256="},
    "mappings": [
        {
            "blueprint": "service",
            "filter": ".body.action == \"opened\"",
            "entity": {"identifier": ".body.name", "title": ".body.name | ascii_upcase",
                       "properties": {"tier": ".body.tier"}},
        },
        {
            "blueprint": "service",
            "operation": "delete",
            "filter": ".body.action == \"closed\"",
            "entity": {"identifier": ".body.name"},
        },
    ],
}  # fmt: skip


async def test_scenario_24_signed_webhooks(
    client: httpx.AsyncClient, anonymous: httpx.AsyncClient, put_blueprint: Put, background: Background
) -> None:
    await put_blueprint(SERVICE)
    created = (await client.post("/v1/webhooks", json=WEBHOOK)).json()
    assert created["webhook"] == created["integration"]
    path = created["webhook"]["url"].removeprefix("http://portal")

    async def send(body: dict[str, Any], *, valid: bool = True) -> None:
        raw = json.dumps(body).encode()
        signature = hmac.new(b"s3cret" if valid else b"wrong", raw, hashlib.sha256).hexdigest()
        answer = await anonymous.post(path, content=raw, headers={"x-sig": f"sha256={signature}"})
        assert answer.status_code == 202, answer.text
        await background.settle()

    entity = "/v1/blueprints/service/entities/cart"
    await send({"action": "opened", "name": "cart", "tier": "gold"}, valid=False)
    assert (await client.get(entity)).status_code == 404
    await send({"action": "ignored", "name": "cart", "tier": "gold"})
    assert (await client.get(entity)).status_code == 404
    await send({"action": "opened", "name": "cart", "tier": "gold"})
    read = (await client.get(entity)).json()["entity"]
    assert (read["title"], read["properties"]["tier"]) == ("CART", "gold")
    await send({"action": "closed", "name": "cart"})
    assert (await client.get(entity)).status_code == 404
    assert (await anonymous.post("/ingest/no-such-key", json={})).status_code == 404


async def test_scenario_29_a_secret_is_never_answered(client: httpx.AsyncClient) -> None:
    path = "/v1/organization/secrets"
    value = "the-very-secret-value"
    answers = [
        await client.post(path, json={"secretName": "TOKEN", "secretValue": value, "description": "d"}),
        await client.get(path),
        await client.get(f"{path}/TOKEN"),
        await client.patch(f"{path}/TOKEN", json={"secretValue": value + "2", "description": ""}),
        await client.post(path, json={"secretName": "TOKEN", "secretValue": value}),
        await client.post(path, json={"secretName": "not valid", "secretValue": value}),
        await client.get("/v1/organization"),
        await client.get("/v1/audit-log"),
        await client.delete(f"{path}/TOKEN"),
    ]
    assert [answer.status_code for answer in answers] == [201, 200, 200, 200, 409, 422, 200, 200, 200]
    for answer in answers:
        assert value not in answer.text
    assert (await client.get(f"{path}/TOKEN")).status_code == 404


PAGE: dict[str, Any] = {
    "identifier": "overview",
    "type": "dashboard",
    "title": "Overview",
    "icon": "Home",
    "description": "d",
    "locked": False,
    "showInSidebar": True,
    "requiredQueryParams": [],
    "parent": None,
    "after": None,
    "widgets": [{"type": "markdown", "markdown": "# Hi", "odd": {"b": None, "a": [2, 1]}}],
}


async def test_scenario_30_pages(client: httpx.AsyncClient) -> None:
    created = await client.post("/v1/pages", json=PAGE)
    assert created.status_code == 201
    assert (await client.post("/v1/pages", json=PAGE)).status_code == 409
    read = (await client.get("/v1/pages/overview")).json()["page"]
    assert read["widgets"] == PAGE["widgets"]
    assert {"createdAt", "updatedAt", "createdBy", "updatedBy"} <= set(read)
    put = await client.put("/v1/pages/overview", json={**PAGE, "title": "Changed"})
    assert (put.json()["page"]["identifier"], put.json()["page"]["title"]) == ("overview", "Changed")
    permissions = (await client.get("/v1/pages/overview/permissions")).json()["permissions"]
    assert {"users", "roles", "teams"} <= set(permissions["read"])
    refused = await client.patch("/v1/pages/overview", json={"colour": "red"})
    assert refused.status_code == 422
    assert 'additional property: "colour"' in refused.json()["message"]
    assert (await client.delete("/v1/pages/overview")).json()["ok"] is True
    assert (await client.get("/v1/pages/overview")).status_code == 404


async def test_scenario_30_folders(client: httpx.AsyncClient) -> None:
    path = "/v1/sidebars/catalog/folders"
    created = await client.post(path, json={"identifier": "ops", "title": "Operations"})
    assert created.json()["folder"]["identifier"] == "ops"
    unknown = await client.post(path, json={"identifier": "x", "title": "X", "parent": "nowhere"})
    assert unknown.status_code == 404
    assert 'Sidebar item with parent "nowhere" was not found' in unknown.json()["message"]
    after = await client.post("/v1/pages", json={**PAGE, "after": "nowhere", "parent": "ops"})
    assert after.status_code in (404, 422)
    placed = await client.post("/v1/pages", json={**PAGE, "parent": "ops"})
    assert placed.status_code == 201
    assert (await client.patch(f"{path}/ops", json={"title": "Ops"})).status_code == 200
    sidebar = (await client.get("/v1/sidebars/catalog")).json()["sidebar"]
    assert sidebar["identifier"] == "catalog"
    assert (await client.delete(f"{path}/ops")).json()["ok"] is True
