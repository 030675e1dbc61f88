"""The routes of search, over HTTP."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

SERVICE = {
    "identifier": "service",
    "title": "Service",
    "schema": {
        "properties": {
            "tier": {"type": "string"},
            "score": {"type": "number"},
            "tags": {"type": "array"},
            "since": {"type": "string", "format": "date-time"},
            "live": {"type": "boolean"},
        }
    },
    "relations": {
        "domain": {"target": "domain", "title": "Domain"},
        "uses": {"target": "service", "many": True, "title": "Uses"},
    },
    "mirrorProperties": {"domainName": {"path": "domain.$title"}},
    "calculationProperties": {"label": {"type": "string", "title": "Label", "calculation": '.properties.tier + "!"'}},
}
DOMAIN = {"identifier": "domain", "title": "Domain", "schema": {"properties": {}}}


def rule(name: str, operator: str, value: Any = ..., **more: Any) -> dict[str, Any]:
    """A property rule."""
    return {"property": name, "operator": operator, **({} if value is ... else {"value": value}), **more}


def both(*rules: dict[str, Any]) -> dict[str, Any]:
    """Rules joined by "and"."""
    return {"combinator": "and", "rules": list(rules)}


@pytest.fixture
async def catalog(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """A client of a portal with five services in two domains."""
    for blueprint in (DOMAIN, SERVICE):
        assert (await client.post("/v1/blueprints", json=blueprint)).status_code == 201
    for name in ("pay", "shop"):
        await client.post("/v1/blueprints/domain/entities", json={"identifier": name, "title": name.title()})
    for number in range(5):
        entity = {
            "identifier": f"s{number}",
            "title": f"Service {number}",
            "properties": {
                "tier": "gold" if number % 2 else "bronze",
                "score": number,
                "tags": ["a", f"t{number}"],
                "since": f"2024-0{number + 1}-01T00:00:00Z",
                "live": number < 2,
            },
            "relations": {"domain": "pay" if number < 3 else "shop", "uses": [f"s{number - 1}"] if number else []},
        }
        answer = await client.post(
            "/v1/blueprints/service/entities",
            json=entity,
            headers={"user-agent": f"port-ocean/x/1/int{number % 2}/exporter"},
        )
        assert answer.status_code == 201, answer.text
    return client


async def names(client: httpx.AsyncClient, query: dict[str, Any]) -> list[str]:
    """Identifiers that an organisation-wide search finds."""
    answer = await client.post("/v1/entities/search", json=query)
    assert answer.status_code == 200, answer.text
    return [entity["identifier"] for entity in answer.json()["entities"]]


RULES: list[tuple[dict[str, Any], list[str]]] = [
    (both(rule("tier", "=", "gold")), ["s1", "s3"]),
    (both(rule("$blueprint", "=", "service"), rule("tier", "!=", "gold")), ["s0", "s2", "s4"]),
    (both(rule("score", ">=", 3)), ["s3", "s4"]),
    (both(rule("score", "=", "3")), []),
    (both(rule("tags", "contains", "t2")), ["s2"]),
    (both(rule("since", "<", "2024-02-01T01:00:00+01:00")), ["s0"]),
    (both(rule("live", "=", True)), ["s0", "s1"]),
    (both(rule("domainName", "=", "Shop")), ["s3", "s4"]),
    (both(rule("domain", "=", "shop")), ["s3", "s4"]),
    (both(rule("label", "=", "gold!")), ["s1", "s3"]),
    ({"combinator": "or", "rules": [rule("label", "=", "gold!"), rule("$identifier", "=", "s0")]}, ["s0", "s1", "s3"]),
    (both(rule("$datasource", "contains", "int1/")), ["s1", "s3"]),
    (
        both({"operator": "relatedTo", "blueprint": "service", "value": "s2", "direction": "upstream"}),
        ["pay", "s0", "s1"],
    ),
    (both({"operator": "relatedTo", "blueprint": "service", "value": "s2", "direction": "downstream"}), ["s3", "s4"]),
    (
        both({"operator": "matchAny", "property": {"path": [{"relation": "uses", "maxHops": 2}]}, "value": "s1"}),
        ["s2", "s3"],
    ),
    (
        both(
            {
                "operator": "matchAny",
                "property": {"path": ["domain"], "fromBlueprint": "service"},
                "value": ["s0", "s4"],
            }
        ),
        ["pay", "shop"],
    ),
    (both(rule("$blueprint", "=", "nowhere")), []),
    ({"combinator": "or", "rules": []} | {"rules": [rule("$blueprint", "=", "domain")]}, ["pay", "shop"]),
]


async def test_rules(catalog: httpx.AsyncClient) -> None:
    for query, found in RULES:
        assert await names(catalog, query) == found, query


async def test_matching_blueprints(catalog: httpx.AsyncClient) -> None:
    query = {"combinator": "or", "rules": [rule("$identifier", "in", ["pay", "s1"])]}
    answer = (await catalog.post("/v1/entities/search?include=identifier", json=query)).json()
    assert answer["matchingBlueprints"] == ["domain", "service"]
    assert [entity["identifier"] for entity in answer["entities"]] == ["pay", "s1"]


async def test_pages_of_a_blueprint_survive_inserts(catalog: httpx.AsyncClient) -> None:
    route = "/v1/blueprints/service/entities/search"
    first = (await catalog.post(route, json={"limit": 2})).json()
    await catalog.post("/v1/blueprints/service/entities", json={"identifier": "s5"})
    await catalog.delete("/v1/blueprints/service/entities/s0")
    second = (await catalog.post(route, json={"limit": 2, "from": first["next"]})).json()
    third = (await catalog.post(route, json={"limit": 2, "from": second["next"]})).json()
    seen = [entity["identifier"] for page in (first, second, third) for entity in page["entities"]]
    assert seen == ["s0", "s1", "s2", "s3", "s4", "s5"]
    assert "next" not in third


async def test_top_search_sorts_and_pages(catalog: httpx.AsyncClient) -> None:
    await catalog.post("/v1/blueprints/service/entities", json={"identifier": "none"})
    route = "/v1/blueprints/service/entities/top-search"
    body: dict[str, Any] = {"sort": {"property": "score", "order": "desc"}, "limit": 2}
    seen: list[str] = []
    while True:
        page = (await catalog.post(route, json=body)).json()
        seen += [entity["identifier"] for entity in page["entities"]]
        if "next" not in page:
            break
        body["from"] = page["next"]
    assert seen == ["s4", "s3", "s2", "s1", "s0", "none"]


async def test_datasource_list(catalog: httpx.AsyncClient) -> None:
    route = "/v1/blueprints/entities/datasource-entities"
    asked = {"datasource_prefix": "port-ocean/x/", "datasource_suffix": "/int0/exporter", "limit": 2}
    first = (await catalog.post(route, json=asked)).json()
    rest = (await catalog.post(route, json={**asked, "from": first["next"]})).json()
    assert [entity["identifier"] for entity in first["entities"] + rest["entities"]] == ["s0", "s2", "s4"]
    assert "next" not in rest
    other = {"datasource_prefix": "port-ocean/x/", "datasource_suffix": "/other/exporter"}
    assert (await catalog.post(route, json=other)).json()["entities"] == []
    old = {**asked, "before": "2020-01-01T00:00:00Z"}
    assert (await catalog.post(route, json=old)).json()["entities"] == []


AGGREGATES: list[tuple[dict[str, Any], Any]] = [
    ({"func": "count", "calculationBy": "entities"}, 5),
    ({"func": "sum", "calculationBy": "property", "property": "score"}, 10),
    ({"func": "average", "calculationBy": "property", "property": "score"}, 2),
    ({"func": "median", "calculationBy": "property", "property": "score"}, 2),
    ({"func": "max", "calculationBy": "property", "property": "score"}, 4),
    ({"func": "countValues", "property": "tier"}, [{"value": "bronze", "count": 3}, {"value": "gold", "count": 2}]),
    ({"func": "countValues", "property": "live"}, [{"value": False, "count": 3}, {"value": True, "count": 2}]),
    ({"func": "countValues", "property": "label"}, [{"value": "bronze!", "count": 3}, {"value": "gold!", "count": 2}]),
    ({"func": "countValues", "relation": "domain"}, [{"value": "pay", "count": 3}, {"value": "shop", "count": 2}]),
]


async def test_aggregate(catalog: httpx.AsyncClient) -> None:
    query = both(rule("$blueprint", "=", "service"))
    for asked, result in AGGREGATES:
        answer = await catalog.post("/v1/entities/aggregate", json={**asked, "query": query})
        assert answer.json()["result"] == result, asked
    for bad in ({"func": "mode"}, {"func": "sum", "calculationBy": "entities"}, {"func": "countValues"}):
        assert (await catalog.post("/v1/entities/aggregate", json={**bad, "query": query})).status_code == 422


async def test_aggregate_over_time(catalog: httpx.AsyncClient) -> None:
    asked = {
        "blueprint": "service",
        "measureTimeBy": "$createdAt",
        "timeInterval": "day",
        "timeRange": {"preset": "lastWeek", "timeZone": "Europe/Berlin"},
        "aggregationType": {"type": "aggregatePropertiesValues", "func": "sum", "properties": ["score"]},
    }
    result = (await catalog.post("/v1/entities/aggregate-over-time", json=asked)).json()["result"]
    assert [point["score"] for point in result["data"] if point["score"] is not None] == [10]
    flat = {**asked, "aggregationType": "countEntities", "func": "count", "breakdownProperty": "tier"}
    result = (await catalog.post("/v1/entities/aggregate-over-time", json=flat)).json()["result"]
    assert {key: value for key, value in result["data"][-1].items() if key != "date"} == {"bronze": 3, "gold": 2}


async def test_properties_history(catalog: httpx.AsyncClient) -> None:
    await catalog.patch("/v1/blueprints/service/entities/s1", json={"properties": {"score": 40}})
    asked = {
        "entityIdentifier": "s1",
        "blueprintIdentifier": "service",
        "propertyNames": ["score", "tier"],
        "timeInterval": "hour",
        "timeRange": {"preset": "lastDay", "timeZone": "UTC"},
    }
    data = (await catalog.post("/v1/entities/properties-history", json=asked)).json()["result"]["data"]
    assert (data[0]["score"], data[-1]["score"], data[-1]["tier"]) == (None, 40, "gold")
    answer = await catalog.post("/v1/entities/properties-history", json={**asked, "entityIdentifier": "nobody"})
    assert answer.status_code == 404


async def test_search_objects_in_writes(catalog: httpx.AsyncClient) -> None:
    body = {
        "identifier": "by-search",
        "relations": {"domain": both(rule("$title", "=", "Shop")), "uses": both(rule("tier", "in", ["gold"]))},
    }
    written = (await catalog.post("/v1/blueprints/service/entities", json=body)).json()["entity"]
    assert written["relations"] == {"domain": "shop", "uses": ["s1", "s3"]}
    computed = {"identifier": "x", "relations": {"uses": both(rule("label", "=", "a"))}}
    several = {"identifier": "x", "relations": {"domain": both(rule("$title", "in", ["Pay", "Shop"]))}}
    unknown = {"identifier": "x", "relations": {"domain": both(rule("$title", "beginsWith", "P"))}}
    for body in (computed, several, unknown):
        assert (await catalog.post("/v1/blueprints/service/entities", json=body)).status_code == 422


REFUSALS: list[tuple[dict[str, Any], str]] = [
    ({"combinator": "xor", "rules": []}, 'combinator "xor" is unknown'),
    (both({"property": "a"}), '"operator" is missing'),
    (both(rule("a", "zap", 1)), 'operator "zap" is unknown'),
    (both(rule("a", "between", {"preset": "someday"})), 'preset "someday"'),
    (both(rule("a", "between", {"from": "soon", "to": "2024-01-01T00:00:00Z"})), "must be an ISO 8601 instant"),
    (both(rule("a", ">", True)), "must be a number or a date, not a boolean"),
    (both(rule("a", "beginsWith", 1)), "must be a string, not a number"),
    (both(rule("a", "=")), 'needs a "value"'),
    (both({"operator": "relatedTo", "value": "a"}), '"blueprint" must be a string'),
    (both({"operator": "matchAny", "property": {"path": []}, "value": "a"}), "at least one relation"),
    (both({"propertySchema": {"type": "string"}, "operator": "in", "value": "a"}), "takes the operators"),
]


def nested(levels: int) -> dict[str, Any]:
    """Groups within groups."""
    query = both(rule("a", "=", 1))
    for _ in range(levels - 1):
        query = both(query)
    return query


async def test_refusals(client: httpx.AsyncClient) -> None:
    for body, text in [*REFUSALS, (nested(11), "10 levels deep"), (nested(30), "10 levels deep")]:
        answer = await client.post("/v1/entities/search", json=body)
        assert answer.status_code == 422, body
        assert text in answer.json()["message"]
    assert (await client.post("/v1/entities/search", json=nested(10))).status_code == 200
    assert (await client.post("/v1/entities/search", json=nested(50))).status_code in (400, 422)


async def test_limits_and_cursors(catalog: httpx.AsyncClient) -> None:
    route = "/v1/blueprints/service/entities/search"
    assert len((await catalog.post(route, json={"limit": 10_000})).json()["entities"]) == 5
    assert len((await catalog.post(route, json={"limit": 0})).json()["entities"]) == 1
    for bad in ({"limit": "a"}, {"from": "zzz"}, {"from": "WzFd" * 9}, {"include": "a"}, {"query": []}):
        assert (await catalog.post(route, json=bad)).status_code == 422
    assert (await catalog.post("/v1/blueprints/nowhere/entities/search", json={})).status_code == 404
