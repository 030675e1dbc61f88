"""Conformance scenarios 6 to 10 and 13: writing entities and finding them again."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, quote_plus

import httpx
import pytest

from fairway.kit.settings import Settings
from support.catalog import DOMAIN, SERVICE, TO_DOMAIN, Put

PATH = "/v1/blueprints/service/entities"


async def test_scenario_6_create_upsert_and_merge(client: httpx.AsyncClient, put_blueprint: Put) -> None:
    await put_blueprint(SERVICE)
    full = {"identifier": "a", "title": "A", "icon": "Box", "properties": {"tier": "gold", "score": 10}}
    created = await client.post(PATH, json=full)
    assert created.status_code == 201
    assert (await client.post(PATH, json=full)).status_code == 409
    less = {"identifier": "a", "properties": {"score": 11}}
    merged = await client.post(f"{PATH}?upsert=true&merge=true", json=less)
    assert merged.status_code == 200
    assert merged.json()["entity"]["properties"] == {"tier": "gold", "score": 11, "repo": None}
    assert merged.json()["entity"]["title"] == "A"
    replaced = await client.post(f"{PATH}?upsert=true", json=less)
    assert replaced.json()["entity"]["properties"] == {"tier": None, "score": 11, "repo": None}
    assert replaced.json()["entity"]["icon"] is None
    assert type(replaced.json()["entity"]["properties"]["score"]) is int


async def test_an_equal_write_changes_nothing(client: httpx.AsyncClient, put_blueprint: Put, put_entity: Put) -> None:
    await put_blueprint(SERVICE)
    first = await put_entity("service", "a", title="A", properties={"tier": "gold"})
    again = await client.post(
        f"{PATH}?upsert=true", json={"identifier": "a", "title": "A", "properties": {"tier": "gold"}}
    )
    assert again.json()["entity"]["updatedAt"] == first["updatedAt"]


async def test_patch_clears_with_null(client: httpx.AsyncClient, put_blueprint: Put, put_entity: Put) -> None:
    await put_blueprint(SERVICE)
    await put_entity("service", "a", icon="Box", team="x", properties={"tier": "gold", "score": 1})
    body = {"icon": None, "team": None, "properties": {"tier": None}}
    patched = (await client.patch(f"{PATH}/a", json=body)).json()["entity"]
    assert (patched["icon"], patched["team"], patched["properties"]["tier"]) == (None, [], None)
    assert patched["properties"]["score"] == 1
    assert (await client.patch(f"{PATH}/missing", json={})).status_code == 404
    assert (await client.put(f"{PATH}/missing", json={"identifier": "missing"})).status_code == 404


async def test_scenario_7_missing_related_entities(client: httpx.AsyncClient, put_blueprint: Put) -> None:
    await put_blueprint(DOMAIN)
    await put_blueprint(SERVICE, relations=TO_DOMAIN)
    body = {"identifier": "a", "relations": {"domain": "payments"}}
    refused = await client.post(PATH, json=body)
    assert (refused.status_code, refused.json()["error"]) == (404, "not_found")
    assert '"payments"' in refused.json()["message"]
    assert (await client.get(f"{PATH}/a")).status_code == 404
    created = await client.post(f"{PATH}?create_missing_related_entities=true", json=body)
    assert created.status_code == 201
    target = (await client.get("/v1/blueprints/domain/entities/payments")).json()["entity"]
    assert (target["title"], target["properties"]) == ("payments", {"lead": None})


async def test_scenario_8_a_team_is_answered_as_a_list(client: httpx.AsyncClient, put_blueprint: Put) -> None:
    await put_blueprint(SERVICE)
    for number, team in enumerate(("x", ["x"], ["x", "y"])):
        created = await client.post(PATH, json={"identifier": f"s{number}", "team": team})
        assert created.json()["entity"]["team"] == (team if isinstance(team, list) else [team])


async def test_scenario_9_bulk_with_one_invalid(client: httpx.AsyncClient, put_blueprint: Put) -> None:
    await put_blueprint(SERVICE)
    items: list[dict[str, Any]] = [
        {"identifier": "a", "properties": {}},
        {"identifier": "b", "properties": {"tier": 5}},
    ]
    answer = await client.post(f"{PATH}/bulk", json={"entities": items})
    assert answer.status_code == 207
    body = answer.json()
    assert body["entities"] == [{"identifier": "a", "index": 0, "created": True}]
    (problem,) = body["errors"]
    assert problem.keys() >= {"identifier", "index", "statusCode", "error", "message"}
    assert (problem["identifier"], problem["index"], problem["statusCode"]) == ("b", 1, 422)
    fine = await client.post(f"{PATH}/bulk?upsert=true", json={"entities": items[:1]})
    assert (fine.status_code, fine.json()["errors"]) == (200, [])
    assert fine.json()["entities"][0]["created"] is False


async def test_scenario_9_bulk_limits(client: httpx.AsyncClient, put_blueprint: Put) -> None:
    await put_blueprint(SERVICE)
    many = [{"identifier": str(number)} for number in range(21)]
    assert (await client.post(f"{PATH}/bulk", json={"entities": many})).status_code == 422
    assert (await client.post(f"{PATH}/bulk", json={"entities": []})).status_code == 422
    missing = await client.post("/v1/blueprints/nope/entities/bulk", json={"entities": many[:1]})
    assert missing.status_code == 404
    assert (await client.get("/v1/blueprints/service/entities-count")).json()["count"] == 0


async def test_larger_bulks_are_for_those_who_read_that_they_may_be(
    client: httpx.AsyncClient, anonymous: httpx.AsyncClient, settings: Settings, put_blueprint: Put
) -> None:
    await put_blueprint(SERVICE)
    assert settings.client_secret is not None
    login = {"clientId": settings.client_id, "clientSecret": settings.client_secret.get_secret_value()}
    most = int((await anonymous.post("/v1/auth/access_token", json=login)).headers["x-fairway-bulk-limit"])
    many = [{"identifier": str(number)} for number in range(most + 1)]
    known = {"x-fairway-bulk-limit": str(most)}
    assert (await client.post(f"{PATH}/bulk", json={"entities": many}, headers=known)).status_code == 422
    stored = await client.post(f"{PATH}/bulk", json={"entities": many[:most]}, headers=known)
    assert (stored.status_code, len(stored.json()["entities"])) == (200, most)


async def test_scenario_9_an_unmet_relation_is_not_found(client: httpx.AsyncClient, put_blueprint: Put) -> None:
    await put_blueprint(DOMAIN)
    await put_blueprint(SERVICE, relations={**TO_DOMAIN, "next": {"target": "service", "many": False}})
    items = [
        {"identifier": "a", "relations": {"domain": "gone"}},
        {"identifier": "b"},
        {"identifier": "c", "relations": {"next": "b"}},
    ]
    body = (await client.post(f"{PATH}/bulk?upsert=true", json={"entities": items})).json()
    assert [(item["statusCode"], item["error"]) for item in body["errors"]] == [(404, "not_found")]
    assert [item["identifier"] for item in body["entities"]] == ["b", "c"]


@pytest.mark.parametrize("identifier", ["a/b", "team@x", "x:y", "a+b", "größe", "a.b\\c=d"])
async def test_scenario_10_identifiers_survive_encoding(
    client: httpx.AsyncClient, put_blueprint: Put, put_entity: Put, identifier: str
) -> None:
    await put_blueprint(SERVICE)
    await put_entity("service", identifier)
    for encoded in (quote(identifier, safe=""), quote_plus(identifier)):
        found = await client.get(f"{PATH}/{encoded}")
        assert found.status_code == 200
        assert found.json()["entity"]["identifier"] == identifier
    assert (await client.delete(f"{PATH}/{quote(identifier, safe='')}")).json()["ok"] is True


async def test_scenario_10_a_space_is_refused(client: httpx.AsyncClient, put_blueprint: Put) -> None:
    """Settled point 1."""
    await put_blueprint(SERVICE)
    assert (await client.post(PATH, json={"identifier": "a b"})).status_code == 422


async def test_scenario_13_the_datasource_list(client: httpx.AsyncClient, put_blueprint: Put) -> None:
    await put_blueprint(SERVICE)
    await put_blueprint(DOMAIN)
    mine = {"user-agent": "port-ocean/gitlab/1.0/my-int/exporter"}
    other = {"user-agent": "port-ocean/gitlab/1.0/other-int/exporter"}
    for number in range(5):
        await client.post(PATH, json={"identifier": f"s{number}"}, headers=mine)
    await client.post("/v1/blueprints/domain/entities", json={"identifier": "d"}, headers=mine)
    await client.post(PATH, json={"identifier": "theirs"}, headers=other)
    query: dict[str, Any] = {"datasource_prefix": "port-ocean/gitlab/", "datasource_suffix": "/my-int/exporter"}
    found: list[str] = []
    while True:
        page = await client.post(
            "/v1/blueprints/entities/datasource-entities?include=blueprint&include=identifier",
            json={**query, "limit": 4},
        )
        found += [f"{item['blueprint']}/{item['identifier']}" for item in page.json()["entities"]]
        if not page.json().get("next"):
            break
        query["from"] = page.json()["next"]
    assert sorted(found) == ["domain/d", *(f"service/s{number}" for number in range(5))]
    nothing = {"datasource_prefix": "port-ocean/gitlab/", "datasource_suffix": "/my-int/gitops"}
    assert (await client.post("/v1/blueprints/entities/datasource-entities", json=nothing)).json()["entities"] == []


async def test_dependents_and_deletion(client: httpx.AsyncClient, put_blueprint: Put, put_entity: Put) -> None:
    await put_blueprint(DOMAIN)
    required = {"domain": {"target": "domain", "required": True, "many": False}}
    await put_blueprint(SERVICE, relations=required)
    await put_entity("domain", "d")
    missing = await client.post(PATH, json={"identifier": "x"})
    assert (missing.status_code, missing.json()["error"]) == (422, "required_relation")
    await put_entity("service", "a", relations={"domain": "d"})
    refused = await client.delete("/v1/blueprints/domain/entities/d")
    assert refused.status_code == 409
    assert "has_dependents" in refused.text
    assert (await client.delete("/v1/blueprints/domain/entities/d?delete_dependents=true")).status_code == 200
    assert (await client.get(f"{PATH}/a")).status_code == 404
    assert (await client.delete(f"{PATH}/a")).status_code == 404


async def test_the_published_gitops_script(client: httpx.AsyncClient, put_blueprint: Put, put_entity: Put) -> None:
    """A parsed ``port.yaml``, sent as it is: the body carries its blueprint, maps may be empty, scalars stay typed."""
    await put_blueprint(DOMAIN)
    properties = {"url": {"type": "string", "format": "url"}, "age": {"type": "number"}, "on": {"type": "boolean"}}
    await put_blueprint(SERVICE, relations=TO_DOMAIN, schema={"properties": properties})
    await put_entity("domain", "payments")
    write = f"{PATH}?upsert=true&merge=true"
    parsed = {
        "identifier": "shop",
        "title": "Shop",
        "blueprint": "service",
        "properties": {"url": "https://example.com", "age": 3, "on": True},
        "relations": {"domain": "payments"},
    }
    bare = {"authorization": client.headers["authorization"].removeprefix("Bearer ")}
    created = await client.post(write, json=parsed, headers=bare)
    assert created.status_code == 201
    assert created.json()["entity"]["blueprint"] == "service"
    again = await client.post(write, json={**parsed, "properties": {}, "relations": {}})
    assert again.status_code == 200
    entity = again.json()["entity"]
    assert entity["properties"] == parsed["properties"]
    assert entity["relations"] == {"domain": "payments"}
    partly = await client.post(write, json={**parsed, "title": "Web shop", "properties": {"age": 4}})
    assert partly.json()["entity"]["properties"] == {"url": "https://example.com", "age": 4, "on": True}
    assert partly.json()["entity"]["title"] == "Web shop"
    later = await client.post(write, json={**parsed, "relations": {"domain": "not-yet"}})
    assert (later.status_code, later.json()["ok"]) == (404, False)
    elsewhere = await client.post(write, json={**parsed, "blueprint": "domain"})
    assert elsewhere.json()["entity"]["blueprint"] == "service"


async def test_a_write_that_is_only_validated_leaves_nothing(client: httpx.AsyncClient, put_blueprint: Put) -> None:
    await put_blueprint(SERVICE)
    checked = await client.post(
        f"{PATH}?validation_only=true", json={"identifier": "a", "properties": {"tier": "gold"}}
    )
    assert checked.status_code == 201
    assert checked.json()["entity"]["properties"]["tier"] == "gold"
    assert (await client.get(f"{PATH}/a")).status_code == 404
    refused = await client.post(f"{PATH}?validation_only=true", json={"identifier": "a", "properties": {"tier": "tin"}})
    assert refused.status_code == 422


async def test_junk_flags_count_as_absent(client: httpx.AsyncClient, put_blueprint: Put) -> None:
    """A Go client prints the address of a boolean instead of its value."""
    await put_blueprint(SERVICE)
    created = await client.post(f"{PATH}?upsert=0xc000123&run_id=&validation_only=0xc0", json={"identifier": "a"})
    assert created.status_code == 201
    assert (await client.get(f"{PATH}/a?exclude_calculated_properties=0xc000")).status_code == 200
