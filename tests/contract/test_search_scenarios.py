"""Conformance scenarios 11 and 12: searching and paging."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from support.catalog import DOMAIN, SERVICE, Put

RELATIONS = {
    "domain": {"target": "domain", "many": False, "required": False},
    "uses": {"target": "service", "many": True, "required": False},
}
SCHEMA = {
    "properties": {
        "tier": {"type": "string"},
        "score": {"type": "number"},
        "tags": {"type": "array", "items": {"type": "string"}},
        "released": {"type": "string", "format": "date-time"},
    }
}


@pytest.fixture
async def estate(put_blueprint: Put, put_entity: Put) -> None:
    """domain: shop, bank; service: a -> b -> c, d alone, e empty."""
    await put_blueprint(DOMAIN)
    await put_blueprint(SERVICE, schema=SCHEMA, relations=RELATIONS)
    for name in ("shop", "bank"):
        await put_entity("domain", name, title=name.title())
    recent = (datetime.now(UTC) - timedelta(days=2)).isoformat()
    old = (datetime.now(UTC) - timedelta(days=200)).isoformat()
    rows: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
        ("c", {"tier": "gold", "score": 30, "released": recent}, {"domain": "bank"}),
        ("b", {"tier": "silver", "score": 20, "tags": ["x", "y"], "released": old}, {"domain": "bank", "uses": ["c"]}),
        ("a", {"tier": "gold", "score": 10, "tags": ["x"]}, {"domain": "shop", "uses": ["b"]}),
        ("d", {"tier": "bronze", "score": 5.5}, {}),
        ("e", {}, {}),
    ]
    for identifier, properties, relations in rows:
        await put_entity("service", identifier, properties=properties, relations=relations)


def every(*rules: Any) -> dict[str, Any]:
    return {"combinator": "and", "rules": list(rules)}


def some(*rules: Any) -> dict[str, Any]:
    return {"combinator": "or", "rules": list(rules)}


def rule(name: Any, operator: str, *value: Any) -> dict[str, Any]:
    return {"property": name, "operator": operator, **({"value": value[0]} if value else {})}


def related(identifier: str, **more: Any) -> dict[str, Any]:
    return {"operator": "relatedTo", "blueprint": "service", "value": identifier, **more}


SERVICES = rule("$blueprint", "=", "service")
CASES: list[tuple[dict[str, Any], str]] = [
    (every(SERVICES), "abcde"),
    (every(SERVICES, rule("tier", "in", ["gold", "silver"])), "abc"),
    (every(SERVICES, rule("tier", "notIn", ["gold", "silver"])), "de"),
    (every(SERVICES, some(rule("tier", "=", "silver"), every(rule("score", ">", 5), rule("score", "<", 10)))), "bd"),
    (every(SERVICES, rule("tier", "!=", "gold")), "bde"),
    (every(SERVICES, rule("tier", "!=", None)), "abcd"),
    (every(SERVICES, rule("tier", "isEmpty")), "e"),
    (every(SERVICES, rule("tier", "isNotEmpty")), "abcd"),
    (every(SERVICES, rule("tags", "contains", "x")), "ab"),
    (every(SERVICES, rule("tags", "containsAny", ["y", "z"])), "b"),
    (every(SERVICES, rule("tier", "contains", "ol")), "ac"),
    (every(SERVICES, rule("tier", "doesNotContains", "ol")), "bde"),
    (every(SERVICES, rule("tier", "beginsWith", "g")), "ac"),
    (every(SERVICES, rule("tier", "endsWith", "er")), "b"),
    (every(SERVICES, rule("score", ">=", 20)), "bc"),
    (every(SERVICES, rule("released", "between", {"preset": "lastWeek"})), "c"),
    (every(SERVICES, rule("released", "notBetween", {"preset": "lastWeek"})), "abde"),
    (every(SERVICES, rule("$identifier", "in", ["a", "nope"])), "a"),
    (every(SERVICES, related("b", direction="upstream")), "c"),
    (every(SERVICES, related("b", direction="downstream")), "a"),
    (every(SERVICES, related("b")), "ac"),
    (every(SERVICES, related("missing")), ""),
    (every(SERVICES, {"operator": "matchAny", "property": {"path": ["domain"]}, "value": "bank"}), "bc"),
    (every(SERVICES, {"operator": "matchAny", "property": {"path": ["uses", "domain"]}, "value": ["bank"]}), "ab"),
    (
        every(
            {
                "operator": "matchAny",
                "property": {"path": ["uses"], "fromBlueprint": "service"},
                "value": ["a", "b"],
            }
        ),
        "bc",
    ),
    (every(rule("$blueprint", "=", "no-such-blueprint")), ""),
]


@pytest.mark.usefixtures("estate")
async def test_scenario_11_expected_sets(client: httpx.AsyncClient) -> None:
    for query, expected in CASES:
        response = await client.post("/v1/entities/search", json=query)
        assert response.status_code == 200, (query, response.text)
        found = "".join(sorted(entity["identifier"] for entity in response.json()["entities"]))
        assert found == expected, (query, found)
        assert response.json()["matchingBlueprints"] == (["service"] if expected else [])
        within = await client.post("/v1/blueprints/service/entities/search", json={"query": query})
        assert "".join(sorted(item["identifier"] for item in within.json()["entities"])) == expected, query


@pytest.mark.usefixtures("estate")
async def test_scenario_11_relations_by_name(client: httpx.AsyncClient) -> None:
    path = "/v1/blueprints/service/entities/search"
    by_relation = every({"relation": "domain", "operator": "=", "value": "bank"})
    found = (await client.post(path, json={"query": by_relation})).json()["entities"]
    assert sorted(item["identifier"] for item in found) == ["b", "c"]
    by_title = every({"relation": "domain", "targetProperty": "$title", "operator": "=", "value": "Shop"})
    found = (await client.post(path, json={"query": by_title})).json()["entities"]
    assert [item["identifier"] for item in found] == ["a"]


@pytest.mark.usefixtures("estate")
async def test_scenario_11_wrong_rules_are_refused(client: httpx.AsyncClient) -> None:
    deep: Any = rule("tier", "=", "gold")
    for _ in range(60):
        deep = every(deep)
    for query in (
        every({"property": "tier", "value": "gold"}),
        every(rule("tier", "resembles", "gold")),
        {"combinator": "xor", "rules": []},
        {"rules": []},
        every("tier = gold"),
        deep,
    ):
        refused = await client.post("/v1/entities/search", json=query)
        assert refused.status_code in (400, 422), (query, refused.text)


@pytest.mark.usefixtures("estate")
async def test_scenario_12_pages_of_two(client: httpx.AsyncClient) -> None:
    path = "/v1/blueprints/service/entities/search"
    sizes, seen = [], []
    body: dict[str, Any] = {"limit": 2}
    while True:
        answer = (await client.post(path, json=body)).json()
        sizes.append(len(answer["entities"]))
        seen += [entity["identifier"] for entity in answer["entities"]]
        if not answer.get("next"):
            break
        body["from"] = answer["next"]
    assert sizes == [2, 2, 1]
    assert sorted(seen) == list("abcde")
    assert (await client.post(path, json={"limit": 2, "from": "nonsense"})).status_code == 422
    assert (await client.post(path, json={"limit": "2"})).status_code == 422
    assert len((await client.post(path, json={"limit": 5000})).json()["entities"]) == 5


@pytest.mark.usefixtures("estate")
async def test_include_and_exclude(client: httpx.AsyncClient) -> None:
    listed = await client.get("/v1/blueprints/service/entities?include=identifier,properties.tier&include=relations")
    first = listed.json()["entities"][0]
    assert set(first) == {"identifier", "properties", "relations"}
    assert set(first["properties"]) == {"tier"}
    titled = await client.get("/v1/blueprints/service/entities/a?attach_title_to_relation=true")
    assert titled.json()["entity"]["relations"]["domain"] == {"identifier": "shop", "title": "Shop"}
