"""Aggregation properties (contract 2.4)."""

from __future__ import annotations

from typing import Any

import pytest

from fairway.kit.clock import Clock, ManualClock
from fairway.portal.catalog.reading.aggregations import summary
from fairway.portal.catalog.reading.plans import Aggregation
from reading.estate import Estate

COUNT = {"func": "count", "calculationBy": "entities"}


def over(property_: str, func: str, **more: str) -> dict[str, str]:
    return {"func": func, "calculationBy": "property", "property": property_, **more}


def of(target: str, spec: dict[str, str], **more: Any) -> dict[str, Any]:
    return {"title": "x", "type": "number", "target": target, "calculationSpec": spec, **more}


def where(property_: str, operator: str, value: Any = None) -> dict[str, Any]:
    return {"combinator": "and", "rules": [{"property": property_, "operator": operator, "value": value}]}


ALERT: dict[str, Any] = {
    "identifier": "alert",
    "schema": {
        "properties": {
            "cost": {"type": "number"},
            "open": {"type": "boolean"},
            "at": {"type": "string", "format": "date-time"},
        }
    },
    "relations": {"service": {"target": "service"}, "also": {"target": "service", "many": True}},
    "calculationProperties": {"double": {"type": "number", "calculation": ".properties.cost * 2"}},
}
TEAMROOM: dict[str, Any] = {"identifier": "room"}
SERVICE: dict[str, Any] = {
    "identifier": "service",
    "relations": {"domain": {"target": "domain"}, "uses": {"target": "service", "many": True}},
}
DOMAIN: dict[str, Any] = {"identifier": "domain"}
IN_DOMAIN = [{"path": ["service", "domain"], "fromBlueprint": "alert"}]
AGGREGATIONS = {
    "services": of("service", COUNT),
    "alerts": of("alert", COUNT),
    "open": of("alert", COUNT, query=where("open", "=", True)),
    "direct": of("alert", COUNT, pathFilter=IN_DOMAIN),
    "also": of("alert", COUNT, pathFilter=[{"path": ["also", "domain"], "fromBlueprint": "alert"}]),
    "sum": of("alert", over("cost", "sum"), pathFilter=IN_DOMAIN),
    "min": of("alert", over("cost", "min"), pathFilter=IN_DOMAIN),
    "max": of("alert", over("cost", "max"), pathFilter=IN_DOMAIN),
    "median": of("alert", over("cost", "median"), pathFilter=IN_DOMAIN),
    "mean": of("alert", over("cost", "average", averageOf="total"), pathFilter=IN_DOMAIN),
    "perDay": of("alert", over("cost", "average", averageOf="day"), pathFilter=IN_DOMAIN),
    "perWeek": of("alert", {"func": "average", "calculationBy": "entities", "averageOf": "week", "measureTimeBy": "at"},
                  pathFilter=IN_DOMAIN),
    "doubled": of("alert", over("double", "sum"), pathFilter=IN_DOMAIN),
    "bigDouble": of("alert", COUNT, pathFilter=IN_DOMAIN, query=where("double", ">", 30)),
    "bigOrOpen": of("alert", COUNT, pathFilter=IN_DOMAIN, query={"combinator": "or", "rules": [
        *where("double", ">", 30)["rules"], *where("open", "=", True)["rules"]]}),
    "rooms": of("room", COUNT),
}  # fmt: skip


@pytest.fixture
async def estate(estate: Estate, clock: Clock) -> Estate:
    assert isinstance(clock, ManualClock)
    await estate.model(TEAMROOM, DOMAIN, SERVICE, ALERT, {**DOMAIN, "aggregationProperties": AGGREGATIONS})
    await estate.put("domain", "d1")
    await estate.put("domain", "empty")
    await estate.put("service", "a", relations={"domain": "d1"})
    await estate.put("service", "b", relations={"domain": "d1", "uses": ["a"]})
    await estate.put("service", "c", relations={"uses": ["b"]})
    await estate.put("service", "lonely")
    for name, service, cost, is_open, at in (
        ("a1", "a", 10, True, "2025-12-20T00:00:00Z"),
        ("a2", "a", 20, False, None),
        ("b1", "b", 2.5, True, "2025-12-31T00:00:00Z"),
        ("c1", "c", 100, True, None),
        ("none", "a", None, None, None),
    ):
        await estate.put(
            "alert", name, properties={"cost": cost, "open": is_open, "at": at}, relations={"service": service}
        )
    await estate.put("alert", "many", relations={"also": ["a", "b"]})
    clock.advance(hours=36)
    return estate


async def test_every_function(estate: Estate) -> None:
    found = (await estate.one("domain", "d1"))["properties"]
    assert found == {
        "services": 3, "alerts": 6, "open": 3, "direct": 4, "also": 1,
        "sum": 32.5, "min": 2.5, "max": 20, "median": 10, "mean": 32.5 / 3,
        "perDay": 32.5 / 2, "perWeek": 2 / 2, "doubled": 65, "bigDouble": 1, "bigOrOpen": 3, "rooms": 0,
    }  # fmt: skip
    assert isinstance(found["perWeek"], int)


async def test_nothing_related(estate: Estate) -> None:
    found = (await estate.one("domain", "empty"))["properties"]
    counts = {"services", "alerts", "open", "direct", "also", "bigDouble", "bigOrOpen", "rooms"}
    assert {name for name, value in found.items() if value == 0} == counts
    assert all(found[name] is None for name in found.keys() - counts)


async def test_a_page_is_worked_out_together(estate: Estate) -> None:
    first, second = await estate.read("domain", "empty", "d1")
    assert (first["properties"]["alerts"], second["properties"]["alerts"]) == (0, 6)


async def test_forward_and_self_related(estate: Estate) -> None:
    await estate.model(
        {**SERVICE, "aggregationProperties": {
            "domains": of("domain", COUNT, pathFilter=[{"path": ["domain"]}]),
            "usedDomains": of("domain", COUNT, pathFilter=[{"path": ["uses", "domain"]}]),
            "alerts": of("alert", COUNT),
            "related": of("service", COUNT),
            "cost": of("domain", over("sum", "sum"), pathFilter=[{"path": ["domain"]}]),
        }}
    )  # fmt: skip
    c, a, b, lonely = await estate.read("service", "c", "a", "b", "lonely")
    assert c["properties"] == {"domains": 0, "usedDomains": 1, "alerts": 1, "related": 2, "cost": None}
    assert a["properties"]["related"] == 2
    assert b["properties"]["alerts"] == 3
    assert b["properties"]["cost"] == 32.5
    assert lonely["properties"]["related"] == 0
    await estate.put("service", "a", relations={"domain": "d1", "uses": ["a", "c"]})
    assert (await estate.one("service", "a"))["properties"]["related"] == 2


async def test_options_pay_for_what_they_show(estate: Estate) -> None:
    found = await estate.one("domain", "d1", include=frozenset({"properties.sum"}))
    assert found == {"identifier": "d1", "properties": {"sum": 32.5}}


def test_huge_numbers_do_not_break_a_page() -> None:
    total = Aggregation("x", None, "sum", "p", None, "$createdAt", None, None, False)  # type: ignore[arg-type]
    assert summary(total, [(1e308, None), (1e308, None)], 0) is None
    assert summary(total, [(float(1 << 60), None)], 0) == 1 << 60
